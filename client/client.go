// Package client is what a workflow engine imports to send messages, publish events and
// set deadlines.
//
// It is a module of its own, which needs the standard library alone. Whatever waits takes a
// context; whatever fails says why in a way that errors.Is and errors.As tell apart. Its types
// are those of requests and answers: a service that is newer may answer more, which is left out.
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options say how a Client calls. The zero Options will do.
type Options struct {
	// HTTP makes the calls; if it is nil, a client with a timeout of 30 seconds does.
	// Its rule for redirects is replaced: the key is shown to no other host.
	HTTP *http.Client
	// Attempts is how often a call is made at most where it is safe to repeat: 5 if zero,
	// and 1 for no repetition.
	Attempts int
	// Patience is how long a call waits at most between its attempts, all together:
	// 30 seconds if zero. A server that asks for more gets no further attempt.
	Patience time.Duration
	// Log is told of attempts that are made again. The key is never logged.
	Log *slog.Logger
	// UserAgent is sent along; "notifier-go" if empty.
	UserAgent string
}

// Key makes a request safe to repeat: the same key with the same request gives the first
// answer again and no second mail, for seven days. Name what is told in it, as in
// "case/1181/step-4/mail-1", so that a step of a workflow that runs again uses it again.
type Key string

// Once is no key of the caller's: such a request is made once. It is sent with a key for this
// call alone, and made again only if the service says that nobody knows whether it was taken.
const Once Key = ""

// keyOf is the key that a caller gave, or one for this call alone: with it the call may be
// made again if its answer was lost.
func keyOf(keys []Key) Key {
	if len(keys) > 0 && keys[0] != Once {
		return keys[0]
	}
	return Key("call/" + rand.Text())
}

// maxKey is the longest key that the service takes.
const maxKey = 255

// Client calls the service. It is safe for concurrent use.
type Client struct {
	base string
	key  func() string // no formatting of the client shows what a function returns
	o    Options
}

// New makes a client of the service at that address, as in https://notify.example.org,
// with an API key. It does not call it yet.
func New(address, key string, o Options) (*Client, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("the address of the service is no web address. Write it as https://notify.example.org")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("the address of the service has a user, a query or a fragment in it. Leave them out: the key says who calls")
	case key == "" || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, errors.New("the API key is empty, or has a character in it that keys have not. Pass it as it was shown, without blanks or line breaks")
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{Timeout: 30 * time.Second}
	}
	own := *o.HTTP // another rule for redirects is nobody else's business
	own.CheckRedirect = stay
	o.HTTP = &own
	if o.Attempts <= 0 {
		o.Attempts = 5
	}
	if o.Patience <= 0 {
		o.Patience = 30 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.UserAgent == "" {
		o.UserAgent = "notifier-go"
	}
	return &Client{base: strings.TrimSuffix(u.String(), "/"), key: func() string { return key }, o: o}, nil
}

// String names the service, without the key.
func (c *Client) String() string { return "notifier at " + c.base }

// ErrRedirected means that the service, or what stands before it, sent the call to another
// host, which the key is not shown to.
var ErrRedirected = errors.New("the call was sent on to another host. Give the client the address that answers itself")

// stay follows redirects to where the first request went, and nowhere else.
func stay(r *http.Request, via []*http.Request) error {
	first := via[0].URL
	if r.URL.Scheme != first.Scheme || r.URL.Host != first.Host {
		return ErrRedirected
	}
	if len(via) >= 5 {
		return errors.New("the call was sent on five times")
	}
	return nil
}

// request is one call of the API.
type request struct {
	method string
	path   string // below /api/v1, escaped
	query  url.Values
	key    Key
	sent   Key  // the key, or one for this call alone
	body   any  // nil for none
	safe   bool // may be repeated, whatever the method
}

// The largest answers that are read, in bytes.
const (
	maxAnswer  = 32 << 20
	maxProblem = 1 << 20
)

// do makes a call, again if that is safe and may help, and reads the answer into into.
func (c *Client) do(ctx context.Context, r request, into any) error {
	var body []byte
	if r.body != nil {
		var err error
		if body, err = json.Marshal(r.body); err != nil {
			return fmt.Errorf("%s %s: write the request: %w", r.method, r.path, err)
		}
	}
	if len(r.key) > maxKey || strings.ContainsFunc(string(r.key), func(k rune) bool { return k < ' ' || k > '~' }) {
		return fmt.Errorf("%s %s: the key has more than %d characters, or some that are not printable ASCII. Choose another", r.method, r.path, maxKey)
	}
	if r.sent = r.key; r.sent == Once && (r.method == http.MethodPost || r.method == http.MethodPatch) {
		r.sent = keyOf(nil)
	}
	waits := patience{left: c.o.Patience}
	for attempt := 1; ; attempt++ {
		err := c.once(ctx, r, body, into)
		if err == nil {
			return nil
		}
		err = fmt.Errorf("%s %s: %w", r.method, r.path, err)
		if attempt >= c.o.Attempts || !r.repeatable() && !(r.sent != Once && Unknown(err)) || !Retryable(err) || ctx.Err() != nil {
			return err
		}
		wait, enough := waits.next(attempt, RetryAfter(err))
		if deadline, has := ctx.Deadline(); !enough || has && time.Until(deadline) <= wait {
			return err
		}
		c.o.Log.LogAttrs(ctx, slog.LevelInfo, "the call to notifier is made again",
			slog.String("method", r.method), slog.String("path", r.path), slog.Int("attempt", attempt), slog.Duration("wait", wait), slog.String("error", err.Error()))
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err
		}
	}
}

// repeatable tells whether it does no harm to make the call twice.
func (r request) repeatable() bool {
	switch r.method {
	case http.MethodGet, http.MethodPut, http.MethodDelete:
		return true
	}
	return r.safe || r.key != Once
}

func (c *Client) once(ctx context.Context, r request, body []byte, into any) error {
	address := c.base + "/api/v1" + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	call, err := http.NewRequestWithContext(ctx, r.method, address, reader)
	if err != nil {
		return err
	}
	call.Header.Set("Authorization", "Bearer "+c.key())
	call.Header.Set("User-Agent", c.o.UserAgent)
	call.Header.Set("Accept", "application/json")
	if body != nil {
		call.Header.Set("Content-Type", "application/json")
	}
	if r.sent != Once {
		call.Header.Set("Idempotency-Key", string(r.sent))
	}
	answer, err := c.o.HTTP.Do(call)
	if err != nil {
		return unreachable(ctx, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return problemOf(answer)
	}
	if into == nil || answer.StatusCode == http.StatusNoContent {
		return nil
	}
	if out, streams := into.(io.Writer); streams {
		if _, err := io.Copy(out, answer.Body); err != nil {
			return unreachable(ctx, err)
		}
		return nil
	}
	content, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	switch {
	case err != nil:
		return unreachable(ctx, err)
	case len(content) > maxAnswer:
		return fmt.Errorf("the answer has more than %d bytes", maxAnswer)
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("the answer cannot be read, is that the service? %w", err)
	}
	return nil
}
