package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"notifier/jobs"
	"notifier/message"
)

// Problem is every error answer (RFC 9457).
type Problem struct {
	Type      string          `json:"type" example:"about:blank"`
	Title     string          `json:"title" example:"The request cannot be taken"`
	Status    int             `json:"status" example:"422"`
	Detail    string          `json:"detail" doc:"What is wrong and what to do."`
	Code      string          `json:"code" doc:"What, for programs." example:"invalid"`
	RequestID string          `json:"request_id,omitempty" doc:"Names this request in the log."`
	Retryable bool            `json:"retryable" doc:"Whether the same request may succeed later."`
	Errors    []message.Fault `json:"errors,omitempty" doc:"All that is wrong with the request."`
}

func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType says that the body is a problem.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// The titles of problems, by status.
var titles = map[int]string{
	http.StatusBadRequest:            "The request cannot be read",
	http.StatusUnauthorized:          "A key is needed",
	http.StatusNotFound:              "There is no such thing",
	http.StatusMethodNotAllowed:      "That cannot be done here",
	http.StatusConflict:              "It is not in a state for that",
	http.StatusRequestEntityTooLarge: "The request is too large",
	http.StatusUnsupportedMediaType:  "The request is not JSON",
	http.StatusUnprocessableEntity:   "The request cannot be taken",
	http.StatusInternalServerError:   "Something went wrong here",
	http.StatusServiceUnavailable:    "The service cannot answer now",
}

func problem(status int, code, detail string) *Problem {
	title := titles[status]
	if title == "" {
		title = http.StatusText(status)
	}
	return &Problem{
		Type: "about:blank", Title: title, Status: status, Code: code, Detail: detail,
		Retryable: status == http.StatusServiceUnavailable,
	}
}

// problemOf says how an error of the rooms is told to a caller. What nobody foresaw is
// logged and told without its insides.
func (h *handler) problemOf(err error) *Problem {
	var known *Problem
	var invalid *message.Invalid
	var move *message.MoveError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &invalid):
		p := problem(http.StatusUnprocessableEntity, "invalid", invalid.Error())
		p.Errors = invalid.Faults
		return p
	case errors.Is(err, message.ErrKeyReused):
		return problem(http.StatusUnprocessableEntity, "idempotency_key_reused",
			"This Idempotency-Key was used for another request. Use a new key for a new request.")
	case errors.Is(err, message.ErrNotFound), errors.Is(err, jobs.ErrUnknown):
		return problem(http.StatusNotFound, "not_found", sentence(err))
	case errors.Is(err, jobs.ErrBusy):
		return problem(http.StatusConflict, "running", "The job is running already. Wait for its end.")
	case errors.Is(err, message.ErrManual):
		return problem(http.StatusConflict, "not_retryable", sentence(err))
	case errors.As(err, &move) && move.Move == message.Retry:
		return problem(http.StatusConflict, "not_retryable", sentence(err))
	case errors.As(err, &move):
		return problem(http.StatusConflict, "not_allowed_now", sentence(err))
	case errors.Is(err, message.ErrMoved):
		return problem(http.StatusConflict, "changed", "It was changed by somebody else meanwhile. Read it again and repeat.")
	case errors.Is(err, message.ErrUnavailable), errors.Is(err, jobs.ErrNotStarted):
		return problem(http.StatusServiceUnavailable, "unavailable", "The database does not answer. Nothing was stored; try again.")
	}
	h.log.Error("a request failed", zap.Error(err))
	return problem(http.StatusInternalServerError, "internal", "Something went wrong here; the log says what. Nothing was stored.")
}

// sentence writes an error as a sentence, without the word that programs tell it by.
func sentence(err error) string {
	s := err.Error()
	for _, word := range []error{message.ErrNotFound} {
		s = strings.TrimSuffix(s, ": "+word.Error())
	}
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// humaErrors makes huma tell its own findings, about parameters and unreadable bodies, as
// problems of ours. huma keeps this in a variable of the package.
var humaErrors = sync.OnceFunc(func() {
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		p := problem(status, code(status), capital(msg))
		for _, err := range errs {
			detail, ok := err.(*huma.ErrorDetail)
			if !ok {
				continue // an error of ours never comes this way: its text is not for callers
			}
			p.Errors = append(p.Errors, message.Fault{Pointer: detail.Location, Code: "bad_value", Detail: capital(detail.Message)})
		}
		if len(p.Errors) > 0 {
			p.Detail = fmt.Sprintf("%s: %s", p.Errors[0].Pointer, p.Errors[0].Detail)
		}
		return p
	}
})

func capital(s string) string {
	if s == "" {
		return s
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

func code(status int) string {
	return strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_")
}
