package mail_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"notifier/mail"
	"notifier/mail/mailtest"
	"notifier/message"
)

// TestTheLedgerAgrees compares what receipts say with what the relay has, while all that
// can fail does: nothing that was accepted is missing, nothing came twice, and nothing came
// that the receipt does not own up to.
func TestTheLedgerAgrees(t *testing.T) {
	const seed = 7
	var mu sync.Mutex
	came := map[string]int{} // copies, by message and address
	r := relay(t, mailtest.Options{OnMail: func(m mailtest.Mail) {
		_, rest, _ := bytes.Cut(m.Data, []byte("X-Notifier-Id: "))
		id, _, _ := bytes.Cut(rest, []byte("\r\n"))
		mu.Lock()
		defer mu.Unlock()
		for _, a := range m.To {
			came[string(id)+" "+a]++
		}
	}})
	stages := []mailtest.Stage{mailtest.AtMail, mailtest.AtRcpt, mailtest.AtRcpt, mailtest.AtData, mailtest.AtDot, mailtest.AtDot}
	faults := []mailtest.Fault{
		{Drop: true}, {Drop: true, Store: true}, {Code: 421}, {Code: 451}, {Code: 550}, {Code: 452, Text: "4.5.3 Too many recipients"},
	}
	c := courier(t, r.Port(), mail.Settings{Connections: 3})
	receipts := make(chan carried, 1000)
	var all sync.WaitGroup
	for g := range 20 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(g)))
			for i := range 20 {
				switch random.IntN(60) {
				case 0: // rare: it sends all home that wait
					r.Fail(mailtest.AtConnect, mailtest.Fault{Code: 421})
				case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15:
					r.Fail(stages[random.IntN(len(stages))], faults[random.IntN(len(faults))])
				}
				m := note()
				for n := range 1 + random.IntN(4) {
					m.To = append(m.To, message.Address{Email: fmt.Sprintf("u%d.%d.%d@example.org", g, i, n)})
				}
				receipts <- carried{m, c.Deliver(context.Background(), m)}
			}
		})
	}
	all.Wait()
	close(receipts)
	untried, uncertain := 0, 0
	for got := range receipts {
		got.check(t, came)
		if !got.receipt.Tried {
			untried++
		}
		if got.receipt.Uncertain {
			uncertain++
		}
	}
	if untried == 0 || uncertain == 0 || r.Count() < 100 || r.Traffic().Peak > 3 {
		t.Errorf("%d untried, %d uncertain, %+v: the test does not test what it should", untried, uncertain, r.Traffic())
	}
}

// carried is a message and what the courier said of it.
type carried struct {
	m       message.Message
	receipt message.Receipt
}

func (c carried) check(t *testing.T, came map[string]int) {
	r := c.receipt
	listed := slices.Sorted(slices.Values(slices.Concat(r.Accepted, r.Rejected, r.Pending)))
	if wanted := slices.Sorted(slices.Values(c.m.Everyone())); !slices.Equal(listed, wanted) {
		t.Errorf("the receipt lists %q, want %q", listed, wanted)
	}
	if (r.Failure == nil) != (len(r.Accepted) == len(listed)) || !r.Tried && len(r.Pending) != len(listed) {
		t.Errorf("receipt = %+v, %v", r, r.Failure)
	}
	if r.Tried && r.Failure != nil && r.Failure.Temporary == (len(r.Rejected) > 0) {
		t.Errorf("receipt = %+v, %v: a permanent failure is preferred", r, r.Failure)
	}
	for _, a := range listed {
		copies := came[string(c.m.ID)+" "+a]
		accepted := slices.Contains(r.Accepted, a)
		switch {
		case accepted && copies == 1, !accepted && copies == 0:
		case copies == 1 && r.Uncertain && slices.Contains(r.Pending, a):
		default:
			t.Errorf("%d copies came to %s: %s", copies, a, strings.ReplaceAll(fmt.Sprintf("%+v", r), "\n", " "))
		}
	}
}
