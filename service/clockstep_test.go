package service

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/jobs"
	"notifier/store/storetest"
	"notifier/wallclock/timekeeper"
)

// TestAStepOfTheClockIsTold is S7: nothing vouches for it on SQLite but a person; the host of
// Postgres does when it agrees.
func TestAStepOfTheClockIsTold(t *testing.T) {
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			s := storetest.Open(t, storetest.URL(t, database))
			table, err := jobs.New(s, jobs.Options{}, zap.NewNop())
			if err != nil {
				t.Fatal(err)
			}
			ahead := time.Duration(0)
			theirs := func() time.Time {
				at, err := s.Clock(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				return at
			}
			begun := theirs()
			replica := func(boot string) *Service {
				return &Service{store: s, log: zap.NewNop(), timetable: table, boot: boot, keeper: timekeeper.New(timekeeper.Clocks{
					Wall: func() time.Time { return theirs().Add(ahead) }, Elapsed: func() time.Duration { return theirs().Sub(begun) },
					Kernel: func() (time.Time, bool) { return time.Time{}, false },
				})}
			}
			conditions := func(h *Service) string {
				t.Helper()
				all, err := h.clockIsTrusted(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				text := ""
				for _, one := range all {
					text += one.Says
				}
				return text
			}
			h := replica("this machine")
			if says := conditions(h); says != "" {
				t.Fatalf("S7: without a step it says %q", says)
			}
			ahead = 48 * time.Hour
			again, other := replica("this machine"), replica("another machine")
			for _, begins := range []*Service{again, other} {
				if err := begins.recallClock(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			for name, one := range map[string]*Service{"of a step of two days": h, "after a restart": again} {
				if says := conditions(one); !strings.Contains(says, "2 days") {
					t.Errorf("S7: %s it says %q", name, says)
				}
			}
			if says := conditions(other); says != "" {
				t.Errorf("S7: another machine, which has made no step, says %q", says)
			}
			if moved := h.confirmClock(t.Context(), "anna"); moved < 47*time.Hour || conditions(h) != "" {
				t.Errorf("S7: confirmed, it moves by %v and says %q", moved, conditions(h))
			}
			if says := conditions(again); says != "" {
				t.Errorf("S7: after somebody has confirmed the clock to another replica on the machine it says %q", says)
			}
		})
	}
}
