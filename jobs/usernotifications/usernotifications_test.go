package usernotifications_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/jobs/usernotifications"
	"notifier/letter"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const site = "default"

// noon is when events happen, three when what they led to is due.
var (
	noon  = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	three = noon.Add(3 * time.Hour)
)

// house is a store with the job on it.
type house struct {
	*testing.T
	store *store.Store
	job   *usernotifications.Job
}

func each(t *testing.T, test func(h *house)) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := &house{T: t, store: s, job: newJob(s)}
		h.site(site)
		test(h)
	})
}

func newJob(s usernotifications.Queue) *usernotifications.Job {
	return usernotifications.New(s, letter.Writer{}, zap.NewNop())
}

func (h *house) site(name string) {
	h.Helper()
	if err := h.store.AddSite(h.Context(), name, "UTC", noon); err != nil {
		h.Fatal(err)
	}
}

// user makes a user known; one without an address if its name says so.
func (h *house) user(site, id string) {
	h.Helper()
	u := preferences.User{ID: id, Email: id + "@example.org", Timezone: "UTC"}
	if strings.HasPrefix(id, "nowhere") {
		u.Email = ""
	}
	if err := h.store.SaveUser(h.Context(), request.Call{Site: site, At: noon}, u, func(m message.Message) message.Message { return m }); err != nil {
		h.Fatal(err)
	}
}

// waits stores deferred messages of a user, an event a second from noon on.
func (h *house) waits(site, user string, due time.Time, summaries ...string) []message.Message {
	h.Helper()
	var ms []message.Message
	for i, summary := range summaries {
		ms = append(ms, message.Message{
			ID: message.NewID(message.MessageIDs), Site: site, Type: message.Single, Kind: message.CaseChanged, Domain: "example.org",
			UserID: user, Timezone: "UTC", Reference: summary, Case: message.Case{ID: "C-1", Title: "Lease"}, Summary: summary,
			OccurredAt: noon.Add(time.Duration(i) * time.Second), CreatedAt: noon, UpdatedAt: noon, DueAt: due,
			Status: message.Deferred, Reason: message.ByPreference + "hourly",
		})
	}
	if _, err := h.store.Accept(h.Context(), noon, request.Tray{Site: site, Messages: ms}); err != nil {
		h.Fatal(err)
	}
	return ms
}

func (h *house) run(at time.Time, want string) {
	h.Helper()
	counts, err := h.job.Run(h.Context(), at)
	if got := words(counts); err != nil || got != want {
		h.Errorf("Run = %q, %v; want %q", got, err, want)
	}
}

func words(counts map[string]int) string {
	var all []string
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, fmt.Sprintf("%s=%d", what, counts[what]))
	}
	return strings.Join(all, " ")
}

// everything lists the messages of a site, the oldest first.
func (h *house) everything(site string) []message.Message {
	h.Helper()
	ms, err := h.store.Messages(h.Context(), site, message.Filter{Limit: 10000})
	if err != nil {
		h.Fatal(err)
	}
	slices.Reverse(ms)
	return ms
}

// want compares the messages of a site: "anna single pending first".
func (h *house) want(site string, want ...string) {
	h.Helper()
	var got []string
	for _, m := range h.everything(site) {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", m.UserID, m.Type, m.Status, m.Reference)))
	}
	slices.Sort(got)
	if slices.Sort(want); !slices.Equal(got, want) {
		h.Errorf("%s holds\n%s\nwant\n%s", site, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestOneMovesOnAsItIsAndSeveralBecomeADigest(t *testing.T) {
	each(t, func(h *house) {
		for _, id := range []string{"anna", "ben", "cleo", "nowhere"} {
			h.user(site, id)
		}
		h.waits(site, "anna", three, "one")
		h.waits(site, "ben", three, "first", "second")
		h.waits(site, "ben", three.Add(-time.Hour), "earlier")
		h.waits(site, "ben", three.Add(time.Hour), "not yet")
		h.waits(site, "cleo", three.Add(time.Microsecond), "a moment too late")
		h.waits(site, "nowhere", three, "lost", "as well")
		h.run(three.Add(-2*time.Hour), "")
		h.run(three, "digests=1 merged=3 promoted=1 skipped=2")
		h.want(
			site, "anna single pending one",
			"ben digest pending", "ben single merged first", "ben single merged second", "ben single merged earlier", "ben single deferred not yet",
			"cleo single deferred a moment too late",
			"nowhere single skipped lost", "nowhere single skipped as well",
		)
		h.run(three, "")
		h.run(three.Add(time.Hour), "promoted=2")
	})
}

func TestADigestIsInTheOrderOfEvents(t *testing.T) {
	each(t, func(h *house) {
		h.user(site, "anna")
		h.waits(site, "anna", three, "zebra", "yak")
		h.waits(site, "anna", three.Add(-time.Hour), "aardvark") // at the same instant as zebra, with a lesser id
		h.run(three, "digests=1 merged=3")
		all := h.everything(site)
		d := all[slices.IndexFunc(all, func(m message.Message) bool { return m.Type == message.Digest })]
		items, err := h.store.Items(h.Context(), site, d.ID)
		if err != nil {
			h.Fatal(err)
		}
		var order []string
		for _, m := range items {
			if order = append(order, m.Reference); m.Digest != d.ID {
				h.Errorf("%s is part of %q, want %s", m.Reference, m.Digest, d.ID)
			}
		}
		if got := strings.Join(order, " "); got != "zebra aardvark yak" {
			h.Errorf("the digest holds %s, want events by their time, then as they came in (T12)", got)
		}
		at := -1
		for _, m := range items {
			next := strings.Index(d.Text, m.Summary)
			if next <= at {
				h.Errorf("%s does not follow in\n%s", m.Summary, d.Text)
			}
			at = next
		}
		if d.Recipients() != "anna@example.org" || !d.DueAt.Equal(three) || d.Status != message.Pending {
			h.Errorf("the digest is %s to %v, due %v", d.Status, d.To, d.DueAt)
		}
	})
}

func TestSitesAreKeptApart(t *testing.T) {
	each(t, func(h *house) {
		h.site("other")
		for _, s := range []string{site, "other"} {
			h.user(s, "anna")
			h.waits(s, "anna", three, "of "+s)
		}
		h.run(three, "promoted=2")
		h.want(site, "anna single pending of default")
		h.want("other", "anna single pending of other")
	})
}

func TestOneRunServesAllHoweverManyTheyAre(t *testing.T) {
	each(t, func(h *house) {
		const users = 1234
		for i := range users {
			id := fmt.Sprintf("u%04d", i)
			h.user(site, id)
			h.waits(site, id, three, "a", "b")
		}
		h.run(three, fmt.Sprintf("digests=%d merged=%d", users, 2*users))
	})
}

// Several replicas run the job at once while messages arrive: each message goes into just
// one mail, and no mail is empty.
func TestReplicasAtOnceWhileMessagesArrive(t *testing.T) {
	each(t, func(h *house) {
		const users, replicas = 40, 4
		for i := range users {
			h.user(site, fmt.Sprintf("u%d", i))
		}
		var running, arriving sync.WaitGroup
		over := make(chan struct{})
		arriving.Go(func() {
			for round := range 10 {
				for i := range users {
					h.waits(site, fmt.Sprintf("u%d", i), three.Add(time.Duration(i%3)*time.Hour), fmt.Sprintf("r%d-u%d", round, i))
				}
			}
			close(over)
		})
		for range replicas {
			running.Go(func() {
				job := newJob(h.store)
				for last := false; !last; {
					select {
					case <-over:
						last = true
					default:
					}
					if _, err := job.Run(h.Context(), three.Add(3*time.Hour)); err != nil {
						h.Error(err)
						return
					}
				}
			})
		}
		arriving.Wait()
		running.Wait()
		h.wantInOneMailEach(10 * users)
	})
}

func (h *house) wantInOneMailEach(n int) {
	h.Helper()
	inDigests, singles, items := map[message.ID]int{}, 0, 0
	all := h.everything(site)
	for _, m := range all {
		switch {
		case m.Type == message.Digest:
		case m.Status == message.Merged:
			inDigests[m.Digest]++
			items++
		case m.Status == message.Pending:
			singles++
			items++
		default:
			h.Errorf("%s of %s is %s", m.Reference, m.UserID, m.Status)
		}
	}
	if items != n {
		h.Errorf("%d messages, want %d", items, n)
	}
	for _, m := range all {
		if m.Type != message.Digest {
			continue
		}
		if inDigests[m.ID] < 2 {
			h.Errorf("the digest %s holds %d messages, want at least 2", m.ID, inDigests[m.ID])
		}
		delete(inDigests, m.ID)
	}
	if len(inDigests) > 0 {
		h.Errorf("messages are part of digests that there are not: %v", inDigests)
	}
}

func TestAStopComesBetweenTransactions(t *testing.T) {
	each(t, func(h *house) {
		h.user(site, "anna")
		h.waits(site, "anna", three, "a", "b")
		ctx, stop := context.WithCancel(h.Context())
		stop()
		if counts, err := h.job.Run(ctx, three); !errors.Is(err, context.Canceled) || len(counts) != 0 {
			h.Errorf("Run = %v, %v", counts, err)
		}
		h.want(site, "anna single deferred a", "anna single deferred b")
		h.run(three, "digests=1 merged=2")
	})
}

// broken is a queue that fails, at the n-th transaction or for one site.
type broken struct {
	usernotifications.Queue
	err  error
	call int
	site string

	calls int
}

func (q *broken) Promote(ctx context.Context, site string, at time.Time, n int, decide func([]message.Message) message.Closing) (int, error) {
	if q.calls++; q.calls == q.call || site == q.site {
		return 0, q.err
	}
	return q.Queue.Promote(ctx, site, at, n, decide)
}

func TestWhatWasDoneBeforeAFailureIsCounted(t *testing.T) {
	each(t, func(h *house) {
		h.user(site, "anna")
		h.waits(site, "anna", three, "a")
		q := &broken{Queue: h.store, err: message.ErrUnavailable, call: 2}
		counts, err := newJob(q).Run(h.Context(), three)
		if !errors.Is(err, message.ErrUnavailable) || words(counts) != "promoted=1" {
			h.Errorf("Run = %v, %v; want one promoted and the failure", counts, err)
		}
		h.want(site, "anna single pending a")
	})
}

func TestAFailureOfOneSiteIsNotThatOfOthers(t *testing.T) {
	each(t, func(h *house) {
		for _, s := range []string{"a", "z"} {
			h.site(s)
			h.user(s, "anna")
			h.waits(s, "anna", three, "of "+s)
		}
		bad := errors.New("a row that cannot be read")
		counts, err := newJob(&broken{Queue: h.store, err: bad, site: "a"}).Run(h.Context(), three)
		if !errors.Is(err, bad) || !strings.Contains(err.Error(), "site a: ") || words(counts) != "promoted=1" {
			h.Errorf("Run = %v, %v; want that of z promoted, and the failure of a", counts, err)
		}
		h.want("a", "anna single deferred of a")
		h.want("z", "anna single pending of z")
	})
}
