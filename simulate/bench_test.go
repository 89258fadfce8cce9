package simulate_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"notifier/simulate"
)

// office is a journal of so many lines, as a workflow engine in an office with a hundred
// people writes it: an event each minute, a deadline now and then.
func office(lines int) []byte {
	var b bytes.Buffer
	at := time.Date(2026, 1, 5, 7, 0, 0, 0, time.UTC)
	frequencies := []string{"immediately", "hourly", "daily", "weekly", "never"}
	for i := range 100 {
		fmt.Fprintf(&b, `{"at": "2026-01-05T07:00:00.000Z", "do": "set_user", "user": "person%02d", "email": "person%02d@example.org", "timezone": "Europe/Warsaw"}`+"\n", i, i)
		fmt.Fprintf(&b, `{"at": "2026-01-05T07:00:00.000Z", "do": "set_preferences", "user": "person%02d", "case_changed": %q, "daily_at": "17:45", "weekly_on": "monday"}`+"\n", i, frequencies[i%5])
	}
	for i := range lines - 200 {
		at = at.Add(time.Minute)
		written := at.Format("2006-01-02T15:04:05.000Z")
		about := fmt.Sprintf(`{"id": "C-%d", "title": "Permit for a shed, plot %d", "stage": "check %d"}`, i/8, i/8, i%8)
		switch i % 8 {
		case 6:
			due := at.Add(72 * time.Hour).Format(time.RFC3339)
			fmt.Fprintf(&b, `{"at": %q, "do": "set_deadline", "key": "C-%d", "case": {"id": "C-%d"}, "users": ["person%02d"], "due_at": %q, "remind_before": ["24h", "2h"]}`+"\n", written, i/8, i/8, i%100, due)
		case 7:
			fmt.Fprintf(&b, `{"at": %q, "do": "send_message", "id": "m%d", "to": ["person%02d@example.org"], "subject": "Permit %d", "text": "It can be picked up.\n"}`+"\n", written, i, i%100, i/8)
		default:
			fmt.Fprintf(&b, `{"at": %q, "do": "notify", "id": "e%d", "kind": "case_changed", "users": ["person%02d", "person%02d"], "actor": "person%02d", "case": %s, "summary": "The application was checked."}`+"\n", written, i, i%100, (i+7)%100, (i+7)%100, about)
		}
	}
	return b.Bytes()
}

func TestTheOfficeIsAJournal(t *testing.T) {
	mails, err := simulate.Plan(simulate.NewJournal(bytes.NewReader(office(5000))), options(t))
	if err != nil || len(mails) < 500 {
		t.Fatalf("%d mails, %v", len(mails), err)
	}
	if lines := strings.Count(string(office(5000)), "\n"); lines != 5000 {
		t.Errorf("%d lines, want 5000", lines)
	}
}

// BenchmarkPlan tells how many lines of a journal are planned in a second. The goal is
// 100,000 on one core.
func BenchmarkPlan(b *testing.B) {
	const lines = 50_000
	journal, o := office(lines), options(b)
	b.SetBytes(int64(len(journal)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := simulate.Plan(simulate.NewJournal(bytes.NewReader(journal)), o); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(lines*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}
