package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/zap"

	"notifier/api"
	"notifier/health"
)

// TestReadyTellsWhatKeepsTheServiceFromItsWork is S4: a condition that blocks makes the
// service not ready, and any other is told below "ready".
func TestReadyTellsWhatKeepsTheServiceFromItsWork(t *testing.T) {
	each(t, func(h *house) {
		var all []health.Condition
		h.url = h.serve(api.NewBackend(h.desk, h.store), h.timetable, api.Options{
			Conditions: func(context.Context) []health.Condition { return all },
			Notices:    func() []string { return []string{"a notice"} },
		}, zap.NewNop())
		late := health.Condition{Name: health.MailLate, Says: "The oldest due mail has waited for 90 s."}
		stuck := health.Condition{Name: health.JobStuck, Says: "Notifications has made no progress for 60 s.", Do: "Look.", Blocks: true}
		all = []health.Condition{late}
		if a, want := h.ask("GET", "/readyz", ""), "ready\n"+late.Says+"\na notice\n"; a.StatusCode != http.StatusOK || string(a.body) != want {
			h.Errorf("/readyz = %d %q, want 200 %q", a.StatusCode, a.body, want)
		}
		all = []health.Condition{late, stuck}
		a := h.ask("GET", "/readyz", "")
		if p := a.problem(h); a.StatusCode != http.StatusServiceUnavailable || p.Code != "not_ready" || !strings.Contains(p.Detail, stuck.Says+" "+stuck.Do) {
			h.Errorf("/readyz = %d %s, want 503 and why", a.StatusCode, a.body)
		}
		if a.Header.Get("Retry-After") == "" {
			h.Error("/readyz does not say when to come again")
		}
	})
}
