package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"notifier/access"
	"notifier/request"
	"notifier/wallclock/timekeeper"
)

// Gate tells who a caller is.
type Gate interface {
	// Admit tells who comes with a secret: access.ErrUnknownKey, ErrRevoked or ErrExpired if
	// nobody may.
	Admit(ctx context.Context, secret string, at time.Time) (access.Caller, error)
	// Take takes a request of a caller and tells whether it is one too many.
	Take(ctx context.Context, c access.Caller, n int, at time.Time) access.Allowance
	// Owe is for what a request turned out to be beside itself; what is below zero is given back.
	Owe(c access.Caller, n int)
	// HasFirstKey tells whether the configuration names a key.
	HasFirstKey() bool
}

// asker is who sent a request, and how.
type asker struct {
	caller        access.Caller
	from, request string // the address, and the request's id
}

// askerIn is where a request's context has that. huma calls handlers with nothing but a
// context and the input, so there is no other way for it to come along.
type askerIn struct{}

func asking(ctx context.Context) asker {
	a, _ := ctx.Value(askerIn{}).(asker)
	return a
}

// callerOf is who asks. The zero Caller may do nothing.
func callerOf(ctx context.Context) access.Caller { return asking(ctx).caller }

// call is a request to a room, made now.
func call(ctx context.Context, key string) request.Call {
	c := callerOf(ctx)
	return request.Call{Site: c.Site, At: now(ctx), By: c.Name, Key: key}
}

// now is the time that the service goes by.
func now(ctx context.Context) time.Time { return timekeeper.Now(ctx) }

// keyed lets only callers with a key in.
func (h *handler) keyed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			secret = ""
		}
		caller, err := h.o.Gate.Admit(r.Context(), secret, now(r.Context()))
		if err != nil {
			h.refuse(w, h.refused(r.Context(), err))
			return
		}
		if seen, ok := w.(*watch); ok {
			seen.caller = caller
		}
		if p := h.rate(r.Context(), w.Header(), caller); p != nil {
			h.refuse(w, p)
			return
		}
		a := asker{caller: caller, from: h.o.From(r), request: w.Header().Get(requestID)}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), askerIn{}, a)))
	})
}

// rate tells a caller what may still be asked for, and refuses what is too much.
func (h *handler) rate(ctx context.Context, header http.Header, c access.Caller) *Problem {
	a := h.o.Gate.Take(ctx, c, 1, now(ctx))
	if a.Limit > 0 {
		header.Set("RateLimit-Limit", strconv.Itoa(a.Limit))
		header.Set("RateLimit-Remaining", strconv.Itoa(a.Remaining))
		header.Set("RateLimit-Reset", strconv.Itoa(int(a.Reset.Seconds())))
	}
	if a.OK {
		return nil
	}
	p := problem(http.StatusTooManyRequests, "too_many_requests", fmt.Sprintf("These are more requests and messages than the key %q may send. Send this one again after %s; an Idempotency-Key makes that safe.", c.Name, a.Wait))
	p.after = a.Wait
	return p
}

// owe counts a request, or an item of a batch, as the messages that it is likely to make, and returns how many beside itself. So
// many large requests at once do not all come before the first is counted.
func (h *handler) owe(ctx context.Context, likely int) (owed int) {
	owed = max(likely-1, 0)
	h.charge(ctx, owed)
	return owed
}

// settle puts right what is owed, once it is known how many messages there are: none new if it was answered before.
func (h *handler) settle(ctx context.Context, owed, made int, replayed bool) {
	if replayed {
		made = 0
	}
	h.charge(ctx, max(made-1, 0)-owed)
}

func (h *handler) charge(ctx context.Context, n int) {
	if n != 0 {
		h.o.Gate.Owe(callerOf(ctx), n)
	}
}

// refused says why somebody is not let in.
func (h *handler) refused(ctx context.Context, err error) *Problem {
	unauthorized := func(code, detail string) *Problem { return problem(http.StatusUnauthorized, code, detail) }
	switch {
	case errors.Is(err, access.ErrExpired):
		return unauthorized("key_expired", "This key has expired. Create another one, as with notifier key create.")
	case errors.Is(err, access.ErrRevoked):
		return unauthorized("key_revoked", "This key was revoked. Create another one, as with notifier key create.")
	case errors.Is(err, access.ErrUnknownKey) && h.o.Gate.HasFirstKey():
		return unauthorized("unauthorized", "Send a valid key as Authorization: Bearer KEY.")
	case errors.Is(err, access.ErrUnknownKey):
		return unauthorized("unauthorized", "Send a valid key as Authorization: Bearer KEY. The configuration has none: make one with notifier key create, or start the service with NOTIFIER_HTTP__KEY set to one.")
	}
	return h.told(ctx, err)
}

// permitted lets through who has the right that the operation needs. It comes before the
// parameters and the body are read: whoever may not ask is worth no work.
func (h *handler) permitted(operation string) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if err := permit(ctx.Context(), operation); err != nil {
			_, w := humago.Unwrap(ctx)
			h.refuse(w, problemOf(err))
			return
		}
		next(ctx)
	}
}

// forHome lets in who may read the queue of all sites.
func (h *handler) forHome(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch c := callerOf(r.Context()); {
		case !c.May(access.ReadQueue):
			h.refuse(w, problem(http.StatusForbidden, "wrong_scope", "This needs the scope "+string(access.ReadQueue)+", which the key \""+c.Name+"\" does not have. Use another key."))
		case !c.Home:
			h.refuse(w, problem(http.StatusForbidden, "other_site", "This is for the whole installation, and the key \""+c.Name+"\" is for one site of it. Use a key of the site that the configuration names."))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// permit refuses a caller who has not the right that the operation needs.
func permit(ctx context.Context, operation string) error {
	c, need := callerOf(ctx), needs[operation]
	switch {
	case !c.May(need.scope):
		return problem(http.StatusForbidden, "wrong_scope", "This needs the scope "+string(need.scope)+", which the key \""+c.Name+"\" does not have. Use another key, or create one with notifier key create --scope "+string(need.scope)+".")
	case need.home && !c.Home:
		return problem(http.StatusForbidden, "other_site", "This is for the whole installation, and the key \""+c.Name+"\" is for one site of it. Use a key of the site that the configuration names.")
	}
	return nil
}
