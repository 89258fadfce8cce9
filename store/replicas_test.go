package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"notifier/message"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

// rounds is how often two replicas race in these tests.
const rounds = 50

// replicas are two stores on one database, as two processes have them.
func replicas(t *testing.T, each func(t *testing.T, two [2]*store.Store)) {
	t.Helper()
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			url := storetest.URL(t, kind)
			two := [2]*store.Store{storetest.Open(t, url), storetest.Open(t, url)}
			known(t, two[0])
			each(t, two)
		})
	}
}

// atOnce does all of it at the same time.
func atOnce(t *testing.T, all ...func() error) {
	t.Helper()
	begin, errs := make(chan struct{}), make(chan error, len(all))
	var ready sync.WaitGroup
	for _, do := range all {
		ready.Add(1)
		go func() {
			ready.Done()
			<-begin
			errs <- do()
		}()
	}
	ready.Wait()
	close(begin)
	for range all {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
}

// purgeAll purges as a replica's housekeeping does.
func purgeAll(s *store.Store, before time.Time) (int, error) {
	total := 0
	for _, after := range store.PurgeFrom {
		for after != "" {
			n, last, err := s.Purge(context.Background(), site, after, 3, before)
			if err != nil {
				return total, err
			}
			total, after = total+n, last
		}
	}
	return total, nil
}

// L1: two replicas purge, a person is erased and mail comes in with the same attachments, all
// at once: what waits has its attachments, each is counted exactly, and none outlives its use.
func TestTwoReplicasPurgeAtOnce(t *testing.T) {
	t.Parallel()
	replicas(t, func(t *testing.T, two [2]*store.Store) {
		ctx := context.Background()
		long, before := noon.Add(-100*24*time.Hour), noon.Add(-30*24*time.Hour)
		var waiting []message.Message
		purged := 0
		for round := range rounds {
			var old, erased, fresh []message.Message
			for n := range 8 {
				old = append(old, made(long.Add(time.Duration(n)*time.Second), message.Skipped, fmt.Sprint("shared ", n%3)))
			}
			erased = append(erased, made(long, message.Skipped, "shared 1"), made(noon, message.Skipped, "shared 2"))
			waits := made(noon, message.Pending, fmt.Sprint("shared ", round%3))
			accept(t, two[0], append(append(old, erased...), waits)...)
			for n := range 3 {
				fresh = append(fresh, made(noon, message.Pending, fmt.Sprint("shared ", n)))
			}
			counts := [2]int{}
			atOnce(t,
				func() (err error) { counts[0], err = purgeAll(two[0], before); return err },
				func() (err error) { counts[1], err = purgeAll(two[1], before); return err },
				func() error { return two[0].EraseMessages(ctx, site, message.Someone{Email: "a1@example.org"}, erased) },
				func() error { return two[1].EraseMessages(ctx, site, message.Someone{Email: "a1@example.org"}, erased) },
				func() error {
					_, err := two[1].Accept(ctx, noon, request.Tray{Site: site, Messages: fresh})
					return err
				},
			)
			left, err := purgeAll(two[0], before) // what somebody else had in hand just then
			if err != nil {
				t.Fatal(err)
			}
			purged += counts[0] + counts[1] + left
			waiting = append(append(waiting, waits), fresh...)
			usesAreExact(t, two[0])
		}
		if want := rounds * 9; purged != want {
			t.Errorf("%d messages were purged, want %d: each once", purged, want)
		}
		for _, m := range waiting {
			want := string(m.Attachments[0].Content)
			if m, err := two[1].Attach(ctx, m); err != nil || string(m.Attachments[0].Content) != want {
				t.Fatalf("a message that waits has lost its attachment %q: %v", want, err)
			}
		}
	})
}

func usesAreExact(t *testing.T, s *store.Store) {
	t.Helper()
	if wrong, err := s.WrongUses(context.Background()); err != nil || len(wrong) > 0 {
		t.Fatalf("uses of attachments: %+v, %v", wrong, err)
	}
}
