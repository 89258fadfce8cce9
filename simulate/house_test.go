package simulate_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"notifier/deadlines"
	"notifier/preferences"
	"notifier/schedule"
	"notifier/simulate"
)

// story is a short journal and the mails that it must lead to.
//
// A line of the journal is a date, a time, an operation and the rest of its JSON:
// "03-02 14:20 notify {"id": "e1", …}". The year is 2026 where none is written. A line of
// want is a date, a time, who, the type and the items: "03-02 15:00 anna single e1".
type story struct {
	name          string
	set           string // schedules other than the default, as in "notifications=1m"
	until         string // 2026-12-31 if empty
	journal, want string
}

// people begin every journal.
const people = `
2000-01-01 00:00 set_user {"user": "anna", "email": "anna@example.org", "timezone": "Europe/Warsaw"}
2000-01-01 00:00 set_user {"user": "ben", "email": "ben@example.org"}
`

func tell(t *testing.T, stories []story) {
	t.Helper()
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			for job := range strings.SplitSeq(s.set, ";") {
				if job != "" {
					set(t, &o, job)
				}
			}
			if s.until != "" {
				o.Until = instant(t, s.until)
			}
			got, err := simulate.Plan(simulate.NewJournal(strings.NewReader(written(t, s.journal))), o)
			if err != nil {
				t.Fatalf("Plan: %v\n%s", err, written(t, s.journal))
			}
			if told, want := tale(got), tidy(s.want); told != want {
				t.Errorf("the journal\n%s\nleads to\n%s\nwant\n%s", tidy(s.journal), told, want)
			}
		})
	}
}

// options are those of a new installation.
func options(t testing.TB) simulate.Options {
	t.Helper()
	o := simulate.Options{Until: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), Catalog: preferences.DefaultCatalog()}
	for _, job := range []string{"notifications=3m", "user_notifications=0 * * * *", "reminders=15m"} {
		set(t, &o, job)
	}
	return o
}

// set gives a job another schedule.
func set(t testing.TB, o *simulate.Options, text string) {
	t.Helper()
	job, rest, _ := strings.Cut(text, "=")
	spec, err := schedule.ParseSpec(rest)
	if err != nil {
		t.Fatal(err)
	}
	s, err := spec.Compile()
	if err != nil {
		t.Fatal(err)
	}
	switch job {
	case schedule.Notifications:
		o.Notifications = s
	case schedule.UserNotifications:
		o.UserNotifications = s
	case schedule.Reminders:
		o.Reminders = s
	default:
		t.Fatalf("there is no job %q", job)
	}
}

// instant reads "03-02 14:20", with or without a year before it and seconds behind it.
func instant(t testing.TB, text string) time.Time {
	t.Helper()
	if text[2] == '-' {
		text = "2026-" + text
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02 15:04:05.000"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	t.Fatalf("%q is no time", text)
	return time.Time{}
}

// written is a story's journal as a journal is written, after the people.
func written(t testing.TB, journal string) string {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(tidy(people + journal)) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 4)
		if len(words) != 4 {
			t.Fatalf("%q is no line of a story", line)
		}
		at := instant(t, words[0]+" "+words[1])
		fmt.Fprintf(&b, "{\"at\": %q, \"do\": %q, %s\n", at.Format(time.RFC3339Nano), words[2], strings.TrimPrefix(words[3], "{"))
	}
	return b.String()
}

// tale is the mails as a story tells them.
func tale(mails []simulate.Mail) string {
	var lines []string
	for _, m := range mails {
		layout := "01-02 15:04"
		if m.At.Second() > 0 {
			layout = "01-02 15:04:05"
		}
		if m.At.Year() != 2026 {
			layout = "2006-" + layout
		}
		words := []string{m.At.Format(layout), cmp.Or(strings.ReplaceAll(m.To, "@example.org", ""), "-"), string(m.Type)}
		for _, item := range m.Items {
			words = append(words, cmp.Or(item, "-"))
		}
		lines = append(lines, strings.Join(words, " "))
	}
	return strings.Join(lines, "\n")
}

// tidy leaves out empty lines, indentation and comments.
func tidy(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// catalog is the default one with a kind of the installation's own.
func catalog() preferences.Catalog {
	return preferences.DefaultCatalog().With(preferences.Catalog{
		"case_closed": {Frequencies: []preferences.Frequency{preferences.Daily, preferences.Never}, Default: preferences.Daily},
	})
}

// weekdays are the workdays of a calendar.
func weekdays(days ...time.Weekday) (set deadlines.Weekdays) {
	for day := range set {
		set[day] = slices.Contains(days, time.Weekday(day))
	}
	return set
}
