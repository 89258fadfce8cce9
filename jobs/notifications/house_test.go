package notifications_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"notifier/jobs/notifications"
	"notifier/letter"
	"notifier/mail"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

const site = "default"

// relay starts a relay; outside of a bubble.
func relay(t *testing.T, o mailtest.Options) *mailtest.Relay {
	t.Helper()
	o.Keep = 5000
	r, err := mailtest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// bubble runs the test with a relay outside of a bubble and a store inside of it. Its
// clock begins with the year 2000.
func bubble(t *testing.T, database string, test func(t *testing.T, s *store.Store, r *mailtest.Relay)) {
	t.Helper()
	t.Parallel()
	url, r := storetest.URL(t, database), relay(t, mailtest.Options{})
	synctest.Test(t, func(t *testing.T) {
		s := storetest.Open(t, url)
		if err := s.AddSite(t.Context(), site, "UTC", time.Now()); err != nil {
			t.Fatal(err)
		}
		test(t, s, r)
	})
}

// each runs the test on each database, in real time: nothing in it has to wait.
func each(t *testing.T, test func(t *testing.T, s *store.Store, r *mailtest.Relay)) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if err := s.AddSite(t.Context(), site, "UTC", noon); err != nil {
			t.Fatal(err)
		}
		test(t, s, relay(t, mailtest.Options{}))
	})
}

func courier(t *testing.T, r *mailtest.Relay, s mail.Settings) *mail.Courier {
	t.Helper()
	s.Host, s.Port, s.From = "127.0.0.1", r.Port(), message.Address{Name: "Workflow", Email: "workflow@example.org"}
	c, err := mail.New(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// only leads all messages to one account.
func only(c notifications.Courier) notifications.Routes {
	return notifications.Only(&notifications.Account{Name: "default", Courier: c, From: "workflow@example.org"})
}

// job is the job on a store and a relay, over so many connections.
func job(t *testing.T, s Queue, r *mailtest.Relay, connections int, o notifications.Options) *notifications.Job {
	t.Helper()
	return notifications.New(s, only(courier(t, r, mail.Settings{Connections: connections})), letter.Writer{}, o, zap.NewNop())
}

// direct is a message to these addresses that has been due since that time.
func direct(at time.Time, to ...string) message.Message {
	m := message.Message{
		ID: message.NewID(message.MessageIDs), Site: site, Type: message.Direct, Domain: "example.org",
		Subject: "Contract ready", Text: "The contract is ready.\n", CreatedAt: at, UpdatedAt: at, QueuedAt: at, DueAt: at,
		Status: message.Pending, Reason: message.BySender,
	}
	for _, a := range to {
		m.To = append(m.To, message.Address{Email: a})
	}
	return m
}

// many are n messages, each to an address of its own and a second after the one before.
func many(n int, at time.Time) []message.Message {
	all := make([]message.Message, n)
	for i := range all {
		all[i] = direct(at.Add(time.Duration(i)*time.Second), fmt.Sprintf("user%04d@example.org", i))
	}
	return all
}

func accept(t *testing.T, s *store.Store, ms ...message.Message) {
	t.Helper()
	trays := map[string][]message.Message{}
	for _, m := range ms {
		trays[m.Site] = append(trays[m.Site], m)
	}
	for site, ms := range trays {
		if _, err := s.Accept(t.Context(), ms[0].CreatedAt, request.Tray{Site: site, Messages: ms}); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, s *store.Store, m message.Message) message.Message {
	t.Helper()
	m, err := s.Message(t.Context(), m.Site, m.ID)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func attempts(t *testing.T, s *store.Store, m message.Message) []message.Attempt {
	t.Helper()
	all, err := s.Attempts(t.Context(), read(t, s, m))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// run runs the job, which must not fail, and compares what it did: "accept=3 fail=1".
func run(t *testing.T, j *notifications.Job, at time.Time, want string) {
	t.Helper()
	counts, err := j.Run(t.Context(), at)
	if got := words(counts); err != nil || got != want {
		t.Errorf("Run at %s = %q, %v; want %q", at.UTC().Format(time.DateTime), got, err, want)
	}
}

func sweep(t *testing.T, j *notifications.Job, at time.Time, want string) {
	t.Helper()
	counts, err := j.Sweep(t.Context(), at)
	if got := words(counts); err != nil || got != want {
		t.Errorf("Sweep at %s = %q, %v; want %q", at.UTC().Format(time.DateTime), got, err, want)
	}
}

func words(counts map[string]int) string {
	var all []string
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, fmt.Sprintf("%s=%d", what, counts[what]))
	}
	return strings.Join(all, " ")
}

// everything lists all messages of the site.
func everything(t *testing.T, s *store.Store) []message.Message {
	t.Helper()
	ms, err := s.Messages(t.Context(), site, message.Filter{Limit: 10000})
	if err != nil {
		t.Fatal(err)
	}
	return ms
}

// wantStatuses compares how many messages have each status: "pending=3 sent=1".
func wantStatuses(t *testing.T, s *store.Store, when, want string) {
	t.Helper()
	counts := map[string]int{}
	for _, m := range everything(t, s) {
		counts[string(m.Status)]++
	}
	if got := words(counts); got != want {
		t.Errorf("%s: %q, want %q", when, got, want)
	}
}

// wantUntouched makes sure that nothing was counted against the messages that wait.
func wantUntouched(t *testing.T, s *store.Store) {
	t.Helper()
	for _, m := range everything(t, s) {
		if m.Status == message.Pending && (m.Attempts != 0 || m.Tries != 0 || m.Error != nil) {
			t.Errorf("%s waits after %d attempts with %v, want none", m.Recipients(), m.Attempts, m.Error)
		}
	}
}

// wantOnce makes sure that each address has got just one mail from all relays.
func wantOnce(t *testing.T, ms []message.Message, relays ...*mailtest.Relay) {
	t.Helper()
	got := map[string]int{}
	for _, r := range relays {
		for _, m := range r.Got() {
			for _, to := range m.To {
				got[to]++
			}
		}
	}
	for _, m := range ms {
		for _, to := range m.Everyone() {
			if got[to] != 1 {
				t.Errorf("%s got %d mails, want 1", to, got[to])
			}
			delete(got, to)
		}
	}
	if len(got) > 0 {
		t.Errorf("mails that nobody sent: %v", got)
	}
}

// Queue is all that the job keeps.
type Queue interface {
	notifications.Claims
	notifications.Outcomes
	notifications.Lapses
	notifications.Contents
	notifications.Suppressions
	notifications.Budgets
	notifications.Infirmary
	notifications.Doubts
}

// cable is what lies between one replica and the database. It can be cut.
type cable struct {
	Queue
	cut atomic.Bool
	// lag is how long a claim is on its way back, as if the process had been stopped.
	lag time.Duration
	// renewed are how many leases each Extend was about.
	renewed []int
}

var errCut = fmt.Errorf("%w: the cable is cut", message.ErrUnavailable)

func (c *cable) check() error {
	if c.cut.Load() {
		return errCut
	}
	return nil
}

func (c *cable) Claim(ctx context.Context, lane message.Lane, n int, at, leaseUntil time.Time) ([]message.Message, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	ms, err := c.Queue.Claim(ctx, lane, n, at, leaseUntil)
	if len(ms) > 0 {
		time.Sleep(c.lag)
	}
	return ms, err
}

func (c *cable) Extend(ctx context.Context, held []message.Message, leaseUntil time.Time) error {
	c.renewed = append(c.renewed, len(held))
	if err := c.check(); err != nil {
		return err
	}
	return c.Queue.Extend(ctx, held, leaseUntil)
}

func (c *cable) Settle(ctx context.Context, outcomes []message.Outcome) (int, error) {
	if err := c.check(); err != nil {
		return 0, err
	}
	return c.Queue.Settle(ctx, outcomes)
}

// slow is a courier that lets time pass before it carries a mail.
type slow struct {
	*mail.Courier
	delay func(message.Message) time.Duration
	begun func() // if set, it is told of each mail
}

func (s slow) Carry(ctx context.Context, m message.Message, done func(message.Receipt)) {
	if s.begun != nil {
		s.begun()
	}
	wait := time.NewTimer(s.delay(m))
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
	}
	s.Courier.Carry(ctx, m, done)
}

// observed is a log and what was written to it.
func observed() (*zap.Logger, func() []string) {
	core, log := observer.New(zapcore.InfoLevel)
	return zap.New(core), func() []string {
		var all []string
		for _, e := range log.All() {
			all = append(all, e.Message)
		}
		return all
	}
}
