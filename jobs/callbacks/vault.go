package callbacks

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Vault seals secrets before they are kept, if it has a key.
type Vault struct{ gcm cipher.AEAD }

// KeySize is the size of a vault's key, in bytes (AES-256).
const KeySize = 32

const sealed = "sealed:"

// NewVault makes a vault; without a key secrets are kept as they are.
func NewVault(key []byte) (Vault, error) {
	if len(key) == 0 {
		return Vault{}, nil
	}
	if len(key) != KeySize {
		return Vault{}, fmt.Errorf("the key has %d bytes, %d are needed", len(key), KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return Vault{}, err
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	return Vault{gcm}, err
}

// seal closes a secret up; it can only be opened for the same owner.
func (v Vault) seal(secret, owner string) string {
	if v.gcm == nil {
		return secret
	}
	return sealed + base64.StdEncoding.EncodeToString(v.gcm.Seal(nil, nil, []byte(secret), []byte(owner)))
}

func (v Vault) open(kept, owner string) (string, error) {
	bare, closed := strings.CutPrefix(kept, sealed)
	if !closed {
		return kept, nil
	}
	if v.gcm == nil {
		return "", errors.New("its secret is sealed, and there is no key. Set secrets.key_file to the key that it was sealed with")
	}
	b, err := base64.StdEncoding.DecodeString(bare)
	if err != nil {
		return "", errors.New("its sealed secret is damaged")
	}
	plain, err := v.gcm.Open(nil, nil, b, []byte(owner))
	if err != nil {
		return "", errors.New("its secret was sealed with another key. Set secrets.key_file to that one, or rotate the secret")
	}
	return string(plain), nil
}
