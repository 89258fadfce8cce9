package api

import (
	"net/http"
	"reflect"
	"strconv"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"
)

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
					"key": {Type: "http", Scheme: "bearer", Description: "An API key. Each operation names the scope that it needs; admin is all of them."},
				},
			},
			Security: []map[string][]string{{"key": {}}},
			Tags: []*huma.Tag{
				{Name: "messages", Description: "Mail to people, and what became of it."},
				{Name: "events", Description: "What happened in the workflow. Each user's preferences decide what becomes of it."},
				{Name: "deadlines", Description: "Dates on cases, and the reminders that they lead to."},
				{Name: "users", Description: "People, what they have chosen, and groups of them."},
				{Name: "explain", Description: "Why a mail came, or did not."},
				{Name: "jobs", Description: "When mail leaves, digests are made and reminders are written."},
				{Name: "operations", Description: "What is done with many messages at once."},
				{Name: "outbox", Description: "Requests that callers wrote inside transactions of their own."},
				{Name: "templates", Description: "What mails are made of."},
				{Name: "suppressions", Description: "Addresses that are not written to."},
				{Name: "accounts", Description: "The outgoing accounts."},
				{Name: "webhooks", Description: "Who is told of what becomes of messages."},
				{Name: "keys", Description: "Who may use this, and what was changed."},
				{Name: "mailbox", Description: "What test keys sent: it reaches no relay."},
				{Name: "compat", Description: "Doors for those who are used to other services, which answer as those do."},
				{Name: "service", Description: "The program itself."},
			},
		},
		Formats:                      map[string]huma.Format{"application/json": format, "json": format}, // the latter for problem+json
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{h.finish},
	}
}

// document answers with the description of the API, which is written once.
func (h *handler) document(contentType string, write func() ([]byte, error)) http.Handler {
	write = sync.OnceValues(write)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		text, err := write()
		if err != nil {
			h.log.Error("the API cannot be described", zap.Error(err))
			h.refuse(w, internal())
			return
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(text)
	})
}

// alsoTried describes the answer to a dry run beside that to the request itself.
func alsoTried(api huma.API, o huma.Operation) {
	responses := api.OpenAPI().Paths[o.Path].Post.Responses
	taken := *responses[strconv.Itoa(http.StatusAccepted)]
	taken.Description = "What would happen."
	responses[strconv.Itoa(http.StatusOK)] = &taken
}

// alsoLater describes the answer to what is done later beside that to what is done at once.
func alsoLater(api huma.API, path string) {
	responses := api.OpenAPI().Paths["/api/v1"+path].Post.Responses
	later := *responses[strconv.Itoa(http.StatusOK)]
	later.Description = "It is done after the delay."
	responses[strconv.Itoa(http.StatusAccepted)] = &later
}

// problems describes what may go wrong with an operation beyond its own errors: what can
// with every one, and what can with a body.
func problems(registry huma.Registry, own []int, hasBody bool) map[string]*huma.Response {
	statuses := append([]int{
		http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusServiceUnavailable,
	}, own...)
	if hasBody {
		statuses = append(statuses, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	all := map[string]*huma.Response{}
	for _, status := range statuses {
		r := &huma.Response{
			Description: titles[status] + ".",
			Content:     map[string]*huma.MediaType{new(Problem).ContentType(""): {Schema: registry.Schema(reflect.TypeFor[Problem](), true, "")}},
		}
		if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
			r.Headers = map[string]*huma.Header{"Retry-After": {Description: "After how many seconds the same request may succeed.", Schema: &huma.Schema{Type: huma.TypeInteger}}}
		}
		all[strconv.Itoa(status)] = r
	}
	return all
}
