package intake_test

import (
	"fmt"
	"testing"
	"time"

	"notifier/message"
	"notifier/preferences"
)

func TestWhoGetsWhat(t *testing.T) {
	rows := []struct {
		name   string
		chosen string
		event  message.Event
		want   string // status and reason
	}{
		{
			"AMODIT-18: whoever did it gets no mail", `{}`,
			message.Event{Kind: message.CaseReceived, Actor: "USER"},
			"skipped own_action",
		},
		{
			"rule 1 comes before rule 2: not of a deadline either", `{}`,
			message.Event{Kind: message.Deadline, Actor: "USER"},
			"skipped own_action",
		},
		{
			"somebody else did it", `{}`,
			message.Event{Kind: message.CaseReceived, Actor: "jan"},
			"pending preference_immediately",
		},
		{
			"nobody did it", `{}`,
			message.Event{Kind: message.CaseReceived},
			"pending preference_immediately",
		},
		{
			"AMODIT-15: a deadline cannot be turned off", `{"case_received":"never","case_changed":"never"}`,
			message.Event{Kind: message.Deadline},
			"pending mandatory",
		},
		{
			"an admin may add a kind that nobody can turn off", `{"case_changed":"never"}`,
			message.Event{Kind: "audit"},
			"pending mandatory",
		},
		{
			"an admin may add a kind with a default of its own", `{}`,
			message.Event{Kind: "news"},
			"deferred preference_weekly",
		},
		{
			"AMODIT-3: received is timed by the account's setting", `{"case_received":"hourly","case_changed":"never"}`,
			message.Event{Kind: message.CaseReceived},
			"deferred preference_hourly",
		},
		{
			"AMODIT-3: changed is timed by its own", `{"case_received":"never","case_changed":"daily"}`,
			message.Event{Kind: message.CaseChanged},
			"deferred preference_daily",
		},
		{
			"AMODIT-4: immediately goes to Notifications", `{"case_changed":"immediately"}`,
			message.Event{Kind: message.CaseChanged},
			"pending preference_immediately",
		},
		{
			"AMODIT-5: any other setting is put aside", `{"case_changed":"weekly"}`,
			message.Event{Kind: message.CaseChanged},
			"deferred preference_weekly",
		},
		{
			"never leaves a record with its reason", `{"case_changed":"never"}`,
			message.Event{Kind: message.CaseChanged},
			"skipped preference_never",
		},
		{
			"what nobody has chosen is sent immediately", `{}`,
			message.Event{Kind: message.CaseChanged},
			"pending preference_immediately",
		},
	}
	each(t, func(h *house) {
		h.people("jan")
		for i, row := range rows {
			user := fmt.Sprintf("user%d", i)
			h.people(user)
			h.choose(noon, user, row.chosen)
			row.event.Users = []string{user}
			if row.event.Actor == "USER" {
				row.event.Actor = user
			}
			got := h.notify(noon, row.event)
			if len(got) != 1 || got[0].User != user || fmt.Sprint(got[0].Status, " ", got[0].Reason) != row.want {
				h.Errorf("%s: Notify = %+v, want %s", row.name, got, row.want)
				continue
			}
			m := h.kept(got[0].Message)
			if fmt.Sprint(m.Status, " ", m.Reason) != row.want || m.UserID != user || m.Kind != row.event.Kind || m.Type != message.Single {
				h.Errorf("%s: kept as %s of %s for %s with %s %s, want %s", row.name, m.Type, m.Kind, m.UserID, m.Status, m.Reason, row.want)
			}
		}
	})
}

func TestPassingToOnesOwnGroup(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna", "jan", "ewa")
		got := h.notify(noon, message.Event{Kind: message.CaseReceived, Users: []string{"jan", "anna", "ewa", "jan"}, Actor: "anna"})
		var said []string
		for _, d := range got {
			said = append(said, fmt.Sprint(d.User, " ", d.Status, " ", d.Reason))
		}
		want := "[jan pending preference_immediately anna skipped own_action ewa pending preference_immediately]"
		if fmt.Sprint(said) != want {
			h.Errorf("AMODIT-19: Notify = %v, want each once and in order: %s", said, want)
		}
		if n := h.woken.Load(); n != 1 {
			h.Errorf("the flush was woken %d times, want once for the request", n)
		}
	})
}

// TestDue has one row per sentence of RULES section 2, 6.
func TestDue(t *testing.T) {
	rows := []struct{ name, zone, chosen, at, due string }{
		{"hourly: the first hh:00 of the user's clock", "Europe/Warsaw", `{"case_changed":"hourly"}`, "2026-11-25T12:00:01Z", "2026-11-25T13:00:00Z"},
		{"after is strict: an event at 15:00:00 waits for 16:00", "UTC", `{"case_changed":"hourly"}`, "2026-11-25T15:00:00Z", "2026-11-25T16:00:00Z"},
		{"a clock that is half an hour off reads hh:00 then", "Asia/Kolkata", `{"case_changed":"hourly"}`, "2026-11-25T12:00:00Z", "2026-11-25T12:30:00Z"},
		{"daily: at eight unless chosen otherwise", "Europe/Warsaw", `{"case_changed":"daily"}`, "2026-11-25T12:00:00Z", "2026-11-26T07:00:00Z"},
		{"daily: today if it is still to come", "Europe/Warsaw", `{"case_changed":"daily","daily_at":"17:30"}`, "2026-11-25T12:00:00Z", "2026-11-25T16:30:00Z"},
		{"daily: an event at the very time waits a day", "UTC", `{"case_changed":"daily","daily_at":"12:00"}`, "2026-11-25T12:00:00Z", "2026-11-26T12:00:00Z"},
		{"weekly: on Monday unless chosen otherwise", "Europe/Warsaw", `{"case_changed":"weekly"}`, "2026-11-25T12:00:00Z", "2026-11-30T07:00:00Z"},
		{"weekly: on the day chosen", "Pacific/Kiritimati", `{"case_changed":"weekly","weekly_on":"friday","daily_at":"06:00"}`, "2026-11-25T12:00:00Z", "2026-11-26T16:00:00Z"},
		{"a time that does not exist is the instant of the change", "Europe/Warsaw", `{"case_changed":"daily","daily_at":"02:30"}`, "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"},
		{"one that exists twice is the first", "Europe/Warsaw", `{"case_changed":"daily","daily_at":"02:30"}`, "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"},
		{"a date that was skipped has no digest", "Pacific/Apia", `{"case_changed":"daily"}`, "2011-12-29T18:00:00Z", "2011-12-30T18:00:00Z"},
		{"a user without a zone has the site's", "", `{"case_changed":"daily"}`, "2026-11-25T12:00:00Z", "2026-11-25T13:00:00Z"},
	}
	each(t, func(h *house) {
		if err := h.store.AddSite(ctx, site, "America/New_York", noon); err != nil {
			h.Fatal(err)
		}
		for i, row := range rows {
			user := fmt.Sprintf("user%d", i)
			if _, err := h.SetUser(ctx, at(noon), preferences.User{ID: user, Timezone: row.zone}); err != nil {
				h.Fatal(err)
			}
			h.choose(noon, user, row.chosen)
			happened, due := h.clock(row.at), h.clock(row.due)
			got := h.notify(happened, message.Event{Kind: message.CaseChanged, Users: []string{user}})[0]
			if got.Status != message.Deferred || got.DueAt == nil || !got.DueAt.Equal(due) {
				h.Errorf("%s: an event at %s is %s, due at %v, want %s", row.name, row.at, got.Status, got.DueAt, row.due)
				continue
			}
			zone := row.zone
			if zone == "" {
				zone = "America/New_York"
			}
			if m := h.kept(got.Message); !m.DueAt.Equal(due) || got.Timezone != zone || m.Timezone != zone {
				h.Errorf("%s: kept as due at %s in %s, told %s, want %s in %s", row.name, m.DueAt, m.Timezone, got.Timezone, row.due, zone)
			}
		}
	})
}

func TestWhenItHappened(t *testing.T) {
	rows := []struct {
		name, chosen string
		occurred     time.Time
		want         string // when it is due
	}{
		{"told late: due by its own time, which may have passed", "daily", noon.AddDate(0, 0, -3), "2026-11-23T07:00:00Z"},
		{"told late, but immediately: it leaves now", "immediately", noon.AddDate(0, 0, -3), "2026-11-25T12:00:00Z"},
		{"a caller's clock a little ahead counts as now", "hourly", noon.Add(4 * time.Minute), "2026-11-25T13:00:00Z"},
		{"of another zone", "hourly", noon.Add(-time.Minute).In(time.FixedZone("", 3600)), "2026-11-25T12:00:00Z"},
		{"finer than databases keep", "hourly", noon.Add(-time.Nanosecond), "2026-11-25T12:00:00Z"},
		{"long ago", "immediately", time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), "2026-11-25T12:00:00Z"},
	}
	each(t, func(h *house) {
		for i, row := range rows {
			user := fmt.Sprintf("user%d", i)
			h.people(user)
			h.choose(noon, user, `{"case_changed":"`+row.chosen+`"}`)
			got := h.notify(noon, message.Event{Kind: message.CaseChanged, Users: []string{user}, OccurredAt: &row.occurred})[0]
			if m := h.kept(got.Message); m.DueAt.Format(time.RFC3339) != row.want {
				h.Errorf("%s: %s and due at %s, want %s", row.name, m.Status, m.DueAt, row.want)
			}
		}
		before := len(rows)
		_, _, err := h.Notify(ctx, at(noon), message.Event{Kind: message.CaseChanged, Users: []string{"user0"}, OccurredAt: pointer(noon.Add(6 * time.Minute))})
		if got := h.faults(err); got != "/occurred_at in_the_future" {
			h.Errorf("an event of the future: %s", got)
		}
		h.untouched(before)
	})
}

// TestContentIsFixed: AMODIT-16.
func TestContentIsFixed(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		if _, err := h.SetUser(ctx, at(noon), preferences.User{ID: "anna", Email: "anna@example.org", Name: "Anna", Timezone: "Europe/Warsaw", Language: "pl"}); err != nil {
			h.Fatal(err)
		}
		h.choose(noon, "anna", `{"case_changed":"weekly","weekly_on":"friday","daily_at":"09:15"}`)
		var summary message.Text
		if err := summary.UnmarshalJSON([]byte(`{"en":"Jan commented","pl":"Jan dodał komentarz"}`)); err != nil {
			h.Fatal(err)
		}
		c := message.Case{ID: "OFA/2026/1181", Title: "Lease – Łódź", URL: "https://bpm.example.org/c/1181"}
		got := h.notify(noon, message.Event{
			Reference: "e1", Kind: message.CaseChanged, Users: []string{"anna"}, Actor: "jan", Case: c, Summary: summary, OccurredAt: pointer(noon.Add(-time.Hour)),
		})[0]
		h.notify(noon, message.Event{Kind: message.CaseChanged, Users: []string{"anna"}, Case: message.Case{ID: c.ID, Title: "Purchase"}})
		m := h.kept(got.Message)
		if m.Reference != "e1" || m.Case != c || m.Actor != "jan" || m.Summary != "Jan dodał komentarz" || !m.OccurredAt.Equal(noon.Add(-time.Hour)) {
			h.Errorf("kept as %+v", m)
		}
		if m.Subject != "OFA/2026/1181 Lease – Łódź: Jan dodał komentarz" || m.Setting != "weekly friday 09:15" || m.Language != "pl" || m.Domain != "example.org" {
			h.Errorf("kept with subject %q, setting %q, language %q, domain %q", m.Subject, m.Setting, m.Language, m.Domain)
		}
		if m.EventID == "" || !m.CreatedAt.Equal(noon) || m.Recipients() != "anna@example.org" || m.To[0].Name != "Anna" {
			h.Errorf("kept for event %q at %s to %v", m.EventID, m.CreatedAt, m.To)
		}
	})
}

func TestNoAddress(t *testing.T) {
	each(t, func(h *house) {
		if _, err := h.SetUser(ctx, at(noon), preferences.User{ID: "bob"}); err != nil {
			h.Fatal(err)
		}
		event := message.Event{Kind: message.CaseChanged, Users: []string{"bob"}}
		if got := h.notify(noon, event)[0]; got.Status != message.Skipped || got.Reason != message.NoAddress {
			h.Errorf("immediately: %+v, want skipped with no_address", got)
		}
		h.choose(noon, "bob", `{"case_changed":"daily"}`)
		if got := h.notify(noon, event)[0]; got.Status != message.Deferred {
			h.Errorf("daily: %+v, want deferred: an address may come until tomorrow", got)
		}
		if n := h.woken.Load(); n != 0 {
			h.Errorf("the flush was woken %d times for nothing", n)
		}
	})
}

func TestEventRefused(t *testing.T) {
	rows := []struct {
		name  string
		event message.Event
		want  string
	}{
		{"no kind", message.Event{Users: []string{"anna"}}, "/kind missing"},
		{"an unknown kind", message.Event{Kind: "case_recieved", Users: []string{"anna"}}, "/kind unknown_kind"},
		{"nobody", message.Event{Kind: message.CaseChanged}, "/users missing"},
		{"unknown users, all of them told, strictly", message.Event{Kind: message.CaseChanged, Users: []string{"ana", "anna", "jon"}}, "/users/0 unknown_user\n/users/2 unknown_user"},
		{"a group is no user", message.Event{Kind: message.CaseChanged, Users: []string{"clerks"}}, "/users/0 unknown_user"},
		{
			"all that is wrong at once",
			message.Event{Kind: "x", Actor: "a\nb", Summary: message.Plain("a\x1bb"), Case: message.Case{Title: "a\x00", URL: "javascript:alert(1)"}},
			"/users missing\n/actor bad_text\n/summary bad_text\n/case/title bad_text\n/case/url bad_url\n/kind unknown_kind",
		},
	}
	each(t, func(h *house) {
		h.people("anna")
		if err := h.SetGroup(ctx, at(noon), "clerks", []string{"anna"}); err != nil {
			h.Fatal(err)
		}
		for _, row := range rows {
			_, _, err := h.Notify(ctx, asNamed(row.name), row.event)
			if got := h.faults(err); got != row.want {
				h.Errorf("%s: faults\n%s\nwant\n%s", row.name, got, row.want)
			}
		}
		h.untouched(0)
	})
}
