package simulate_test

import "testing"

// RULES section 2: who gets what, when.
func TestEventsFindTheirTime(t *testing.T) {
	t.Parallel()
	tell(t, []story{
		{
			name: "the user is the event's actor: no message",
			journal: `
			03-02 09:10 notify {"id": "e1", "kind": "case_received", "users": ["anna", "ben"], "actor": "anna"}
			03-02 09:10 notify {"id": "e2", "kind": "deadline", "users": ["anna", "ben"], "actor": "anna"}`,
			want: `
			03-02 09:12 ben single e1
			03-02 09:12 ben single e2`,
		},
		{
			name: "kind is mandatory: pending at once, whatever was chosen",
			journal: `
			03-02 09:00 set_preferences {"user": "anna", "case_received": "never", "case_changed": "weekly"}
			03-02 09:10 notify {"id": "e1", "kind": "deadline", "users": ["anna"]}`,
			want: `03-02 09:12 anna single e1`,
		},
		{
			name: "never: none",
			journal: `
			03-02 09:00 set_preferences {"user": "anna", "case_received": "never", "case_changed": "never"}
			03-02 09:10 notify {"id": "e1", "kind": "case_received", "users": ["anna", "ben"]}
			03-02 09:10 notify {"id": "e2", "kind": "case_changed", "users": ["anna"]}`,
			want: `03-02 09:12 ben single e1`,
		},
		{
			name: "immediately: leaves with the next run of Notifications, never synchronously; it is the default",
			journal: `
			03-02 09:12 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}
			03-02 09:12:00.001 notify {"id": "e2", "kind": "case_changed", "users": ["anna"]}`,
			want: `
			03-02 09:12 anna single e1
			03-02 09:15 anna single e2`,
		},
		{
			name: "hourly: the first instant after t at which the user's wall clock reads hh:00:00",
			set:  "user_notifications=* * * * *",
			journal: `
			03-02 00:00 set_user {"user": "kim", "email": "kim@example.org", "timezone": "Asia/Kathmandu"}
			03-02 09:00 set_preferences {"user": "anna", "case_changed": "hourly"}
			03-02 09:00 set_preferences {"user": "kim", "case_changed": "hourly"}
			03-02 14:20 notify {"id": "e1", "kind": "case_changed", "users": ["anna", "kim"]}`,
			want: `
			# 14:20 is 20:05 in Kathmandu
			03-02 15:00 anna single e1
			03-02 15:15 kim single e1`,
		},
		{
			name: "after t is strict: an event at 15:00:00.000 waits for 16:00",
			journal: `
			03-02 09:00 set_preferences {"user": "anna", "case_changed": "hourly"}
			03-02 14:59:59.999 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}
			03-02 15:00 notify {"id": "e2", "kind": "case_changed", "users": ["anna"]}`,
			want: `
			03-02 15:00 anna single e1
			03-02 16:00 anna single e2`,
		},
		{
			name: "daily: the first instant after t that is daily_at on some local date; strict",
			journal: `
			03-02 00:00 set_preferences {"user": "anna", "case_changed": "daily", "daily_at": "09:00"}
			03-02 07:59:59.999 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}
			03-02 08:00 notify {"id": "e2", "kind": "case_changed", "users": ["anna"]}`,
			want: `
			03-02 08:00 anna single e1
			03-03 08:00 anna single e2`,
		},
		{
			name: "weekly: the same, on local dates that fall on weekly_on",
			journal: `
			03-01 00:00 set_user {"user": "kiri", "email": "kiri@example.org", "timezone": "Pacific/Kiritimati"}
			03-01 00:00 set_preferences {"user": "kiri", "case_changed": "weekly", "daily_at": "00:00", "weekly_on": "thursday"}
			03-04 09:59:59 notify {"id": "e1", "kind": "case_changed", "users": ["kiri"]}
			03-04 10:00 notify {"id": "e2", "kind": "case_changed", "users": ["kiri"]}`,
			want: `
			# 10:00 on Wednesday is midnight of Thursday there
			03-04 10:00 kiri single e1
			03-11 10:00 kiri single e2`,
		},
		{
			name: "daily_at is 08:00 and weekly_on monday unless chosen",
			journal: `
			03-02 00:00 set_preferences {"user": "anna", "case_received": "daily", "case_changed": "weekly"}
			03-03 12:00 notify {"id": "e1", "kind": "case_received", "users": ["anna"]}
			03-03 12:00 notify {"id": "e2", "kind": "case_changed", "users": ["anna"]}`,
			want: `
			03-04 07:00 anna single e1
			03-09 07:00 anna single e2`,
		},
		{
			name: "an event is told late: what counts is when it happened",
			journal: `
			03-02 00:00 set_preferences {"user": "anna", "case_changed": "hourly"}
			03-02 15:20 notify {"id": "e1", "kind": "case_changed", "users": ["anna", "ben"], "occurred_at": "2026-03-02T14:30:00Z"}
			03-02 15:20 notify {"id": "e2", "kind": "case_changed", "users": ["anna"], "occurred_at": "2026-03-02T15:24:00Z"}`,
			want: `
			03-02 15:21 ben single e1
			# it was due at 15:00 and is so now; a clock that is a little ahead counts as now
			03-02 16:00 anna digest e1 e2`,
		},
		{
			name: "a user without an address gets nothing, unless it has one before the digest",
			journal: `
			03-02 00:00 set_user {"user": "eva", "timezone": "UTC"}
			03-02 00:00 set_preferences {"user": "eva", "case_changed": "hourly"}
			03-02 09:10 notify {"id": "e1", "kind": "case_received", "users": ["eva"]}
			03-02 09:10 notify {"id": "e2", "kind": "case_changed", "users": ["eva"]}
			03-02 10:10 notify {"id": "e3", "kind": "case_changed", "users": ["eva"]}
			03-02 10:20 set_user {"user": "eva", "email": "eva@example.org", "timezone": "UTC"}`,
			want: `03-02 11:00 eva single e3`,
		},
		{
			name:    "a user named twice gets one mail",
			journal: `03-02 09:10 notify {"id": "e1", "kind": "case_changed", "users": ["anna", "ben", "anna"]}`,
			want: `
			03-02 09:12 anna single e1
			03-02 09:12 ben single e1`,
		},
	})
}

// RULES section 2: a user has exactly one due time on every local date that exists.
func TestClocksThatChange(t *testing.T) {
	t.Parallel()
	const every = "user_notifications=* * * * *"
	tell(t, []story{
		{
			name: "a wall time that does not exist is the instant of the change",
			set:  every,
			journal: `
			03-01 00:00 set_preferences {"user": "anna", "case_changed": "daily", "daily_at": "02:30"}
			03-28 12:00 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}
			03-29 01:00 notify {"id": "e2", "kind": "case_changed", "users": ["anna"]}`,
			want: `
			03-29 01:00 anna single e1
			03-30 00:30 anna single e2`,
		},
		{
			name: "even where that reads the next date (Nuuk)",
			set:  every,
			journal: `
			2024-03-01 00:00 set_user {"user": "nivi", "email": "nivi@example.org", "timezone": "America/Nuuk"}
			2024-03-01 00:00 set_preferences {"user": "nivi", "case_changed": "daily", "daily_at": "23:30"}
			2024-03-30 12:00 notify {"id": "e1", "kind": "case_changed", "users": ["nivi"]}
			2024-03-31 01:00 notify {"id": "e2", "kind": "case_changed", "users": ["nivi"]}`,
			want: `
			2024-03-31 01:00 nivi single e1
			2024-04-01 00:30 nivi single e2`,
		},
		{
			name: "one that exists twice is the first of the two",
			set:  every,
			journal: `
			10-01 00:00 set_preferences {"user": "anna", "case_changed": "daily", "daily_at": "02:30"}
			10-25 00:29 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}
			10-25 00:30 notify {"id": "e2", "kind": "case_changed", "users": ["anna"]}`,
			want: `
			10-25 00:30 anna single e1
			10-26 01:30 anna single e2`,
		},
		{
			name: "a date that a zone skipped has no digest (Apia, 2011-12-30)",
			set:  every,
			journal: `
			2011-12-01 00:00 set_user {"user": "sina", "email": "sina@example.org", "timezone": "Pacific/Apia"}
			2011-12-01 00:00 set_preferences {"user": "sina", "case_changed": "daily"}
			2011-12-29 17:59 notify {"id": "e1", "kind": "case_changed", "users": ["sina"]}
			2011-12-29 18:00 notify {"id": "e2", "kind": "case_changed", "users": ["sina"]}`,
			want: `
			2011-12-29 18:00 sina single e1
			2011-12-30 18:00 sina single e2`,
		},
		{
			name: "weekly on a weekday that was skipped waits a week",
			set:  every,
			journal: `
			2011-12-01 00:00 set_user {"user": "sina", "email": "sina@example.org", "timezone": "Pacific/Apia"}
			2011-12-01 00:00 set_preferences {"user": "sina", "case_changed": "weekly", "weekly_on": "friday"}
			2011-12-28 12:00 notify {"id": "e1", "kind": "case_changed", "users": ["sina"]}`,
			want: `2012-01-05 18:00 sina single e1`,
		},
		{
			name: "hours that a wall reads twice count twice, and a skipped hour not at all",
			journal: `
			03-01 00:00 set_preferences {"user": "anna", "case_changed": "hourly"}
			03-29 00:30 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}
			10-25 00:30 notify {"id": "e2", "kind": "case_changed", "users": ["anna"]}
			10-25 01:00 notify {"id": "e3", "kind": "case_changed", "users": ["anna"]}`,
			want: `
			03-29 01:00 anna single e1
			10-25 01:00 anna single e2
			10-25 02:00 anna single e3`,
		},
		{
			name: "half an hour of summer time (Lord Howe)",
			set:  every,
			journal: `
			03-01 00:00 set_user {"user": "lou", "email": "lou@example.org", "timezone": "Australia/Lord_Howe"}
			03-01 00:00 set_preferences {"user": "lou", "case_received": "hourly", "case_changed": "daily", "daily_at": "01:45"}
			04-04 14:10 notify {"id": "e1", "kind": "case_received", "users": ["lou"]}
			04-04 14:10 notify {"id": "e2", "kind": "case_changed", "users": ["lou"]}
			04-04 15:10 notify {"id": "e3", "kind": "case_received", "users": ["lou"]}`,
			want: `
			# 14:45 is 01:45 for the first time; at 15:00, when it would read 02:00, it reads 01:30
			04-04 14:45 lou single e2
			04-04 15:30 lou digest e1 e3`,
		},
	})
}
