package settings

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"notifier/deadlines"
)

// TestASiteHasItsOwnWorkdays: the parameters that Reminders has beside its schedule (AMODIT-22); what a site leaves out is as for all.
func TestASiteHasItsOwnWorkdays(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	content := `
timezone: UTC
workday: { start: "09:00", worked: ["2026-11-14"] }
sites:
  acme: { timezone: Europe/Warsaw, workday: { holidays: PL, free: ["2026-11-12"] } }
`
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := deadlines.Deadline{
		Users: []string{"anna"},
		Terms: deadlines.Terms{DueAt: time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC), Overdue: &deadlines.Overdue{EveryWorkday: true, Max: new(3)}},
	}
	for site, want := range map[string][]string{
		"default": {"2026-11-11T09:00:00Z", "2026-11-12T09:00:00Z", "2026-11-13T09:00:00Z"},
		"acme":    {"2026-11-13T08:00:00Z", "2026-11-14T08:00:00Z", "2026-11-16T08:00:00Z"},
	} {
		for i, s := range d.Steps(c.Calendar(site))[1:] {
			if got := s.At.UTC().Format(time.RFC3339); got != want[i] {
				t.Errorf("%s: late reminder %d at %s, want %s", site, i+1, got, want[i])
			}
		}
	}
	if c.TimezoneOf("acme") != "Europe/Warsaw" || c.TimezoneOf("other") != "UTC" {
		t.Errorf("zones are %s and %s", c.TimezoneOf("acme"), c.TimezoneOf("other"))
	}
}

// TestASiteMayKeepItsMessagesLonger: TE-16; what a site leaves out is as for all.
func TestASiteMayKeepItsMessagesLonger(t *testing.T) {
	c := configured(t, "retention: { days: 30 }\nsites: { acme: { retention: { days: 90 } }, other: { timezone: UTC } }\n")
	for site, days := range map[string]int{"default": 30, "acme": 90, "acme~test": 90, "other": 30} {
		if got := c.Keeps(site); got != time.Duration(days)*24*time.Hour {
			t.Errorf("%s keeps its messages for %s, want %d days", site, got, days)
		}
	}
}
