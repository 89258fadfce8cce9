package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"notifier/access"
	"notifier/fault"
	"notifier/message"
)

// Audit keeps who changed what.
type Audit interface {
	Note(ctx context.Context, r access.Record) error
	Audit(ctx context.Context, site string, f access.RecordFilter) ([]access.Record, error)
}

// changes tells whether an operation is one that leaves a record.
func changes(o huma.Operation) bool {
	return o.Method != http.MethodGet && !needs[o.OperationID].plain
}

// look reads the state of what a path names.
type look func(ctx context.Context, holes map[string]string) (any, error)

// looks makes a look of an operation that reads.
func looks[In, Out any](handle func(context.Context, *In) (*Out, error)) look {
	return func(ctx context.Context, holes map[string]string) (any, error) {
		in := new(In)
		for name, value := range holes {
			if field := hole(reflect.ValueOf(in).Elem(), name); field.IsValid() {
				field.SetString(value)
			}
		}
		out, err := handle(ctx, in)
		if err != nil {
			return nil, err
		}
		return bodyOf(out), nil
	}
}

// hole is the field of an input that has a parameter of the path.
func hole(in reflect.Value, name string) reflect.Value {
	for _, f := range reflect.VisibleFields(in.Type()) {
		if f.Tag.Get("path") == name {
			return in.FieldByIndex(f.Index)
		}
	}
	return reflect.Value{}
}

// replayed tells whether an answer is that to the same request before, which changed nothing.
func replayed(out any) bool {
	v := reflect.Indirect(reflect.ValueOf(out))
	if v.Kind() != reflect.Struct {
		return false
	}
	f := v.FieldByName("Replayed")
	if f.IsValid() && f.Kind() == reflect.Struct {
		f = f.FieldByName("Replayed")
	}
	return f.IsValid() && f.String() == "true"
}

func bodyOf(out any) any {
	v := reflect.ValueOf(out)
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct || !v.FieldByName("Body").IsValid() {
		return nil
	}
	return v.FieldByName("Body").Interface()
}

// holesOf are the parameters of a path.
func holesOf(path string) (names []string) {
	for part := range strings.SplitSeq(path, "/") {
		if name, is := strings.CutPrefix(part, "{"); is {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}

// subjectOf is the path of what an operation changes: its own, if that can be read or has
// no parameter, else that without the verb at its end.
func (h *handler) subjectOf(path string) string {
	if h.looks[path] == nil && len(holesOf(path)) > 0 {
		for !strings.HasSuffix(path, "}") {
			path = path[:strings.LastIndex(path, "/")]
		}
	}
	return path
}

// audited carries out a change and notes it: who made it, and what is different now.
func audited[In, Out any](h *handler, o huma.Operation, handle func(context.Context, *In) (*Out, error)) func(context.Context, *In) (*Out, error) {
	if !changes(o) {
		return handle
	}
	return func(ctx context.Context, in *In) (*Out, error) {
		if dry := reflect.ValueOf(in).Elem().FieldByName("DryRun"); dry.IsValid() && dry.Bool() {
			return handle(ctx, in) // nothing is changed
		}
		path, holes := h.subjectOf(o.Path), map[string]string{}
		subject := path
		for _, name := range holesOf(path) {
			holes[name] = hole(reflect.ValueOf(in).Elem(), name).String()
			subject = strings.Replace(subject, "{"+name+"}", url.PathEscape(holes[name]), 1)
		}
		state := h.looks[path]
		if len(holes) == 0 {
			state = nil // a list tells nothing of what was added to it
		}
		before, also := seen(ctx, state, holes), seen(ctx, h.looks[besides[o.OperationID]], holes)
		out, err := handle(ctx, in)
		if err != nil || replayed(out) || idle(out) {
			return out, err
		}
		after := raw(bodyOf(out))
		if state != nil {
			after = seen(ctx, state, holes)
		}
		if sets(o) && state != nil && !unseen(in) && alike(before, after) && alike(also, seen(ctx, h.looks[besides[o.OperationID]], holes)) {
			return out, nil // what changes nothing writes nothing: a directory may tell all its users every night
		}
		if len(holes) == 0 {
			subject = h.born(subject, after)
		}
		h.note(ctx, o.OperationID, subject, before, after)
		return out, nil
	}
}

// besides is where the rest stands of what an operation changes, if what its own path shows is
// not all.
var besides = map[string]string{"edit-message": "/messages/{id}/content"}

// sets tells whether an operation sets a state, so that there is nothing to do where that
// stands already.
func sets(o huma.Operation) bool {
	return o.Method == http.MethodPut || o.Method == http.MethodPatch || needs[o.OperationID].sets
}

// idle tells whether an answer says that there was nothing to do.
func idle(out any) bool {
	nothing, is := out.(interface{ idle() bool })
	return is && nothing.idle()
}

// unseen tells whether a request changes what nobody is ever shown, as a password.
func unseen(in any) bool {
	hides, is := in.(interface{ unseen() bool })
	return is && hides.unseen()
}

// alike tells whether two states are the same, but for what differs each time somebody looks.
func alike(before, after json.RawMessage) bool {
	if bytes.Equal(before, after) {
		return true
	}
	was, is := access.Differences(before, after)
	return len(was) == 0 && len(is) == 0 && bytes.HasPrefix(before, []byte("{")) && bytes.HasPrefix(after, []byte("{"))
}

// born is the path of what was added to a list, where it can be read.
func (h *handler) born(path string, after json.RawMessage) string {
	var made map[string]any
	if json.Unmarshal(after, &made) != nil {
		return path
	}
	for _, name := range []string{"id", "email", "site"} {
		value, is := made[name].(string)
		if is && h.looks[path+"/{"+name+"}"] != nil {
			return path + "/" + url.PathEscape(value)
		}
	}
	return path
}

// seen is the state as JSON; nothing if there is none, or nobody could tell.
func seen(ctx context.Context, state look, holes map[string]string) json.RawMessage {
	if state == nil {
		return nil
	}
	v, err := state(ctx, holes)
	if err != nil {
		return nil
	}
	return raw(v)
}

func raw(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if v == nil || err != nil {
		return nil
	}
	return text
}

// note writes a change down. It has been made: a database that went away meanwhile leaves
// it to the log.
func (h *handler) note(ctx context.Context, action, subject string, before, after json.RawMessage) {
	a := asking(ctx)
	r := access.Record{
		ID: message.NewID(access.RecordIDs), Site: a.caller.Site, At: now(ctx), By: a.caller.Name, Key: a.caller.Key, From: a.from, Request: a.request,
		Action: action, Subject: fault.Truncate(subject, 500),
	}
	r.Before, r.After = access.Differences(before, after)
	if needs[action].private {
		r.Before, r.After = r.Before.Keys(), r.After.Keys()
	}
	if err := h.Audit.Note(context.WithoutCancel(ctx), r); err != nil {
		h.log.Error("a change is not in the audit", zap.String("by", r.By), zap.String("action", action), zap.String("subject", subject),
			zap.String("request", r.Request), zap.Error(err))
	}
}

type auditIn struct {
	By      string    `query:"by" doc:"Only by this key, person or user."`
	Action  string    `query:"action" doc:"Only this operation." example:"retry-message"`
	Subject string    `query:"subject" doc:"Only of this, as a path below /api/v1." example:"/users/anna"`
	Request string    `query:"request_id" doc:"Only by this request."`
	Since   time.Time `query:"since" doc:"Only from this time on."`
	Until   time.Time `query:"until" doc:"Only before this time."`
	Limit   int       `query:"limit" doc:"How many at most." minimum:"1" maximum:"200" default:"50"`
	Cursor  string    `query:"cursor" doc:"next_cursor of the page before."`
}

type auditOut struct{ Body page[access.Record] }

func (h *handler) auditRoutes(api huma.API) {
	register(h, api, huma.Operation{
		OperationID: "list-audit", Method: http.MethodGet, Path: "/audit", Tags: []string{"keys"},
		Summary:     "Who changed what, newest first",
		Description: "Every change by the API, the pages and the command line leaves one record. Messages and events that come in are no changes: they tell themselves where they come from.",
	}, func(ctx context.Context, in *auditIn) (*auditOut, error) {
		if in.Cursor != "" && message.ID(in.Cursor).Bytes() == [16]byte{} {
			return nil, badCursor()
		}
		found, err := h.Audit.Audit(ctx, callerOf(ctx).Site, access.RecordFilter{
			By: in.By, Action: in.Action, Subject: in.Subject, Request: in.Request, Since: in.Since, Until: in.Until,
			Before: message.ID(in.Cursor), Limit: in.Limit + 1,
		})
		same := func(r access.Record) access.Record { return r }
		return &auditOut{Body: pageOf(found, in.Limit, same, func(r access.Record) string { return string(r.ID) })}, err
	})
}
