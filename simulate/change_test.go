package simulate_test

import (
	"strings"
	"testing"

	"notifier/simulate"
)

// RULES section 2: changing a preference, an hour, a weekday or a zone acts at once on
// what waits.
func TestChangesActAtOnce(t *testing.T) {
	t.Parallel()
	tell(t, []story{
		{
			name: "to immediately: due becomes the time of the change",
			set:  "user_notifications=10m",
			journal: `
			03-02 06:00 set_preferences {"user": "anna", "case_changed": "daily"}
			03-02 09:10 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}
			03-02 09:20 notify {"id": "e2", "kind": "case_changed", "users": ["anna"]}
			03-02 10:05 set_preferences {"user": "anna", "case_changed": "immediately"}`,
			want: `03-02 10:12 anna digest e1 e2`,
		},
		{
			name: "to hourly: due is computed again from the event's own time, and lies in the past",
			set:  "user_notifications=10m",
			journal: `
			03-02 06:00 set_preferences {"user": "anna", "case_changed": "daily"}
			03-02 09:10 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}
			03-02 11:50 notify {"id": "e2", "kind": "case_changed", "users": ["anna"]}
			03-02 11:55 set_preferences {"user": "anna", "case_changed": "hourly"}`,
			want: `03-02 12:00 anna digest e1 e2`,
		},
		{
			name: "to daily",
			journal: `
			03-02 06:00 set_preferences {"user": "anna", "case_changed": "weekly", "weekly_on": "friday"}
			03-02 09:10 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}
			03-02 10:00 set_preferences {"user": "anna", "case_changed": "daily"}`,
			want: `03-03 07:00 anna single e1`,
		},
		{
			name: "to weekly",
			journal: `
			03-02 06:00 set_preferences {"user": "anna", "case_changed": "hourly"}
			03-02 09:10 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}
			03-02 09:20 set_preferences {"user": "anna", "case_changed": "weekly", "weekly_on": "wednesday"}`,
			want: `03-04 07:00 anna single e1`,
		},
		{
			name: "to never: what already waits keeps its due time and is sent one last time",
			journal: `
			03-02 06:00 set_preferences {"user": "anna", "case_changed": "daily"}
			03-02 09:10 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}
			03-02 10:00 set_preferences {"user": "anna", "case_changed": "never"}
			03-02 11:00 notify {"id": "e2", "kind": "case_changed", "users": ["anna"]}
			03-02 12:00 set_user {"user": "anna", "email": "anna@example.org", "timezone": "Asia/Tokyo"}`,
			want: `03-03 07:00 anna single e1`,
		},
		{
			name: "and back from never: by the rule again",
			journal: `
			03-02 06:00 set_preferences {"user": "anna", "case_changed": "daily"}
			03-02 09:10 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}
			03-02 10:00 set_preferences {"user": "anna", "case_changed": "never"}
			03-02 11:00 set_preferences {"user": "anna", "case_changed": "hourly"}`,
			want: `03-02 11:00 anna single e1`,
		},
		{
			name: "another hour",
			journal: `
			03-02 06:00 set_preferences {"user": "anna", "case_changed": "daily"}
			03-02 09:10 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}
			03-02 10:00 set_preferences {"user": "anna", "case_changed": "daily", "daily_at": "17:00"}`,
			want: `03-02 16:00 anna single e1`,
		},
		{
			name: "another weekday",
			journal: `
			03-02 06:00 set_preferences {"user": "anna", "case_changed": "weekly", "weekly_on": "tuesday"}
			03-02 09:10 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}
			03-02 10:00 set_preferences {"user": "anna", "case_changed": "weekly", "weekly_on": "thursday"}`,
			want: `03-05 07:00 anna single e1`,
		},
		{
			name: "another zone, by set_user",
			journal: `
			03-02 06:00 set_preferences {"user": "anna", "case_changed": "daily"}
			03-02 09:10 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}
			03-02 10:00 set_user {"user": "anna", "email": "anna@example.org", "timezone": "Asia/Tokyo"}`,
			want: `03-02 23:00 anna single e1`,
		},
		{
			name: "T2: a zone of set_preferences stays until null gives it back to set_user",
			journal: `
			03-02 06:00 set_preferences {"user": "anna", "case_changed": "daily"}
			03-02 09:10 notify {"id": "e1", "kind": "case_changed", "users": ["anna"]}
			03-02 10:00 set_preferences {"user": "anna", "case_changed": "daily", "timezone": "Asia/Tokyo"}
			03-03 06:00 set_preferences {"user": "anna", "case_changed": "daily"}
			03-03 09:10 notify {"id": "e2", "kind": "case_changed", "users": ["anna"]}
			03-04 06:00 set_user {"user": "anna", "email": "anna@example.org"}
			03-04 09:10 notify {"id": "e3", "kind": "case_changed", "users": ["anna"]}
			03-05 06:00 set_preferences {"user": "anna", "case_changed": "daily", "timezone": null}
			03-05 07:10 notify {"id": "e4", "kind": "case_changed", "users": ["anna"]}`,
			want: `
			03-02 23:00 anna single e1
			03-03 23:00 anna single e2
			03-04 23:00 anna single e3
			03-05 08:00 anna single e4`,
		},
		{
			name: "only the kinds whose rule changed",
			journal: `
			03-02 06:00 set_preferences {"user": "anna", "case_received": "daily", "case_changed": "daily"}
			03-02 09:10 notify {"id": "e1", "kind": "case_received", "users": ["anna"]}
			03-02 09:20 notify {"id": "e2", "kind": "case_changed", "users": ["anna"]}
			03-02 10:00 set_preferences {"user": "anna", "case_received": "daily", "case_changed": "hourly"}`,
			want: `
			03-02 10:00 anna single e2
			03-03 07:00 anna single e1`,
		},
		{
			name: "what is left out has its default again",
			journal: `
			03-02 06:00 set_preferences {"user": "anna", "case_received": "daily", "case_changed": "daily", "daily_at": "17:00"}
			03-02 10:00 set_preferences {"user": "anna", "case_received": "daily"}
			03-02 10:10 notify {"id": "e1", "kind": "case_received", "users": ["anna"]}
			03-02 10:10 notify {"id": "e2", "kind": "case_changed", "users": ["anna"]}`,
			want: `
			03-02 10:12 anna single e2
			03-03 07:00 anna single e1`,
		},
		{
			name: "set_user leaves preferences as they are",
			journal: `
			03-02 06:00 set_preferences {"user": "ben", "case_changed": "daily", "daily_at": "17:00"}
			03-02 06:30 set_user {"user": "ben", "email": "b@example.org"}
			03-02 10:10 notify {"id": "e1", "kind": "case_changed", "users": ["ben"]}`,
			want: `03-02 17:00 b single e1`,
		},
		{
			name: "what waits goes to the address of the day, what is pending to that when it became so",
			journal: `
			03-02 06:00 set_preferences {"user": "ben", "case_changed": "hourly"}
			03-02 10:10 notify {"id": "e1", "kind": "case_changed", "users": ["ben"]}
			03-02 10:10 notify {"id": "e2", "kind": "case_received", "users": ["ben"]}
			03-02 10:11 set_user {"user": "ben", "email": "b@example.org"}`,
			want: `
			03-02 10:12 ben single e2
			03-02 11:00 b single e1`,
		},
	})
}

// The site's zone is that of people without one, and a kind may be the installation's own.
func TestInstallationsDiffer(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Zone, o.Catalog = "America/New_York", catalog()
	got, err := simulate.Plan(simulate.NewJournal(strings.NewReader(written(t, `
		03-02 06:00 set_preferences {"user": "ben", "case_changed": "daily"}
		03-02 10:10 notify {"id": "e1", "kind": "case_changed", "users": ["ben", "anna"]}
		03-02 10:10 notify {"id": "e2", "kind": "case_closed", "users": ["ben", "anna"]}
		03-02 11:00 set_preferences {"user": "anna", "case_closed": "never"}
		03-02 11:00 notify {"id": "e3", "kind": "case_closed", "users": ["anna"]}`))), o)
	if err != nil {
		t.Fatal(err)
	}
	want := tidy(`
		03-02 10:12 anna single e1
		03-02 13:00 ben digest e1 e2
		03-03 07:00 anna single e2`)
	if told := tale(got); told != want {
		t.Errorf("Plan leads to\n%s\nwant\n%s", told, want)
	}
}
