package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"notifier/message"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

// TestTogether: many callers at once each get an answer of their own. A request that comes
// twice leads to one message; one that cannot be taken keeps no other from being taken.
func TestTogether(t *testing.T) {
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		if err := s.AddSite(t.Context(), site, "UTC", noon); err != nil {
			t.Fatal(err)
		}
		const n = 200
		var accepted, repeated, reused, failed atomic.Int64
		var all sync.WaitGroup
		start := make(chan struct{})
		for i := range n {
			for twin := range 3 { // the same, the same again, and another with its key
				all.Go(func() {
					<-start
					m := direct(i)
					hash := "same"
					if twin == 2 {
						hash = "another"
					}
					k := &request.Key{Key: fmt.Sprintf("k%d", i), Hash: hash, Answer: []byte(hash)}
					answered, err := s.Accept(t.Context(), noon, request.Tray{Site: site, Messages: []message.Message{m}, Key: k})
					switch {
					case errors.Is(err, request.ErrKeyReused):
						reused.Add(1)
					case err != nil:
						failed.Add(1)
						t.Error(err)
					case answered == nil:
						accepted.Add(1)
					case string(answered) == hash:
						repeated.Add(1)
					default:
						t.Errorf("%s was answered for %s", answered, hash)
					}
				})
			}
		}
		close(start)
		all.Wait()
		kept, err := s.Messages(t.Context(), site, message.Filter{Limit: 10 * n})
		if err != nil || len(kept) != n {
			t.Fatalf("%d messages are kept, want %d; %v", len(kept), n, err)
		}
		if accepted.Load() != n || repeated.Load()+reused.Load() != 2*n {
			t.Errorf("%d accepted, %d repeated, %d refused; want %d, and %d together", accepted.Load(), repeated.Load(), reused.Load(), n, 2*n)
		}
	})
}

// TestTogetherWithoutOne: what one caller may not have is no matter to the others, and who
// gives up while waiting has stored nothing.
func TestTogetherWithoutOne(t *testing.T) {
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		if err := s.AddSite(t.Context(), site, "UTC", noon); err != nil {
			t.Fatal(err)
		}
		twice := direct(0) // its id is taken by whoever comes first
		var all sync.WaitGroup
		var good, bad, gone atomic.Int64
		for i := range 90 {
			all.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				m := direct(i)
				switch i % 3 {
				case 1:
					m.ID = twice.ID
				case 2:
					cancel()
				}
				_, err := s.Accept(ctx, noon, request.Tray{Site: site, Messages: []message.Message{m}})
				switch {
				case err == nil:
					good.Add(1)
				case i%3 == 2:
					gone.Add(1)
				case i%3 == 1:
					bad.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		kept, err := s.Messages(t.Context(), site, message.Filter{Limit: 1000})
		if err != nil || int64(len(kept)) != good.Load() {
			t.Errorf("%d messages are kept, %d callers were told so; %v", len(kept), good.Load(), err)
		}
		if bad.Load() != 29 || good.Load() < 31 {
			t.Errorf("%d accepted, %d refused, %d given up", good.Load(), bad.Load(), gone.Load())
		}
	})
}
