package service

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"notifier/rescue"
)

// How long a request may wait for what it needs, as for the database, once it has arrived;
// then its caller is told to come again. A caller hears within 5 s, with what it takes to say.
const (
	answerTime = 4 * time.Second
	// longAnswer is for what asks others, or computes: a trial of an account, a what-if.
	longAnswer = 2 * time.Minute
)

// timeFor is how long a request may take; 0: as long as it makes progress.
func timeFor(r *http.Request) time.Duration {
	switch path := r.URL.Path; {
	case path == "/stream", path == "/export", path == "/api/v1/journal", path == "/metrics":
		return 0
	case strings.HasSuffix(path, "/test"), strings.HasSuffix(path, "/reload"), strings.HasSuffix(path, "/simulate"),
		strings.HasPrefix(path, "/jobs/what-if"), strings.HasPrefix(path, "/settings"),
		r.Method == http.MethodDelete && strings.HasPrefix(path, "/api/v1/users/"):
		return longAnswer
	}
	return answerTime
}

// timely ends what a request waits for when its time is over. The time in which its body
// arrives does not count: that is bounded by patient.
func timely(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit := timeFor(r)
		if limit == 0 {
			next.ServeHTTP(w, r)
			return
		}
		t := &timed{limit: limit}
		var cancel context.CancelFunc
		t.Context, cancel = context.WithCancel(r.Context())
		defer cancel()
		t.timer = rescue.After(limit, nil, "the time of a request", func() {
			defer cancel()
			t.over.Store(true)
		})
		defer t.timer.Stop()
		r = r.WithContext(t)
		if r.ContentLength != 0 {
			r.Body = arriving{r.Body, t}
		}
		next.ServeHTTP(w, r)
	})
}

// timed is the context of a request.
type timed struct {
	context.Context
	limit time.Duration
	timer *time.Timer
	over  atomic.Bool
}

// Err tells a request whose time is over from one whose caller has gone.
func (t *timed) Err() error {
	if t.over.Load() {
		return context.DeadlineExceeded
	}
	return t.Context.Err()
}

// arriving is a body; its request's time begins when it has come.
type arriving struct {
	io.ReadCloser
	t *timed
}

func (a arriving) Read(b []byte) (int, error) {
	if a.t.timer.Stop() {
		defer a.t.timer.Reset(a.t.limit)
	}
	return a.ReadCloser.Read(b)
}
