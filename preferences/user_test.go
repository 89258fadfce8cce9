package preferences_test

import (
	"encoding/json"
	"strings"
	"testing"

	"notifier/message"
	"notifier/preferences"
)

func TestUserJSONHoldsNoPreferences(t *testing.T) {
	u := preferences.User{
		ID: "anna", Email: "anna@example.org", Name: "Anna Żółkiewska", Phone: "+48 601", Timezone: "Europe/Warsaw", Language: "pl",
		Preferences: choose("daily"), Version: 7,
	}
	got, err := json.Marshal(u)
	want := `{"email":"anna@example.org","name":"Anna Żółkiewska","phone":"+48 601","timezone":"Europe/Warsaw","language":"pl"}`
	if err != nil || string(got) != want {
		t.Errorf("written %s (%v), want %s", got, err, want)
	}
}

func TestUserCheck(t *testing.T) {
	good := preferences.User{ID: "anna", Email: "anna@example.org", Name: "Anna", Phone: "+48 601", Timezone: "Europe/Warsaw", Language: "pl"}
	for _, row := range []struct {
		name   string
		change func(u *preferences.User)
		want   []string
	}{
		{"all given", func(*preferences.User) {}, nil},
		{"an id alone is enough", func(u *preferences.User) { *u = preferences.User{ID: "42"} }, nil},
		{"an id with spaces and letters of any alphabet", func(u *preferences.User) { u.ID = "Żółkiewska Anna" }, nil},
		{"an id of 200 characters", func(u *preferences.User) { u.ID = strings.Repeat("ż", 200) }, nil},
		{
			"no id", func(u *preferences.User) { u.ID = "" },
			[]string{"/id bad_id a user needs an id. Write the one that the workflow system uses, for example anna."},
		},
		{"T10: an address as id", func(u *preferences.User) { u.ID = "anna@example.org" }, nil},
		{"T10: a path as id", func(u *preferences.User) { u.ID = "a/../b?c=#d%" }, nil},
		{
			"a path that climbs as id", func(u *preferences.User) { u.ID = ".." },
			[]string{`/id bad_id ".." cannot be an id: browsers and proxies fold it into another path. Choose another id.`},
		},
		{
			"an id of two lines", func(u *preferences.User) { u.ID = "a\nb" },
			[]string{"/id bad_id the text has a line break or control character (U+000A) in it. Write it on one line."},
		},
		{
			"an id of 201 characters", func(u *preferences.User) { u.ID = strings.Repeat("a", 201) },
			[]string{"/id bad_id the text has 201 characters; at most 200 are taken. Shorten it."},
		},
		{
			"no address", func(u *preferences.User) { u.Email = "anna" },
			[]string{`/email bad_address "anna" is not an address. Write it as name@example.org.`},
		},
		{
			"a header in a name", func(u *preferences.User) { u.Name = "Anna\r\nBcc: all@example.org" },
			[]string{"/name bad_text the text has a line break or control character (U+000D) in it. Write it on one line."},
		},
		{
			"a long phone number", func(u *preferences.User) { u.Phone = strings.Repeat("1", 51) },
			[]string{"/phone bad_text the text has 51 characters; at most 50 are taken. Shorten it."},
		},
		{
			"no zone", func(u *preferences.User) { u.Timezone = "europe/warsaw" },
			[]string{`/timezone bad_timezone "europe/warsaw" is not a time zone. Did you mean "Europe/Warsaw"?`},
		},
		{
			"all wrong at once", func(u *preferences.User) { *u = preferences.User{Email: "@", Language: "polski"} },
			[]string{
				"/id bad_id a user needs an id. Write the one that the workflow system uses, for example anna.",
				`/email bad_address "@" is not an address. Write it as name@example.org.`,
				`/language bad_language "polski" is not a language. Write its short tag, for example en, pl or pt-BR.`,
			},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			u := good
			row.change(&u)
			expect(t, u.Check(), row.want...)
		})
	}
}

func TestLanguages(t *testing.T) {
	for _, tag := range []string{"en", "pl", "fr", "pt-BR", "zh-Hant", "zh-Hant-TW", "es-419", "fil"} {
		if err := (preferences.User{ID: "a", Language: tag}).Check(); err != nil {
			t.Errorf("%s: %v", tag, err)
		}
	}
	for tag, want := range map[string]string{"PL": "pl", "pt-br": "pt-BR", "pt_BR": "pt-BR", "ZH-hant-tw": "zh-Hant-TW", "": ""} {
		u := preferences.User{ID: "a", Language: tag}.Normal()
		if u.Language != want || u.Check() != nil {
			t.Errorf("T7: %q becomes %q, %v; want %q", tag, u.Language, u.Check(), want)
		}
		p := preferences.Preferences{Language: tag}
		if got := (preferences.User{}).Choosing(p).Chosen.Language; got != want {
			t.Errorf("T7: %q is chosen as %q, want %q", tag, got, want)
		}
	}
	for _, tag := range []string{"e", "english", "en-", "en US", "pl\n", "x-klingon", "polski", "und"} {
		got := faults(t, preferences.User{ID: "a", Language: tag}.Check())
		if len(got) != 1 || !strings.Contains(got[0], "Write its short tag") {
			t.Errorf("%q: %q", tag, got)
		}
	}
}

// RULES section 2, step by step.
func TestDecide(t *testing.T) {
	const at = "2026-11-22T13:48:03Z"
	for _, row := range []struct {
		name   string
		prefs  preferences.Preferences
		event  message.Event
		email  string
		status message.Status
		due    string
		reason message.Reason
	}{
		{"1: own actions are no news", choose("daily"), message.Event{Kind: "case_changed", Actor: "anna"}, "a@x.org", message.Skipped, "", message.OwnAction},
		{"1: not even deadlines that one exceeds oneself", choose("daily"), message.Event{Kind: "deadline", Actor: "anna"}, "a@x.org", message.Skipped, "", message.OwnAction},
		{"1: those of others are", choose("immediately"), message.Event{Kind: "case_changed", Actor: "jan"}, "a@x.org", message.Pending, at, "preference_immediately"},
		{"2: deadlines are pending at once", choose("never"), message.Event{Kind: "deadline"}, "a@x.org", message.Pending, at, message.Mandatory},
		{"4: never leaves a record with its reason", choose("never"), message.Event{Kind: "case_changed"}, "a@x.org", message.Skipped, "", message.Never},
		{"5: immediately is pending at once", choose("immediately"), message.Event{Kind: "case_changed"}, "a@x.org", message.Pending, at, "preference_immediately"},
		{"6: all else is deferred", choose("hourly"), message.Event{Kind: "case_changed"}, "a@x.org", message.Deferred, "2026-11-22T14:00:00Z", "preference_hourly"},
		{"no address, now", choose("immediately"), message.Event{Kind: "case_changed"}, "", message.Skipped, "", message.NoAddress},
		{"no address, but there is time to get one", choose("daily"), message.Event{Kind: "case_changed"}, "", message.Deferred, "2026-11-23T07:00:00Z", "preference_daily"},
	} {
		t.Run(row.name, func(t *testing.T) {
			u := preferences.User{ID: "anna", Email: row.email, Preferences: row.prefs}
			status, due, reason := u.Decide(row.event, instant(t, at))
			if status != row.status || reason != row.reason || row.due == "" && !due.IsZero() || row.due != "" && !due.Equal(instant(t, row.due)) {
				t.Errorf("Decide(%+v) = %s, %v, %s; want %s, %q, %s", row.event, status, due, reason, row.status, row.due, row.reason)
			}
		})
	}
}

func TestPerson(t *testing.T) {
	u := preferences.User{ID: "anna", Email: "a@x.org", Name: "Anna", Timezone: "Europe/Warsaw", Language: "pl"}
	want := message.Person{ID: "anna", Email: "a@x.org", Name: "Anna", Timezone: "Europe/Warsaw", Language: "pl"}
	if got := u.Person(); got != want {
		t.Errorf("Person() = %+v, want %+v", got, want)
	}
	u.Preferences = choose("daily", in("Asia/Kathmandu"))
	if got := u.Person().Timezone; got != "Asia/Kathmandu" {
		t.Errorf("the zone is %s, want that in which due times are reckoned", got)
	}
}
