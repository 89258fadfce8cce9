package simulate_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"notifier/simulate"
)

// Whatever stands in a journal, it is planned or the line with the fault is named, and
// mails come in the order of time.
func FuzzJournal(f *testing.F) {
	demo, err := os.ReadFile("../service/demo.ndjson")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(demo))
	for line := range strings.SplitSeq(string(demo), "\n") {
		f.Add(line)
	}
	f.Add("\uFEFF{}\n")
	f.Add(`{"at": "2026-01-05T07:00:00Z", "do": "set_user", "user": "anna", "user": "ben"}`)
	f.Add(`{"at": "9999-12-31T23:59:59Z", "do": "notify", "kind": "case_changed", "users": []}`)
	f.Add(`{"at": "0001-01-01T00:00:00Z", "do": {"do": []}}`)
	f.Fuzz(func(t *testing.T, journal string) {
		o := options(t)
		o.Until = time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
		mails, err := simulate.Plan(simulate.NewJournal(strings.NewReader(journal)), o)
		var line *simulate.LineError
		switch {
		case errors.As(err, &line):
			if last := strings.Count(journal, "\n") + 1; line.Number < 1 || line.Number > last {
				t.Errorf("the fault is in line %d of %d", line.Number, last)
			}
		case err != nil:
			t.Errorf("%v does not say in which line", err)
		}
		if !slices.IsSortedFunc(mails, func(a, b simulate.Mail) int { return a.At.Compare(b.At) }) {
			t.Error("mails are not in the order of time")
		}
	})
}
