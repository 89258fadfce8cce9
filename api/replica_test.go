package api_test

import (
	"context"

	"go.uber.org/zap"

	"notifier/api"
	"notifier/explain"
	"notifier/jobs/callbacks"
	"notifier/mail"
	"notifier/message"
	"notifier/preferences"
	"notifier/simulate"
)

// options are what the door of the house is kept with.
func (h *house) options() api.Options {
	return api.Options{
		Domains:  domains{h},
		Webhooks: callbacks.NewBook(h.store, h.callbacks), Why: explain.New(h.store, h.standing),
		Digests: &api.Digests{Waits: h.store, Close: h.promote, Wake: func() {}, Compose: func(m message.Message) ([]byte, error) {
			return mail.Compose(m, message.Address{Email: "workflow@example.org", Name: "Workflow"})
		}},
		WhatIf: &api.WhatIf{Past: h.store, Plan: func(string) simulate.Options {
			return simulate.Options{Catalog: preferences.DefaultCatalog(), Zone: "Europe/Warsaw"}
		}}, Site: site,
	}
}

// replica is the same house with another door, as another process has one.
func (h *house) replica() *house {
	h.Helper()
	other := *h
	other.url = h.serve(api.NewBackend(h.desk, h.store), h.timetable, h.options(), zap.NewNop())
	return &other
}

// standing is how a job stands.
func (h *house) standing(ctx context.Context, name string) (explain.Job, error) {
	s, err := h.timetable.Line(ctx, name)
	j := explain.Job{Name: name, Paused: s.Paused, Note: s.Note, Standing: s.Standing()}
	if s.Paused {
		j.By, j.Since = s.ChangedBy, s.ChangedAt
	}
	if len(s.Next) > 0 {
		j.Next = s.Next[0]
	}
	return j, err
}
