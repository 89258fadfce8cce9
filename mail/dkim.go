package mail

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-msgauth/dkim"

	"notifier/message"
)

// Key signs the mails of a domain (RFC 6376).
type Key struct {
	Domain, Selector string
	Signer           crypto.Signer
}

// Keys are those of the senders' domains, in lower case. A domain without one is signed
// for by the nearest domain above it that has.
type Keys map[string]Key

// shortestKey is the shortest RSA key that receivers take, in bits (RFC 8301 §3.2).
const shortestKey = 1024

// ParseKey reads a private key in PEM: RSA, or Ed25519 (RFC 8463).
func ParseKey(content []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, errors.New("there is no key in it. Give a private key in PEM, which begins with -----BEGIN")
	}
	var key any
	var err error
	if block.Type == "RSA PRIVATE KEY" {
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	} else {
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, fmt.Errorf("its key cannot be read: %w", err)
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if n := key.N.BitLen(); n < shortestKey {
			return nil, fmt.Errorf("its key has %d bits, receivers want at least %d. Make one of 2048", n, shortestKey)
		}
		return key, nil
	case ed25519.PrivateKey:
		return key, nil
	}
	return nil, errors.New("its key is neither RSA nor Ed25519. Make one of these")
}

// signed are the fields that a signature covers. From is covered twice: nobody can add
// another (RFC 6376 §8.15).
var signed = []string{
	"From", "From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
	"MIME-Version", "Content-Type", "Content-Transfer-Encoding",
	"List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", // RFC 8058 §4
	"Auto-Submitted",
}

// sign puts a signature before a mail that comes from that address, if there is a key.
func (k Keys) sign(mail []byte, from string) ([]byte, error) {
	if len(k) == 0 {
		return mail, nil
	}
	_, domain, _ := strings.Cut(message.Identity(from), "@")
	key, found := k[domain]
	for !found {
		_, above, more := strings.Cut(domain, ".")
		if !more {
			return mail, nil
		}
		key, found = k[above]
		domain = above
	}
	var b bytes.Buffer
	b.Grow(len(mail) + 1024)
	err := dkim.Sign(&b, bytes.NewReader(mail), &dkim.SignOptions{
		Domain: key.Domain, Selector: key.Selector, Signer: key.Signer, HeaderKeys: signed,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	})
	if err != nil {
		return nil, fmt.Errorf("sign the mail for %s: %w", key.Domain, err)
	}
	return b.Bytes(), nil
}
