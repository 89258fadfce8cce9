package store_test

import (
	"fmt"
	"testing"
	"time"

	"notifier/message"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

// O3: what is done for one site changes no row of another, wherever the rows lie. Where
// tables are partitioned by site, rows of several sites lie at the same place, each in its
// own part.
func TestNoRowOfAnotherSiteIsChanged(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		const sites, each = 8, 5
		for n := range sites {
			var all []message.Message
			for i := range each {
				m, d := direct(i), deferred(i)
				m.Site, d.Site = siteNo(n), siteNo(n)
				all = append(all, m, d)
			}
			if err := s.AddSite(ctx, siteNo(n), "UTC", noon); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Accept(ctx, noon, request.Tray{Site: siteNo(n), Messages: all}); err != nil {
				t.Fatal(err)
			}
		}
		before := map[int]string{}
		for n := range sites {
			before[n] = standing(t, s, siteNo(n))
		}
		for n := range sites {
			claimed, err := s.Claim(ctx, message.Lane{Site: siteNo(n)}, 4, noon, eight)
			if err != nil || len(claimed) != 4 {
				t.Fatalf("site %d: claimed %d of 4: %v", n, len(claimed), err)
			}
			if err := s.Extend(ctx, claimed, eight.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			if moved, err := s.Settle(ctx, []message.Outcome{accepted(claimed[0]), accepted(claimed[1])}); err != nil || moved != 2 {
				t.Fatalf("site %d: %d of 2 outcomes are written: %v", n, moved, err)
			}
			if _, err := s.Promote(ctx, siteNo(n), eight, 2, closing); err != nil {
				t.Fatal(err)
			}
			for other := n + 1; other < sites; other++ {
				if now := standing(t, s, siteNo(other)); now != before[other] {
					t.Fatalf("work for site %d changed site %d:\n%s\nwas\n%s", n, other, now, before[other])
				}
			}
		}
	})
}

func siteNo(n int) string { return fmt.Sprintf("site-%d", n) }

// standing is how the messages of a site stand.
func standing(t *testing.T, s *store.Store, site string) (all string) {
	t.Helper()
	found, err := s.Messages(t.Context(), site, message.Filter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range found {
		all += fmt.Sprintln(m.ID, m.Status, m.DueAt, m.Claim, m.Digest)
	}
	return all
}
