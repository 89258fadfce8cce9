package simulate_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"notifier/message"
	"notifier/schedule"
	"notifier/simulate"
)

// P1: with wake a mail leaves when it came in, became due or was promoted.
func TestP1Wake(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Wake = true
	journal := written(t, `
		03-02 09:00 set_preferences {"user": "ben", "case_changed": "hourly"}
		03-02 09:10 notify {"id": "e1", "kind": "case_changed", "users": ["anna", "ben"]}
		03-02 09:11 send_message {"id": "m1", "to": ["ben@example.org"], "subject": "s", "text": "t", "send_at": "2026-03-02T09:31:00Z"}`)
	got, err := simulate.Plan(simulate.NewJournal(strings.NewReader(journal)), o)
	want := tidy(`
		03-02 09:10 anna single e1
		03-02 09:31 ben direct m1
		03-02 10:00 ben single e1`)
	if err != nil || tale(got) != want {
		t.Errorf("planned\n%s\nwant\n%s\n%v", tale(got), want, err)
	}
}

// P1: whatever comes in and whenever the jobs run, no mail leaves later with wake than without.
func TestP1NoMailLeavesLaterWithWake(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 13))
	schedules := []string{"1s", "3m", "7m", "1h", "24h", "*/20 9-17 * * 1-5", "30 8 * * *"}
	for range 40 {
		slow := options(t)
		for _, job := range []string{"notifications", "user_notifications", "reminders"} {
			set(t, &slow, job+"="+schedules[random.IntN(len(schedules))])
		}
		if random.IntN(3) == 0 {
			slow.Pauses = map[string]time.Time{schedule.Notifications: time.Date(2026, 1, 6, 9, 0, random.IntN(90), 0, time.UTC)}
		}
		fast := slow
		fast.Wake = true
		lines := office(300 + random.IntN(1500))
		plan := func(o simulate.Options) []simulate.Mail {
			mails, err := simulate.Plan(simulate.NewJournal(strings.NewReader(string(lines))), o)
			if err != nil {
				t.Fatal(err)
			}
			return mails
		}
		early := departures(plan(fast))
		for key, late := range departures(plan(slow)) {
			if soon := early[key]; len(soon) < len(late) {
				t.Fatalf("%s leaves %d times with wake, %d times without (%s)", key, len(soon), len(late), slow.Notifications)
			}
			for i, at := range late {
				if early[key][i].After(at) {
					t.Fatalf("%s leaves at %s with wake, at %s without (%s)", key, early[key][i], at, slow.Notifications)
				}
			}
		}
	}
}

// departures are when each mail leaves, by whom it is for and what it is about.
func departures(mails []simulate.Mail) map[string][]time.Time {
	all := map[string][]time.Time{}
	for _, m := range mails {
		key := m.To + " " + string(m.Type) + " " + strings.Join(m.Items, " ")
		all[key] = append(all[key], m.At)
	}
	for _, at := range all {
		slices.SortFunc(at, time.Time.Compare)
	}
	return all
}

// P1: a trial goes on until what came in has left, in both plans: a slow schedule gains
// nothing by what waits at the end. What a pause without an end keeps is counted.
func TestP1ATrialRunsOnUntilAllHasLeft(t *testing.T) {
	t.Parallel()
	journal := written(t, `
		03-02 09:00 set_preferences {"user": "ben", "case_changed": "daily", "daily_at": "08:00"}
		03-02 09:01 set_deadline {"key": "D-1", "users": ["anna"], "due_at": "2026-03-02T09:11:30Z", "remind_before": ["1m"]}
		03-02 09:01 set_deadline {"key": "D-2", "users": ["anna"], "due_at": "2026-04-02T09:00:00Z", "remind_before": ["1h"]}
		03-02 09:10 notify {"id": "e1", "kind": "case_changed", "users": ["anna", "ben"]}
		03-02 09:11 notify {"id": "e2", "kind": "case_changed", "users": ["anna", "ben"]}`)
	now := options(t)
	now.Until = instant(t, "03-02 09:11")
	slow, never, woken := now, now, now.Under(map[string]schedule.Standing{
		schedule.Notifications: {Schedule: now.Notifications, Wake: true}, schedule.UserNotifications: {Schedule: now.UserNotifications},
		schedule.Reminders: {Schedule: now.Reminders},
	})
	set(t, &slow, "notifications=24h")
	never.Pauses = map[string]time.Time{schedule.Notifications: {}}
	trial, err := simulate.Try(simulate.NewJournal(strings.NewReader(journal)), now, slow, never, woken)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct{ mails, digests, later, waiting int }{
		{4, 1, 4, 0}, {4, 1, 4, 0}, {0, 0, 0, 4}, {4, 1, 2, 0},
	} {
		s := trial.Summaries[i]
		if s.Mails != want.mails || s.ByType[message.Digest] != want.digests || s.Later != want.later || s.Waiting != want.waiting {
			t.Errorf("plan %d: %d mails, %d digests, %d later, %d waiting; want %+v", i, s.Mails, s.ByType[message.Digest], s.Later, s.Waiting, want)
		}
	}
	if trial.Summaries[3].RightAway.P95 != 0 || trial.Summaries[0].RightAway.P95 != 2*time.Minute {
		t.Errorf("right away: %v with wake, %v without", trial.Summaries[3].RightAway, trial.Summaries[0].RightAway)
	}
}
