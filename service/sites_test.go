package service

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"notifier/message"
	"notifier/request"
	"notifier/settings"
	"notifier/store"
	"notifier/store/storetest"
)

// O2: a tick of each job, the statistics, what is forgotten and /metrics cost as many
// statements with 500 idle sites as with one. Only a site with something due is visited.
func TestIdleSitesCostNothing(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			url := storetest.URL(t, kind)
			core, log := observer.New(zapcore.DebugLevel)
			c, err := settings.Load("", []string{"NOTIFIER_DATABASE__URL=" + url})
			if err != nil {
				t.Fatal(err)
			}
			h, err := Open(t.Context(), c, zap.NewNop())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = h.Close() })
			if err := h.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			loud, err := store.Open(t.Context(), store.Settings{URL: url}, zap.New(core))
			if err != nil {
				t.Fatal(err)
			}
			quiet := h.store
			h.store = loud
			if err := h.wire(h.routesNow); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { h.store = quiet; _ = loud.Close() })
			cost := func() map[string]int {
				h.sampled, h.retention = time.Time{}, h.retains() // all that is done once a minute or an hour, too
				costs := map[string]int{}
				for name, work := range idle(h) {
					log.TakeAll()
					if err := work(t.Context(), time.Now().Add(time.Minute)); err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					costs[name] = log.FilterMessage("statement").Len()
				}
				return costs
			}
			cost() // what is read once
			one := cost()
			for i := range 500 {
				if err := loud.AddSite(t.Context(), fmt.Sprintf("tenant-%d", i), "UTC", time.Now()); err != nil {
					t.Fatal(err)
				}
			}
			for name, n := range cost() {
				if n != one[name] {
					t.Errorf("%s: %d statements with 501 sites, %d with one", name, n, one[name])
				}
			}
			call := request.Call{Site: "tenant-250", At: time.Now()}
			draft := message.Draft{Subject: "Hello", Text: "It works", To: []message.Recipient{{Address: message.Address{Email: "guest@example.org"}}}}
			if _, _, err := h.desk.SendMessage(t.Context(), call, draft); err != nil {
				t.Fatal(err)
			}
			for name, n := range cost() {
				if n > one[name]+20 {
					t.Errorf("%s: %d statements with one of 501 sites due, %d with none", name, n, one[name])
				}
			}
		})
	}
}

// idle is all that the service does at a tick.
func idle(h *Service) map[string]func(context.Context, time.Time) error {
	counted := func(run func(context.Context, time.Time) (map[string]int, error)) func(context.Context, time.Time) error {
		return func(ctx context.Context, at time.Time) error { _, _ = run(ctx, at); return ctx.Err() }
	}
	return map[string]func(context.Context, time.Time) error{
		"reminders": counted(h.remind.Run), "user_notifications": counted(h.moved(h.promote.Run)), "notifications": counted(h.ahead(h.flush.Run)),
		"operations": counted(h.operate.Run), "outbox": counted(h.outbox.Run), "callbacks": counted(h.callbacks.Run),
		"series": counted(h.measure), "sweeping": counted(h.flush.Sweep), "housekeeping": counted(h.retention.Run), "timers": counted(h.timers),
		"metrics": func(context.Context, time.Time) error {
			answer := httptest.NewRecorder()
			h.metrics().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
			if answer.Code != 200 {
				return fmt.Errorf("%d %s", answer.Code, answer.Body)
			}
			return nil
		},
	}
}
