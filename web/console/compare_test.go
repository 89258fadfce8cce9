package console

import (
	"testing"
	"time"

	"notifier/jobs/trials"
	"notifier/message"
	"notifier/simulate"
	"notifier/web/look"
)

// The week of a trial has seven days on the reader's wall, also where the clocks change in
// it, and the mails of each.
func TestTheWeekOfATrialHasAllItsDays(t *testing.T) {
	for _, c := range []struct{ name, zone, until, first, mail, on string }{
		{"no change", "Europe/Warsaw", "2026-11-25T08:00:00Z", "Thu 19 Nov", "2026-11-22T11:00:00Z", "Sun 22 Nov"},
		{"forward", "Europe/Warsaw", "2027-03-30T22:30:00Z", "Thu 25 Mar", "2027-03-28T10:00:00Z", "Sun 28 Mar"},
		{"back", "Europe/Warsaw", "2027-11-02T22:30:00Z", "Wed 27 Oct", "2027-10-27T10:00:00Z", "Wed 27 Oct"},
		{"a day without a midnight", "Africa/Cairo", "2027-05-04T21:30:00Z", "Thu 29 Apr", "2027-04-30T10:00:00Z", "Fri 30 Apr"},
		{"west of the server", "America/New_York", "2027-03-16T02:00:00Z", "Tue 9 Mar", "2027-03-14T16:00:00Z", "Sun 14 Mar"},
	} {
		until, at := instantOf(t, c.until), instantOf(t, c.mail)
		b := base{Clock: look.NewClock(look.In("en"), c.zone, until)}
		trial := &trials.Trial{Until: until, Result: simulate.Trial{Watched: [][]simulate.Mail{{{At: at, Type: message.Single}}, nil}}}
		var res result
		b.week(trial, asked{user: "anna"}, &res)
		if len(res.Week) != 7 || res.Week[0].Day != c.first {
			t.Errorf("%s: the week is %v, want it to begin on %s", c.name, res.Week, c.first)
		}
		days, mails := map[string]bool{}, 0
		for _, day := range res.Week {
			days[day.Day] = true
			if mails += len(day.Now); len(day.Now) > 0 && day.Day != c.on {
				t.Errorf("%s: the mail is shown on %s, want %s", c.name, day.Day, c.on)
			}
		}
		if len(days) != 7 || mails != 1 {
			t.Errorf("%s: %d different days with %d mails, want 7 with one: %v", c.name, len(days), mails, res.Week)
		}
	}
}

func instantOf(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
