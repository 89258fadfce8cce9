package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// What a call may fail with, for errors.Is.
var (
	ErrUnauthorized = errors.New("the API key is not valid")
	ErrForbidden    = errors.New("the API key has no right to do that")
	ErrNotFound     = errors.New("there is no such thing")
	ErrConflict     = errors.New("it is not in a state for that")
	ErrChanged      = errors.New("somebody else has changed it meanwhile")
	ErrInvalid      = errors.New("the request cannot be taken")
	// ErrKeyReused means that the key was used for another request before.
	ErrKeyReused = errors.New("the Idempotency-Key was used for another request")
	// ErrRateLimited means that there were too many calls; RetryAfter says when to come again.
	ErrRateLimited = errors.New("there were too many calls")
	// ErrUnavailable means that the service cannot be reached or cannot answer now. Whether
	// a request that may not be repeated was taken nobody knows.
	ErrUnavailable = errors.New("the service cannot answer now")
)

// Problem is what the service says of a call that failed (RFC 9457).
type Problem struct {
	Type      string `json:"type,omitempty"` // about:blank: the status and the code say it all
	Status    int    `json:"status"`
	Code      string `json:"code"`   // what, for programs
	Title     string `json:"title"`  // what, in a few words
	Detail    string `json:"detail"` // what is wrong and what to do
	RequestID string `json:"request_id"`
	Retryable bool   `json:"retryable"` // whether the same request may succeed later
	// Outcome is "unknown" if the request may have been taken, and empty if it was not. The
	// same request with the same key finds out; calls that have a key are made again for that.
	Outcome string `json:"outcome"`
	// Errors are what is wrong with the request, 20 things at most, each with a JSON pointer
	// into it.
	Errors []Fault `json:"errors"`
	// MoreErrors is how many other things are wrong with it.
	MoreErrors int `json:"more_errors"`
	// RetryAfter is how long the service asks to wait; 0 if it does not say.
	RetryAfter time.Duration `json:"-"`
}

// Error is the sentence, with what finds it in the log of the service.
func (p *Problem) Error() string {
	s := p.Detail
	if s == "" {
		s = p.Title
	}
	if p.RequestID == "" {
		return fmt.Sprintf("%s (%d)", s, p.Status)
	}
	return fmt.Sprintf("%s (%d %s, %s)", s, p.Status, p.Code, p.RequestID)
}

// Is tells which of the errors of this package the problem is.
func (p *Problem) Is(target error) bool {
	switch target {
	case ErrUnauthorized:
		return p.Status == http.StatusUnauthorized
	case ErrForbidden:
		return p.Status == http.StatusForbidden
	case ErrNotFound:
		return p.Status == http.StatusNotFound
	case ErrConflict:
		return p.Status == http.StatusConflict
	case ErrChanged:
		return p.Status == http.StatusPreconditionFailed
	case ErrKeyReused:
		return p.Code == "idempotency_key_reused"
	case ErrInvalid:
		return p.Status == http.StatusBadRequest || p.Status == http.StatusUnprocessableEntity || p.Status == http.StatusRequestEntityTooLarge
	case ErrRateLimited:
		return p.Status == http.StatusTooManyRequests
	case ErrUnavailable:
		return p.Status == http.StatusBadGateway || p.Status == http.StatusServiceUnavailable || p.Status == http.StatusGatewayTimeout || p.Status == http.StatusInsufficientStorage
	}
	return false
}

// Retryable tells whether the same call may succeed later. Without a key a message or an
// event that failed so may have been taken all the same.
func Retryable(err error) bool {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p.Retryable || errors.Is(p, ErrRateLimited) || errors.Is(p, ErrUnavailable)
	}
	return errors.Is(err, ErrUnavailable)
}

// Unknown tells whether nobody knows if the call was taken: the database went away before it
// said so. The same call with the same key finds out.
func Unknown(err error) bool {
	p, ok := errors.AsType[*Problem](err)
	return ok && p.Outcome == "unknown"
}

// RetryAfter is how long the service asks to wait before the call is made again; 0 if it
// does not say.
func RetryAfter(err error) time.Duration {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p.RetryAfter
	}
	return 0
}

// problemOf reads an answer that tells of a failure, whoever wrote it.
func problemOf(answer *http.Response) error {
	p := &Problem{}
	content, _ := io.ReadAll(io.LimitReader(answer.Body, maxProblem))
	if json.Unmarshal(content, p) != nil || p.Code == "" { // a proxy's page, perhaps
		*p = Problem{Title: http.StatusText(answer.StatusCode), Detail: fmt.Sprintf("The answer was %s, and not the service's. What stands before it may know why.", answer.Status)}
	}
	p.Status = answer.StatusCode
	if p.RequestID == "" {
		p.RequestID = answer.Header.Get("X-Request-Id")
	}
	after := answer.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(after); err == nil && seconds > 0 {
		p.RetryAfter = time.Duration(min(seconds, 1<<30)) * time.Second
	} else if at, err := http.ParseTime(after); err == nil {
		p.RetryAfter = max(0, time.Until(at))
	}
	return p
}

// unreachable tells why there was no answer. The address, which may hold names of people
// in its query, is left out.
func unreachable(ctx context.Context, err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err
	}
	if errors.Is(err, ErrRedirected) || ctx.Err() != nil {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// The waits between attempts.
const (
	firstWait = 200 * time.Millisecond
	longest   = 10 * time.Second
)

// patience is what is left of the time that a call may wait.
type patience struct{ left time.Duration }

// next is how long to wait after that attempt: what the server asks for, or a random part
// of a wait that doubles, so that callers that failed together do not come again together.
// enough is false if it would be too long.
func (p *patience) next(attempt int, asked time.Duration) (wait time.Duration, enough bool) {
	most := min(firstWait<<min(attempt-1, 10), longest)
	wait = asked + rand.N(most) + time.Millisecond
	if wait > p.left {
		return 0, false
	}
	p.left -= wait
	return wait, true
}
