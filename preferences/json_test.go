package preferences_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"notifier/message"
	"notifier/preferences"
)

func TestJSONIsFlatAndOrdered(t *testing.T) {
	full := `{"case_received":"hourly","case_changed":"daily","approval":"never","daily_at":"08:00","weekly_on":"monday","timezone":"Europe/Warsaw","paused_until":"2026-12-01"}`
	for _, row := range []struct{ name, in, out string }{
		{"RULES 6", `{"case_received":"hourly","case_changed":"daily","daily_at":"08:00","weekly_on":"monday"}`, ""},
		{"with a zone and a kind of config.yaml", full, ""},
		{"in any order", `{"paused_until":"2026-12-01","timezone":"Europe/Warsaw","weekly_on":"monday","daily_at":"08:00","approval":"never","case_changed":"daily","case_received":"hourly"}`, full},
		{"nothing chosen", `{}`, ""},
		{"midnight is chosen", `{"daily_at":"00:00"}`, ""},
		{"sunday is chosen", `{"weekly_on":"sunday"}`, ""},
		{"null is not chosen", `{"case_received":null,"daily_at":null,"weekly_on":null,"timezone":null,"paused_until":null}`, `{}`},
		{"spaces", " { \"daily_at\" :\n\"00:00\" } ", `{"daily_at":"00:00"}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			var p preferences.Preferences
			if err := json.Unmarshal([]byte(row.in), &p); err != nil {
				t.Fatal(err)
			}
			want := row.out
			if want == "" {
				want = row.in
			}
			if got, err := json.Marshal(p); err != nil || string(got) != want {
				t.Errorf("%s is written %s (%v), want %s", row.in, got, err, want)
			}
		})
	}
}

func TestJSONLeavesMandatoryKindsOut(t *testing.T) {
	got, err := json.Marshal(catalog.Complete(preferences.Preferences{}, "Europe/Warsaw"))
	want := `{"case_received":"immediately","case_changed":"immediately","daily_at":"08:00","weekly_on":"monday","timezone":"Europe/Warsaw"}`
	if err != nil || string(got) != want {
		t.Errorf("written %s (%v), want %s", got, err, want)
	}
	if _, err := json.Marshal(preferences.Preferences{DailyAt: clock(25, 0)}); err == nil {
		t.Error("25:00 was written")
	}
}

func TestMalformedJSONIsInvalidAndSaysWhere(t *testing.T) {
	for _, row := range []struct{ name, in, want string }{
		{"a list", `["daily"]`, ` not_an_object preferences are an object. Write it as {"case_changed": "daily", "daily_at": "08:00"}.`},
		{"an hour alone", `{"daily_at":"8"}`, `/daily_at bad_time "8" is not a time of day. Write hours and minutes with two digits each, from 00:00 to 23:59, as in 08:00.`},
		{"a date that no calendar has", `{"paused_until":"2026-02-30"}`, `/paused_until bad_date "2026-02-30" is not a date. Write year, month and day, as in 2026-12-01.`},
		{"a date without quotes", `{"paused_until":20261201}`, `/paused_until bad_date 20261201 is not a date. Write it in quotes, as in "2026-12-01".`},
		{"an hour without quotes", `{"daily_at":8}`, `/daily_at bad_time 8 is not a time of day. Write it in quotes, as in "08:00".`},
		{"no hour at all", `{"daily_at":""}`, `/daily_at bad_time "" is not a time of day. Write hours and minutes with two digits each, from 00:00 to 23:59, as in 08:00.`},
		{"no day of the week", `{"weekly_on":"someday"}`, `/weekly_on bad_weekday "someday" is not a day of the week. Write monday, tuesday, wednesday, thursday, friday, saturday or sunday.`},
		{"an empty day", `{"weekly_on":""}`, `/weekly_on bad_weekday "" is not a day of the week. Write monday, tuesday, wednesday, thursday, friday, saturday or sunday.`},
		{"a day in digits", `{"weekly_on":1}`, `/weekly_on bad_weekday 1 is not a day of the week. Write its name, as in "monday".`},
		{"a zone in digits", `{"timezone":1}`, `/timezone bad_timezone 1 is not a time zone. Write the name of a place, as in "Europe/Warsaw".`},
		{"an empty zone", `{"timezone":""}`, `/timezone bad_timezone a time zone is missing. Write the name of a place, as in "Europe/Warsaw", or leave the key out.`},
		{"a frequency that is no text", `{"case_changed":true}`, `/case_changed bad_frequency true is not a frequency. Write immediately, hourly, daily, weekly or never, in quotes.`},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := preferences.Preferences{WeeklyOn: "friday"}
			expect(t, json.Unmarshal([]byte(row.in), &p), row.want)
			if diff := cmp.Diff(preferences.Preferences{WeeklyOn: "friday"}, p); diff != "" {
				t.Errorf("a refused document changed the preferences:\n%s", diff)
			}
		})
	}
	var p preferences.Preferences
	err := json.Unmarshal([]byte(`{"daily_at":8,"case_changed":[],"weekly_on":"x"}`), &p)
	if got := faults(t, err); len(got) != 3 {
		t.Errorf("three faults are told as %q", got)
	}
	if err := json.Unmarshal([]byte(`{"case_changed":["`+strings.Repeat("x", 5000)+`"]}`), &p); len(err.Error()) > 250 {
		t.Errorf("a long value makes an error of %d bytes", len(err.Error()))
	}
}

// A PATCH decodes over what is saved.
func TestJSONOverWhatIsThere(t *testing.T) {
	saved := preferences.Preferences{Frequencies: frequencies{"case_received": "daily", "case_changed": "weekly"}, DailyAt: clock(9, 0), WeeklyOn: "friday"}
	p := saved
	if err := json.Unmarshal([]byte(`{"case_changed":null,"case_received":"never","daily_at":null,"timezone":"UTC"}`), &p); err != nil {
		t.Fatal(err)
	}
	want := preferences.Preferences{Frequencies: frequencies{"case_received": "never"}, WeeklyOn: "friday", Timezone: "UTC"}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("patched (-want +got):\n%s", diff)
	}
	if saved.Frequencies["case_received"] != "daily" || len(saved.Frequencies) != 2 {
		t.Errorf("the patch reached into what is saved: %v", saved)
	}
	if err := json.Unmarshal([]byte(`null`), &p); err != nil || p.WeeklyOn != "friday" {
		t.Errorf("null changed the preferences to %v (%v)", p, err)
	}
}

func somePreferences(r *rapid.T) preferences.Preferences {
	p := preferences.Preferences{
		WeeklyOn: rapid.SampledFrom(append(preferences.Weekdays(), "")).Draw(r, "weekly_on"),
		Timezone: rapid.SampledFrom([]string{"", "UTC", "Europe/Warsaw", "Pacific/Apia"}).Draw(r, "timezone"),
	}
	if rapid.Bool().Draw(r, "has an hour") {
		p.DailyAt = clock(rapid.IntRange(0, 23).Draw(r, "hour"), rapid.IntRange(0, 59).Draw(r, "minute"))
	}
	for _, k := range []message.Kind{message.CaseReceived, message.CaseChanged} {
		if rapid.Bool().Draw(r, "chosen") {
			if p.Frequencies == nil {
				p.Frequencies = frequencies{}
			}
			p.Frequencies[k] = rapid.SampledFrom(catalog[k].Frequencies).Draw(r, "frequency")
		}
	}
	return p
}

// What was written is read as it was; what was completed can be saved again.
func TestJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		p := somePreferences(r)
		for _, p := range []preferences.Preferences{p, catalog.Complete(p, "Europe/Warsaw")} {
			b, err := json.Marshal(p)
			if err != nil {
				r.Fatal(err)
			}
			var again preferences.Preferences
			if err := json.Unmarshal(b, &again); err != nil {
				r.Fatal(err)
			}
			if err := catalog.Check(again); err != nil {
				r.Fatalf("%s: %v", b, err)
			}
			a, z := catalog.Complete(p, "Europe/Warsaw"), catalog.Complete(again, "Europe/Warsaw")
			if diff := cmp.Diff(a, z); diff != "" {
				r.Fatalf("%s is read as (-written +read):\n%s", b, diff)
			}
		}
	})
}

func FuzzPreferences(f *testing.F) {
	for _, s := range []string{
		`{"case_received":"hourly","case_changed":"daily","daily_at":"08:00","weekly_on":"monday"}`,
		`{"daily_at":8,"weekly_on":"someday","timezone":"Local","deadline":"never"}`,
		`{"":"","~/":null,"\u0000":"daily"}`, `[]`, `null`, `{"daily_at":"24:00"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var p preferences.Preferences
		if err := json.Unmarshal(b, &p); err != nil {
			if json.Valid(b) {
				faults(t, err) // fails if it is not a *fault.Invalid
			}
			return
		}
		faults(t, catalog.Check(p))
		written, err := json.Marshal(p)
		if err != nil {
			t.Fatalf("%s cannot be written: %v", b, err)
		}
		var again preferences.Preferences
		if err := json.Unmarshal(written, &again); err != nil && catalog.Check(p) == nil {
			t.Fatalf("%s is written %s, which is refused: %v", b, written, err)
		}
		for _, k := range catalog.Kinds() {
			at := instant(t, "2026-11-22T13:48:03Z")
			if due, reason, wanted := catalog.Complete(p, "").Due(k, at); reason == "" || wanted == due.IsZero() {
				t.Fatalf("%s: Due(%s) = %v, %s, %v", b, k, due, reason, wanted)
			}
		}
	})
}
