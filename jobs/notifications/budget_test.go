package notifications_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/jobs/notifications"
	"notifier/letter"
	"notifier/mail"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/store"
	"notifier/store/storetest"
)

// thrifty is a job whose account may write to so many addresses.
func thrifty(t *testing.T, s *store.Store, r *mailtest.Relay, account message.Limits, o notifications.Options) *notifications.Job {
	t.Helper()
	a := &notifications.Account{
		Name: "default", Courier: courier(t, r, mail.Settings{}), From: "workflow@example.org",
		Budgets: account.Budgets(site, message.PerAccount, "default"),
	}
	return notifications.New(s, notifications.Only(a), letter.Writer{}, o, zap.NewNop())
}

// CQ-4: what a budget holds back is rate limited, says until when, and leaves by itself.
func TestASpentBudgetHoldsBackInOrder(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		ms := many(25, noon.Add(-time.Hour))
		accept(t, s, ms...)
		var again []time.Time
		o := notifications.Options{Workers: 1, Again: func(at time.Time) { again = append(again, at) }}
		j := thrifty(t, s, r, message.Limits{Minute: 10}, o)
		run(t, j, noon, "accept=10 limit=15")
		for i, m := range ms[10:] {
			got, want := read(t, s, m), noon.Add(time.Duration(1+i/10)*time.Minute)
			if got.Status != message.RateLimited || !got.DueAt.Equal(want) || got.Attempts != 0 || got.Tries != 0 {
				t.Errorf("%s is %s until %v after %d attempts; want rate_limited until %v after none", m.Recipients(), got.Status, got.DueAt, got.Attempts, want)
			}
			if text := got.Error.Text; got.Error.Category != message.TooFast || text != "the budget of the account default is spent: 10 a minute. It goes on at "+want.Format(time.RFC3339) {
				t.Errorf("it says %s", text)
			}
			records := message.ErrorRecords(attempts(t, s, got), nil)
			if len(records) != 1 || records[0].Status != "Rate Limited" {
				t.Errorf("CQ-10: error records = %+v, want one of Rate Limited", records)
			}
		}
		if len(again) != 1 || !again[0].Equal(noon.Add(time.Minute)) {
			t.Errorf("the job asks to be run again at %v, want in a minute", again)
		}
		run(t, j, noon.Add(30*time.Second), "")
		run(t, j, noon.Add(time.Minute), "accept=10")
		run(t, j, noon.Add(2*time.Minute), "accept=5")
		for i, m := range r.Got() {
			if want := ms[i].To[0].Email; m.To[0] != want {
				t.Fatalf("mail %d went to %s, want %s: the queue keeps its order", i, m.To[0], want)
			}
		}
	})
}

func TestBudgetsOfEveryScope(t *testing.T) {
	one := message.Limits{Hour: 1}
	for _, row := range []struct {
		name    string
		limits  notifications.Limits
		account message.Limits
		want    string
	}{
		{"account", notifications.Limits{}, one, "accept=1 limit=3"},
		{"site", notifications.Limits{Site: one}, message.Limits{}, "accept=2 limit=2"},
		{"sender", notifications.Limits{Sender: one}, message.Limits{}, "accept=1 limit=3"},
		{"domain", notifications.Limits{Domain: one}, message.Limits{}, "accept=3 limit=1"},
		{"the tightest holds", notifications.Limits{Domain: one, Site: message.Limits{Day: 1}}, message.Limits{Second: 100}, "accept=2 limit=2"},
		{"no limit", notifications.Limits{}, message.Limits{}, "accept=4"},
	} {
		t.Run(row.name, func(t *testing.T) {
			each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
				if err := s.AddSite(t.Context(), "other", "UTC", noon); err != nil {
					t.Fatal(err)
				}
				ms := []message.Message{direct(noon, "a@one.example"), direct(noon, "b@ONE.example"), direct(noon, "c@two.example"), direct(noon, "d@three.example")}
				ms[3].Site = "other"
				accept(t, s, ms...)
				run(t, thrifty(t, s, r, row.account, notifications.Options{Limits: row.limits, Workers: 1}), noon, row.want)
			})
		})
	}
}

// A budget counts addresses; a mail to more than it has at all takes a period for itself.
func TestABudgetCountsAddresses(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		three := direct(noon, "a@example.org", "b@example.org", "c@example.org")
		two := direct(noon.Add(time.Second), "d@example.org", "e@example.org")
		six := direct(noon.Add(2*time.Second), "1@example.org", "2@example.org", "3@example.org", "4@example.org", "5@example.org", "6@example.org")
		accept(t, s, three, two, six)
		j := thrifty(t, s, r, message.Limits{Minute: 4}, notifications.Options{Workers: 1})
		at := noon.Add(time.Minute)
		run(t, j, at, "accept=1 limit=2")
		run(t, j, at.Add(time.Minute), "accept=1 limit=1")
		run(t, j, at.Add(2*time.Minute), "accept=1")
		wantOnce(t, []message.Message{three, two, six}, r)
	})
}

// Replicas spend from one budget, and a restart forgets nothing.
func TestReplicasShareABudget(t *testing.T) {
	t.Parallel()
	url, r := storetest.URL(t, "postgres"), relay(t, mailtest.Options{})
	var both sync.WaitGroup
	ms := many(400, noon.Add(-time.Hour))
	for i := range 3 {
		s := storetest.Open(t, url)
		if i == 0 {
			if err := s.AddSite(t.Context(), site, "UTC", noon); err != nil {
				t.Fatal(err)
			}
			accept(t, s, ms...)
		}
		j := thrifty(t, s, r, message.Limits{Hour: 100}, notifications.Options{Batch: 20})
		both.Go(func() {
			if _, err := j.Run(t.Context(), noon); err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	}
	both.Wait()
	if n := r.Count(); n != 100 {
		t.Errorf("%d mails left, want 100", n)
	}
	again := thrifty(t, storetest.Open(t, url), r, message.Limits{Hour: 100}, notifications.Options{})
	run(t, again, noon.Add(time.Minute), "")
	counts, err := again.Run(t.Context(), noon.Add(time.Hour))
	if err != nil || counts["accept"] != 100 {
		t.Errorf("an hour later: %v, %v; want 100 more", counts, err)
	}
}

// What was not tried is not spent.
func TestARelayThatIsDownSpendsNothing(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		accept(t, s, many(20, noon.Add(-time.Hour))...)
		r.Fail(mailtest.AtMail, faults(5, mailtest.Fault{Drop: true})...)
		j := thrifty(t, s, r, message.Limits{Day: 20}, notifications.Options{Workers: 1})
		if counts, err := j.Run(t.Context(), noon); err == nil || words(counts) != "hand_back=20" {
			t.Errorf("Run = %v, %v", counts, err)
		}
		b := message.Limits{Day: 20}.Budgets(site, message.PerAccount, "default")[0]
		if used, err := s.Used(t.Context(), b, noon); used != 0 || err != nil {
			t.Errorf("%d are spent, %v; want none", used, err)
		}
	})
}

// One site's thousands do not delay another's ten, limited or not.
func TestABudgetIsFairToSites(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		crowd, few := many(300, noon.Add(-time.Hour)), many(10, noon.Add(-time.Minute))
		for i := range few {
			few[i].Site = "small"
			few[i].To[0].Email = fmt.Sprintf("small%d@example.org", i)
		}
		if err := s.AddSite(t.Context(), "small", "UTC", noon); err != nil {
			t.Fatal(err)
		}
		accept(t, s, append(crowd, few...)...)
		limits := notifications.Limits{Site: message.Limits{Minute: 20}}
		run(t, thrifty(t, s, r, message.Limits{}, notifications.Options{Workers: 1, Batch: 15, Limits: limits}), noon, "accept=30 limit=280")
		small := 0
		for _, m := range r.Got() {
			if strings.HasPrefix(m.To[0], "small") {
				small++
			}
		}
		if small != 10 {
			t.Errorf("%d of the small site's mails left, want all 10", small)
		}
	})
}
