package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"notifier/message"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

// eachB runs a benchmark on both databases.
func eachB(b *testing.B, bench func(b *testing.B, s *store.Store)) {
	for _, database := range []string{"sqlite", "postgres"} {
		b.Run(database, func(b *testing.B) {
			bench(b, storetest.Open(b, storetest.URL(b, database)))
		})
	}
}

func perMessage(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/message")
}

// BenchmarkAccept is the intake of one request: one mail, 500 mails, an event for 500
// users who want digests.
func BenchmarkAccept(b *testing.B) {
	ctx := context.Background()
	for _, c := range []struct {
		name string
		n    int
		make func(int) message.Message
	}{{"1", 1, direct}, {"500", 500, direct}, {"1deferred", 1, deferred}, {"500deferred", 500, deferred}} {
		b.Run(c.name, func(b *testing.B) {
			eachB(b, func(b *testing.B, s *store.Store) {
				for b.Loop() {
					tray := request.Tray{Site: site}
					for i := range c.n {
						tray.Messages = append(tray.Messages, c.make(i))
					}
					if _, err := s.Accept(ctx, noon, tray); err != nil {
						b.Fatal(err)
					}
				}
				perMessage(b, c.n)
			})
		})
	}
}

// BenchmarkAcceptParallel is many callers at once, with one mail each.
func BenchmarkAcceptParallel(b *testing.B) {
	eachB(b, func(b *testing.B, s *store.Store) {
		b.SetParallelism(8)
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				if _, err := s.Accept(context.Background(), noon, request.Tray{Site: site, Messages: []message.Message{direct(1)}}); err != nil {
					b.Error(err)
				}
			}
		})
		perMessage(b, 1)
	})
}

// BenchmarkFlush is what a flush asks of the store: 500 claimed, 500 settled.
func BenchmarkFlush(b *testing.B) {
	ctx := context.Background()
	eachB(b, func(b *testing.B, s *store.Store) {
		const n = 500
		for b.Loop() {
			b.StopTimer()
			var ms []message.Message
			for i := range n {
				ms = append(ms, direct(i))
			}
			if _, err := s.Accept(ctx, noon, request.Tray{Site: site, Messages: ms}); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			claimed, err := s.Claim(ctx, message.Lane{Site: site}, n, noon, noon.Add(time.Minute))
			if err != nil || len(claimed) != n {
				b.Fatalf("Claim = %d messages, %v", len(claimed), err)
			}
			outcomes := make([]message.Outcome, n)
			for i, m := range claimed {
				outcomes[i] = accepted(m)
			}
			if moved, err := s.Settle(ctx, outcomes); err != nil || moved != n {
				b.Fatalf("Settle = %d, %v", moved, err)
			}
		}
		perMessage(b, n)
	})
}

// BenchmarkPromote is a full hour: 1000 users with 10 items each become 1000 digests.
func BenchmarkPromote(b *testing.B) {
	ctx := context.Background()
	eachB(b, func(b *testing.B, s *store.Store) {
		const users, items = 1000, 10
		for i := range users {
			save(b, s, fmt.Sprintf("u%d", i))
		}
		for b.Loop() {
			b.StopTimer()
			for range items {
				var ms []message.Message
				for i := range users {
					ms = append(ms, deferred(i))
				}
				if _, err := s.Accept(ctx, noon, request.Tray{Site: site, Messages: ms}); err != nil {
					b.Fatal(err)
				}
			}
			b.StartTimer()
			for n := 1; n > 0; {
				var err error
				if n, err = s.Promote(ctx, site, eight, 500, closing); err != nil {
					b.Fatal(err)
				}
			}
		}
		perMessage(b, users*items)
	})
}
