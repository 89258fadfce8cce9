// Package servicetest is a whole service inside a test: the real API on a database of its
// own, with a mail server that catches every mail and fails as it is told.
//
// No timetable runs: Sent and RunJobs do what it would.
package servicetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/api"
	"notifier/deadlines"
	"notifier/explain"
	"notifier/gate"
	"notifier/intake"
	"notifier/jobs"
	"notifier/jobs/notifications"
	"notifier/jobs/reminders"
	"notifier/jobs/usernotifications"
	"notifier/letter"
	"notifier/mail"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/preferences"
	"notifier/schedule"
	"notifier/series"
	"notifier/simulate"
	"notifier/store"
)

// from is the sender of every mail.
var from = message.Address{Email: "workflow@example.org", Name: "Workflow"}

// Site is the site that the service's rows belong to.
const Site = "default"

// Server is a service that lives until it is closed.
type Server struct {
	// URL and Key are what a client is made with.
	URL, Key string

	relay   *mailtest.Relay
	kept    *store.Store
	counter series.Counter
	mu      sync.Mutex // one pass of the jobs at a time
	jobs    []jobs.Work
	ends    []func() error
	fail    func(what string, err error)
}

// New starts a service for a test, and closes it when the test ends. It knows nobody yet.
func New(t testing.TB) *Server {
	t.Helper()
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	s.fail = func(what string, err error) { t.Helper(); t.Fatalf("%s: %v", what, err) }
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Start starts a service where there is no test, as in an example. Whoever starts it
// closes it.
func Start() (*Server, error) {
	s := &Server{Key: "ntf_test_" + rand.Text(), fail: func(what string, err error) { panic(fmt.Errorf("%s: %w", what, err)) }}
	if err := s.open(context.Background(), zap.NewNop()); err != nil {
		return nil, errors.Join(fmt.Errorf("start a service: %w", err), s.Close())
	}
	return s, nil
}

func (s *Server) open(ctx context.Context, log *zap.Logger) error {
	dir, err := os.MkdirTemp("", "notifier-test-")
	if err != nil {
		return err
	}
	s.ends = append(s.ends, func() error { return os.RemoveAll(dir) })
	kept, err := store.Open(ctx, store.Settings{URL: "sqlite:" + filepath.Join(dir, "notifier.db")}, log)
	if err != nil {
		return err
	}
	s.kept = kept
	s.ends = append(s.ends, kept.Close)
	if _, err := kept.Migrate(ctx); err != nil {
		return err
	}
	if err := kept.AddSite(ctx, Site, "UTC", time.Now()); err != nil {
		return err
	}
	if s.relay, err = mailtest.Start(mailtest.Options{}); err != nil {
		return err
	}
	s.ends = append(s.ends, s.relay.Close)
	courier, err := mail.New(mail.Settings{
		Name: "default", Host: "127.0.0.1", Port: s.relay.Port(), From: from,
	}, log)
	if err != nil {
		return err
	}
	s.ends = append(s.ends, courier.Close)
	return s.serve(ctx, kept, courier, log)
}

// serve opens the door of the service, wired as the program is.
func (s *Server) serve(ctx context.Context, kept *store.Store, courier *mail.Courier, log *zap.Logger) error {
	writer, onSite := letter.Writer{}, func(string) deadlines.Calendar { return deadlines.Calendar{} }
	desk := intake.New(kept, intake.Options{Catalog: preferences.DefaultCatalog(), Calendar: onSite, Writer: writer, Domain: "example.org"})
	flush := notifications.New(kept, notifications.Only(&notifications.Account{Name: "default", Courier: courier}), writer,
		notifications.Options{Replica: "test", Retry: notifications.Retry{MaxAttempts: 1}, Judged: s.counter.Settled}, log)
	timetable, err := jobs.New(kept, jobs.Options{Replica: "test"}, log)
	if err != nil {
		return err
	}
	promote := usernotifications.New(kept, writer, log)
	rarely := schedule.Spec{Every: "168h"}
	for _, p := range []jobs.Plan{
		{Name: schedule.Reminders, Spec: rarely, Work: reminders.New(kept, writer, onSite, "example.org", log).Run},
		{Name: schedule.UserNotifications, Spec: rarely, Work: promote.Run},
		{Name: schedule.Notifications, Spec: rarely, Work: flush.Run},
	} {
		s.jobs = append(s.jobs, p.Work)
		if err := timetable.Plan(p); err != nil {
			return err
		}
	}
	if err := timetable.Start(ctx); err != nil {
		return err
	}
	s.ends = append(s.ends, timetable.Stop)
	why := explain.New(kept, func(_ context.Context, name string) (explain.Job, error) { return explain.Job{Name: name}, nil })
	entrance := gate.New(kept, gate.Options{Site: Site, FirstKey: s.Key}, log)
	door := httptest.NewServer(api.Handler(api.NewBackend(desk, kept), timetable, api.Options{
		Gate: entrance, Keys: entrance, Version: "test", Write: writer.Write, Why: why,
		Digests: &api.Digests{Waits: kept, Close: promote, Wake: func() {}, Compose: func(m message.Message) ([]byte, error) { return mail.Compose(m, from) }},
		WhatIf: &api.WhatIf{Past: kept, Plan: func(string) simulate.Options {
			return simulate.Options{Catalog: preferences.DefaultCatalog(), Zone: "UTC"}
		}},
	}, log))
	s.ends = append(s.ends, func() error { door.Close(); return nil })
	s.URL = door.URL
	return nil
}

// Close ends the service and removes its database.
func (s *Server) Close() error {
	var errs []error
	for i := len(s.ends) - 1; i >= 0; i-- {
		errs = append(errs, s.ends[i]())
	}
	s.ends = nil
	return errors.Join(errs...)
}

// RunJobs runs Reminders, UserNotifications and Notifications as if it were that time:
// digests and reminders that are due by then are written, and all that is pending is sent.
func (s *Server) RunJobs(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, run := range s.jobs {
		if _, err := run(context.Background(), at); err != nil {
			s.fail("run the jobs", err)
		}
	}
	if err := s.counter.Hand(func(b series.Batch) error { return s.kept.AddSeries(context.Background(), b) }); err != nil {
		s.fail("count", err)
	}
}

// Refuse makes the mail server answer an address with these codes in turn, as 550 for good
// or 451 for now; after them it is accepted. Such a message is in error at once: it is
// tried only once here.
func (s *Server) Refuse(address string, codes ...int) { s.relay.Refuse(address, codes...) }
