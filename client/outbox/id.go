package outbox

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"sync"
	"time"
)

// letters are in ASCII order, so that ids sort as their bytes do.
var letters = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// last is the time of the newest id, in 4096ths of a millisecond, so that each is later than any
// that this process made before: requests are taken in by their ids.
var last struct {
	sync.Mutex
	at int64
}

// newID names a row of the outbox, as the service does: a UUID of version 7 (RFC 9562 §5.7).
func newID() string {
	now := time.Now()
	last.Lock()
	last.at = max(last.at+1, now.UnixMilli()<<12+int64(now.Nanosecond()%1e6)<<12/1e6)
	at := last.at
	last.Unlock()
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	binary.BigEndian.PutUint64(b[:], uint64(at>>12)<<16|0x7000|uint64(at&0xfff))
	b[8] = b[8]&0x3f | 0x80
	return "out_" + letters.EncodeToString(b[:])
}
