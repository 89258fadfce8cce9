package access

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"notifier/fault"
	"notifier/message"
)

// KeyIDs is what the id of a key begins with.
const KeyIDs = "key"

// What a secret begins with, so that people and scanners know what they have found.
const (
	livePrefix = "ntf_live_"
	testPrefix = "ntf_test_"
	visible    = 6 // letters after the prefix that stay visible
	secretSize = 32
)

// Why a key is not let in.
var (
	ErrUnknownKey = errors.New("there is no such key")
	ErrRevoked    = errors.New("this key was revoked")
	ErrExpired    = errors.New("this key has expired")
)

// Key lets a program in. Its secret is shown once; what is kept cannot be used.
type Key struct {
	ID        message.ID `json:"id"`
	Site      string     `json:"site"`
	Name      string     `json:"name" doc:"Who uses it: changes are noted as made by it."`
	Test      bool       `json:"test" doc:"Whether it acts on test data, whose mail goes to the test mailbox alone."`
	Scopes    []Scope    `json:"scopes" doc:"What it may do." enum:"send,events,prefs:read,prefs:write,queue:read,queue,jobs:read,jobs,admin"`
	Prefix    string     `json:"prefix" doc:"How its secret begins." example:"ntf_live_Zk3xQv"`
	RateLimit float64    `json:"rate_limit,omitempty" doc:"How many requests a second are taken; as http.rate_limit says if absent."`
	CreatedAt time.Time  `json:"created_at"`
	CreatedBy string     `json:"created_by,omitempty"`
	ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"When it ends by itself."`
	RevokedAt *time.Time `json:"revoked_at,omitempty" doc:"When it ended, or ends: after a rotation the one before works for a while."`
	UsedAt    *time.Time `json:"used_at,omitempty" doc:"When it was last used, to the minute."`
	// Hash is the SHA-256 of the secret, in hex.
	Hash string `json:"-"`
}

// The most that is taken.
const (
	maxName   = 60
	maxRate   = 100_000
	maxExpiry = 10 * 366 * 24 * time.Hour
)

// NewSecret makes a secret: 32 random bytes behind what tells live from test.
func NewSecret(test bool) string {
	b := make([]byte, secretSize)
	_, _ = rand.Read(b) // it never fails: the process ends instead
	prefix := livePrefix
	if test {
		prefix = testPrefix
	}
	return prefix + base64.RawURLEncoding.EncodeToString(b)
}

// HashOf is what is kept of a secret. The secret has 256 random bits, so that no slow
// hash is needed to keep it from being guessed.
func HashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// IsSecret tells whether a text could be a secret of ours, so that others need not be
// looked up.
func IsSecret(s string) bool {
	return len(s) == len(livePrefix)+base64.RawURLEncoding.EncodedLen(secretSize) && (strings.HasPrefix(s, livePrefix) || IsTest(s))
}

// IsTest tells whether a secret begins as those of test keys do.
func IsTest(secret string) bool { return strings.HasPrefix(secret, testPrefix) }

// Check tells what is wrong with the key, or nil, and puts its scopes in order.
func (k *Key) Check(at time.Time) error {
	var bad fault.Invalid
	if k.Name == "" {
		bad.Add("/name", "missing", "a key needs a name, as in bpm-prod: changes are noted as made by it")
	}
	bad.Check("/name", "bad_text", fault.CheckLine(k.Name, maxName))
	if len(k.Scopes) == 0 {
		bad.Add("/scopes", "missing", "a key needs at least one scope, as in send")
	}
	var scopes []error
	for _, s := range k.Scopes {
		scopes = append(scopes, s.Check())
	}
	if k.ExpiresAt != nil && !k.ExpiresAt.After(at) {
		bad.Add("/expires_at", "past", "the key would have expired already. Give a later time, or leave it out")
	}
	if k.ExpiresAt != nil && k.ExpiresAt.After(at.Add(maxExpiry)) {
		bad.Add("/expires_at", "too_late", "a key lives for ten years at most. Leave it out for one that does not expire")
	}
	if k.RateLimit < 0 || k.RateLimit > maxRate {
		bad.Add("/rate_limit", "out_of_range", "give a number of requests a second, from 0 to %d", maxRate)
	}
	slices.SortFunc(k.Scopes, func(a, b Scope) int { return cmp.Compare(slices.Index(Scopes, a), slices.Index(Scopes, b)) })
	k.Scopes = slices.Compact(k.Scopes)
	return fault.Join(append(scopes, bad.Err())...)
}

// New completes a key and makes its secret, which is not kept.
func (k Key) New(at time.Time) (Key, string) {
	secret := NewSecret(k.Test)
	k.ID, k.CreatedAt, k.Hash, k.RevokedAt, k.UsedAt = message.NewID(KeyIDs), at, HashOf(secret), nil, nil
	k.Prefix = secret[:len(livePrefix)+visible]
	return k, secret
}

// Usable tells whether the key lets in at that time: nil, ErrRevoked or ErrExpired.
func (k Key) Usable(at time.Time) error {
	switch {
	case k.RevokedAt != nil && !k.RevokedAt.After(at):
		return ErrRevoked
	case k.ExpiresAt != nil && !k.ExpiresAt.After(at):
		return ErrExpired
	}
	return nil
}

// Caller is who comes with the key.
func (k Key) Caller() Caller {
	c := Caller{Site: k.Site, Name: k.Name, Key: k.ID, Scopes: k.Scopes, Test: k.Test, Rate: k.RateLimit}
	if k.Test {
		c.Site = Sandbox(k.Site)
	}
	return c
}
