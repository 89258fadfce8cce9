package mail

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-sasl"

	"notifier/message"
)

// The words of Settings.Auth.
const (
	authPlain   = "plain"
	authLogin   = "login"
	authCRAMMD5 = "cram-md5"
	authXOAUTH2 = "xoauth2"
)

func (s Settings) checkAuth() error {
	switch s.Auth {
	case "", authPlain, authLogin, authCRAMMD5:
	case authXOAUTH2:
		if s.Tokens == nil {
			return errors.New("xoauth2 needs a place to get tokens from")
		}
	default:
		return fmt.Errorf("auth is plain, login, cram-md5 or xoauth2, not %q", s.Auth)
	}
	if s.Tokens != nil && s.Username == "" {
		return errors.New("xoauth2 needs the name of the mailbox as username")
	}
	return nil
}

// login tells the server who we are.
func (c *conn) login(ctx context.Context, s Settings, until time.Time) *message.Failure {
	host, _, _ := net.SplitHostPort(c.raw.RemoteAddr().String())
	if !c.secure && !isLoopback(host) {
		return authFailure("The password is not sent over a connection that others can read. Set tls to starttls or tls.")
	}
	client, f := c.mechanism(ctx, s)
	if f != nil {
		return f
	}
	f = c.authenticate(client, until)
	if x, uses := client.(*xoauth2Client); uses && f != nil && f.Category == message.AuthFailed {
		s.Tokens.Drop(x.token) // it may have been taken back before its time
	}
	return f
}

func authFailure(format string, args ...any) *message.Failure {
	return &message.Failure{Category: message.AuthFailed, Text: fmt.Sprintf(format, args...)}
}

// mechanism chooses how to log in.
func (c *conn) mechanism(ctx context.Context, s Settings) (sasl.Client, *message.Failure) {
	wanted := s.Auth
	if wanted == "" && s.Tokens != nil {
		wanted = authXOAUTH2
	}
	offers := func(word string) bool {
		return (wanted == "" || wanted == word) && slices.Contains(c.mechanisms, strings.ToUpper(word))
	}
	switch {
	case wanted == authXOAUTH2 && offers(authXOAUTH2):
		token, err := s.Tokens.Token(ctx)
		if err != nil {
			return nil, authFailure("There is no token to log in with: %s", err)
		}
		return &xoauth2Client{username: s.Username, token: token}, nil
	case wanted != authXOAUTH2 && offers(authPlain):
		return sasl.NewPlainClient("", s.Username, s.Password), nil
	case wanted != authXOAUTH2 && offers(authLogin):
		return &loginClient{answers: []string{s.Username, s.Password}}, nil
	case wanted != authXOAUTH2 && offers(authCRAMMD5):
		return cramClient{smtp.CRAMMD5Auth(s.Username, s.Password)}, nil
	case wanted != "":
		return nil, authFailure("The server does not offer the login %s. It offers: %s.", strings.ToUpper(wanted), strings.Join(c.mechanisms, " "))
	}
	return nil, authFailure("The server offers none of the logins PLAIN, LOGIN and CRAM-MD5.")
}

// authenticate has the conversation of a login (RFC 4954).
func (c *conn) authenticate(client sasl.Client, until time.Time) *message.Failure {
	mechanism, first, err := client.Start()
	if err != nil {
		return authFailure("%s", err)
	}
	c.speak("AUTH " + mechanism + " …")
	c.hushed = true
	defer func() { c.hushed = false }()
	command := "AUTH " + mechanism
	if first != nil {
		command += " " + base64.StdEncoding.EncodeToString(first)
	}
	for {
		r, err := c.ask(command, until)
		switch {
		case err != nil:
			return networkFailure(message.ConnectFailed, fmt.Errorf("no answer to AUTH: %w", err))
		case r.ok():
			return nil
		case r.code != 334:
			return r.failure(atAuth)
		}
		challenge, err := base64.StdEncoding.DecodeString(r.text)
		if err == nil {
			first, err = client.Next(challenge)
		}
		if err != nil {
			return authFailure("The server's question %q is not part of %s.", r.text, mechanism)
		}
		command = base64.StdEncoding.EncodeToString(first)
	}
}

// loginClient is AUTH LOGIN as servers really speak it: go-sasl's insists on the words in
// which the password is asked for, and sends the name before it is asked.
type loginClient struct{ answers []string }

// Start names the mechanism.
func (l *loginClient) Start() (string, []byte, error) { return sasl.Login, nil, nil }

// Next is the name, then the password.
func (l *loginClient) Next([]byte) ([]byte, error) {
	if len(l.answers) == 0 {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	answer := l.answers[0]
	l.answers = l.answers[1:]
	return []byte(answer), nil
}

// cramClient is AUTH CRAM-MD5 (RFC 2195) of the standard library.
type cramClient struct{ smtp.Auth }

// Start names the mechanism.
func (c cramClient) Start() (string, []byte, error) { return c.Auth.Start(&smtp.ServerInfo{}) }

// Next answers the challenge.
func (c cramClient) Next(challenge []byte) ([]byte, error) { return c.Auth.Next(challenge, true) }

// xoauth2Client is AUTH XOAUTH2 as Google and Microsoft speak it. A refusal comes as a
// challenge with JSON; after an empty answer to it the server says 535.
type xoauth2Client struct{ username, token string }

// Start is the name of the mailbox and the token.
func (x *xoauth2Client) Start() (string, []byte, error) {
	if strings.ContainsAny(x.username+x.token, "\x00\x01\r\n") {
		return "", nil, errors.New("the username or the token has a control character in it")
	}
	return "XOAUTH2", []byte("user=" + x.username + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next takes the refusal.
func (x *xoauth2Client) Next(challenge []byte) ([]byte, error) {
	if !json.Valid(challenge) && len(challenge) > 0 {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	return []byte{}, nil
}
