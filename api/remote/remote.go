// Package remote calls the API for the command line, in this process or elsewhere.
//
// It knows requests and answers as JSON alone. Programs import package client, which is a
// module of its own: the program cannot, or nobody could install it before the client is
// published. Both follow the same rules for repetition, redirects and keys.
package remote

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options say how calls are made. The zero Options make each call once, and wait for it 30 seconds.
type Options struct {
	HTTP *http.Client // its rule for redirects is replaced: the key is shown to no other host
	// Attempts is how often a call is made at most where it is safe to repeat, and Patience
	// how long it waits between them, all together.
	Attempts  int
	Patience  time.Duration
	UserAgent string
}

// Client calls one service.
type Client struct {
	base string
	key  func() string // no formatting of the client shows what a function returns
	o    Options
}

// New makes a client of the service at that address, with an API key. It does not call it yet.
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
	return &Client{base: strings.TrimSuffix(u.String(), "/"), key: func() string { return key }, o: o}, nil
}

var errRedirected = errors.New("the call was sent on to another host. Give the client the address that answers itself")

// stay follows redirects to where the first request went, and nowhere else.
func stay(r *http.Request, via []*http.Request) error {
	first := via[0].URL
	if r.URL.Scheme != first.Scheme || r.URL.Host != first.Host {
		return errRedirected
	}
	if len(via) >= 5 {
		return errors.New("the call was sent on five times")
	}
	return nil
}

// Call is a call of the API.
type Call struct {
	Method string
	Path   string // below /api/v1, escaped, as in /webhooks
	Query  url.Values
	Body   any    // as JSON; nil for none
	Key    string // the Idempotency-Key; empty: one for this call alone
}

// The longest key that the service takes, and the largest answer that is read.
const (
	maxKey    = 255
	maxAnswer = 32 << 20
)

// Do makes a call, again if that is safe and may help, and returns the answer as it came, or
// nothing if it had no body.
func (c *Client) Do(ctx context.Context, call Call) (json.RawMessage, error) {
	var answer json.RawMessage
	err := c.do(ctx, call, func(body io.Reader) error {
		content, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
		switch {
		case err != nil:
			return unreachable(ctx, err)
		case len(content) > maxAnswer:
			return fmt.Errorf("the answer has more than %d bytes", maxAnswer)
		}
		if err := json.Unmarshal(content, &answer); err != nil {
			return fmt.Errorf("the answer cannot be read, is that the service? %w", err)
		}
		return nil
	})
	return answer, err
}

// Stream makes a call once, and writes the answer as it comes: that of /journal may be long.
func (c *Client) Stream(ctx context.Context, call Call, out io.Writer) error {
	patient := *c.o.HTTP
	patient.Timeout = 0
	long := Client{base: c.base, key: c.key, o: Options{HTTP: &patient, UserAgent: c.o.UserAgent}}
	return long.once(ctx, call, nil, func(body io.Reader) error {
		if _, err := io.Copy(out, body); err != nil {
			return unreachable(ctx, err)
		}
		return nil
	})
}

func (c *Client) do(ctx context.Context, call Call, read func(io.Reader) error) error {
	failed := func(err error) error { return fmt.Errorf("%s %s: %w", call.Method, call.Path, err) }
	var body []byte
	if call.Body != nil {
		var err error
		if body, err = json.Marshal(call.Body); err != nil {
			return failed(fmt.Errorf("write the request: %w", err))
		}
	}
	if len(call.Key) > maxKey || strings.ContainsFunc(call.Key, func(k rune) bool { return k < ' ' || k > '~' }) {
		return failed(fmt.Errorf("the key has more than %d characters, or some that are not printable ASCII. Choose another", maxKey))
	}
	repeatable := call.Key != "" || call.Method != http.MethodPost && call.Method != http.MethodPatch
	if !repeatable {
		call.Key = "call/" + rand.Text() // it may be made again if nobody knows whether it was taken
	}
	waits := patience{left: c.o.Patience}
	for attempt := 1; ; attempt++ {
		err := c.once(ctx, call, body, read)
		if err == nil {
			return nil
		}
		if attempt >= c.o.Attempts || !repeatable && !unknown(err) || !retryable(err) || ctx.Err() != nil {
			return failed(err)
		}
		wait, enough := waits.next(attempt, retryAfter(err))
		if deadline, has := ctx.Deadline(); !enough || has && time.Until(deadline) <= wait {
			return failed(err)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return failed(err)
		}
	}
}

func (c *Client) once(ctx context.Context, call Call, body []byte, read func(io.Reader) error) error {
	address := c.base + "/api/v1" + call.Path
	if len(call.Query) > 0 {
		address += "?" + call.Query.Encode()
	}
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, call.Method, address, content)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+c.key())
	r.Header.Set("User-Agent", c.o.UserAgent)
	r.Header.Set("Accept", "application/json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if call.Key != "" {
		r.Header.Set("Idempotency-Key", call.Key)
	}
	answer, err := c.o.HTTP.Do(r)
	if err != nil {
		return unreachable(ctx, err)
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode/100 != 2:
		return problemOf(answer)
	case answer.StatusCode == http.StatusNoContent:
		return nil
	}
	return read(answer.Body)
}
