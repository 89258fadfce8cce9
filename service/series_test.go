package service

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/language"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/request"
	"notifier/schedule"
	"notifier/series"
	"notifier/settings"
	"notifier/store/storetest"
	"notifier/web/look"
)

// replica is a house on a database that others may use, too.
func replica(t *testing.T, database string, relay *mailtest.Relay) *Service {
	t.Helper()
	config, err := settings.Load("", []string{
		"NOTIFIER_DATABASE__URL=" + database, "NOTIFIER_SMTP__HOST=127.0.0.1", fmt.Sprint("NOTIFIER_SMTP__PORT=", relay.Port()),
		"NOTIFIER_SMTP__TLS=none", "NOTIFIER_SMTP__FROM=workflow@example.org",
	})
	if err != nil {
		t.Fatal(err)
	}
	h, err := Open(t.Context(), config, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

// counts is what was counted of a metric, as in "direct 3".
func counts(t *testing.T, h *Service, metric series.Metric) string {
	t.Helper()
	q, err := series.Query{Metric: metric, Since: time.Now().Add(-2 * time.Hour), Until: time.Now().Add(time.Hour), Step: 24 * time.Hour}.Complete(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	found, err := h.store.Series(t.Context(), "default", q)
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]int{}
	for _, c := range found {
		if metric == series.Digests {
			c.Label = series.Sizes()[c.Bucket]
		}
		sums[c.Label] += c.N
	}
	return strings.TrimPrefix(strings.TrimSuffix(fmt.Sprint(sums), "]"), "map[")
}

// What two replicas count comes together, when they say so and when they end; what waits is
// measured once a minute.
func TestReplicasCountTogether(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			relay, err := mailtest.Start(mailtest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = relay.Close() })
			relay.Refuse("full@example.org", 552)
			url := storetest.URL(t, kind)
			a, b := replica(t, url, relay), replica(t, url, relay)
			now := time.Now().UTC().Truncate(time.Microsecond)
			for i, h := range []*Service{a, b} {
				call := request.Call{Site: "default", At: now}
				draft := message.Draft{Subject: "Hello", Text: "It works", To: []message.Recipient{
					{Address: message.Address{Email: "full@example.org"}}, {Address: message.Address{Email: fmt.Sprintf("guest%d@example.org", i)}},
				}}
				if _, _, err := h.desk.SendMessage(t.Context(), call, draft); err != nil {
					t.Fatal(err)
				}
				if _, err := h.flush.Run(t.Context(), now); err != nil {
					t.Fatal(err)
				}
			}
			if got := counts(t, a, series.Sent); got != "" {
				t.Errorf("counted before anybody handed it over: %s", got)
			}
			for range 2 {
				if _, err := a.measure(t.Context(), now); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.Close(); err != nil { // hands over what it has
				t.Fatal(err)
			}
			for metric, want := range map[series.Metric]string{
				series.Sent: "direct:3", series.Errors: "mailbox_full:1", series.Queue: "error:1 pending:0",
			} {
				if got := counts(t, a, metric); got != want {
					t.Errorf("%s: %s, want %s", metric, got, want)
				}
			}
			if err := a.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// The demo's history is counted when it happened, and its digests when they were due.
func TestTheDemoIsCountedAtItsOwnTimes(t *testing.T) {
	t.Parallel()
	relay, err := mailtest.Start(mailtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = relay.Close() })
	config, _, err := DevConfig(t.TempDir(), "127.0.0.1:0", relay.Addr())
	if err != nil {
		t.Fatal(err)
	}
	config.Database.URL = "sqlite:" + filepath.Join(t.TempDir(), "demo.db")
	h, err := Open(t.Context(), config, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close() }()
	now := time.Now().UTC().Truncate(time.Microsecond)
	if err := h.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := h.Demo(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	for _, work := range []func() error{
		func() error { _, err := h.promote.Run(t.Context(), now); return err },
		func() error { _, err := h.flush.Run(t.Context(), now); return err },
		func() error { _, err := h.measure(t.Context(), now); return err },
	} {
		if err := work(); err != nil {
			t.Fatal(err)
		}
	}
	for _, metric := range []series.Metric{series.Sent, series.Digests} {
		q, err := series.Query{Metric: metric, Since: now.AddDate(0, 0, -7), Step: time.Hour}.Complete(now)
		if err != nil {
			t.Fatal(err)
		}
		found, err := h.store.Series(t.Context(), "default", q)
		if err != nil {
			t.Fatal(err)
		}
		hours := map[time.Time]bool{}
		for _, c := range found {
			hours[c.At] = true
		}
		if len(hours) < 3 {
			t.Errorf("%s is counted in %d hours of the demo's four days: %v", metric, len(hours), found)
		}
	}
}

// Every job that runs by itself has a name on the page of jobs, in each language.
func TestJobsHaveNames(t *testing.T) {
	t.Parallel()
	for _, job := range []string{schedule.Notifications, schedule.UserNotifications, schedule.Reminders, callbacksJob, operationsJob, outboxJob, seriesJob, "housekeeping"} {
		for _, lang := range language.Tags() {
			if key := "job." + job; look.In(lang).T(key) == key {
				t.Errorf("%s has no name for %s", lang, job)
			}
		}
	}
}
