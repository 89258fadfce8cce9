package service

import (
	"slices"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/deadlines"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/settings"
	"notifier/store/storetest"
)

var thursday = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// inForceOn is a replica with a configuration of its own on a database that others have, too.
func inForceOn(t *testing.T, url string, change func(c *settings.Config)) *Service {
	t.Helper()
	c, err := settings.Load("", []string{"NOTIFIER_DATABASE__URL=" + url})
	if err != nil {
		t.Fatal(err)
	}
	change(&c)
	h, err := Open(t.Context(), c, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	if err := h.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

// by makes a frequency the default of case_changed, and lets people work on these days alone.
func by(c *settings.Config, f preferences.Frequency, days ...string) {
	kind := c.Kinds[message.CaseChanged]
	kind.Default = f
	c.Kinds = c.Kinds.With(preferences.Catalog{message.CaseChanged: kind})
	c.Workday.Days = days
	if err := c.Workday.Complete(); err != nil {
		panic(err)
	}
}

// TestReplicasGoByTheRulesInTheDatabase is T1: of two replicas with different files both decide by
// what is in force, also on sites that no file names; a reload changes that at once.
func TestReplicasGoByTheRulesInTheDatabase(t *testing.T) {
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			url := storetest.URL(t, database)
			older := inForceOn(t, url, func(c *settings.Config) { by(c, preferences.Hourly, "monday") })
			if err := older.store.AddSite(t.Context(), "tenant", "UTC", thursday); err != nil {
				t.Fatal(err)
			}
			newer := inForceOn(t, url, func(c *settings.Config) { by(c, preferences.Daily, "saturday") })
			due := func(h *Service, site string) (message.ID, time.Time) {
				t.Helper()
				c := request.Call{Site: site, At: thursday}
				if _, err := h.desk.SetUser(t.Context(), c, preferences.User{ID: "anna", Email: "anna@example.org"}); err != nil {
					t.Fatal(err)
				}
				told, _, err := h.desk.Notify(t.Context(), c, message.Event{Kind: message.CaseChanged, Users: []string{"anna"}, Summary: message.Plain("A note")})
				if err != nil || told.Recipients[0].DueAt == nil {
					t.Fatalf("T1: %s: %+v, %v", site, told.Recipients, err)
				}
				return told.Recipients[0].Message, *told.Recipients[0].DueAt
			}
			morning := time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)
			var waiting []message.ID
			for _, site := range []string{older.config.Site, "tenant"} {
				id, at := due(older, site)
				if waiting = append(waiting, id); !at.Equal(morning) {
					t.Errorf("T1: on %s the replica with the older file says %s, want %s by the database", site, at, morning)
				}
				late := 1
				d := deadlines.Deadline{Terms: deadlines.Terms{DueAt: thursday, Overdue: &deadlines.Overdue{EveryWorkday: true, Max: &late}}}
				if next, _ := d.Next(thursday, older.calendar(site)); next.Weekday() != time.Saturday {
					t.Errorf("T1: on %s the replica with the older file goes on on a %s, want a Saturday", site, next.Weekday())
				}
			}
			if kinds := older.whatIf().Plan("tenant").Catalog; kinds[message.CaseChanged].Default != preferences.Daily {
				t.Errorf("T1: what-if goes by %s", kinds[message.CaseChanged].Default)
			}
			next := newer.config
			by(&next, preferences.Hourly, "sunday")
			newer.current.level = zap.NewAtomicLevel()
			newer.current.read = func() (settings.Config, *settings.Reader, error) { return next, &settings.Reader{}, nil }
			if done, err := newer.Reload(t.Context()); err != nil || !slices.Contains(done.Changed, "kinds.case_changed.default") || len(done.Restart) > 0 {
				t.Fatalf("T1: the reload says %+v, %v", done, err)
			}
			for i, site := range []string{older.config.Site, "tenant"} {
				m, err := older.store.Message(t.Context(), site, waiting[i])
				if want := thursday.Add(time.Hour); err != nil || !m.DueAt.Equal(want) {
					t.Errorf("T1: on %s what waited is due at %s (%v) after a reload, want %s", site, m.DueAt, err, want)
				}
			}
			if days := newer.current.config.Load().WorkdayOf("tenant").Days; !slices.Equal(days, []string{"sunday"}) {
				t.Errorf("T1: after a reload the workdays are %v", days)
			}
		})
	}
}
