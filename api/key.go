package api

import (
	"context"
	"net/http"
	"sync"
	"time"
	"unicode/utf8"

	"notifier/fault"
	"notifier/request"
)

// Keyed is a request that is safe to repeat.
type Keyed struct {
	Key string `header:"Idempotency-Key" doc:"Makes the request safe to repeat for seven days." maxLength:"255"`
}

// Trying is a request that may only ask what would happen.
type Trying struct {
	DryRun bool `query:"dry_run" doc:"Only say what would happen: nothing is stored, and nothing leaves."`
}

// Replayed tells a repetition from the first.
type Replayed struct {
	Replayed string `header:"Idempotent-Replayed" doc:"true if the same request was answered before."`
}

// trying is a call that may be a dry run.
// Strictly is a request that may ask to be refused for the sake of one unknown user.
type Strictly struct {
	Strict bool `query:"strict" doc:"Refuse the request if any user is unknown. Otherwise unknown users are skipped with the reason unknown_user, and the request is refused only if nobody is known."`
}

// in asks for it in a call.
func (s Strictly) in(c request.Call) request.Call {
	c.Strict = s.Strict
	return c
}

func trying(ctx context.Context, key string, dry bool) request.Call {
	c := call(ctx, key)
	c.DryRun = dry
	return c
}

// statusOf is 202 where something was taken, and 200 where it was only tried.
func statusOf(dry bool) int {
	if dry {
		return http.StatusOK
	}
	return http.StatusAccepted
}

// keyedCall is a request, made now, to a door that huma does not keep.
func keyedCall(r *http.Request) (request.Call, error) {
	c := call(r.Context(), r.Header.Get("Idempotency-Key"))
	if n := utf8.RuneCountInString(c.Key); n > maxKey {
		var bad fault.Invalid
		bad.Add("header.Idempotency-Key", "bad_parameter", "an Idempotency-Key has at most %d characters. Shorten it", maxKey)
		return c, &bad
	}
	return c, nil
}

// underWay are the requests with an Idempotency-Key that this process is answering.
type underWay struct {
	mu   sync.Mutex
	ends map[string]chan struct{} // closed when the request has been answered
}

// waits is how long a repetition waits for the first.
const waits = 2 * time.Second

// once lets only one request with a key through at a time. A repetition waits a moment for
// the first, whose answer it then gets, and is sent away if that takes longer.
func (h *handler) once(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("Idempotency-Key")
		if key == "" || r.Method == http.MethodGet || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		end, alone := h.underWay.enter(r.Context(), callerOf(r.Context()).Site+"\x00"+key)
		if !alone {
			p := problem(http.StatusConflict, "in_progress", "The first request with this Idempotency-Key is still being answered. Send it again in a second, and it gets the same answer.")
			p.Retryable = true
			h.refuse(w, p)
			return
		}
		defer end()
		next.ServeHTTP(w, r)
	})
}

// enter waits for its turn with a key; false if that does not come soon.
func (u *underWay) enter(ctx context.Context, key string) (end func(), alone bool) {
	var limit <-chan time.Time // which most never need
	for {
		u.mu.Lock()
		first, busy := u.ends[key]
		if !busy {
			if u.ends == nil {
				u.ends = map[string]chan struct{}{}
			}
			ended := make(chan struct{})
			u.ends[key] = ended
			u.mu.Unlock()
			return func() {
				u.mu.Lock()
				delete(u.ends, key)
				u.mu.Unlock()
				close(ended)
			}, true
		}
		u.mu.Unlock()
		if limit == nil {
			limit = time.After(waits)
		}
		select {
		case <-first:
		case <-limit:
			return nil, false
		case <-ctx.Done():
			return nil, false
		}
	}
}
