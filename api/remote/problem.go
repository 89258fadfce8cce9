package remote

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

	"notifier/fault"
)

// ErrUnavailable means that the service cannot be reached or cannot answer now. Whether a
// request that may not be repeated was taken nobody knows.
var ErrUnavailable = errors.New("the service cannot answer now")

// Problem is what the service says of a call that failed (RFC 9457).
type Problem struct {
	Status     int           `json:"status"`
	Code       string        `json:"code"` // empty if somebody else has answered
	Title      string        `json:"title"`
	Detail     string        `json:"detail"`
	RequestID  string        `json:"request_id"`
	Retryable  bool          `json:"retryable"`
	Outcome    string        `json:"outcome"` // "unknown" if the request may have been taken
	Errors     []fault.Fault `json:"errors"`
	MoreErrors int           `json:"more_errors"`

	after time.Duration // how long the service asks to wait
}

// Error is the sentence.
func (p *Problem) Error() string { return fmt.Sprintf("%s (%d)", p.Detail, p.Status) }

// maxProblem is the largest problem that is read, in bytes.
const maxProblem = 1 << 20

// problemOf reads an answer that tells of a failure, whoever wrote it.
func problemOf(answer *http.Response) error {
	p := &Problem{}
	content, _ := io.ReadAll(io.LimitReader(answer.Body, maxProblem))
	if json.Unmarshal(content, p) != nil || p.Code == "" { // a proxy's page, perhaps
		*p = Problem{Detail: fmt.Sprintf("The answer was %s, and not the service's. What stands before it may know why.", answer.Status)}
	}
	p.Status = answer.StatusCode
	if p.RequestID == "" {
		p.RequestID = answer.Header.Get("X-Request-Id")
	}
	after := answer.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(after); err == nil && seconds > 0 {
		p.after = time.Duration(min(seconds, 1<<30)) * time.Second
	} else if at, err := http.ParseTime(after); err == nil {
		p.after = max(0, time.Until(at))
	}
	return p
}

// retryable tells whether the same call may succeed later.
func retryable(err error) bool {
	p, told := errors.AsType[*Problem](err)
	if !told {
		return errors.Is(err, ErrUnavailable)
	}
	switch p.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusInsufficientStorage:
		return true
	}
	return p.Retryable
}

// unknown tells whether nobody knows if the call was taken.
func unknown(err error) bool {
	p, told := errors.AsType[*Problem](err)
	return told && p.Outcome == "unknown"
}

func retryAfter(err error) time.Duration {
	if p, told := errors.AsType[*Problem](err); told {
		return p.after
	}
	return 0
}

// unreachable tells why there was no answer. The address, which may hold names of people
// in its query, is left out.
func unreachable(ctx context.Context, err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err
	}
	if errors.Is(err, errRedirected) || ctx.Err() != nil {
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

// next is how long to wait after that attempt: what the server asks for, and a random part
// of a wait that doubles (exponential backoff with full jitter), so that callers that failed
// together do not come again together. enough is false if it would be too long.
func (p *patience) next(attempt int, asked time.Duration) (wait time.Duration, enough bool) {
	most := min(firstWait<<min(attempt-1, 10), longest)
	wait = asked + rand.N(most) + time.Millisecond
	if wait > p.left {
		return 0, false
	}
	p.left -= wait
	return wait, true
}
