// Package vault seals secrets before they are kept in the database.
package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Vault seals by its first key, and opens by any of its keys. Without keys secrets are kept as they are.
type Vault struct{ keys []cipher.AEAD }

// KeySize is the size of a vault's key, in bytes (AES-256).
const KeySize = 32

const sealed = "sealed:"

// New makes a vault with that key, and one before it that still opens; an empty key is none.
func New(key, previous []byte) (v Vault, err error) {
	for _, key := range [][]byte{key, previous} {
		if len(key) == 0 {
			continue
		}
		if len(key) != KeySize {
			return Vault{}, fmt.Errorf("the key has %d bytes, %d are needed", len(key), KeySize)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return Vault{}, err
		}
		gcm, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return Vault{}, err
		}
		v.keys = append(v.keys, gcm)
	}
	return v, nil
}

// Seals tells whether the vault has a key.
func (v Vault) Seals() bool { return len(v.keys) > 0 }

// Seal closes a secret up; it can only be opened for the same owner.
func (v Vault) Seal(secret, owner string) string {
	if !v.Seals() {
		return secret
	}
	return sealed + base64.StdEncoding.EncodeToString(v.keys[0].Seal(nil, nil, []byte(secret), []byte(owner)))
}

// ErrKey is why something does not open that another key, or any at all, would open.
var ErrKey = errors.New("its secret cannot be opened")

// keyError is an ErrKey in the words for the case.
type keyError string

func (e keyError) Error() string        { return string(e) }
func (e keyError) Is(target error) bool { return target == ErrKey }

// Open is what was sealed, or was kept as it is.
func (v Vault) Open(kept, owner string) (string, error) {
	plain, _, err := v.open(kept, owner)
	return plain, err
}

// open also tells which key did it; -1 if it was not sealed.
func (v Vault) open(kept, owner string) (string, int, error) {
	bare, closed := strings.CutPrefix(kept, sealed)
	if !closed {
		return kept, -1, nil
	}
	if !v.Seals() {
		return "", 0, keyError("its secret is sealed, and there is no key. Set secrets.key_file to the key that it was sealed with")
	}
	b, err := base64.StdEncoding.DecodeString(bare)
	if err != nil {
		return "", 0, errors.New("its sealed secret is damaged")
	}
	for i, key := range v.keys {
		if plain, err := key.Open(nil, nil, b, []byte(owner)); err == nil {
			return string(plain), i, nil
		}
	}
	return "", 0, keyError("its secret was sealed with another key. Set secrets.previous_key_file to that one, or rotate the secret")
}

// Anew is a kept secret as this vault seals it. It is kept as it is, and changed is false, if the
// first key has sealed it, or there is none.
func (v Vault) Anew(kept, owner string) (anew string, changed bool, err error) {
	plain, by, err := v.open(kept, owner)
	if err != nil || by == 0 || !v.Seals() {
		return kept, false, err
	}
	return v.Seal(plain, owner), true, nil
}
