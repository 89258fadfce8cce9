package store_test

import (
	"testing"
	"time"

	"notifier/message"
	"notifier/store"
	"notifier/store/storetest"
)

// TestManySuppressionsAreRemovedByTimeReasonAndAccount is L3: what a relay suppressed wrongly is
// lifted, and what people asked for stays.
func TestManySuppressionsAreRemovedByTimeReasonAndAccount(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, one := range []struct {
			site, address, account string
			why                    message.Unwanted
			at                     time.Time
		}{
			{site, "early@example.org", "default", message.Bounced, noon.Add(-time.Minute)},
			{site, "first@example.org", "default", message.Bounced, noon},
			{site, "last@example.org", "default", message.Bounced, noon.Add(59 * time.Minute)},
			{site, "late@example.org", "default", message.Bounced, noon.Add(time.Hour)},
			{site, "backup@example.org", "backup", message.Bounced, noon},
			{site, "out@example.org", "", message.OptedOut, noon},
			{site, "spam@example.org", "", message.Complained, noon},
			{"other", "first@example.org", "default", message.Bounced, noon},
		} {
			if err := s.Suppress(t.Context(), one.site, message.Suppression{Address: one.address, Reason: one.why, Account: one.account, Since: one.at}); err != nil {
				t.Fatal(err)
			}
		}
		hour := message.SuppressionFilter{Since: noon, Until: noon.Add(time.Hour), Reason: message.Bounced, Account: "default"}
		for _, c := range []struct {
			what string
			f    message.SuppressionFilter
			want int
		}{
			{"all", message.SuppressionFilter{}, 7}, {"since", message.SuppressionFilter{Since: noon}, 6}, {"until", message.SuppressionFilter{Until: noon}, 1},
			{"reason", message.SuppressionFilter{Reason: message.OptedOut}, 1}, {"account", message.SuppressionFilter{Account: "backup"}, 1}, {"together", hour, 2},
		} {
			listed, err := s.FindSuppressions(t.Context(), site, c.f, "", 100)
			n, counting := s.CountSuppressions(t.Context(), site, c.f)
			if err != nil || counting != nil || n != c.want || len(listed) != c.want {
				t.Errorf("%s: %d listed, %d counted, %v, %v; want %d", c.what, len(listed), n, err, counting, c.want)
			}
		}
		if n, err := s.UnsuppressAll(t.Context(), site, hour); n != 2 || err != nil {
			t.Errorf("UnsuppressAll = %d, %v, want 2", n, err)
		}
		left, err := s.Suppressions(t.Context(), site, "", 100)
		got := ""
		for _, one := range left {
			got += one.Address + " "
		}
		if want := "backup@example.org early@example.org late@example.org out@example.org spam@example.org "; got != want || err != nil {
			t.Errorf("left: %s, %v, want %s", got, err, want)
		}
		if others, err := s.CountSuppressions(t.Context(), "other", message.SuppressionFilter{}); others != 1 || err != nil {
			t.Errorf("another site has %d, %v, want 1", others, err)
		}
	})
}
