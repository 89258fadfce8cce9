package reminders_test

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

	"notifier/deadlines"
	"notifier/jobs/reminders"
	"notifier/letter"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
	"notifier/wallclock"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const site = "default"

// monday is when deadlines are set.
var monday = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// house is a store with the job on it.
type house struct {
	*testing.T
	store *store.Store
	job   *reminders.Job
}

func each(t *testing.T, test func(h *house)) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := &house{T: t, store: s, job: newJob(s)}
		h.site(site)
		for _, id := range []string{"anna", "ben", "nowhere"} {
			h.user(id)
		}
		test(h)
	})
}

func newJob(s reminders.Queue) *reminders.Job {
	return reminders.New(s, letter.Writer{}, func(string) deadlines.Calendar { return calendar() }, "example.org", zap.NewNop())
}

// calendar works from Monday to Friday at 8:00 UTC.
func calendar() deadlines.Calendar {
	c := deadlines.Calendar{Zone: time.UTC, Start: &wallclock.Time{Hour: 8}}
	for d := time.Monday; d <= time.Friday; d++ {
		c.Workdays[d] = true
	}
	return c
}

func (h *house) site(name string) {
	h.Helper()
	if err := h.store.AddSite(h.Context(), name, "UTC", monday); err != nil {
		h.Fatal(err)
	}
}

// user makes a user known who never wants mail; "nowhere" has no address either.
func (h *house) user(id string) {
	h.Helper()
	u := preferences.User{ID: id, Email: id + "@example.org", Timezone: "UTC", Preferences: preferences.Preferences{
		Frequencies: map[message.Kind]preferences.Frequency{message.CaseChanged: preferences.Never, message.CaseReceived: preferences.Never},
	}}
	if id == "nowhere" {
		u.Email = ""
	}
	if err := h.store.SaveUser(h.Context(), request.Call{Site: site, At: monday}, u, func(m message.Message) message.Message { return m }); err != nil {
		h.Fatal(err)
	}
}

// set sets a deadline as the front desk does.
func (h *house) set(site, key string, due time.Time, change func(*deadlines.Deadline), users ...string) {
	h.Helper()
	d := deadlines.Deadline{Key: key, Users: users, Case: message.Case{ID: key, Title: "Lease"}, SetAt: monday, FiredAt: monday, Terms: deadlines.Terms{DueAt: due}}
	if change != nil {
		change(&d)
	}
	d.NextAt, _ = d.Next(monday, calendar())
	if _, _, err := h.store.SaveDeadline(h.Context(), request.Call{Site: site, At: monday}, nil, d); err != nil {
		h.Fatal(err)
	}
}

func before(spans ...time.Duration) func(*deadlines.Deadline) {
	return func(d *deadlines.Deadline) {
		for _, s := range spans {
			d.RemindBefore = append(d.RemindBefore, deadlines.Span(s))
		}
	}
}

func (h *house) run(at time.Time, want string) {
	h.Helper()
	counts, err := h.job.Run(h.Context(), at)
	if got := words(counts); err != nil || got != want {
		h.Errorf("Run at %s = %q, %v; want %q", at.Format(time.DateTime), got, err, want)
	}
}

func words(counts map[string]int) string {
	var all []string
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, fmt.Sprintf("%s=%d", what, counts[what]))
	}
	return strings.Join(all, " ")
}

// reminders lists what was written for a site, in the order of time and of users.
func (h *house) reminders(site string) []message.Message {
	h.Helper()
	ms, err := h.store.Messages(h.Context(), site, message.Filter{Limit: 10000})
	if err != nil {
		h.Fatal(err)
	}
	slices.Reverse(ms)
	return ms
}

func (h *house) want(site string, want ...string) {
	h.Helper()
	var got []string
	for _, m := range h.reminders(site) {
		got = append(got, fmt.Sprintf("%s %s %s %s", m.CreatedAt.Format("Mon 15:04"), m.UserID, m.Status, m.Reference))
	}
	if !slices.Equal(got, want) {
		h.Errorf("written were\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestEachUserIsRemindedAtEachStepWhateverTheyChose(t *testing.T) {
	each(t, func(h *house) {
		h.set(site, "C-1", monday.Add(3*day), func(d *deadlines.Deadline) {
			before(day, 4*day)(d) // the second lies in the past and never fires
			d.Overdue = &deadlines.Overdue{EveryWorkday: true, Max: new(2)}
		}, "anna", "ben")
		h.run(monday.Add(2*day-time.Microsecond), "")
		h.run(monday.Add(2*day), "deadlines=1 reminders=2")
		h.run(monday.Add(2*day), "")
		h.run(monday.Add(3*day+time.Hour), "deadlines=1 reminders=2")
		for d := 4; d < 14; d++ { // Friday and Monday, not the weekend, and no more than two
			if _, err := h.job.Run(h.Context(), monday.Add(time.Duration(d)*day-4*time.Hour)); err != nil {
				h.Fatal(err)
			}
		}
		h.want(
			site, "Wed 12:00 anna pending C-1", "Wed 12:00 ben pending C-1", "Thu 13:00 anna pending C-1", "Thu 13:00 ben pending C-1",
			"Fri 08:00 anna pending C-1", "Fri 08:00 ben pending C-1", "Mon 08:00 anna pending C-1", "Mon 08:00 ben pending C-1",
		)
	})
}

func TestAReminderSaysWhatIsDueAndWhenTheNextComes(t *testing.T) {
	each(t, func(h *house) {
		h.set(site, "C-1", monday.Add(3*day), before(day), "anna")
		h.run(monday.Add(2*day), "deadlines=1 reminders=1")
		m := h.reminders(site)[0]
		if m.Kind != message.Deadline || m.Type != message.Reminder || m.Reason != message.ByDeadline || m.Recipients() != "anna@example.org" || !m.DueAt.Equal(monday.Add(2*day)) {
			h.Errorf("%s %s because of %s to %s, due %s", m.Type, m.Kind, m.Reason, m.Recipients(), m.DueAt)
		}
		if !strings.Contains(m.Subject, "Lease") || !strings.Contains(m.Text, "Next reminder: Thu 5 Mar 12:00") || m.HTML == "" {
			h.Errorf("%s\n%s", m.Subject, m.Text)
		}
	})
}

func TestHoweverManyStepsWereMissedThereIsOneReminder(t *testing.T) {
	each(t, func(h *house) {
		h.set(site, "C-1", monday.Add(3*day), before(day, 2*day, time.Hour), "anna")
		h.run(monday.Add(10*day), "deadlines=1 reminders=1")
		h.run(monday.Add(20*day), "")
	})
}

func TestWhoHasNoAddressIsPassedOverOnRecord(t *testing.T) {
	each(t, func(h *house) {
		h.set(site, "C-1", monday.Add(day), nil, "nowhere", "ben")
		h.run(monday.Add(day), "deadlines=1 reminders=2")
		h.want(site, "Tue 12:00 nowhere skipped C-1", "Tue 12:00 ben pending C-1")
		if m := h.reminders(site)[0]; m.Reason != message.NoAddress || !m.DueAt.IsZero() {
			h.Errorf("skipped because of %q, due %v", m.Reason, m.DueAt)
		}
	})
}

func TestAClearedDeadlineRemindsNobody(t *testing.T) {
	each(t, func(h *house) {
		h.set(site, "C-1", monday.Add(day), nil, "anna")
		if err := h.store.ClearDeadline(h.Context(), request.Call{Site: site, At: monday}, "C-1"); err != nil {
			h.Fatal(err)
		}
		h.run(monday.Add(2*day), "")
		h.want(site)
	})
}

func TestSitesAreKeptApart(t *testing.T) {
	each(t, func(h *house) {
		h.site("other")
		h.set("other", "C-1", monday.Add(day), nil, "anna") // whom that site does not know
		h.set(site, "C-1", monday.Add(day), nil, "anna")
		h.run(monday.Add(day), "deadlines=2 reminders=2")
		h.want(site, "Tue 12:00 anna pending C-1")
		h.want("other", "Tue 12:00 anna skipped C-1")
	})
}

func TestOneRunServesAllHoweverManyThereAre(t *testing.T) {
	each(t, func(h *house) {
		for i := range 450 {
			h.set(site, fmt.Sprintf("C-%03d", i), monday.Add(day+time.Duration(i%7)*time.Second), nil, "anna")
		}
		h.run(monday.Add(2*day), "deadlines=450 reminders=450")
	})
}

func TestReplicasAtOnceRemindOnce(t *testing.T) {
	each(t, func(h *house) {
		for i := range 60 {
			h.set(site, fmt.Sprintf("C-%02d", i), monday.Add(day), before(time.Hour), "anna", "ben")
		}
		var running sync.WaitGroup
		for range 4 {
			running.Go(func() {
				job := newJob(h.store)
				for _, at := range []time.Duration{day - time.Hour, day, 2 * day} {
					if _, err := job.Run(h.Context(), monday.Add(at)); err != nil {
						h.Error(err)
					}
				}
			})
		}
		running.Wait()
		got := map[string]int{}
		for _, m := range h.reminders(site) {
			got[m.Reference+" "+m.UserID+" "+m.CreatedAt.Format(time.DateTime)]++
		}
		for what, n := range got {
			if n != 1 {
				h.Errorf("%d reminders of %s", n, what)
			}
		}
		if len(got) < 120 || len(got) > 240 { // replicas that are behind find a later step fired already
			h.Errorf("%d reminders, want two a deadline and user, or one where a replica was ahead", len(got))
		}
	})
}

// racing is a queue on which a deadline is moved just before its reminders are written.
type racing struct {
	reminders.Queue
	move func()
}

func (q *racing) Remind(ctx context.Context, site string, d, after deadlines.Deadline, ms []message.Message) error {
	if q.move != nil {
		q.move()
		q.move = nil
	}
	return q.Queue.Remind(ctx, site, d, after, ms)
}

func TestADeadlineThatIsMovedMeanwhileRemindsByItsNewDate(t *testing.T) {
	each(t, func(h *house) {
		h.set(site, "C-1", monday.Add(day), nil, "anna")
		q := &racing{Queue: h.store, move: func() { h.set(site, "C-1", monday.Add(3*day), nil, "anna") }}
		if counts, err := newJob(q).Run(h.Context(), monday.Add(day)); err != nil || len(counts) != 0 {
			h.Errorf("Run = %v, %v; want nothing written", counts, err)
		}
		h.run(monday.Add(3*day), "deadlines=1 reminders=1")
	})
}

func TestAStopComesBetweenTransactions(t *testing.T) {
	each(t, func(h *house) {
		h.set(site, "C-1", monday.Add(day), nil, "anna")
		ctx, stop := context.WithCancel(h.Context())
		stop()
		if counts, err := h.job.Run(ctx, monday.Add(day)); !errors.Is(err, context.Canceled) || len(counts) != 0 {
			h.Errorf("Run = %v, %v", counts, err)
		}
		h.run(monday.Add(day), "deadlines=1 reminders=1")
	})
}

// broken is a queue on which one site cannot be read.
type broken struct{ reminders.Queue }

var errBroken = errors.New("a row that cannot be read")

func (q broken) DueDeadlines(ctx context.Context, site string, n int, at time.Time) ([]deadlines.Deadline, error) {
	if site == "a" {
		return nil, errBroken
	}
	return q.Queue.DueDeadlines(ctx, site, n, at)
}

func TestAFailureOfOneSiteIsNotThatOfOthers(t *testing.T) {
	each(t, func(h *house) {
		for _, s := range []string{"a", site} {
			h.site(s)
			h.set(s, "C-1", monday.Add(day), nil, "anna")
		}
		counts, err := newJob(broken{h.store}).Run(h.Context(), monday.Add(day))
		if !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "site a: ") || words(counts) != "deadlines=1 reminders=1" {
			h.Errorf("Run = %v, %v; want the other site's reminder, and the failure", counts, err)
		}
	})
}
