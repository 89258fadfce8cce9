package simulate_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"notifier/message"
	"notifier/schedule"
	"notifier/simulate"
)

// Two schedules see the same lines once, and come to what each alone comes to.
func TestTrialsComeToWhatPlansComeTo(t *testing.T) {
	t.Parallel()
	now := options(t)
	try := now
	spec, err := schedule.ParseSpec("30m")
	if err == nil {
		try.Notifications, err = spec.Compile()
	}
	if err != nil {
		t.Fatal(err)
	}
	journal := string(office(5000))
	got, err := simulate.Try(simulate.NewJournal(strings.NewReader(journal)), now, try)
	if err != nil || got.Lines != 5000 || got.Skipped != 0 {
		t.Fatalf("Try = %+v, %v", got, err)
	}
	for i, o := range []simulate.Options{now, try} {
		mails, err := simulate.Plan(simulate.NewJournal(strings.NewReader(journal)), o)
		if err != nil {
			t.Fatal(err)
		}
		want := simulate.Summarize(mails)
		if s := got.Summaries[i]; s.Mails != want.Mails || s.RightAway != want.RightAway || s.PastDue != want.PastDue || s.Peak != want.Peak || s.Digest != want.Digest || s.MaxDay != want.MaxDay {
			t.Errorf("schedule %d: %+v, want %+v", i, s, want)
		}
	}
	if a, b := got.Summaries[0].RightAway.P95, got.Summaries[1].RightAway.P95; a >= b {
		t.Errorf("mails wait %s and %s, want longer with a slower schedule", a, b)
	}
}

// endless is a caller out of hand.
type endless struct{ n int }

func (e *endless) Next() (simulate.Line, error) {
	e.n++
	at := time.Date(2026, 1, 1, 0, 0, e.n, 0, time.UTC)
	return simulate.Line{At: at, Event: &message.Event{Kind: message.CaseChanged, Users: make([]string, 10_000)}}, nil
}

func TestATrialIsBounded(t *testing.T) {
	t.Parallel()
	var e endless
	if _, err := simulate.Try(&e, options(t)); !errors.Is(err, simulate.ErrTooMuch) || e.n > 101 {
		t.Errorf("Try = %v after %d lines", err, e.n)
	}
	lines := simulate.NewJournal(strings.NewReader(`{"at":"2026-03-02T06:00:00Z","do":"notify","kind":"gone","users":["nobody"]}`))
	if got, err := simulate.Try(lines, options(t)); err != nil || got.Skipped != 1 || got.Lines != 0 {
		t.Errorf("a kind that is gone: %+v, %v, want it left out", got, err)
	}
}

// What is written is read as it was.
func TestJournalsAreWrittenAsTheyAreRead(t *testing.T) {
	t.Parallel()
	var first, second strings.Builder
	if n, err := simulate.WriteJournal(&first, simulate.NewJournal(strings.NewReader(string(office(2000))))); err != nil || n != 2000 {
		t.Fatalf("%d lines, %v", n, err)
	}
	if _, err := simulate.WriteJournal(&second, simulate.NewJournal(strings.NewReader(first.String()))); err != nil || first.String() != second.String() {
		t.Errorf("it is written differently the second time: %v", err)
	}
	for _, text := range []string{first.String(), string(office(2000))} {
		if _, err := simulate.Plan(simulate.NewJournal(strings.NewReader(text)), options(t)); err != nil {
			t.Error(err)
		}
	}
	if _, err := simulate.WriteJournal(io.Discard, simulate.NewJournal(strings.NewReader("{}"))); err == nil {
		t.Error("a line that cannot be read is written")
	}
}
