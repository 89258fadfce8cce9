package simulate_test

import (
	"strings"
	"testing"
	"time"

	"notifier/simulate"
)

// RULES section 4: direct messages.
func TestDirectMessages(t *testing.T) {
	t.Parallel()
	tell(t, []story{
		{
			name: "one message per recipient: users, outside addresses, objects; preferences are never asked",
			journal: `
			03-02 06:00 set_preferences {"user": "anna", "case_received": "never", "case_changed": "never"}
			03-02 09:10 send_message {"id": "m1", "to": ["anna", "x@example.org", {"email": "y@example.org", "name": "Y"}, "Z <z@example.org>"], "subject": "S", "text": "T"}`,
			want: `
			03-02 09:12 anna direct m1
			03-02 09:12 x direct m1
			03-02 09:12 y direct m1
			03-02 09:12 z direct m1`,
		},
		{
			name:    "an address named twice gets one mail, in whatever letters",
			journal: `03-02 09:10 send_message {"id": "m1", "to": ["anna", "Anna@Example.org", "x@example.org", "x@example.org"], "subject": "S", "text": "T"}`,
			want: `
			03-02 09:12 anna direct m1
			03-02 09:12 x direct m1`,
		},
		{
			name: "with cc, bcc or one_mail: one mail for all",
			journal: `
			03-02 09:10 send_message {"id": "m1", "to": ["anna", "x@example.org", "anna"], "cc": ["ben"], "subject": "S", "text": "T"}
			03-02 09:10 send_message {"id": "m2", "to": ["ben", "anna"], "bcc": ["ben"], "subject": "S", "text": "T"}
			03-02 09:10 send_message {"id": "m3", "to": ["x@example.org", "ben"], "one_mail": true, "subject": "S", "html": "<p>T</p>"}`,
			want: `
			03-02 09:12 anna, x, anna direct m1
			03-02 09:12 ben, anna direct m2
			03-02 09:12 x, ben direct m3`,
		},
		{
			name: "users without an address get none; one mail for all goes to the others",
			journal: `
			03-02 06:00 set_user {"user": "eva"}
			03-02 09:10 send_message {"id": "m1", "to": ["eva", "ben"], "subject": "S", "text": "T"}
			03-02 09:10 send_message {"id": "m2", "to": ["eva", "ben"], "one_mail": true, "subject": "S", "text": "T"}
			03-02 09:10 send_message {"id": "m3", "to": ["eva"], "one_mail": true, "subject": "S", "text": "T"}
			03-02 09:10 send_message {"id": "m4", "to": ["eva"], "subject": "S", "text": "T"}
			03-02 09:10 send_message {"id": "m5", "to": ["eva"], "cc": ["ben"], "subject": "S", "text": "T"}`,
			want: `
			03-02 09:12 - direct m5
			03-02 09:12 ben direct m1
			03-02 09:12 ben direct m2`,
		},
		{
			name: "send_at: scheduled, and never before; one that has passed means now",
			journal: `
			03-02 09:10 send_message {"id": "m1", "to": ["ben"], "subject": "S", "text": "T", "send_at": "2026-03-02T12:00:00Z"}
			03-02 09:10 send_message {"id": "m2", "to": ["ben"], "subject": "S", "text": "T", "send_at": "2026-03-02T12:00:00.001Z"}
			03-02 09:10 send_message {"id": "m3", "to": ["ben"], "subject": "S", "text": "T", "send_at": "2026-03-01T12:00:00Z"}
			03-02 09:10 send_message {"id": "m4", "to": ["ben"], "subject": "S", "text": "T", "send_at": "2026-03-02T11:00:00+02:00"}`,
			want: `
			03-02 09:12 ben direct m3
			03-02 09:12 ben direct m4
			03-02 12:00 ben direct m1
			03-02 12:03 ben direct m2`,
		},
		{
			name: "the address of a scheduled message is that of the request",
			journal: `
			03-02 09:10 send_message {"id": "m1", "to": ["ben"], "subject": "S", "text": "T", "send_at": "2026-03-02T12:00:00Z"}
			03-02 10:00 set_user {"user": "ben", "email": "b@example.org"}`,
			want: `03-02 12:00 ben direct m1`,
		},
		{
			name: "expires_at: expired if not sent by then",
			journal: `
			03-02 09:10 send_message {"id": "m1", "to": ["ben"], "subject": "S", "text": "T", "expires_at": "2026-03-02T09:11:59Z"}
			03-02 09:10 send_message {"id": "m2", "to": ["ben"], "subject": "S", "text": "T", "expires_at": "2026-03-02T09:12:00Z"}
			03-02 09:10 send_message {"id": "m3", "to": ["ben"], "subject": "S", "text": "T", "expires_at": "2026-03-02T09:12:01Z"}
			03-02 09:10 send_message {"id": "m4", "to": ["ben"], "subject": "S", "text": "T", "send_at": "2026-03-02T12:01:00Z", "expires_at": "2026-03-02T12:02:00Z"}`,
			want: `03-02 09:12 ben direct m3`,
		},
		{
			name:    "manual: waits for a person, and there is none",
			journal: `03-02 09:10 send_message {"id": "m1", "to": ["ben"], "subject": "S", "text": "T", "manual": true}`,
			want:    ``,
		},
		{
			name:    "an id need not be unique, nor given",
			journal: `03-02 09:10 send_message {"to": ["ben"], "subject": "S", "text": "T"}`,
			want:    `03-02 09:12 ben direct -`,
		},
	})
}

// Since is when an item came in and Due when the mail was due: what the summary counts.
func TestWaits(t *testing.T) {
	t.Parallel()
	got, err := simulate.Plan(simulate.NewJournal(strings.NewReader(written(t, `
		03-02 06:00 set_preferences {"user": "anna", "case_changed": "hourly"}
		03-02 06:00 set_deadline {"key": "C-1", "users": ["anna"], "due_at": "2026-03-02T08:10:00Z"}
		03-02 07:10 notify {"id": "e1", "kind": "case_received", "users": ["anna"]}
		03-02 09:10 notify {"id": "e2", "kind": "case_changed", "users": ["anna"]}
		03-02 10:10 notify {"id": "e3", "kind": "case_changed", "users": ["anna"]}
		03-02 10:20 notify {"id": "e4", "kind": "case_changed", "users": ["anna"]}
		03-02 12:10 notify {"id": "e5", "kind": "case_changed", "users": ["anna"]}
		03-02 12:20 set_preferences {"user": "anna", "case_changed": "immediately"}
		03-02 14:10 send_message {"id": "m1", "to": ["anna"], "subject": "S", "text": "T"}
		03-02 14:10 send_message {"id": "m2", "to": ["anna"], "subject": "S", "text": "T", "send_at": "2026-03-02T15:10:00Z"}`))), options(t))
	if err != nil {
		t.Fatal(err)
	}
	want := []struct{ item, since, due, at string }{
		{"e1", "07:10", "07:10", "07:12"},
		{"C-1", "08:15", "08:15", "08:15"},
		{"e2", "09:10", "10:00", "10:00"},
		{"e3 e4", "10:10 10:20", "11:00", "11:00"},
		{"e5", "12:10", "12:20", "13:00"},
		{"m1", "14:10", "14:10", "14:12"},
		{"m2", "14:10", "15:10", "15:12"},
	}
	if len(got) != len(want) {
		t.Fatalf("Plan = %d mails, want %d:\n%s", len(got), len(want), tale(got))
	}
	clock := func(times ...time.Time) string {
		var all []string
		for _, at := range times {
			all = append(all, at.Format("15:04"))
		}
		return strings.Join(all, " ")
	}
	for i, w := range want {
		m := got[i]
		if items := strings.Join(m.Items, " "); items != w.item || clock(m.Since...) != w.since || clock(m.Due) != w.due || clock(m.At) != w.at {
			t.Errorf("mail %d is %s since %s, due %s, at %s; want %+v", i, items, clock(m.Since...), clock(m.Due), clock(m.At), w)
		}
	}
}
