package notifications

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"notifier/message"
)

// flush is one run of the job.
type flush struct {
	*Job
	stop     context.Context // no more claims when done
	carrying context.Context // ends a grace after stop
	at       time.Time
	started  time.Time
	work     chan message.Message
	done     chan message.Outcome
	relay    atomic.Pointer[message.Failure] // why the relay cannot be used any more
}

// now is the time of the run: what it was told, and what has passed since.
func (f *flush) now() time.Time { return f.at.Add(time.Since(f.started)) }

// margin is how long before the end of its lease a conversation is broken off.
func (f *flush) margin() time.Duration { return f.o.Lease / 8 }

func (f *flush) run(sites []string) (map[string]int, error) {
	f.work = make(chan message.Message, f.o.Batch)
	f.done = make(chan message.Outcome)
	var end context.CancelFunc
	f.carrying, end = context.WithCancel(context.WithoutCancel(f.stop))
	defer end()

	var background, workers sync.WaitGroup
	var claiming error
	var counts map[string]int
	settled := make(chan struct{})
	background.Go(func() { claiming = f.claim(sites) })
	background.Go(func() { f.keepLeases(settled) })
	background.Go(func() { f.limitGrace(settled, end) })
	background.Go(func() {
		defer close(settled)
		counts = f.record()
	})
	for range f.o.Workers {
		workers.Go(f.carry)
	}
	workers.Wait()
	close(f.done)
	background.Wait()
	return counts, claiming
}

// limitGrace ends all conversations a grace after the run was told to stop.
func (f *flush) limitGrace(settled <-chan struct{}, end context.CancelFunc) {
	select {
	case <-settled:
		return
	case <-f.stop.Done():
	}
	grace := time.NewTimer(f.o.Grace)
	defer grace.Stop()
	select {
	case <-settled:
	case <-grace.C:
		end()
	}
}

// claim takes due messages of all sites in turn, so that no site waits for another's
// whole backlog, until there are none, the relay fails or the run is told to stop.
func (f *flush) claim(sites []string) error {
	defer close(f.work)
	for found := true; found; {
		found = false
		for _, site := range sites {
			if f.stop.Err() != nil || f.relay.Load() != nil {
				return nil
			}
			now := f.now()
			leaseUntil := now.Add(f.o.Lease)
			claimed, err := f.queue.Claim(context.WithoutCancel(f.stop), site, f.o.Batch, now, leaseUntil)
			if err != nil {
				return err
			}
			f.held.add(claimed, leaseUntil)
			for _, m := range claimed {
				found = true
				f.work <- m
			}
		}
	}
	return nil
}

// carry is one worker: it delivers messages until there are no more.
func (f *flush) carry() {
	for m := range f.work {
		f.done <- f.deliver(m)
	}
}

func (f *flush) deliver(m message.Message) message.Outcome {
	now := f.now()
	o := message.Outcome{Site: m.Site, ID: m.ID, Claim: m.Claim, At: now, Rejected: m.Rejected, Remaining: m.Remaining}
	ctx, cancel := context.WithCancel(f.carrying)
	defer cancel()
	switch {
	case f.stop.Err() != nil || f.relay.Load() != nil || !f.held.guard(m, now, f.margin(), cancel):
		o.Move, o.NotBefore, o.Error = message.HandBack, now, m.Error
		return o
	case !m.ExpiresAt.IsZero() && !m.ExpiresAt.After(now):
		o.Move, o.Reason = message.Expire, message.Late
		return o
	case len(m.Outstanding()) == 0:
		o.Move, o.Reason = message.Skip, message.NoAddress
		return o
	}
	receipt := f.courier.Deliver(ctx, f.writer.Write(m))
	if !receipt.Tried && receipt.Failure != nil && ctx.Err() == nil {
		f.relay.CompareAndSwap(nil, receipt.Failure)
	}
	o = f.o.Retry.judge(m, receipt, f.now())
	if receipt.Tried {
		o.Attempt = &message.Attempt{Claim: m.Claim, Replica: f.o.Replica, Receipt: receipt}
	}
	return o
}

// record writes outcomes: as many at once as came in while the last write ran.
func (f *flush) record() map[string]int {
	counts := map[string]int{}
	for o := range f.done {
		batch := f.collect(o)
		if err := f.settle(batch); err != nil {
			f.log.Error("outcomes could not be written; the messages will be tried again", zap.Int("messages", len(batch)), zap.Error(err))
		} else {
			for _, o := range batch {
				counts[string(o.Move)]++
				f.log.Debug("message moved", zap.String("id", string(o.ID)), zap.String("move", string(o.Move)))
			}
		}
		f.held.remove(batch)
	}
	return counts
}

// collect is the outcome with those that are there already.
func (f *flush) collect(o message.Outcome) []message.Outcome {
	batch := []message.Outcome{o}
	for len(batch) < f.o.Batch {
		select {
		case more, open := <-f.done:
			if !open {
				return batch
			}
			batch = append(batch, more)
		default:
			return batch
		}
	}
	return batch
}

// settle writes outcomes. What the relay said is worth more than a quick end: while the
// database does not answer it is kept, also when the leases are over, for as long as the
// run may last. Any other error is put up with for the length of a lease.
func (f *flush) settle(batch []message.Outcome) error {
	patience := f.now().Add(f.o.Lease)
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		_, err := f.queue.Settle(context.WithoutCancel(f.stop), batch)
		if err == nil {
			return nil
		}
		f.log.Warn("outcomes cannot be written yet", zap.Int("messages", len(batch)), zap.Error(err))
		waits := errors.Is(err, message.ErrUnavailable) && f.carrying.Err() == nil
		if !waits && f.now().Add(wait).After(patience) {
			return err
		}
		time.Sleep(wait)
	}
}

// keepLeases renews what is held, so that a lease ends only when its replica does. One
// that is over, as when the process was stopped meanwhile, may be another's by now: it
// stays so.
func (f *flush) keepLeases(settled <-chan struct{}) {
	beat := time.NewTicker(f.o.Lease / 3)
	defer beat.Stop()
	for {
		select {
		case <-settled:
			return
		case <-beat.C:
		}
		leaseUntil := f.now().Add(f.o.Lease)
		current := f.held.current(f.now())
		if len(current) == 0 {
			continue
		}
		if err := f.queue.Extend(context.WithoutCancel(f.stop), current, leaseUntil); err != nil {
			f.log.Warn("leases could not be extended", zap.Int("messages", len(current)), zap.Error(err))
			continue
		}
		f.held.extend(current, f.now(), leaseUntil, f.margin())
	}
}
