package notifications_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"notifier/jobs/notifications"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/store"
	"notifier/store/storetest"
)

func TestEverythingDueIsSentOnceOldestFirst(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		due := many(30, noon.Add(-time.Hour))
		var mixed []message.Message
		for i := range due { // stored in another order
			mixed = append(mixed, due[i*7%30])
		}
		later, manual := direct(noon, "later@example.org"), direct(noon, "manual@example.org")
		later.Status, later.DueAt = message.Scheduled, noon.Add(time.Minute)
		manual.Status, manual.DueAt, manual.Manual = message.PendingManual, time.Time{}, true
		deferred := direct(noon, "deferred@example.org")
		deferred.Status, deferred.UserID = message.Deferred, "anna"
		accept(t, s, append(mixed, later, manual, deferred)...)

		j := job(t, s, r, 1, notifications.Options{Batch: 8, Workers: 1, Replica: "a"})
		run(t, j, noon, "accept=30")
		for i, m := range r.Got() {
			if want := due[i].To[0].Email; m.To[0] != want {
				t.Fatalf("mail %d went to %s, want %s: oldest first", i, m.To[0], want)
			}
		}
		wantStatuses(t, s, "after one run", "deferred=1 pending_manual=1 scheduled=1 sent=30")
		m := read(t, s, due[0])
		d := m.Delivery(attempts(t, s, m))
		if d.State != "SUCCESS" || d.Attempts != 1 || d.Error != nil || d.Info.MessageID != m.MessageID() ||
			fmt.Sprint(d.Info.Accepted, d.Info.Rejected, d.Info.Pending) != "[user0000@example.org] [] []" {
			t.Errorf("delivery = %+v, %+v", d, d.Info)
		}
		if a := attempts(t, s, m)[0]; a.Replica != "a" || a.Claim != 1 || a.Code != 250 || a.Uncertain {
			t.Errorf("attempt = %+v", a)
		}
		run(t, j, noon.Add(time.Second), "") // nothing is left
		run(t, j, noon.Add(time.Minute), "accept=1")
		wantOnce(t, append(due, later), r)
	})
}

func TestSitesTakeTurns(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		crowd, few := many(300, noon.Add(-time.Hour)), many(5, noon.Add(-time.Minute))
		for i := range few {
			few[i].Site = "small"
			few[i].To[0].Email = fmt.Sprintf("small%d@example.org", i)
		}
		if err := s.AddSite(t.Context(), "small", "UTC", noon); err != nil {
			t.Fatal(err)
		}
		accept(t, s, append(crowd, few...)...)
		run(t, job(t, s, r, 1, notifications.Options{Batch: 20, Workers: 1}), noon, "accept=305")
		last := 0
		for i, m := range r.Got() {
			if strings.HasPrefix(m.To[0], "small") {
				last = i
			}
		}
		if last != 24 {
			t.Errorf("the small site's last mail was the %dth, want the 24th: after one batch of the large one's", last)
		}
	})
}

func TestOneSiteAlone(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		here, there := direct(noon, "here@example.org"), direct(noon, "there@example.org")
		there.Site = "other"
		if err := s.AddSite(t.Context(), "other", "UTC", noon); err != nil {
			t.Fatal(err)
		}
		accept(t, s, here, there)
		run(t, job(t, s, r, 1, notifications.Options{Site: "other"}), noon, "accept=1")
		wantOnce(t, []message.Message{there}, r)
	})
}

func TestAMailIsTheSameOnEveryAttempt(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		single := direct(noon, "anna@example.org")
		single.Type, single.Kind, single.Subject, single.Text = message.Single, message.CaseChanged, "", ""
		single.Case, single.Summary, single.OccurredAt = message.Case{ID: "C-1", Title: "Lease"}, "Signed by the tenant", noon
		accept(t, s, single)
		r.Fail(mailtest.AtDot, mailtest.Fault{Drop: true, Store: true}) // the mail was taken, but nobody was told
		j := job(t, s, r, 1, notifications.Options{})
		run(t, j, noon, "postpone=1")
		if a := attempts(t, s, single); len(a) != 1 || !a[0].Uncertain || a[0].Failure.Category != message.ConnectFailed {
			t.Errorf("attempts = %+v, want one of unknown end", a)
		}
		run(t, j, noon.Add(5*time.Minute), "accept=1")
		got := r.Got()
		if len(got) != 2 || string(got[0].Data) != string(got[1].Data) {
			t.Fatalf("%d mails arrived; want the same one twice", len(got))
		}
		for _, want := range []string{"Message-ID: " + single.MessageID(), "Date: Fri, 20 Nov 2026 12:00:00 +0000", "Signed by the tenant"} {
			if !strings.Contains(string(got[0].Data), want) {
				t.Errorf("%q is not in the mail:\n%.1500s", want, got[0].Data)
			}
		}
	})
}

func TestWhatCannotBeSentAnyMore(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		late, inTime, nobody := direct(noon, "late@example.org"), direct(noon, "in.time@example.org"), direct(noon)
		late.ExpiresAt, inTime.ExpiresAt = noon.Add(time.Minute), noon.Add(time.Hour)
		accept(t, s, late, inTime, nobody)
		run(t, job(t, s, r, 1, notifications.Options{}), noon.Add(time.Minute), "accept=1 expire=1 skip=1")
		for _, row := range []struct {
			m      message.Message
			status message.Status
			reason message.Reason
		}{{late, message.Expired, message.Late}, {nobody, message.Skipped, message.NoAddress}, {inTime, message.Sent, ""}} {
			got := read(t, s, row.m)
			if got.Status != row.status || got.Reason != row.reason || !got.DueAt.IsZero() {
				t.Errorf("%s is %s (%s), due %v; want %s (%s)", row.m.Recipients(), got.Status, got.Reason, got.DueAt, row.status, row.reason)
			}
			if got.Status != message.Sent && (got.Attempts != 0 || got.Tries != 0 || len(attempts(t, s, got)) != 0) {
				t.Errorf("%s: %d attempts were counted, want none", row.m.Recipients(), got.Attempts)
			}
		}
		wantOnce(t, []message.Message{inTime}, r)
	})
}

func TestTwoReplicasShareAQueue(t *testing.T) {
	t.Parallel()
	url, r := storetest.URL(t, "postgres"), relay(t, mailtest.Options{})
	ms := many(2000, noon.Add(-time.Hour))
	var both sync.WaitGroup
	var took [2]int
	for i := range took {
		s := storetest.Open(t, url)
		if i == 0 {
			if err := s.AddSite(t.Context(), site, "UTC", noon); err != nil {
				t.Fatal(err)
			}
			accept(t, s, ms...)
		}
		j := job(t, s, r, 4, notifications.Options{Batch: 50})
		both.Go(func() {
			counts, err := j.Run(t.Context(), noon)
			if took[i] = counts["accept"]; err != nil || len(counts) != 1 {
				t.Errorf("Run = %v, %v", counts, err)
			}
		})
	}
	both.Wait()
	if took[0] == 0 || took[1] == 0 || took[0]+took[1] != len(ms) {
		t.Errorf("the replicas sent %v, want %d together and some each", took, len(ms))
	}
	wantOnce(t, ms, r)
}
