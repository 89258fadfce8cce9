package simulate_test

import (
	"strings"
	"testing"
	"time"

	"notifier/deadlines"
	"notifier/simulate"
	"notifier/wallclock"
)

// RULES section 3: Reminders.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	tell(t, []story{
		{
			name: "a step each remind_before, and at due; preferences are not asked",
			journal: `
			03-02 06:00 set_preferences {"user": "anna", "case_received": "never", "case_changed": "never"}
			03-02 06:00 set_deadline {"key": "C-1", "users": ["anna", "ben"], "due_at": "2026-03-06T12:00:00Z", "remind_before": ["24h", "72h"]}`,
			want: `
			03-03 12:00 anna deadline C-1
			03-03 12:00 ben deadline C-1
			03-05 12:00 anna deadline C-1
			03-05 12:00 ben deadline C-1
			03-06 12:00 anna deadline C-1
			03-06 12:00 ben deadline C-1`,
		},
		{
			name: "a user who is named twice is reminded once",
			journal: `
			03-02 06:00 set_deadline {"key": "C-1", "users": ["anna", "anna"], "due_at": "2026-03-06T12:00:00Z"}`,
			want: `
			03-06 12:00 anna deadline C-1`,
		},
		{
			name: "overdue: the start of each following workday up to a maximum",
			journal: `
			03-02 06:00 set_deadline {"key": "C-1", "users": ["anna"], "due_at": "2026-03-05T12:00:00Z", "overdue": {"every_workday": true, "max": 3}}
			03-02 06:00 set_deadline {"key": "C-2", "users": ["ben"], "due_at": "2026-03-05T12:00:00Z", "overdue": {"every_workday": true}}`,
			want: `
			03-05 12:00 anna deadline C-1
			03-05 12:00 ben deadline C-2
			# Friday, Monday, Tuesday; and five where no maximum is given
			03-06 08:00 anna deadline C-1
			03-06 08:00 ben deadline C-2
			03-09 08:00 anna deadline C-1
			03-09 08:00 ben deadline C-2
			03-10 08:00 anna deadline C-1
			03-10 08:00 ben deadline C-2
			03-11 08:00 ben deadline C-2
			03-12 08:00 ben deadline C-2`,
		},
		{
			name: "several steps have passed since the last one: one reminder, for the latest of them",
			set:  "reminders=0 8 * * 1",
			journal: `
			03-02 08:01 set_deadline {"key": "C-1", "users": ["anna"], "due_at": "2026-03-06T12:00:00Z", "remind_before": ["24h", "72h"], "overdue": {"every_workday": true, "max": 2}}`,
			want: `
			03-09 08:00 anna deadline C-1
			03-16 08:00 anna deadline C-1`,
		},
		{
			name: "steps that lay in the past when the deadline was set never fire",
			journal: `
			03-02 06:00 set_deadline {"key": "C-1", "users": ["anna"], "due_at": "2026-03-03T06:00:00Z", "remind_before": ["72h", "24h", "1h"]}
			03-02 06:00 set_deadline {"key": "C-2", "users": ["anna"], "due_at": "2026-03-01T06:00:00Z", "remind_before": ["72h"]}`,
			want: `
			03-03 05:00 anna deadline C-1
			03-03 06:00 anna deadline C-1`,
		},
		{
			name: "setting the same key again replaces it: its steps start afresh",
			journal: `
			03-02 06:00 set_deadline {"key": "C-1", "users": ["anna"], "due_at": "2026-03-05T12:00:00Z", "remind_before": ["24h"]}
			03-04 13:00 set_deadline {"key": "C-1", "users": ["ben"], "due_at": "2026-03-06T12:00:00Z", "remind_before": ["24h", "48h"]}`,
			want: `
			03-04 12:00 anna deadline C-1
			03-05 12:00 ben deadline C-1
			03-06 12:00 ben deadline C-1`,
		},
		{
			name: "replacing and clearing stop what has not been sent",
			set:  "notifications=10m",
			journal: `
			03-02 06:00 set_deadline {"key": "C-1", "users": ["anna"], "due_at": "2026-03-02T10:15:00Z"}
			03-02 06:00 set_deadline {"key": "C-2", "users": ["anna"], "due_at": "2026-03-02T10:15:00Z", "remind_before": ["1h"]}
			03-02 06:00 set_deadline {"key": "C-3", "users": ["anna"], "due_at": "2026-03-02T10:15:00Z"}
			03-02 10:16 clear_deadline {"key": "C-1"}
			03-02 10:16 set_deadline {"key": "C-2", "users": ["anna"], "due_at": "2026-03-02T11:15:00Z"}
			03-02 10:21 clear_deadline {"key": "C-3"}`,
			want: `
			03-02 09:20 anna deadline C-2
			03-02 10:20 anna deadline C-3
			03-02 11:20 anna deadline C-2`,
		},
		{
			name: "clearing what was never set, or twice, does nothing; a key can be set again",
			journal: `
			03-02 06:00 clear_deadline {"key": "C-1"}
			03-02 06:00 set_deadline {"key": "C-1", "users": ["anna"], "due_at": "2026-03-02T10:00:00Z"}
			03-02 06:01 clear_deadline {"key": "C-1"}
			03-02 06:02 clear_deadline {"key": "C-1"}
			03-02 06:03 set_deadline {"key": "C-1", "users": ["anna"], "due_at": "2026-03-02T11:00:00Z"}`,
			want: `03-02 11:00 anna deadline C-1`,
		},
		{
			name: "moving the case to another stage or owner stops what has not been sent (AMODIT-21)",
			set:  "notifications=10m",
			journal: `
			03-02 06:00 set_deadline {"key": "stage", "case": {"id": "C", "stage": "1"}, "users": ["anna"], "due_at": "2026-03-02T10:00:00Z", "remind_before": ["1h"]}
			03-02 06:00 set_deadline {"key": "owner", "case": {"id": "C", "owner": "jan"}, "users": ["anna"], "due_at": "2026-03-02T10:00:00Z"}
			03-02 06:00 set_deadline {"key": "neither", "case": {"id": "C"}, "users": ["anna"], "due_at": "2026-03-02T10:00:00Z"}
			03-02 06:00 set_deadline {"key": "other", "case": {"id": "D", "stage": "1", "owner": "jan"}, "users": ["anna"], "due_at": "2026-03-02T10:00:00Z"}
			03-02 06:00 set_deadline {"key": "sent late", "case": {"id": "E", "stage": "1"}, "users": ["anna"], "due_at": "2026-03-02T10:15:00Z"}
			# the same stage, and a case that says none: nothing has moved
			03-02 09:01 notify {"id": "e1", "kind": "deadline", "users": ["ben"], "case": {"id": "C", "stage": "1"}}
			03-02 09:02 notify {"id": "e2", "kind": "deadline", "users": ["ben"], "case": {"id": "C"}}
			# an event that its user does not want still says where the case stands
			03-02 09:30 notify {"id": "e3", "kind": "case_changed", "users": ["anna"], "actor": "anna", "case": {"id": "C", "stage": "2", "owner": "jan"}}
			03-02 09:40 set_deadline {"key": "next", "case": {"id": "C", "owner": "ola"}, "users": ["anna"], "due_at": "2026-03-02T11:00:00Z"}
			# the last step has passed; its reminder waits for the flush
			03-02 10:16 notify {"id": "e4", "kind": "deadline", "users": ["ben"], "case": {"id": "E", "stage": "2"}}`,
			want: `
			03-02 09:00 anna deadline stage
			03-02 09:10 ben single e1
			03-02 09:10 ben single e2
			03-02 10:00 anna deadline neither
			03-02 10:00 anna deadline other
			03-02 10:20 ben single e4
			03-02 11:00 anna deadline next`,
		},
		{
			name: "a user without an address is not reminded; the address is that of the step",
			journal: `
			03-02 05:00 set_user {"user": "eva"}
			03-02 06:00 set_deadline {"key": "C-1", "users": ["eva"], "due_at": "2026-03-02T10:00:00Z", "remind_before": ["1h"]}
			03-02 09:30 set_user {"user": "eva", "email": "eva@example.org"}`,
			want: `03-02 10:00 eva deadline C-1`,
		},
		{
			name: "reminders are found at the ticks of their job",
			set:  "reminders=1h;notifications=1s",
			journal: `
			03-02 06:00 set_deadline {"key": "C-1", "users": ["anna"], "due_at": "2026-03-02T10:00:00.5Z"}
			03-02 06:00 set_deadline {"key": "C-2", "users": ["anna"], "due_at": "2026-03-02T10:00:00Z"}`,
			want: `
			03-02 10:00 anna deadline C-2
			03-02 11:00 anna deadline C-1`,
		},
	})
}

// The calendar of the installation says when a workday begins.
func TestWorkdays(t *testing.T) {
	t.Parallel()
	o := options(t)
	zone, err := time.LoadLocation("Asia/Dubai")
	if err != nil {
		t.Fatal(err)
	}
	o.Calendar = deadlines.Calendar{Zone: zone, Start: &wallclock.Time{Hour: 7, Minute: 30}, Workdays: weekdays(time.Sunday, time.Wednesday)}
	got, err := simulate.Plan(simulate.NewJournal(strings.NewReader(written(t, `
		03-02 06:00 set_deadline {"key": "C-1", "users": ["anna"], "due_at": "2026-03-04T12:00:00Z", "overdue": {"every_workday": true, "max": 3}}`))), o)
	if err != nil {
		t.Fatal(err)
	}
	want := tidy(`
		03-04 12:00 anna deadline C-1
		03-08 03:30 anna deadline C-1
		03-11 03:30 anna deadline C-1
		03-15 03:30 anna deadline C-1`)
	if told := tale(got); told != want {
		t.Errorf("Plan leads to\n%s\nwant\n%s", told, want)
	}
}
