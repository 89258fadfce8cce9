package service

import (
	"context"
	"net/http"
	"time"

	"notifier/access"
	"notifier/api"
	"notifier/gate"
	"notifier/jobs"
	"notifier/schedule"
)

// Here is the API without a network, for whoever is at this machine: it answers as by a key that may do all.
func (h *Service) Here(ctx context.Context, by string) (http.Handler, error) {
	if err := h.timetable.Read(ctx); err != nil {
		return nil, err
	}
	o := h.apiOptions()
	o.From = func(*http.Request) string { return "" }
	o.Gate = atHome{h.gate, access.Caller{Site: h.config.Site, Name: by, Scopes: []access.Scope{access.Admin}, Home: true}}
	run := func(name string) (schedule.Run, error) { return h.timetable.RunHere(ctx, name) }
	return api.Handler(api.NewBackend(h.desk, h.store), atHand{h.timetable, run}, o, h.log), nil
}

// atHome lets whoever has the database in: a key could stop nobody there.
type atHome struct {
	*gate.Gate
	caller access.Caller
}

// Admit lets in.
func (a atHome) Admit(context.Context, string, time.Time) (access.Caller, error) {
	return a.caller, nil
}

// Take lets all in: a command asks as fast as it can.
func (a atHome) Take(context.Context, access.Caller, int, time.Time) access.Allowance {
	return access.Allowance{OK: true}
}

// atHand is a timetable that does not run: a job that is asked for is run at once.
type atHand struct {
	*jobs.Timetable
	run func(name string) (schedule.Run, error)
}

// RunNow runs the job and returns when it has ended.
func (a atHand) RunNow(name string) (schedule.Run, error) { return a.run(name) }
