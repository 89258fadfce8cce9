package mailtest

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// checked is told who wants to log in, and whether the secret was right.
type checked func(username string, right bool) error

// loginServer is the server's side of a login.
func loginServer(mechanism, secret string, check checked) (sasl.Server, error) {
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, username, password string) error { return check(username, password == secret) }), nil
	case sasl.Login:
		return &login{check: check, secret: secret}, nil
	case "CRAM-MD5":
		return &cram{check: check, secret: secret}, nil
	case "XOAUTH2":
		return &xoauth2{check: check, secret: secret}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

// login is AUTH LOGIN, which go-sasl lacks.
type login struct {
	check    checked
	secret   string
	username *string
}

// Next asks for the name, then for the password.
func (l *login) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case response == nil:
		return []byte("Username:"), false, nil
	case l.username == nil:
		name := string(response)
		l.username = &name
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(*l.username, string(response) == l.secret)
}

// cram is AUTH CRAM-MD5 (RFC 2195).
type cram struct {
	check     checked
	secret    string
	challenge string
}

// Next gives the challenge, then looks at what was made of it.
func (c *cram) Next(response []byte) (challenge []byte, done bool, err error) {
	if c.challenge == "" {
		c.challenge = "<" + rand.Text() + "@relay.test>"
		return []byte(c.challenge), false, nil
	}
	username, digest, _ := strings.Cut(string(response), " ")
	mac := hmac.New(md5.New, []byte(c.secret))
	mac.Write([]byte(c.challenge))
	return nil, true, c.check(username, digest == hex.EncodeToString(mac.Sum(nil)))
}

// xoauth2 is AUTH XOAUTH2 as Google speaks it: a refusal comes as a challenge first.
type xoauth2 struct {
	check   checked
	secret  string
	refused error
}

// Next looks at the token, and after a refusal waits for the empty answer to it.
func (x *xoauth2) Next(response []byte) (challenge []byte, done bool, err error) {
	if x.refused != nil {
		return nil, true, x.refused
	}
	if response == nil {
		return []byte{}, false, nil
	}
	user, rest, found := strings.Cut(string(response), "\x01auth=Bearer ")
	token, ended := strings.CutSuffix(rest, "\x01\x01")
	if !found || !ended || !strings.HasPrefix(user, "user=") {
		return nil, true, errors.New("this is not XOAUTH2")
	}
	if err := x.check(strings.TrimPrefix(user, "user="), token == x.secret); err != nil {
		x.refused = err
		return []byte(`{"status":"401","schemes":"bearer","scope":"https://mail.example.org/"}`), false, nil
	}
	return nil, true, nil
}
