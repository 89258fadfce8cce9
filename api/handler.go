// Package api is the JSON door of the service.
//
// A handler decodes, calls one room, and encodes; errors become problems in one place.
package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"go.uber.org/zap"

	"notifier/deadlines"
	"notifier/jobs"
	"notifier/message"
	"notifier/preferences"
	"notifier/schedule"
)

// Desk takes requests.
type Desk interface {
	SendMessage(ctx context.Context, c message.Call, d message.Draft) (taken message.Taken, replayed bool, err error)
	Notify(ctx context.Context, c message.Call, e message.Event) (noted message.Noted, replayed bool, err error)
	SetDeadline(ctx context.Context, c message.Call, d deadlines.Deadline) (deadlines.Deadline, error)
	ClearDeadline(ctx context.Context, c message.Call, key string) error
	SetUser(ctx context.Context, c message.Call, u preferences.User) (preferences.User, error)
	SetPreferences(ctx context.Context, c message.Call, id string, p preferences.Preferences) (preferences.User, error)
	User(ctx context.Context, site, id string) (preferences.User, error)
	SetGroup(ctx context.Context, c message.Call, id string, users []string) error
	Group(ctx context.Context, site, id string) ([]string, error)
	Retry(ctx context.Context, c message.Call, id message.ID, resend bool) (message.Message, error)
	Cancel(ctx context.Context, c message.Call, id message.ID) (message.Message, error)
	Release(ctx context.Context, c message.Call, id message.ID) (message.Message, error)
}

// Records are what is kept of messages and deadlines.
type Records interface {
	Message(ctx context.Context, site string, id message.ID) (message.Message, error)
	Messages(ctx context.Context, site string, f message.Filter) ([]message.Message, error)
	Attempts(ctx context.Context, m message.Message) ([]message.Attempt, error)
	Items(ctx context.Context, site string, digest message.ID) ([]message.Message, error)
	Deadline(ctx context.Context, site, key string) (deadlines.Deadline, error)
	Deadlines(ctx context.Context, site string, n int, after time.Time, key string) ([]deadlines.Deadline, error)
	Runs(ctx context.Context, job string, n int) ([]schedule.Run, error)
	Ping(ctx context.Context) error
}

// Timetable is when the jobs run.
type Timetable interface {
	Lines(ctx context.Context) ([]jobs.State, error)
	Line(ctx context.Context, name string) (jobs.State, error)
	Change(ctx context.Context, name string, c jobs.Change, by string) (jobs.State, error)
	Pause(ctx context.Context, name, note, by string) (jobs.State, error)
	Resume(ctx context.Context, name, by string) (jobs.State, error)
	RunNow(name string) (schedule.Run, error)
}

// Options say how the door is kept.
type Options struct {
	Site string
	// Key is the first key, with all rights. Without one every call is refused.
	Key     string
	Version string
	// Write writes out the mail of a message that is kept as facts.
	Write func(message.Message) message.Message
	// Metrics answers /metrics; nil if there are none.
	Metrics http.Handler
}

type handler struct {
	desk      Desk
	records   Records
	timetable Timetable
	o         Options
	log       *zap.Logger
}

// maxBody is the largest request that is read at all, in bytes: two bodies of a mail at
// their limit and room for thousands of recipients.
const maxBody = 4 << 20

// Handler answers everything below /api, and the probes beside it.
func Handler(desk Desk, records Records, timetable Timetable, o Options, log *zap.Logger) http.Handler {
	humaErrors()
	h := &handler{desk: desk, records: records, timetable: timetable, o: o, log: log.Named("api")}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", h.healthz)
	mux.HandleFunc("GET /readyz", h.readyz)
	if o.Metrics != nil {
		mux.Handle("GET /metrics", o.Metrics)
	}
	doc := http.NewServeMux()
	h.routes(humago.New(doc, h.config()))
	mux.Handle("GET /api/openapi.json", doc)
	mux.Handle("GET /api/openapi.yaml", doc)
	mux.Handle("/api/v1/", h.keyed(h.known(doc)))
	return h.named(mux)
}

func (h *handler) config() huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	describe(registry)
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "notifier", Version: h.o.Version,
				Description: "Decides when mail leaves a workflow system: at once, or as one digest an hour, a day or a week, as each person chose.",
				License:     &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Servers: []*huma.Server{{URL: "/"}},
			Components: &huma.Components{
				Schemas: registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"key": {Type: "http", Scheme: "bearer", Description: "An API key."},
				},
			},
			Security: []map[string][]string{{"key": {}}},
		},
		OpenAPIPath:                  "/api/openapi",
		Formats:                      map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
	}
}

func (h *handler) routes(api huma.API) {
	h.messageRoutes(api)
	h.eventRoutes(api)
	h.deadlineRoutes(api)
	h.peopleRoutes(api)
	h.jobRoutes(api)
}

// register adds a route whose errors are told as problems.
func register[In, Out any](h *handler, api huma.API, o huma.Operation, handle func(context.Context, *In) (*Out, error)) {
	o.Path = "/api/v1" + o.Path
	o.SkipValidateBody = true // message.Decode and the rooms find more, and say it better
	o.MaxBodyBytes = maxBody
	o.BodyReadTimeout = 30 * time.Second
	huma.Register(api, o, func(ctx context.Context, in *In) (*Out, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, h.problemOf(err)
		}
		return out, nil
	})
}

// call is a request to the desk, made now.
func (h *handler) call(key string) message.Call {
	return message.Call{Site: h.o.Site, At: time.Now().UTC().Truncate(time.Microsecond), Key: key}
}

// admin is who changes are noted as made by, until keys have names of their own.
const admin = "api"

// keyed lets only callers with the key in.
func (h *handler) keyed(next http.Handler) http.Handler {
	want := sha256.Sum256([]byte(h.o.Key))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		got := sha256.Sum256([]byte(given))
		switch {
		case h.o.Key == "":
			h.refuse(w, http.StatusUnauthorized, "no_key_set", "The service has no key yet. Start it with NOTIFIER_HTTP__KEY set to one, and send that as Authorization: Bearer KEY.")
		case !found || subtle.ConstantTimeCompare(got[:], want[:]) != 1:
			w.Header().Set("WWW-Authenticate", `Bearer realm="notifier"`)
			h.refuse(w, http.StatusUnauthorized, "unauthorized", "Send a valid key as Authorization: Bearer KEY.")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// known answers what no route knows as a problem too.
func (h *handler) known(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			other := r.Clone(r.Context())
			other.Method = method
			if _, pattern := mux.Handler(other); pattern != "" {
				allowed = append(allowed, method)
			}
		}
		if len(allowed) > 0 {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			h.refuse(w, http.StatusMethodNotAllowed, "method_not_allowed", r.Method+" is not possible here. Use "+strings.Join(allowed, " or ")+".")
			return
		}
		h.refuse(w, http.StatusNotFound, "not_found", "There is nothing at "+r.URL.Path+". /api/openapi.json lists what there is.")
	})
}

func (h *handler) refuse(w http.ResponseWriter, status int, code, detail string) {
	p := problem(status, code, detail)
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(status)
	_ = format.Marshal(w, p) // the caller is gone if this fails
}

// named gives each request an id, which the answer and the log carry.
func (h *handler) named(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-Id")
		if message.CheckLine(id, 100) != nil || id == "" {
			id = string(message.NewID(message.RequestIDs))
		}
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r)
	})
}

// healthz tells that the process lives.
func (h *handler) healthz(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte("ok\n"))
}

// readyz tells that it can take requests.
func (h *handler) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	if err := h.records.Ping(ctx); err != nil {
		h.refuse(w, http.StatusServiceUnavailable, "unavailable", "The database does not answer.")
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}
