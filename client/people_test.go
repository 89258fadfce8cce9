package client_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"notifier/client"
)

// TestPreferencesAreOneObject: kinds stand beside the other keys, and what a newer service adds
// is left out.
func TestPreferencesAreOneObject(t *testing.T) {
	t.Parallel()
	p := client.Preferences{
		Frequencies: map[client.Kind]client.Frequency{client.CaseChanged: client.Daily}, DailyAt: &client.TimeOfDay{Hour: 7, Minute: 5},
		WeeklyOn: client.Friday, Timezone: "Europe/Warsaw", PausedUntil: client.Date{Year: 2026, Month: time.December, Day: 1},
	}
	const want = `{"case_changed":"daily","daily_at":"07:05","paused_until":"2026-12-01","timezone":"Europe/Warsaw","weekly_on":"friday"}`
	got, err := json.Marshal(p)
	if err != nil || string(got) != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	var again client.Preferences
	if err := json.Unmarshal([]byte(want[:len(want)-1]+`,"case_received":null,"quiet":{"from":"22:00"}}`), &again); err != nil || !reflect.DeepEqual(again, p) {
		t.Errorf("%+v, %v, want %+v", again, err, p)
	}
	for _, bad := range []string{`{"daily_at":"7:05"}`, `{"daily_at":"24:00"}`, `{"daily_at":"08:60"}`, `{"daily_at":"-1:00"}`, `{"daily_at":"08:00 "}`, `{"paused_until":"2026-02-30"}`} {
		if err := json.Unmarshal([]byte(bad), &again); err == nil {
			t.Errorf("%s is taken as %+v", bad, again)
		}
	}
}

// TestSpans are written without zeros, as the service writes them.
func TestSpans(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{"72h": 72 * time.Hour, "1h30m": 90 * time.Minute, "5m": 5 * time.Minute, "1m30s": 90 * time.Second, "0s": 0, "10m": 10 * time.Minute} {
		var again client.Span
		if got := client.Span(d).String(); got != want || again.UnmarshalText([]byte(got)) != nil || again != client.Span(d) {
			t.Errorf("%s is %s, and read as %s; want %s", d, got, again, want)
		}
	}
}
