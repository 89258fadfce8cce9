package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"notifier/service"
	"notifier/settings"
	"notifier/simulate"
	"notifier/store/storetest"
)

// exported runs a journal through the real store and jobs, and returns what was sent and
// the journal that the store gives back.
func exported(t *testing.T, database, file, until string, since time.Time) (sent, journal string) {
	t.Helper()
	c, err := settings.Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	p := planFlags{journal: file, until: until}
	o, err := p.options(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Database.URL = database
	r, err := service.NewReplay(t.Context(), c, sink{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	var command cobra.Command
	command.SetContext(t.Context())
	mails, err := runReplay(&command, r, p, o)
	if err != nil {
		t.Fatal(err)
	}
	var out, back bytes.Buffer
	if err := simulate.Write(&out, mails); err != nil {
		t.Fatal(err)
	}
	history := simulate.NewHistory(t.Context(), storetest.Open(t, database), c.Site, since, time.Time{})
	if _, err := simulate.WriteJournal(&back, history); err != nil {
		t.Fatal(err)
	}
	return out.String(), back.String()
}

// What came in can be exported, and leads to the same mails again.
func TestTheExportedJournalLeadsToTheSameMails(t *testing.T) {
	t.Parallel()
	for _, database := range []string{"sqlite", "postgres"} {
		for _, j := range journals(t) {
			t.Run(j.name+"/"+database, func(t *testing.T) {
				t.Parallel()
				sent, back := exported(t, storetest.URL(t, database), j.file, j.until, time.Time{})
				if sent != j.want {
					t.Fatalf("the replay: %s", difference(sent, j.want))
				}
				if strings.Contains(back, "Jan commented") || strings.Contains(back, "<p>") {
					t.Errorf("the exported journal tells what mails said")
				}
				file := filepath.Join(t.TempDir(), "back.ndjson")
				if err := os.WriteFile(file, []byte(back), 0o600); err != nil {
					t.Fatal(err)
				}
				if got := notifier(t, "simulate", "--journal", file, "--until", j.until, "--out", "-"); got != j.want {
					t.Errorf("simulate of the exported journal: %s", difference(got, j.want))
				}
			})
		}
	}
}

// All that an engine may say comes back: who has no address, groups, mails for all, later
// ones, muted processes, deadlines that move, end, and escalate.
func TestEverySortOfLineComesBack(t *testing.T) {
	t.Parallel()
	const until = "2026-03-20T00:00:00Z"
	file := filepath.Join(t.TempDir(), "all.ndjson")
	if err := os.WriteFile(file, []byte(everySort), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, database := range []string{"sqlite", "postgres"} {
		sent, back := exported(t, storetest.URL(t, database), file, until, time.Time{})
		again := filepath.Join(t.TempDir(), "back.ndjson")
		if err := os.WriteFile(again, []byte(back), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := notifier(t, "simulate", "--journal", again, "--until", until, "--out", "-"); got != sent || strings.Count(sent, "\n") < 12 {
			t.Errorf("%s: simulate of the exported journal: %s\n%s\n%s", database, difference(got, sent), sent, back)
		}
	}
}

// A later part begins with how everything stood, and what was told before is not told again.
func TestAPartOfTheJournalBeginsWithHowThingsStood(t *testing.T) {
	t.Parallel()
	const until = "2026-03-20T00:00:00Z"
	file := filepath.Join(t.TempDir(), "all.ndjson")
	if err := os.WriteFile(file, []byte(everySort), 0o600); err != nil {
		t.Fatal(err)
	}
	since := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	sent, back := exported(t, storetest.URL(t, "sqlite"), file, until, since)
	var want strings.Builder
	for line := range strings.Lines(sent) {
		if line > `{"at": "2026-03-04` && !strings.Contains(line, "m3") { // which came in before, and waited
			want.WriteString(line)
		}
	}
	part := filepath.Join(t.TempDir(), "part.ndjson")
	if err := os.WriteFile(part, []byte(back), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := notifier(t, "simulate", "--journal", part, "--until", until, "--out", "-"); got != want.String() || strings.Count(got, "\n") < 6 {
		t.Errorf("simulate of the later part: %s\n%s", difference(got, want.String()), back)
	}
	if first, _, _ := strings.Cut(back, "\n"); first != `{"at":"2026-03-04T00:00:00.000000Z","do":"set_user","user":"anna","email":"anna@example.org","name":"Anna","timezone":"Europe/Warsaw"}` {
		t.Errorf("it begins with %s", first)
	}
}

// everySort is a journal with every sort of line.
const everySort = `{"at":"2026-03-02T06:00:00Z","do":"set_user","user":"anna","email":"anna@example.org","timezone":"Europe/Warsaw","name":"Anna"}
{"at":"2026-03-02T06:00:00Z","do":"set_user","user":"ben"}
{"at":"2026-03-02T06:00:01Z","do":"set_preferences","user":"anna","case_changed":"daily","timezone":"Asia/Tokyo"}
{"at":"2026-03-02T06:00:02Z","do":"set_process","process":"lease","muted":["case_received"]}
{"at":"2026-03-02T07:00:00Z","do":"notify","id":"e1","kind":"case_received","users":["anna","ben"],"process":"lease","case":{"id":"C-1"}}
{"at":"2026-03-02T07:00:00Z","do":"notify","id":"e2","kind":"case_changed","users":["ben","anna"],"actor":"ben","case":{"id":"C-1"}}
{"at":"2026-03-02T07:00:01Z","do":"notify","id":"e3","kind":"case_changed","users":["anna"],"occurred_at":"2026-03-01T07:00:00Z","case":{"id":"C-1"}}
{"at":"2026-03-02T07:00:02Z","do":"set_preferences","user":"anna","case_changed":"never","timezone":"Europe/Warsaw"}
{"at":"2026-03-02T08:00:00Z","do":"send_message","id":"m1","to":["anna","ben","guest@example.net"],"subject":"x","text":"x"}
{"at":"2026-03-02T08:00:00Z","do":"send_message","id":"m2","to":["anna","guest@example.net"],"cc":["copy@example.net"],"subject":"x","text":"x"}
{"at":"2026-03-02T08:00:00Z","do":"send_message","id":"m3","to":["guest@example.net"],"send_at":"2026-03-04T08:00:30Z","subject":"x","text":"x"}
{"at":"2026-03-02T08:00:00Z","do":"send_message","id":"m4","to":["guest@example.net"],"send_at":"2026-03-04T08:00:30Z","expires_at":"2026-03-04T08:00:31Z","subject":"x","text":"x"}
{"at":"2026-03-02T08:00:00Z","do":"send_message","id":"m5","to":["guest@example.net"],"manual":true,"subject":"x","text":"x"}
{"at":"2026-03-02T09:00:00Z","do":"set_deadline","key":"D-1","case":{"id":"C-1","stage":"one"},"users":["anna"],"due_in":{"hours":48},"remind_before":["24h"],"escalate":[{"users":["ben"],"before":["2h"]}]}
{"at":"2026-03-02T09:00:00Z","do":"set_deadline","key":"D-2","case":{"id":"C-2","stage":"one"},"users":["anna","ben"],"due_at":"2026-03-05T09:00:00Z","remind_before":["24h","1h"]}
{"at":"2026-03-02T09:00:00Z","do":"set_deadline","key":"D-3","users":["anna"],"due_at":"2026-03-06T09:00:00Z","overdue":{"every_workday":true,"max":2}}
{"at":"2026-03-03T10:00:00Z","do":"set_user","user":"ben","email":"ben@example.org"}
{"at":"2026-03-04T12:00:00Z","do":"notify","id":"e4","kind":"case_received","users":["ben"],"case":{"id":"C-2","stage":"two"}}
{"at":"2026-03-04T12:00:00Z","do":"set_deadline","key":"D-1","users":["ben"],"due_at":"2026-03-07T09:00:00Z","remind_before":["24h"]}
{"at":"2026-03-06T12:00:00Z","do":"clear_deadline","key":"D-3"}
{"at":"2026-03-06T12:00:00Z","do":"clear_deadline","key":"never"}
`
