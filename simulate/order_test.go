package simulate_test

import "testing"

// RULES section 3: UserNotifications.
func TestDigests(t *testing.T) {
	t.Parallel()
	tell(t, []story{
		{
			name: "all of a user's due kinds go into the same digest, by event time, then arrival (T12)",
			journal: `
			03-02 06:00 set_preferences {"user": "anna", "case_received": "hourly", "case_changed": "hourly"}
			03-02 06:00 set_preferences {"user": "ben", "case_changed": "hourly"}
			03-02 09:10 notify {"id": "b", "kind": "case_changed", "users": ["anna", "ben"]}
			03-02 09:10 notify {"id": "a", "kind": "case_received", "users": ["anna"]}
			03-02 09:20 notify {"id": "0", "kind": "case_changed", "users": ["anna"]}
			03-02 09:30 notify {"id": "1", "kind": "case_received", "users": ["anna"], "occurred_at": "2026-03-02T09:05:00Z"}
			03-02 09:40 notify {"id": "a", "kind": "case_received", "users": ["anna"], "occurred_at": "2026-03-02T09:10:00Z"}`,
			want: `
			03-02 10:00 anna digest 1 b a a 0
			03-02 10:00 ben single b`,
		},
		{
			name: "what is due at different times and still waits is one digest; what is not yet due stays",
			set:  "user_notifications=0 12 * * *",
			journal: `
			03-02 06:00 set_preferences {"user": "anna", "case_received": "daily", "case_changed": "hourly", "daily_at": "12:30"}
			03-02 09:10 notify {"id": "e1", "kind": "case_received", "users": ["anna"]}
			03-02 09:20 notify {"id": "e2", "kind": "case_changed", "users": ["anna"]}
			03-02 10:20 notify {"id": "e3", "kind": "case_changed", "users": ["anna"]}
			03-02 11:30 notify {"id": "e4", "kind": "case_received", "users": ["anna"]}
			03-02 11:40 notify {"id": "e5", "kind": "case_changed", "users": ["anna"]}`,
			want: `
			03-02 12:00 anna digest e1 e2 e3 e5
			03-03 12:00 anna single e4`,
		},
		{
			name: "a user with one such message: it becomes pending as it is",
			journal: `
			03-02 06:00 set_preferences {"user": "anna", "case_changed": "hourly"}
			03-02 09:10 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}
			03-02 10:10 notify {"id": "e2", "kind": "case_changed", "users": ["anna"]}`,
			want: `
			03-02 10:00 anna single e1
			03-02 11:00 anna single e2`,
		},
		{
			name: "no digest of nothing: a tick without anything due makes no mail",
			set:  "user_notifications=1m",
			journal: `
			03-02 06:00 set_preferences {"user": "anna", "case_changed": "daily"}`,
			want: ``,
		},
	})
}

// RULES section 3: schedules.
func TestSchedules(t *testing.T) {
	t.Parallel()
	const event = `03-02 09:10 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}`
	tell(t, []story{
		{name: "every runs at its multiples since the Unix epoch", set: "notifications=7m", journal: event, want: `03-02 09:14 anna single e1`},
		{name: "a week of them begins on a Thursday", set: "notifications=168h", journal: event, want: `03-05 00:00 anna single e1`},
		{name: "a second", set: "notifications=1s", journal: event, want: `03-02 09:10 anna single e1`},
		{name: "cron", set: "notifications=*/20 9-17 * * 1-5", journal: event, want: `03-02 09:20 anna single e1`},
		{
			name: "cron with fixed hours", set: "notifications=30 8 * * *", journal: event, want: `03-03 08:30 anna single e1`,
		},
		{
			name: "a job that never runs again keeps all", set: "notifications=0 0 29 2 *", until: "2027-12-31 00:00", journal: event, want: ``,
		},
		{
			name: "the jobs do not wait for each other: what is promoted leaves with the next flush", set: "notifications=7m",
			journal: `
			03-02 06:00 set_preferences {"user": "anna", "case_changed": "hourly"}
			03-02 09:10 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}`,
			want: `03-02 10:03 anna single e1`,
		},
		{
			name: "seconds for centuries: nothing is done between two things to do",
			set:  "notifications=1s;user_notifications=1s;reminders=1s", until: "2199-12-01 00:00",
			journal: `
			03-02 06:00 set_deadline {"key": "C-1", "users": ["anna"], "due_at": "2190-01-01T00:00:00.5Z", "remind_before": ["8760h"]}
			03-02 09:10 send_message {"id": "m1", "to": ["ben"], "subject": "S", "text": "T", "send_at": "2180-01-01T00:00:00.5Z"}`,
			want: `
			2180-01-01 00:00:01 ben direct m1
			2189-01-01 00:00:01 anna deadline C-1
			2190-01-01 00:00:01 anna deadline C-1`,
		},
	})
}

// RULES section 6: what comes first at one instant, and what the output holds.
func TestOneInstant(t *testing.T) {
	t.Parallel()
	tell(t, []story{
		{
			name: "lines first, then Reminders, UserNotifications, Notifications",
			journal: `
			03-02 06:00 set_preferences {"user": "anna", "case_changed": "hourly"}
			03-02 06:00 set_deadline {"key": "C-1", "users": ["anna"], "due_at": "2026-03-02T10:00:00Z"}
			03-02 09:10 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}
			03-02 10:00 notify {"id": "e2", "kind": "case_received", "users": ["anna"]}
			03-02 10:00 send_message {"id": "m1", "to": ["anna"], "subject": "S", "text": "T"}`,
			want: `
			03-02 10:00 anna deadline C-1
			03-02 10:00 anna direct m1
			03-02 10:00 anna single e1
			03-02 10:00 anna single e2`,
		},
		{
			name: "a line at the instant of a tick still stops a reminder",
			journal: `
			03-02 06:00 set_deadline {"key": "C-1", "users": ["anna"], "due_at": "2026-03-02T10:00:00Z"}
			03-02 10:00 clear_deadline {"key": "C-1"}`,
			want: ``,
		},
		{
			name: "several lines at one instant count in their order",
			set:  "user_notifications=5m",
			journal: `
			03-02 06:00 set_preferences {"user": "anna", "case_changed": "daily"}
			03-02 09:10 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}
			03-02 09:10 set_preferences {"user": "anna", "case_changed": "immediately"}
			03-02 09:10 notify {"id": "e2", "kind": "case_changed", "users": ["anna"]}
			03-02 09:10 set_preferences {"user": "anna", "case_changed": "never"}
			03-02 09:10 notify {"id": "e3", "kind": "case_changed", "users": ["anna"]}`,
			want: `
			03-02 09:12 anna single e1
			03-02 09:12 anna single e2`,
		},
		{
			name: "what is handed over after until is not printed; at until it is", until: "03-02 09:12",
			journal: `
			03-02 09:10 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}
			03-02 09:12 notify {"id": "e2", "kind": "case_changed", "users": ["anna"]}
			03-02 09:12:00.001 notify {"id": "e3", "kind": "case_changed", "users": ["anna"]}
			03-02 09:13 notify {"id": "e4", "kind": "no such kind", "users": ["nobody"]}`,
			want: `
			03-02 09:12 anna single e1
			03-02 09:12 anna single e2`,
		},
		{
			name: "an until before the first line", until: "1999-01-01 00:00", journal: ``, want: ``,
		},
		{
			name: "sorted by at, to, type, first item",
			journal: `
			03-02 09:10 send_message {"id": "m2", "to": ["ben", "anna"], "subject": "S", "text": "T"}
			03-02 09:10 notify {"id": "e2", "kind": "case_changed", "users": ["ben", "anna"]}
			03-02 09:10 notify {"id": "e10", "kind": "case_changed", "users": ["ben"]}
			03-02 09:10 send_message {"id": "m10", "to": ["ben"], "subject": "S", "text": "T"}`,
			want: `
			03-02 09:12 anna direct m2
			03-02 09:12 anna single e2
			03-02 09:12 ben direct m10
			03-02 09:12 ben direct m2
			03-02 09:12 ben single e10
			03-02 09:12 ben single e2`,
		},
	})
}
