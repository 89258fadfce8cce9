package service

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"notifier/health"
	"notifier/message"
	"notifier/store"
	"notifier/store/storetest"
)

// L3: a burst of suppressions is told, with the command that removes just these; what is
// suppressed now and then is not, nor what is few among many mails.
func TestABurstOfSuppressionsIsTold(t *testing.T) {
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	each := func(name string, test func(t *testing.T, s *store.Store)) {
		t.Run(name, func(t *testing.T) { storetest.Each(t, test) })
	}
	suppress := func(t *testing.T, s *store.Store, n int, apart time.Duration, why message.Unwanted) {
		for i := range n {
			one := message.Suppression{Address: fmt.Sprintf("a%d@one.example", i), Reason: why, Since: noon.Add(time.Duration(i) * apart), Account: "backup"}
			if err := s.Suppress(t.Context(), "acme", one); err != nil {
				t.Fatal(err)
			}
		}
	}
	told := func(t *testing.T, s *store.Store, at time.Time) []health.Condition {
		all, err := bounces(t.Context(), s, at)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	each("a burst", func(t *testing.T, s *store.Store) {
		suppress(t, s, 20, time.Second, message.Bounced)
		all := told(t, s, noon.Add(time.Hour))
		if len(all) != 1 || all[0].Name != health.Bounces || all[0].Site != "acme" || all[0].Value != "20" || !all[0].Private || all[0].Blocks {
			t.Fatalf("it says %+v", all)
		}
		want := "--site acme --since 2026-11-25T12:00:00Z --until 2026-11-25T12:00:20Z --reason bounce --account backup"
		if !strings.HasSuffix(all[0].Do, want) {
			t.Errorf("to do is %q, want %q at the end", all[0].Do, want)
		}
		if all := told(t, s, noon.Add(25*time.Hour)); len(all) != 0 {
			t.Errorf("after a day it says %+v", all)
		}
		f := message.SuppressionFilter{Since: noon, Until: noon.Add(20 * time.Second), Reason: message.Bounced, Account: "backup"}
		if n, err := s.UnsuppressAll(t.Context(), "acme", f); err != nil || n != 20 {
			t.Errorf("the command removes %d, %v", n, err)
		}
		if all := told(t, s, noon.Add(time.Hour)); len(all) != 0 {
			t.Errorf("when they are removed it says %+v", all)
		}
	})
	each("now and then", func(t *testing.T, s *store.Store) {
		suppress(t, s, 20, 5*time.Minute, message.Bounced)
		if all := told(t, s, noon.Add(2*time.Hour)); len(all) != 0 {
			t.Errorf("it says %+v", all)
		}
	})
	each("by people", func(t *testing.T, s *store.Store) {
		suppress(t, s, 20, time.Second, message.OptedOut)
		if all := told(t, s, noon.Add(time.Hour)); len(all) != 0 {
			t.Errorf("it says %+v", all)
		}
	})
}

// L3: an account whose brake is on is told, and one that cannot be reached for long.
func TestAPausedAccountIsTold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
		unknown := message.Failure{Category: message.AddressUnknown, Code: "550 5.1.1", Text: "No such user"}
		down := message.Failure{Category: message.ConnectFailed, Text: "connection refused"}
		for _, p := range []message.Pause{
			message.Pause{Account: "main"}.Lengthened(noon, message.Braked, unknown),
			message.Pause{Account: "backup"}.Lengthened(noon, message.RelayDown, down),
		} {
			if err := s.Pause(t.Context(), "default", p); err != nil {
				t.Fatal(err)
			}
		}
		for after, want := range map[time.Duration]string{time.Second: "main", longDown: "backup main"} {
			all, err := pausedAccounts(t.Context(), s, "default", noon.Add(after))
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, c := range all {
				names = append(names, c.Subject)
				if c.Name != health.AccountFails || !c.Private || c.Blocks || c.Do == "" || !strings.Contains(c.Says, c.Subject+" is paused: ") {
					t.Errorf("it is told as %+v", c)
				}
			}
			if got := strings.Join(names, " "); got != want {
				t.Errorf("after %s it tells of %q, want %q", after, got, want)
			}
		}
	})
}
