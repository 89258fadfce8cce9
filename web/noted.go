package web

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/fault"
	"notifier/message"
	"notifier/wallclock/timekeeper"
)

// Book keeps who changed what.
type Book interface {
	Note(ctx context.Context, r access.Record) error
}

// secrets are fields of forms that are in no record.
var secrets = []string{"password", "secret"}

// Noted is what a page behind Guard does that changes something: if it ends well, one
// record says who did it, and what the form said. A page that asks the API leaves the record to it.
func (l *Login) Noted(action string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ended, told := &ending{ResponseWriter: w, status: http.StatusOK}, &telling{}
		r = r.WithContext(context.WithValue(r.Context(), tellingIn{}, told))
		next.ServeHTTP(ended, r)
		if ended.status >= http.StatusBadRequest || l.o.Book == nil || told.idle {
			return
		}
		l.note(r, action, told.all)
	})
}

// Note writes the record of what a page behind Guard does, and what its form said.
func (l *Login) Note(r *http.Request, action string) {
	if l.o.Book != nil {
		l.note(r, action, nil)
	}
}

func (l *Login) note(r *http.Request, action string, told []func(*access.Record)) {
	who := Who(r.Context())
	record := access.Record{
		ID: message.NewID(access.RecordIDs), Site: who.Site, At: timekeeper.Now(r.Context()), By: who.Name, Key: who.Key, From: l.o.From(r),
		Action: action, Subject: fault.Truncate(r.URL.Path, 500),
	}
	for _, field := range slices.Sorted(maps.Keys(r.PostForm)) {
		if !slices.Contains(secrets, field) {
			if record.After == nil {
				record.After = access.State{}
			}
			record.After[field] = fault.Truncate(strings.Join(r.PostForm[field], ", "), 300)
		}
	}
	records := []access.Record{record}
	if len(told) > 0 {
		records = nil
	}
	for _, complete := range told {
		one := record
		one.ID = message.NewID(access.RecordIDs)
		complete(&one)
		records = append(records, one)
	}
	for _, one := range records {
		if err := l.o.Book.Note(context.WithoutCancel(r.Context()), one); err != nil {
			l.log.Error("a change is not in the audit", zap.String("by", who.Name), zap.String("action", action), zap.String("subject", one.Subject), zap.Error(err))
		}
	}
}

// tellingIn is where the context of a request behind Noted has what the page tells of it.
type tellingIn struct{}

type telling struct {
	all  []func(*access.Record)
	idle bool
}

// Idle says that a page behind Noted changed nothing: then there is no record.
func Idle(ctx context.Context) {
	if t, is := ctx.Value(tellingIn{}).(*telling); is && len(t.all) == 0 {
		t.idle = true
	}
}

// Tell completes the record of what a page behind Noted does: what was changed, and what is
// different now. Each call is a record of its own; a page that makes none has one of its form.
func Tell(ctx context.Context, complete func(*access.Record)) {
	if t, is := ctx.Value(tellingIn{}).(*telling); is {
		t.all, t.idle = append(t.all, complete), false
	}
}

// ending remembers how an answer ended.
type ending struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the status.
func (e *ending) WriteHeader(status int) {
	e.status = status
	e.ResponseWriter.WriteHeader(status)
}
