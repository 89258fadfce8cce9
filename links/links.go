// Package links makes and reads the links by which people change what they get, without a login.
//
// It knows no database: that a token is ours, whose it is and what it is for is all in it.
package links

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"time"

	"notifier/message"
)

// Purpose is what a link is for. A token for one is refused for another.
type Purpose byte

// The purposes.
const (
	Choose Purpose = 'c' // the page of a person's choices, as mails link to it
	Fresh  Purpose = 'f' // the same, handed to the person just now: for an hour it may show mail
	Stop   Purpose = 's' // to stop mails of the kinds that it names
)

// Life is how long a link may change something; after that its holder may ask for a
// fresh one, which goes to the address on file. Mails are forwarded, and kept.
const Life = 90 * 24 * time.Hour

// FreshFor is how long a fresh link may show what a mail says.
const FreshFor = time.Hour

// Token is what a link says.
type Token struct {
	Purpose  Purpose
	Site     string
	User     string
	Kinds    []message.Kind // of Stop
	IssuedAt time.Time
}

// Fresh tells whether the link was handed to the person alone, a moment ago.
func (t Token) Fresh(at time.Time) bool {
	return t.Purpose == Fresh && at.Before(t.IssuedAt.Add(FreshFor))
}

// Why a token is refused.
var (
	// ErrForged means that a link is damaged, or was not made by us with this key.
	ErrForged = errors.New("this link is not complete. Open it from the mail again, without changing it")
	// ErrPurpose means that a link is for something else.
	ErrPurpose = errors.New("this link is for something else. Open the one in the mail that says what you want")
	// ErrOld means that a link is ours, and was good once.
	ErrOld = errors.New("this link is too old to change anything")
)

// Key signs tokens.
type Key struct {
	key []byte
	id  [4]byte
}

// KeySize is the size of a key, in bytes.
const KeySize = sha256.Size

// NewKey makes a key of its bytes.
func NewKey(b []byte) Key {
	k := Key{key: b}
	id := sha256.Sum256(k.key)
	copy(k.id[:], id[:])
	return k
}

// Derive makes the bytes of a key from a secret; the same secret gives the same key.
func Derive(secret []byte) []byte {
	derived := hmac.New(sha256.New, secret)
	derived.Write([]byte("notifier: links in mails, 1"))
	return derived.Sum(nil)
}

const (
	version = 1
	macSize = 16 // bytes; nobody can try 2^128 tokens
	// longest is the longest token that is looked at, in characters.
	longest = 4000
)

var encoding = base64.RawURLEncoding.Strict()

// Sign writes a token. The same token is always written alike.
func (k Key) Sign(t Token) string {
	b := append([]byte{version}, k.id[:]...)
	b = append(b, byte(t.Purpose))
	b = binary.BigEndian.AppendUint32(b, uint32(t.IssuedAt.Unix()))
	for _, part := range append([]string{t.Site, t.User}, names(t.Kinds)...) {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	return encoding.EncodeToString(append(b, k.mac(b)...))
}

func names(kinds []message.Kind) []string {
	all := make([]string, len(kinds))
	for i, kind := range kinds {
		all[i] = string(kind)
	}
	return all
}

func (k Key) mac(b []byte) []byte {
	m := hmac.New(sha256.New, k.key)
	m.Write(b)
	return m.Sum(nil)[:macSize]
}

// Read reads a token that came from outside: it is ours, for one of these purposes, and
// young enough. With ErrOld the token is whole.
func (k Key) Read(text string, at time.Time, purposes ...Purpose) (Token, error) {
	if len(text) > longest {
		return Token{}, ErrForged
	}
	b, err := encoding.DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") || len(b) < macSize {
		return Token{}, ErrForged
	}
	b, mac := b[:len(b)-macSize], b[len(b)-macSize:]
	if !hmac.Equal(mac, k.mac(b)) {
		return Token{}, ErrForged
	}
	t, whole := k.parse(b)
	switch {
	case !whole:
		return Token{}, ErrForged
	case !slices.Contains(purposes, t.Purpose):
		return Token{}, ErrPurpose
	case !at.Before(t.IssuedAt.Add(Life)):
		return t, ErrOld
	}
	return t, nil
}

func (k Key) parse(b []byte) (t Token, whole bool) {
	head := append([]byte{version}, k.id[:]...)
	rest, ours := bytes.CutPrefix(b, head)
	if !ours || len(rest) < 5 {
		return t, false
	}
	t.Purpose, t.IssuedAt = Purpose(rest[0]), time.Unix(int64(binary.BigEndian.Uint32(rest[1:])), 0).UTC()
	var parts []string
	for rest = rest[5:]; len(rest) > 0; {
		n, size := binary.Uvarint(rest)
		if size <= 0 || n > uint64(len(rest)-size) {
			return t, false
		}
		parts = append(parts, string(rest[size:size+int(n)]))
		rest = rest[size+int(n):]
	}
	if len(parts) < 2 {
		return t, false
	}
	t.Site, t.User = parts[0], parts[1]
	for _, kind := range parts[2:] {
		t.Kinds = append(t.Kinds, message.Kind(kind))
	}
	return t, true
}

// Signer signs tokens and reads them: a Key, or a Ring of them.
type Signer interface {
	Sign(t Token) string
	Read(text string, at time.Time, purposes ...Purpose) (Token, error)
}

// Door is where the links lead, and what signs them.
type Door struct {
	Key  Signer
	Base string // the address of the installation, without a slash at its end
}

// The paths below the base; a token follows.
const (
	ChoosePath = "/p/"
	StopPath   = "/u/"
)

// Choose is the address of a person's choices.
func (d Door) Choose(site, user string, at time.Time) string {
	return d.Base + ChoosePath + d.Key.Sign(Token{Purpose: Choose, Site: site, User: user, IssuedAt: at})
}

// Fresh is the same for the person alone, who has just asked for it.
func (d Door) Fresh(site, user string, at time.Time) string {
	return d.Base + ChoosePath + d.Key.Sign(Token{Purpose: Fresh, Site: site, User: user, IssuedAt: at})
}

// Stop is the address that stops a person's mails of these kinds.
func (d Door) Stop(site, user string, kinds []message.Kind, at time.Time) string {
	return d.Base + StopPath + d.Key.Sign(Token{Purpose: Stop, Site: site, User: user, Kinds: kinds, IssuedAt: at})
}

// OneClick tells whether mail programs may be told of it: they call https alone (RFC 8058).
func (d Door) OneClick() bool { return strings.HasPrefix(d.Base, "https://") }
