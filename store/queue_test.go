package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"notifier/message"
	"notifier/store"
	"notifier/store/storetest"
)

// claim takes n messages that are due for a minute.
func claim(t *testing.T, s *store.Store, n int, at time.Time) []message.Message {
	t.Helper()
	ms, err := s.Claim(t.Context(), message.Lane{Site: site}, n, at, at.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return ms
}

// settle writes outcomes, of which so many must count.
func settle(t *testing.T, s *store.Store, counted int, outcomes ...message.Outcome) {
	t.Helper()
	if n, err := s.Settle(t.Context(), outcomes); err != nil || n != counted {
		t.Errorf("Settle = %d, %v; want %d", n, err, counted)
	}
}

// outcome is what a claim came to without an attempt.
func outcome(m message.Message, move message.Move, notBefore time.Time) message.Outcome {
	return message.Outcome{Site: m.Site, ID: m.ID, Claim: m.Claim, Move: move, At: noon.Add(time.Second), NotBefore: notBefore}
}

func references(ms []message.Message) string {
	var all []string
	for _, m := range ms {
		all = append(all, m.Reference)
	}
	return strings.Join(all, " ")
}

// due is a message with a reference that is due then.
func due(reference string, at time.Time) message.Message {
	m := direct(1)
	m.Reference, m.DueAt, m.QueuedAt = reference, at, at
	return m
}

func TestClaimTakesWhatIsDueOldestFirst(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		accept(t, s, due("third", noon), due("first", noon.Add(-time.Hour)), due("late", noon.Add(time.Microsecond)), due("second", noon.Add(-time.Minute)))
		first := claim(t, s, 2, noon)
		if got := references(first); got != "first second" {
			t.Errorf("claimed %s, want first second", got)
		}
		m := first[0]
		if m.Status != message.Sending || m.Claim != 1 || m.Attempts != 1 || m.Tries != 1 || !m.ClaimedAt.Equal(noon) || !m.LeaseExpiresAt.Equal(noon.Add(time.Minute)) {
			t.Errorf("claimed: %+v", m)
		}
		if got := references(claim(t, s, 10, noon)); got != "third" {
			t.Errorf("claimed %s, want third", got)
		}
		if got := references(claim(t, s, 10, noon.Add(time.Hour))); got != "late" {
			t.Errorf("claimed %s: what is leased is not due", got)
		}
	})
}

// Every status that may be claimed is, no other is, whatever due_at says.
func TestClaimTakesWhatTheTableAllows(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		var want []string
		for _, status := range message.Statuses() {
			if status == message.Deferred || status == message.Merged {
				continue // they wait for a window
			}
			m := due(string(status), noon)
			accept(t, s, m)
			after := m
			after.Status = status
			if err := s.Replace(t.Context(), m, after); err != nil {
				t.Fatal(err)
			}
			if slices.Contains(message.From(message.Claim), status) {
				want = append(want, string(status))
			}
		}
		got := strings.Fields(references(claim(t, s, 100, noon)))
		slices.Sort(got)
		if slices.Sort(want); !slices.Equal(got, want) {
			t.Errorf("claimed %s, want %s", got, want)
		}
	})
}

func TestNoTwoClaimsGetOneMessage(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		var all []message.Message
		for i := range 1000 {
			all = append(all, direct(i))
		}
		accept(t, s, all...)
		var mu sync.Mutex
		got := map[message.ID]int{}
		var replicas sync.WaitGroup
		for range 8 {
			replicas.Go(func() {
				for {
					ms, err := s.Claim(context.Background(), message.Lane{Site: site}, 37, noon, eight)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					for _, m := range ms {
						got[m.ID]++
					}
					mu.Unlock()
					if len(ms) == 0 {
						return
					}
				}
			})
		}
		replicas.Wait()
		for id, n := range got {
			if n != 1 {
				t.Errorf("%s was claimed %d times", id, n)
			}
		}
		if len(got) != 1000 {
			t.Errorf("%d messages were claimed, want 1000", len(got))
		}
	})
}

func TestSettleMovesAsTheTableSays(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		for _, move := range []message.Move{
			message.Accept, message.Postpone, message.Limit, message.Fail, message.HandBack, message.Lapse, message.Lose, message.Expire, message.Skip,
		} {
			accept(t, s, due(string(move), noon))
			m := claim(t, s, 1, noon)[0]
			settle(t, s, 1, outcome(m, move, eight))
			got := read(t, s, m.ID)
			waits := slices.Contains(message.From(message.Claim), message.After(move))
			if got.Status != message.After(move) || waits != got.DueAt.Equal(eight) || waits == got.DueAt.IsZero() {
				t.Errorf("%s: %s, due %v", move, got.Status, got.DueAt)
			}
			if got.Attempts != 0 || got.Tries != 0 || got.Claim != 1 {
				t.Errorf("%s: %d attempts of claim %d, want none counted", move, got.Attempts, got.Claim)
			}
		}
	})
}

func TestALateOutcomeChangesNothingButTheLog(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		accept(t, s, direct(1), direct(2))
		old := claim(t, s, 2, noon)
		settle(t, s, 1, outcome(old[0], message.Lapse, noon))
		again := claim(t, s, 1, noon)[0]
		if again.Claim != 2 {
			t.Fatalf("the claim is %d, want 2", again.Claim)
		}
		settle(t, s, 1, accepted(old[0]), accepted(old[1])) // the first is late
		if got := read(t, s, again.ID); got.Status != message.Sending || got.Claim != 2 || got.Reached {
			t.Errorf("%s, claim %d, reached %t: want the second claim untouched", got.Status, got.Claim, got.Reached)
		}
		kept, err := s.Attempts(t.Context(), again)
		if err != nil || len(kept) != 1 || kept[0].Claim != 1 || kept[0].Code != 250 {
			t.Errorf("attempts = %+v, %v; want the late one", kept, err)
		}
		settle(t, s, 1, accepted(again))
		settle(t, s, 0, accepted(again)) // twice
		if kept, err = s.Attempts(t.Context(), again); err != nil || len(kept) != 2 {
			t.Errorf("%d attempts, %v; want 2", len(kept), err)
		}
	})
}

func TestExtendKeepsOnlyWhatIsStillHeld(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		accept(t, s, due("held", noon.Add(-3)), due("settled", noon.Add(-2)), due("taken over", noon.Add(-1)))
		held := claim(t, s, 3, noon)
		settle(t, s, 2, outcome(held[1], message.Fail, time.Time{}), outcome(held[2], message.Lapse, noon))
		taken := claim(t, s, 1, noon)[0]
		if err := s.Extend(t.Context(), held, eight); err != nil {
			t.Fatal(err)
		}
		for i, want := range []time.Time{eight, {}, noon.Add(time.Minute)} {
			if got := read(t, s, held[i].ID); !got.LeaseExpiresAt.Equal(want) {
				t.Errorf("%s: the lease ends %v, want %v", got.Reference, got.LeaseExpiresAt, want)
			}
		}
		if got := read(t, s, taken.ID); got.Claim != 2 {
			t.Errorf("the claim is %d", got.Claim)
		}
	})
}

func TestLapsedListsLeasesThatAreOver(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		accept(t, s, due("a", noon), due("waits", eight))
		claim(t, s, 10, noon)
		for at, want := range map[time.Duration]string{time.Minute - time.Microsecond: "", time.Minute: "a"} {
			if got, err := s.Lapsed(t.Context(), site, 10, noon.Add(at)); err != nil || references(got) != want {
				t.Errorf("after %v lapsed are %s, %v; want %q", at, references(got), err, want)
			}
		}
	})
}

func TestExpireEndsWhatIsTooLate(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		save(t, s, "u1")
		late := func(m message.Message, reference string) message.Message {
			m.Reference, m.ExpiresAt = reference, eight
			return m
		}
		scheduled := late(direct(1), "scheduled")
		scheduled.Status, scheduled.DueAt = message.Scheduled, eight.Add(time.Hour)
		accept(t, s, late(deferred(1), "deferred"), scheduled, late(due("", noon), "sending"), direct(2))
		if got := references(claim(t, s, 1, noon)); got != "sending" {
			t.Fatalf("claimed %s", got)
		}
		if n, err := s.Expire(t.Context(), site, 10, eight.Add(-time.Microsecond)); err != nil || n != 0 {
			t.Errorf("Expire = %d, %v before it is too late", n, err)
		}
		n, err := s.Expire(t.Context(), site, 10, eight)
		if err != nil || n != 3 { // the lease of what was being sent is over, too
			t.Errorf("Expire = %d, %v; want 3", n, err)
		}
		counts := map[string]int{}
		ms, err := s.Messages(t.Context(), site, message.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range ms {
			counts[fmt.Sprint(m.Status, " ", m.Reason)]++
		}
		if want := fmt.Sprint(map[string]int{"expired " + string(message.Late): 3, "pending " + string(message.BySender): 1}); fmt.Sprint(counts) != want {
			t.Errorf("after it there are %v, want %s", counts, want)
		}
	})
}

func TestReplaceRefusesWhatHasMoved(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		m := direct(1)
		accept(t, s, m)
		cancelled, err := m.Do(message.Cancel, eight)
		if err != nil {
			t.Fatal(err)
		}
		claim(t, s, 1, noon)
		if err := s.Replace(t.Context(), m, cancelled); !errors.Is(err, message.ErrMoved) {
			t.Errorf("Replace = %v, want ErrMoved", err)
		}
		if got := read(t, s, m.ID); got.Status != message.Sending {
			t.Errorf("it is %s", got.Status)
		}
	})
}

// CQ-12, CQ-14: a retry keeps what it wipes, each time anew.
func TestARetryKeepsWhatItWipes(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		accept(t, s, direct(1))
		full := &message.Failure{Category: message.MailboxFull, Code: "552 5.2.2", Text: "Mailbox full"}
		var want []message.Retried
		for n, failure := range []*message.Failure{full, nil} {
			at := noon.Add(time.Duration(n) * time.Hour)
			o := accepted(claim(t, s, 1, at)[0])
			o.At = at.Add(time.Second)
			if failure != nil {
				o.Move, o.Reached, o.Error, o.Attempt.Failure = message.Fail, false, failure, failure
			}
			settle(t, s, 1, o)
			before := read(t, s, o.ID)
			again, err := before.Again(at.Add(time.Minute))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Replace(t.Context(), before, again); err != nil {
				t.Fatal(err)
			}
			want = append(want, message.Retried{Number: n + 1, At: at.Add(time.Minute), ExecutedAt: at, ServedAt: at.Add(time.Second), Error: failure})
			got := read(t, s, o.ID)
			if got.RetryCount != n+1 || got.Error != nil || got.Status != message.Pending {
				t.Errorf("after retry %d it is %s with %v, %d retries", n+1, got.Status, got.Error, got.RetryCount)
			}
			kept, err := s.Retries(t.Context(), got)
			if err != nil {
				t.Fatal(err)
			}
			wantSame(t, "what was wiped", kept, want)
			// Another who read it before comes too late, and keeps nothing.
			if err := s.Replace(t.Context(), before, again); !errors.Is(err, message.ErrMoved) {
				t.Errorf("Replace = %v, want ErrMoved", err)
			}
		}
		attempts, err := s.Attempts(t.Context(), read(t, s, claim(t, s, 1, eight)[0].ID))
		if err != nil || len(attempts) != 2 || attempts[0].LedTo != message.Error || attempts[1].LedTo != message.Sent {
			t.Errorf("attempts = %+v, %v", attempts, err)
		}
	})
}

func TestOutcomesAreWrittenWhileLeasesAreRenewed(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		const n = 300
		all := make([]message.Message, n)
		for i := range all {
			all[i] = direct(i)
		}
		accept(t, s, all...)
		held := claim(t, s, n, noon)
		over := make(chan struct{})
		var renewing sync.WaitGroup
		renewing.Go(func() {
			for i := 1; ; i++ {
				select {
				case <-over:
					return
				default:
				}
				if err := s.Extend(t.Context(), held, noon.Add(time.Duration(i)*time.Minute)); err != nil {
					t.Error(err)
				}
			}
		})
		for from := 0; from < n; from += 10 {
			var outcomes []message.Outcome
			for _, m := range held[from : from+10] {
				outcomes = append(outcomes, accepted(m))
			}
			settle(t, s, 10, outcomes...)
		}
		close(over)
		renewing.Wait()
		for _, m := range held {
			got := read(t, s, m.ID)
			if tries, err := s.Attempts(t.Context(), m); got.Status != message.Sent || !got.DueAt.IsZero() || err != nil || len(tries) != 1 {
				t.Fatalf("%s is %s, due %v, after %d attempts, %v; want it sent by one", m.ID, got.Status, got.DueAt, len(tries), err)
			}
		}
	})
}
