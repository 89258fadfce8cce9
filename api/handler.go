// Package api is the JSON door of the service.
//
// A handler decodes, calls one room, and encodes; errors become problems in one place.
package api

import (
	"context"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"go.uber.org/zap"

	"notifier/health"
	"notifier/jobs"
	"notifier/links"
	"notifier/message"
	"notifier/schedule"
)

// Timetable is when the jobs run.
type Timetable interface {
	Lines(ctx context.Context) ([]jobs.State, error)
	Line(ctx context.Context, name string) (jobs.State, error)
	Change(ctx context.Context, name string, c jobs.Change, by string) (jobs.State, error)
	Pause(ctx context.Context, name string, r jobs.Rest, by string) (jobs.State, error)
	Resume(ctx context.Context, name, by string) (jobs.State, error)
	RunNow(name string) (schedule.Run, error)
	// Departures is when what is due leaves.
	Departures() schedule.Departures
}

// Options say how the door is kept.
type Options struct {
	// From finds out where a request comes from; nil: as the connection says.
	From func(*http.Request) string
	// Gate tells who a caller is.
	Gate Gate
	// Keys makes and lists the keys of callers.
	Keys    Keys
	Version string
	// Reload reads the configuration again; nil if that cannot be.
	Reload func(ctx context.Context) (Reloaded, error)
	// ConfirmClock believes the clock of this replica; nil if nobody asks.
	ConfirmClock func(ctx context.Context, by string) time.Duration
	// Replica is the name of this one.
	Replica string
	// Notices are what whoever asks whether the service is ready should know; nil if there
	// is nothing to know.
	Notices func() []string
	// Conditions are what keeps the service from its work; nil if nobody looks.
	Conditions func(ctx context.Context) []health.Condition
	// Write writes out the mail of a message that is kept as facts; nil shows what is kept.
	Write func(message.Message) message.Message
	// Accounts are the outgoing accounts; nil if there is nothing to tell of them.
	Accounts Accounts
	// Webhooks are who is told of what becomes of messages; nil if nobody can be.
	Webhooks Webhooks
	// Sites are the tenants; nil if there is nothing to tell of them.
	Sites Sites
	// Staff are who may sign in to the pages; nil if there are none.
	Staff Staff
	// Links are where people change preferences without a login; nil if nowhere.
	Links *links.Door
	// Domains are the web domains of sites; nil if they have none.
	Domains Domains
	// Why answers why a mail came, or did not; nil if nobody can be asked.
	Why Why
	// Digests are what waits for people; nil if nobody asks. It needs WhatIf.
	Digests *Digests
	// WhatIf is what schedules are tried on; nil if they cannot be.
	WhatIf *WhatIf
	// Site is the one that requests of strangers are noted for.
	Site string
	// Metrics answers /metrics, for keys of the installation's own site: it names all sites;
	// nil if that is answered elsewhere.
	Metrics http.Handler
}

type handler struct {
	Backend
	timetable Timetable
	o         Options
	log       *zap.Logger
	looks     map[string]look // by path
	// refusals and strangers bound how many requests are noted that led to nothing: those of
	// callers, and those of nobody known.
	refusals, strangers patience
	underWay            underWay
	trying              sync.Mutex // one trial at a time: it takes memory
}

const (
	// maxBody is the largest request that is read at all, in bytes: two bodies of a mail at
	// their limit, attachments at theirs in base64, and room for thousands of recipients.
	maxBody = 18 << 20
	// bodyTime is how long a request may take to arrive.
	bodyTime = 30 * time.Second
)

// Handler answers everything below /api, and the probes beside it.
func Handler(b Backend, timetable Timetable, o Options, log *zap.Logger) http.Handler {
	teachHuma()
	if o.From == nil {
		o.From = func(r *http.Request) string { return r.RemoteAddr }
	}
	if o.Write == nil {
		o.Write = func(m message.Message) message.Message { return m }
	}
	h := &handler{
		Backend: b, timetable: timetable, o: o, log: log.Named("api"), looks: map[string]look{},
		refusals: patience{rate: 5, most: 200}, strangers: patience{rate: 1, most: 50},
	}
	routes := http.NewServeMux()
	api := humago.New(routes, h.config())
	h.routes(api)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", h.healthz)
	mux.HandleFunc("GET /readyz", h.readyz)
	if o.Metrics != nil {
		mux.Handle("GET /metrics", h.keyed(h.forHome(o.Metrics)))
	}
	mux.Handle("GET /api/openapi.json", h.document("application/openapi+json", api.OpenAPI().MarshalJSON))
	mux.Handle("GET /api/openapi.yaml", h.document("application/openapi+yaml", api.OpenAPI().YAML))
	mux.Handle("GET /api/docs", h.docs(api.OpenAPI()))
	mux.HandleFunc("GET /api/docs.css", style)
	mux.Handle("POST /compat/timers/{id}/retry", h.keyed(h.once(http.HandlerFunc(h.retryTimer))))
	h.documentRoutes(mux)
	if o.Domains != nil {
		h.choraRoutes(mux)
	}
	mux.Handle("/api/v1/", h.keyed(h.readable(h.once(h.known(routes)))))
	return h.named(Contain(h.unfolded(h.watched(h.known(mux))), h.log))
}

func (h *handler) routes(api huma.API) {
	h.messageRoutes(api)
	h.batchRoutes(api)
	h.detailRoutes(api)
	h.eventRoutes(api)
	h.deadlineRoutes(api)
	h.previewRoutes(api)
	h.peopleRoutes(api)
	h.jobRoutes(api)
	h.suppressionRoutes(api)
	h.templateRoutes(api)
	h.outboxRoutes(api)
	h.operationRoutes(api)
	h.processRoutes(api)
	h.keyRoutes(api)
	h.auditRoutes(api)
	h.mailboxRoutes(api)
	h.seriesRoutes(api)
	if h.o.Accounts != nil {
		h.accountRoutes(api)
	}
	if h.o.Reload != nil {
		h.reloadRoutes(api)
	}
	if h.o.ConfirmClock != nil {
		h.clockRoutes(api)
	}
	if h.o.Webhooks != nil {
		h.webhookRoutes(api)
	}
	if h.o.Sites != nil {
		h.siteRoutes(api)
	}
	if h.o.Staff != nil {
		h.staffRoutes(api)
	}
	if h.o.Digests != nil && h.o.WhatIf != nil {
		h.digestRoutes(api)
		h.rawRoute(api)
	}
	if h.o.WhatIf != nil {
		h.whatIfRoutes(api)
	}
	if h.o.Why != nil {
		h.explainRoutes(api)
	}
	h.describeCompat(api)
}

// register adds a route whose errors are told as problems.
func register[In, Out any](h *handler, api huma.API, o huma.Operation, handle func(context.Context, *In) (*Out, error)) {
	scope := string(needs[o.OperationID].scope)
	o.Security = []map[string][]string{{"key": {scope}}}
	o.Description = strings.TrimSpace(o.Description + " Needs the scope " + scope + ".")
	_, hasBody := reflect.TypeFor[In]().FieldByName("Body")
	if _, keyed := reflect.TypeFor[In]().FieldByName("Keyed"); keyed && !slices.Contains(o.Errors, http.StatusConflict) {
		o.Errors = append(slices.Clone(o.Errors), http.StatusConflict)
	}
	own := o.Responses
	o.Responses = problems(api.OpenAPI().Components.Schemas, o.Errors, hasBody)
	maps.Copy(o.Responses, own)
	o.Errors = nil
	o.SkipValidateBody = true    // fault.Decode and the rooms find more, and say it better
	o.MaxBodyBytes = maxBody + 1 // huma refuses a body of exactly its limit
	o.BodyReadTimeout = bodyTime
	if changes(o) {
		o.Extensions = map[string]any{"x-audited": true}
	}
	if o.Method == http.MethodGet {
		h.looks[o.Path] = looks(handle)
	}
	handle = audited(h, o, handle)
	o.Middlewares = huma.Middlewares{h.permitted(o.OperationID)}
	o.Path = "/api/v1" + o.Path
	huma.Register(api, o, func(ctx context.Context, in *In) (*Out, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, h.told(ctx, err)
		}
		return out, nil
	})
	if _, tries := reflect.TypeFor[In]().FieldByName("Trying"); tries && o.DefaultStatus == http.StatusAccepted {
		alsoTried(api, o)
	}
}

// healthz tells that the process lives.
func (h *handler) healthz(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte("ok\n"))
}

// ping tells whether the database answers.
func (h *handler) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return h.Database.Ping(ctx)
}
