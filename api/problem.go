package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"go.uber.org/zap"

	"notifier/access"
	"notifier/fault"
	"notifier/jobs"
	"notifier/message"
	"notifier/request"
)

// Problem is every error answer (RFC 9457).
type Problem struct {
	Type      string        `json:"type" example:"about:blank"`
	Title     string        `json:"title" example:"The request cannot be taken"`
	Status    int           `json:"status" example:"422"`
	Detail    string        `json:"detail" doc:"What is wrong and what to do."`
	Code      string        `json:"code" doc:"What, for programs." example:"invalid"`
	RequestID string        `json:"request_id,omitempty" doc:"Names this request in the log."`
	Retryable bool          `json:"retryable" doc:"Whether the same request may succeed later."`
	Outcome   string        `json:"outcome,omitempty" enum:"unknown" doc:"unknown if the request may have been taken: the database went away before it said so. Repeat it with the same Idempotency-Key."`
	Errors    []fault.Fault `json:"errors,omitempty" doc:"What is wrong with the request: 20 things at most."`
	More      int           `json:"more_errors,omitempty" doc:"How many other things are wrong with it."`

	cause error         // what nobody foresaw; for the log alone
	after time.Duration // when to come again, where that may help; 0: the usual
}

func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType says that the body is a problem.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders says when to come again, where that may help.
func (p *Problem) GetHeaders() http.Header {
	if p.Status == http.StatusUnauthorized {
		return http.Header{"Www-Authenticate": {`Bearer realm="notifier"`}}
	}
	if !p.Retryable {
		return nil
	}
	if p.Status == http.StatusConflict {
		return http.Header{"Retry-After": {"1"}}
	}
	after := cmp.Or(p.after, 5*time.Second)
	return http.Header{"Retry-After": {strconv.Itoa(int(after.Seconds()))}}
}

// The titles of problems, by status.
var titles = map[int]string{
	http.StatusBadRequest:            "The request cannot be read",
	http.StatusUnauthorized:          "A key is needed",
	http.StatusForbidden:             "The key may not do this",
	http.StatusNotFound:              "There is no such thing",
	http.StatusMethodNotAllowed:      "That cannot be done here",
	http.StatusRequestTimeout:        "The request came too slowly",
	http.StatusConflict:              "It is not in a state for that",
	http.StatusPreconditionFailed:    "It is not as you read it",
	http.StatusRequestEntityTooLarge: "The request is too large",
	http.StatusRequestURITooLong:     "The address is too long",
	http.StatusUnsupportedMediaType:  "The request is not JSON",
	http.StatusUnprocessableEntity:   "The request cannot be taken",
	http.StatusTooManyRequests:       "These are too many requests",
	http.StatusInternalServerError:   "Something went wrong here",
	http.StatusServiceUnavailable:    "The service cannot answer now",
	http.StatusInsufficientStorage:   "There is no room to store anything",
}

// maxDetail is the longest detail of a problem, in bytes. Most repeat something of the
// request, which may be long.
const maxDetail = 4000

func problem(status int, code, detail string) *Problem {
	if len(detail) > maxDetail {
		detail = fault.KeepEnds(detail, maxDetail)
	}
	return &Problem{
		Type: "about:blank", Title: titles[status], Status: status, Code: code, Detail: detail,
		Retryable: status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests || status == http.StatusInsufficientStorage,
	}
}

func internal() *Problem {
	return problem(http.StatusInternalServerError, "internal", "Something went wrong here; the log says what, under this request_id.")
}

func unavailable() *Problem {
	return problem(http.StatusServiceUnavailable, "unavailable", "The database does not answer. Try again; an Idempotency-Key makes that safe.")
}

// troubled tells what is wrong with the database, and whether the request may have been taken.
func troubled(t *message.Trouble) *Problem {
	p := unavailable()
	if t.Says != "" {
		p.Detail = sentence(errors.New(t.Says), nil) + " Try again; an Idempotency-Key makes that safe."
	}
	if t.Full {
		p = problem(http.StatusInsufficientStorage, "insufficient_storage", sentence(errors.New(t.Says), nil)+" Nothing can be taken until there is room. Try again later.")
		p.after = 30 * time.Second
	}
	if t.Unknown {
		p.Outcome, p.Detail = "unknown", "The database does not answer. It may have been taken. Repeat it with the same Idempotency-Key."
	}
	return p
}

// told is how an error is told to a caller. What nobody foresaw is told as what it comes
// of where the database is away: then the same request may succeed later.
func (h *handler) told(ctx context.Context, err error) *Problem {
	p := problemOf(err)
	if p.cause != nil && errors.Is(h.ping(ctx), message.ErrUnavailable) {
		return unavailable()
	}
	return p
}

// problemOf says which problem an error of the rooms is. What nobody foresaw is told
// without its insides.
func problemOf(err error) *Problem {
	var told *Problem
	var trouble *message.Trouble
	var invalid *fault.Invalid
	var move *message.MoveError
	var changed *request.ChangedError
	switch {
	case errors.As(err, &told):
		return told
	case errors.As(err, &invalid):
		return faulty(*invalid)
	case errors.Is(err, request.ErrKeyReused):
		return problem(http.StatusUnprocessableEntity, "idempotency_key_reused",
			"This Idempotency-Key was used for another request. Use a new key for a new request.")
	case errors.Is(err, jobs.ErrUnknown):
		return problem(http.StatusNotFound, "not_found", sentence(err, nil)+" /api/v1/jobs lists what there is.")
	case errors.Is(err, message.ErrNotFound):
		return problem(http.StatusNotFound, "not_found", sentence(err, message.ErrNotFound))
	case errors.Is(err, access.ErrRevoked), errors.Is(err, access.ErrExpired):
		return problem(http.StatusConflict, "not_usable", sentence(err, nil))
	case errors.Is(err, jobs.ErrBusy):
		return problem(http.StatusConflict, "running", "The job is running already. Wait for its end.")
	case errors.Is(err, message.ErrNotEditable):
		return problem(http.StatusConflict, "not_editable", sentence(err, nil))
	case errors.Is(err, message.ErrManual):
		return problem(http.StatusConflict, "not_retryable", sentence(err, nil))
	case errors.As(err, &move):
		return unmoved(err, move)
	case errors.As(err, &changed):
		return problem(http.StatusPreconditionFailed, "changed_meanwhile", sentence(changed, nil)+" Read it again, and send the new ETag as If-Match.")
	case errors.Is(err, message.ErrBusy):
		return problem(http.StatusServiceUnavailable, "busy", "A mail to this person is being sent at this moment. Ask again in a minute, and what is left is done.")
	case errors.Is(err, message.ErrMoved):
		return problem(http.StatusServiceUnavailable, "busy", "It is being changed by others time after time. Try again; an Idempotency-Key makes that safe.")
	case errors.As(err, &trouble):
		return troubled(trouble)
	case errors.Is(err, message.ErrUnavailable), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return unavailable()
	case errors.Is(err, jobs.ErrNotStarted):
		return problem(http.StatusServiceUnavailable, "unavailable", "The service is starting or ending. Try again.")
	}
	p := internal()
	p.cause = err
	return p
}

// faulty tells what is wrong with a request.
func faulty(invalid fault.Invalid) *Problem {
	p := problem(http.StatusUnprocessableEntity, "invalid", invalid.Error())
	p.Errors, p.More = invalid.Faults, invalid.More
	if len(invalid.Error()) > maxDetail && p.More > 0 { // which was cut off
		p.Detail += "… " + fault.AndMore(p.More)
	}
	return p
}

// only says which messages a person can move so.
var only = map[message.Move]string{
	message.Retry:   "Only a message in error can be tried again, and with resend one that was sent.",
	message.Cancel:  "Only a message that has not left can be withdrawn.",
	message.Hold:    "Only a message that is about to leave can be held.",
	message.SendNow: "Only a message that waits for its time can be sent now.",
	message.Release: "Only a message that waits for a person can be released.",
}

// unmoved says why a message cannot do what was asked for.
func unmoved(err error, e *message.MoveError) *Problem {
	p := problem(http.StatusConflict, "not_allowed_now", fmt.Sprintf("It is %s. %s", e.From, only[e.Move]))
	if e.Move == message.Retry {
		p.Code = "not_retryable"
	}
	if why := sentence(err, e); why != sentence(e, nil) {
		p.Detail = fault.KeepEnds(why, maxDetail)
	}
	return p
}

// sentence writes an error as a sentence, without the end that programs tell it by.
func sentence(err, end error) string {
	s := err.Error()
	if end != nil {
		s = strings.TrimSuffix(s, ": "+end.Error())
	}
	return capital(s)
}

func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(first)) + s[size:]
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "?") {
		s += "."
	}
	return s
}

// finish gives a problem the id of its request, and logs what nobody foresaw.
func (h *handler) finish(ctx huma.Context, _ string, answer any) (any, error) {
	p, isProblem := answer.(*Problem)
	if !isProblem {
		return answer, nil
	}
	_, w := humago.Unwrap(ctx)
	p.RequestID = w.Header().Get(requestID)
	heardOf(w, p)
	if p.cause != nil {
		h.log.Error("a request failed", zap.String("request", p.RequestID), zap.String("operation", ctx.Operation().OperationID), zap.Error(p.cause))
	}
	return p, nil
}

// teachHuma makes huma tell its own findings, about parameters and unreadable bodies, as
// problems of ours, and lists as lists that are never null. huma keeps both in variables
// of the package.
var teachHuma = sync.OnceFunc(func() {
	huma.DefaultArrayNullable = false
	huma.NewError = func(status int, _ string, errs ...error) huma.StatusError { return found(nil, status, errs) }
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
		return found(ctx.Operation(), status, errs)
	}
})

// found tells what huma found.
func found(o *huma.Operation, status int, errs []error) *Problem {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return problem(status, "too_large", fmt.Sprintf("A request has at most %d bytes. Send it in several, or link to what is large.", maxBody))
	case http.StatusRequestTimeout:
		return problem(status, "too_slow", fmt.Sprintf("The request did not arrive within %s. Send it again.", bodyTime))
	case http.StatusBadRequest: // there is no body
		return problemOf(fault.Decode(nil, new(struct{})))
	case http.StatusUnprocessableEntity:
		var bad fault.Invalid
		for _, err := range errs {
			if detail, ok := err.(*huma.ErrorDetail); ok {
				bad.Add(detail.Location, "bad_parameter", "%s", advice(o, detail))
			}
		}
		return faulty(bad)
	}
	if cause := errors.Join(errs...); !errors.Is(cause, errCutOff) {
		p := internal()
		p.cause = cause
		return p
	}
	return problem(http.StatusBadRequest, "cut_off", "The request ended before it was whole. Send it again; an Idempotency-Key makes that safe.")
}

// advice says what is wrong with a parameter, in our words. Its value is not repeated.
func advice(o *huma.Operation, detail *huma.ErrorDetail) string {
	where, name, _ := strings.Cut(detail.Location, ".")
	if detail.Message == "unknown query parameter" {
		return unknownParameter(o, name)
	}
	for _, p := range o.Parameters {
		if p.In == where && p.Name == name && p.Schema != nil {
			return expected(p.Schema, detail)
		}
	}
	return detail.Message
}

func unknownParameter(o *huma.Operation, name string) string {
	var names []string
	for _, p := range o.Parameters {
		if p.In == "query" {
			names = append(names, p.Name)
		}
	}
	if len(names) == 0 {
		return fmt.Sprintf("there is no parameter %q. Leave it out", name)
	}
	return fmt.Sprintf("there is no parameter %q.%s", name, fault.Suggest(name, names))
}

func texts(values []any) []string {
	var all []string
	for _, v := range values {
		all = append(all, fmt.Sprint(v))
	}
	return all
}

// expected says what a parameter has to be that huma refuses.
func expected(s *huma.Schema, detail *huma.ErrorDetail) string {
	switch {
	case strings.HasPrefix(detail.Message, "required"):
		return "this is needed. Add it"
	case len(s.Enum) > 0:
		return "the value is not known here. Write one of " + strings.Join(texts(s.Enum), ", ")
	case s.Type == huma.TypeBoolean:
		return "this is neither true nor false. Write one of them"
	case s.Type == huma.TypeInteger && s.Minimum != nil && s.Maximum != nil:
		return fmt.Sprintf("a whole number from %.0f to %.0f is expected here. Write its digits alone, as in %.0[1]f", *s.Minimum, *s.Maximum)
	case s.Type == huma.TypeInteger:
		return "a whole number is expected here, and not so large a one. Write its digits alone, as in 20"
	case s.Format == "date-time":
		return "this is not a time. Write it as 2026-11-25T15:00:00Z"
	case s.MaxLength != nil:
		return fmt.Sprintf("this is too long. Write at most %d characters", *s.MaxLength)
	}
	return detail.Message
}
