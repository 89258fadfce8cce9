package notifications

import (
	"context"
	"fmt"
	"slices"
	"time"

	"notifier/message"
)

// Lapses are leases and messages whose time is over.
type Lapses interface {
	LapsedSites(ctx context.Context, at time.Time) ([]string, error)
	ExpiringSites(ctx context.Context, at time.Time) ([]string, error)
	Lapsed(ctx context.Context, site string, n int, at time.Time) ([]message.Message, error)
	Expire(ctx context.Context, site string, n int, at time.Time) (int, error)
}

// Sweep mends what crashes and time left behind: messages whose lease is over go back to
// the queue with an attempt of unknown end, and those that were not sent in time expire.
func (j *Job) Sweep(ctx context.Context, at time.Time) (map[string]int, error) {
	counts := map[string]int{}
	lapsed, err := j.sites(ctx, j.lapses.LapsedSites, at)
	if err != nil {
		return nil, err
	}
	for _, site := range lapsed {
		if err := j.sweepLeases(ctx, site, at, counts); err != nil {
			return counts, err
		}
	}
	expiring, err := j.sites(ctx, j.lapses.ExpiringSites, at)
	if err != nil {
		return counts, err
	}
	for _, site := range expiring {
		for {
			n, err := j.lapses.Expire(ctx, site, j.o.Batch, at)
			if err != nil {
				return counts, err
			}
			if n == 0 {
				break
			}
			counts[string(message.Expire)] += n
		}
	}
	return counts, nil
}

// sites are those to visit: the one that the job looks after, or those with something due.
func (j *Job) sites(ctx context.Context, due func(context.Context, time.Time) ([]string, error), at time.Time) ([]string, error) {
	if j.o.Site != "" {
		return []string{j.o.Site}, nil
	}
	return due(ctx, at)
}

func (j *Job) sweepLeases(ctx context.Context, site string, at time.Time, counts map[string]int) error {
	for {
		lapsed, err := j.lapses.Lapsed(ctx, site, j.o.Batch, at)
		if err != nil || len(lapsed) == 0 {
			return err
		}
		var ours []message.Message
		var outcomes []message.Outcome
		for _, m := range lapsed {
			if j.held.has(m) { // we know what became of it, as soon as the database lets us write it
				continue
			}
			o := j.lost(m, at)
			ours, outcomes = append(ours, m), append(outcomes, o)
		}
		if len(outcomes) == 0 {
			return nil
		}
		moved, err := j.outcomes.SettleEach(ctx, outcomes)
		if err != nil {
			return err
		}
		for i := range ours { // of the others, another replica was faster
			if moved[i] {
				counts[string(outcomes[i].Move)]++
				j.o.Judged(ours[i], outcomes[i])
			}
		}
		if !slices.Contains(moved, true) {
			return nil
		}
	}
}

// lost is the outcome of a claim whose replica never reported.
func (j *Job) lost(m message.Message, at time.Time) message.Outcome {
	failure := &message.Failure{
		Category: message.LeaseLost, Temporary: true,
		Text: fmt.Sprintf("the process that sent it stopped before it reported; it may have gone out after %s", m.ClaimedAt.UTC().Format(time.RFC3339)),
	}
	o := message.Outcome{
		Site: m.Site, ID: m.ID, Claim: m.Claim, At: at, Move: message.Lapse, NotBefore: at,
		Reason: message.LeaseExpired, Error: failure, Rejected: m.Rejected, Remaining: m.Remaining,
		Attempt: &message.Attempt{Claim: m.Claim, Receipt: message.Receipt{
			StartedAt: m.ClaimedAt, EndedAt: at, Tried: true, Uncertain: true,
			Pending: m.Outstanding(), Failure: failure,
		}},
	}
	if j.asks(m) || j.o.Retry.exhausted(m, message.LeaseLost, at) {
		o.Move, o.NotBefore = message.Lose, time.Time{}
	}
	return o
}

// asks tells whether a person decides what becomes of the message.
func (j *Job) asks(m message.Message) bool {
	route := j.routes(message.Lane{Site: m.Site, Account: m.Account, Priority: m.Priority})
	return len(route) > 0 && route[0].AskAfterLostLease
}
