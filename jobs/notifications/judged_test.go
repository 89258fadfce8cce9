package notifications_test

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"notifier/jobs/notifications"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/store"
)

// Whoever counts is told of each try with its message, and of claims that were lost.
func TestWhatClaimsComeToIsTold(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		r.Refuse("gone@example.org", 550)
		r.Refuse("busy@example.org", 451)
		accept(t, s, direct(noon, "anna@example.org"), direct(noon, "gone@example.org"), direct(noon, "busy@example.org"))
		var mu sync.Mutex
		told := map[string]string{}
		j := job(t, s, r, 1, notifications.Options{Replica: "a", Judged: func(m message.Message, o message.Outcome) {
			mu.Lock()
			defer mu.Unlock()
			told[m.To[0].Email] = string(o.Move)
		}})
		run(t, j, noon, "accept=1 fail=1 postpone=1")
		accept(t, s, direct(noon, "lost@example.org"))
		if ms, err := s.Claim(t.Context(), message.Lane{Site: site}, 1, noon, noon.Add(time.Second)); err != nil || len(ms) != 1 {
			t.Fatal(ms, err)
		}
		if _, err := j.Sweep(t.Context(), noon.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, to := range slices.Sorted(maps.Keys(told)) {
			all = append(all, to+" "+told[to])
		}
		if got, want := fmt.Sprint(all), "[anna@example.org accept busy@example.org postpone gone@example.org fail lost@example.org lapse]"; got != want {
			t.Errorf("told of %s, want %s", got, want)
		}
	})
}
