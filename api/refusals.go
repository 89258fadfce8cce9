package api

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"notifier/access"
	"notifier/fault"
	"notifier/message"
	"notifier/request"
)

// Refusals notes requests that led to nothing.
type Refusals interface {
	// Refuse notes a request that led to nothing.
	Refuse(ctx context.Context, r request.Refusal) error
}

// How much of a request and of its answer is looked at to tell what it was about.
const (
	listened = 16 << 10
	answered = 2 << 10
	depth    = 8
	maxNamed = 20
)

// watch sees what becomes of a request that changes something: those that lead to nothing
// are noted, so that "why did no mail come" has an answer.
type watch struct {
	http.ResponseWriter
	request bytes.Buffer // how its body begins
	answer  bytes.Buffer // how the answer begins, if it is one that was given before
	caller  access.Caller
	problem *Problem
}

// Unwrap is for http.ResponseController.
func (w *watch) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *watch) Write(b []byte) (int, error) {
	if room := answered - w.answer.Len(); room > 0 && w.Header().Get("Idempotent-Replayed") != "" {
		w.answer.Write(b[:min(room, len(b))])
	}
	return w.ResponseWriter.Write(b)
}

// listening is a body that the watch reads along, as far as it needs.
type listening struct {
	io.ReadCloser
	w *watch
}

func (l listening) Read(b []byte) (int, error) {
	n, err := l.ReadCloser.Read(b)
	if room := listened - l.w.request.Len(); room > 0 {
		l.w.request.Write(b[:min(room, n)])
	}
	return n, err
}

var watches = sync.Pool{New: func() any { return new(watch) }}

// watched notes requests that were refused, or answered as they were before.
func (h *handler) watched(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead || !strings.HasPrefix(r.URL.Path, "/api/v1/") {
			next.ServeHTTP(w, r)
			return
		}
		seen := watches.Get().(*watch)
		seen.ResponseWriter = w
		heard := r.WithContext(r.Context())
		heard.Body = listening{r.Body, seen}
		next.ServeHTTP(seen, heard)
		if seen.problem != nil || seen.answer.Len() > 0 {
			h.noteRefusal(seen, heard)
		}
		seen.request.Reset()
		seen.answer.Reset()
		seen.ResponseWriter, seen.caller, seen.problem = nil, access.Caller{}, nil
		watches.Put(seen)
	})
}

// heardOf tells the watch of a request, if there is one, what it came to.
func heardOf(w http.ResponseWriter, p *Problem) {
	if seen, ok := w.(*watch); ok {
		seen.problem = p
	}
}

var firstMade = regexp.MustCompile(`"(msg_[0-9a-hjkmnp-tv-z]{26})"`)

// noteRefusal writes down a request that led to nothing, if it can be said what it was about.
func (h *handler) noteRefusal(w *watch, r *http.Request) {
	refusal := request.Refusal{
		At: now(r.Context()), RequestID: w.Header().Get(requestID), Method: fault.Truncate(r.Method, 20), Path: fault.Truncate(r.URL.Path, 500), Site: w.caller.Site, By: w.caller.Name, Status: http.StatusOK,
	}
	patience := &h.refusals
	switch p := w.problem; {
	case p == nil:
		first := firstMade.FindSubmatch(w.answer.Bytes())
		if first == nil {
			return
		}
		refusal.Code, refusal.First = request.Repeated, message.ID(first[1])
	case p.Status >= http.StatusInternalServerError, p.Status == http.StatusMethodNotAllowed:
		return // nothing is wrong with the request, or it is no request of ours
	default:
		refusal.Status, refusal.Code, refusal.Detail = p.Status, p.Code, p.Detail
		if refusal.Site == "" {
			patience, refusal.Site = &h.strangers, h.o.Site
			readOn(w, r)
		}
	}
	refusal.Case, refusal.Users = about(w.request.Bytes())
	if rest, found := strings.CutPrefix(r.URL.Path, "/api/v1/users/"); found && len(refusal.Users) == 0 {
		user, _, _ := strings.Cut(rest, "/")
		refusal.Users = []string{user}
	}
	if refusal.Site == "" || refusal.Case == "" && len(refusal.Users) == 0 || !patience.take(refusal.At) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), time.Second)
	defer cancel()
	_ = h.Refusals.Refuse(ctx, refusal) // the caller has its answer; a note that is lost is not worth a word
}

// readOn reads the beginning of a body that nobody has read, because its sender was not let in.
func readOn(w *watch, r *http.Request) {
	if r.ContentLength <= 0 || r.ContentLength > listened || w.request.Len() > 0 {
		return
	}
	if http.NewResponseController(w.ResponseWriter).SetReadDeadline(time.Now().Add(200*time.Millisecond)) == nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, listened)) // what cannot be read is not known
	}
}

// about is which case and whom the beginning of a body names, also of one that is no whole
// JSON.
func about(body []byte) (caseID string, users []string) {
	d := jsontext.NewDecoder(bytes.NewReader(body))
	var path []string // the keys that lead to the next value; in a list that of the list
	name := ""
	for {
		token, err := d.ReadToken()
		if err != nil {
			return caseID, users
		}
		switch token.Kind() {
		case '{', '[':
			if path = append(path, name); len(path) > depth {
				return caseID, users
			}
			if token.Kind() == '[' {
				continue
			}
		case '}', ']':
			name = path[len(path)-1]
			path = path[:len(path)-1]
			continue
		case '"':
			if kind, length := d.StackIndex(d.StackDepth()); kind == '{' && length%2 == 1 {
				name = token.String()
				continue
			}
			caseID, users = named(path, name, token.String(), caseID, users)
		}
	}
}

// named takes up a text if it is the id of a case, or of somebody.
func named(path []string, name, text, caseID string, users []string) (string, []string) {
	if len(path) == 0 || text == "" {
		return caseID, users
	}
	within := path[len(path)-1]
	switch {
	case name == "id" && within == "case" && caseID == "":
		caseID = text
	case slices.Contains([]string{"users", "user", "to", "cc", "bcc"}, name), name == "email" && slices.Contains([]string{"to", "cc", "bcc"}, within):
		if len(users) < maxNamed && !slices.Contains(users, text) {
			users = append(users, text)
		}
	}
	return caseID, users
}

// patience is how many requests that led to nothing are noted: so many a second, and as
// many at once as have been saved up. The zero patience has yet to be given.
type patience struct {
	rate, most float64
	mu         sync.Mutex
	left       float64
	at         time.Time
}

// take tells whether one more is noted.
func (p *patience) take(at time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at.IsZero() {
		p.left, p.at = p.most, at
	}
	p.left = min(p.most, p.left+p.rate*max(0, at.Sub(p.at).Seconds()))
	p.at = at
	if p.left < 1 {
		return false
	}
	p.left--
	return true
}
