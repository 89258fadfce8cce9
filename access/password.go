package access

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// How passwords are hashed: argon2id. A hash says with what it was made, so that these may
// grow; cost.go says what a password takes.
const (
	lanes     = 1
	saltSize  = 16
	hashSize  = 32
	shortest  = 12 // characters of a password
	longest   = 128
	maxMemory = 256 << 10 // of a hash that is believed
	maxPasses = 16
)

var errBadHash = errors.New("this is no hash of a password")

// CheckPassword tells what is wrong with a password for that address, or nil.
func CheckPassword(password, email string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password):
		return errors.New("the password is not valid UTF-8")
	case n < shortest:
		return fmt.Errorf("the password has %d characters. Take at least %d: a few words do", n, shortest)
	case n > longest:
		return fmt.Errorf("the password has %d characters. Take at most %d", n, longest)
	case strings.EqualFold(password, email):
		return errors.New("the password is the address. Take another one")
	}
	return nil
}

// HashPassword is what is kept of a password.
func HashPassword(password string) string {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // it never fails: the process ends instead
	hash := argon2.IDKey([]byte(password), salt, passes, memory, lanes, hashSize)
	e := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, lanes, e.EncodeToString(salt), e.EncodeToString(hash))
}

// IsPassword tells whether a hash is of that password. It takes as long either way.
func IsPassword(hash, password string) (bool, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false, errBadHash
	}
	var m, t uint32
	var p uint8
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &m, &t, &p); err != nil || m == 0 || m > maxMemory || t == 0 || t > maxPasses || p == 0 {
		return false, errBadHash
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	want, wrong := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || wrong != nil || len(want) < 16 || len(want) > 64 {
		return false, errBadHash
	}
	got := argon2.IDKey([]byte(password), salt, t, m, p, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}
