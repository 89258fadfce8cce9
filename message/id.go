package message

import (
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"notifier/fault"
)

// ID names a row: what it is, an underscore, and 26 letters and digits that sort by
// the time at which it was made (a UUID of version 7, RFC 9562).
type ID string

// What an ID may begin with.
const (
	MessageIDs   = "msg"
	DigestIDs    = "dig"
	EventIDs     = "evt"
	WindowIDs    = "win"
	RequestIDs   = "req"
	RunIDs       = "run"
	OperationIDs = "op"
)

// letters are in ASCII order, so that ids sort as their bytes do.
var letters = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewID makes an ID that is later than any that this process made before.
func NewID(prefix string) ID {
	u := uuid.Must(uuid.NewV7()) // fails only when the system has no random numbers
	return IDOf(prefix, u)
}

// IDOf is the ID with these bytes.
func IDOf(prefix string, b [16]byte) ID {
	return ID(prefix + "_" + letters.EncodeToString(b[:]))
}

// Earliest is an ID that is not later than any that was made at that time, and later than
// those that were made before its millisecond.
func Earliest(prefix string, at time.Time) ID {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], uint64(max(at.UnixMilli(), 0))<<16)
	return IDOf(prefix, b)
}

// ParseID reads an ID that came from outside.
func ParseID(prefix, s string) (ID, error) {
	id := ID(s)
	if b := id.Bytes(); b == [16]byte{} || id != IDOf(prefix, b) {
		return "", fmt.Errorf("%q is not an id of this kind. One looks like %s", fault.Truncate(s, 60), IDOf(prefix, [16]byte{1}))
	}
	return id, nil
}

// Bytes are the sixteen bytes of the id; all zero if it is empty or malformed.
func (id ID) Bytes() (b [16]byte) {
	_, bare, _ := strings.Cut(string(id), "_")
	if len(bare) != letters.EncodedLen(16) {
		return b
	}
	if _, err := letters.Decode(b[:], []byte(bare)); err != nil {
		return [16]byte{}
	}
	return b
}

// Time is when the id was made, to the millisecond.
func (id ID) Time() time.Time {
	b := id.Bytes()
	return time.UnixMilli(int64(binary.BigEndian.Uint64(b[:]) >> 16)).UTC()
}
