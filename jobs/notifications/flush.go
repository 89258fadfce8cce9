package notifications

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"notifier/message"
	"notifier/rescue"
)

// Contents are what a message is sent with.
type Contents interface {
	// Attach gives a message the content of its attachments.
	Attach(ctx context.Context, m message.Message) (message.Message, error)
}

// Outcomes write down what became of claimed messages.
type Outcomes interface {
	Settle(ctx context.Context, outcomes []message.Outcome) (int, error)
	// SettleEach is Settle, and tells of each outcome whether its message moved.
	SettleEach(ctx context.Context, outcomes []message.Outcome) ([]bool, error)
}

// flush is one trip of one account.
type flush struct {
	*round
	*trip
	carrying context.Context // ends a grace after stop
	work     chan message.Message
	done     chan ended
	places   chan struct{}          // one for each message under way whose outcome is not written
	flight   sync.WaitGroup         // what was given to the workers
	relay    atomic.Pointer[halt]   // why the account cannot be used any more
	worked   atomic.Bool            // it took a mail
	over     map[message.Budget]int // what a budget has refused so far
	next     time.Time              // when the first of that can leave
	spent    sync.Map               // claim → message.Message, what budgets were charged for
	resumed  bool
	leases   []*lease // of all that was claimed
}

func (f *flush) run() (map[string]int, error) {
	f.work = make(chan message.Message, f.o.Batch)
	f.done = make(chan ended, f.o.Workers)
	f.places = make(chan struct{}, f.o.Workers)
	f.over = map[message.Budget]int{}
	var end context.CancelFunc
	f.carrying, end = context.WithCancel(context.WithoutCancel(f.stop))
	defer end()

	var background, workers sync.WaitGroup
	var claiming error
	var counts map[string]int
	settled := make(chan struct{})
	claimed := make(chan struct{})
	rescue.Go(f.log, "claiming", func() {
		defer close(claimed)
		claiming = rescue.Try(f.log, "claiming", f.claimAll)
	})
	rescue.In(&background, f.log, "the end of a flush", func() { f.limitGrace(settled, end) })
	rescue.In(&background, f.log, "recording", func() {
		defer close(settled)
		counts = f.record()
	})
	for range min(f.o.Workers, writers) {
		rescue.In(&workers, f.log, "carrying", f.carry)
	}
	<-claimed // it, too, writes outcomes
	workers.Wait()
	f.flight.Wait()
	close(f.done)
	background.Wait()
	f.held.drop(f.leases)
	if !f.next.IsZero() {
		f.o.Again(f.next)
	}
	return counts, claiming
}

func (f *flush) claimAll() error {
	if err := f.claim(); err != nil {
		return err
	}
	f.flight.Wait()
	return f.exhaust()
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
// whole backlog, until there are none, the relay fails or the run is told to stop. An
// account that has failed is tried with one message, then with two, with four …
func (f *flush) claim() error {
	defer close(f.work)
	n := f.o.Batch
	if f.trip.pause != nil {
		n = 1
		f.sites = f.lastOfAll(f.trip.pause.Site)
	}
	for found := true; found; {
		found = false
		for _, site := range f.sites {
			if f.stop.Err() != nil || f.relay.Load() != nil {
				return nil
			}
			took, err := f.claimSite(site, n)
			if err != nil {
				return err
			}
			found = found || took > 0
			if n < f.o.Batch && took > 0 {
				f.flight.Wait()
				if f.relay.Load() == nil {
					f.resume()
					n = min(2*n, f.o.Batch)
				}
			}
		}
	}
	return nil
}

// hold notes what was claimed.
func (f *flush) hold(claimed []message.Message, at, until time.Time) {
	if len(claimed) > 0 {
		f.leases = append(f.leases, f.held.add(f.carrying, claimed, at, until, f.margin()))
	}
}

// claimSite takes a batch of one site, the most urgent lanes first.
func (f *flush) claimSite(site string, n int) (took int, err error) {
	if n == 1 && f.trip.pause != nil && !f.resumed {
		return f.claimProbe(site)
	}
	for _, lane := range inOrder(f.lanes[site]) {
		if took == n {
			break
		}
		now := f.now()
		leaseUntil := now.Add(f.o.Lease)
		claimed, err := f.claims.Claim(context.WithoutCancel(f.stop), lane, n-took, now, leaseUntil)
		if err != nil {
			return took, err
		}
		took += len(claimed)
		f.hold(claimed, now, leaseUntil)
		for _, m := range f.afford(f.wanted(claimed)) {
			f.flight.Add(1)
			f.work <- m
		}
	}
	return took, nil
}

// claimProbe takes one message of a site to ask a paused account with: not the one by which
// it failed, where there is another.
func (f *flush) claimProbe(site string) (took int, err error) {
	var probe, culprit []message.Message
	now := f.now()
	for _, lane := range inOrder(f.lanes[site]) {
		for len(probe) == 0 {
			claimed, err := f.claims.Claim(context.WithoutCancel(f.stop), lane, 1, now, now.Add(f.o.Lease))
			if err != nil {
				return 0, err
			}
			if len(claimed) == 0 {
				break
			}
			if claimed[0].ID == f.trip.pause.Message {
				culprit = claimed
			} else {
				probe = claimed
			}
		}
	}
	switch {
	case len(probe) == 0:
		probe = culprit
	case len(culprit) > 0:
		f.done <- ended{Outcome: f.handBack(culprit[0], now)}
	}
	f.hold(probe, now, now.Add(f.o.Lease))
	for _, m := range f.afford(f.wanted(probe)) {
		f.flight.Add(1)
		f.work <- m
	}
	return len(probe), nil
}

// lastOfAll are the sites with that one at the end.
func (f *flush) lastOfAll(site string) []string {
	sites := slices.DeleteFunc(slices.Clone(f.sites), func(s string) bool { return s == site })
	if len(sites) < len(f.sites) {
		sites = append(sites, site)
	}
	return sites
}

// resume notes that an account works again that had been paused.
func (f *flush) resume() {
	if f.resumed || f.trip.pause == nil {
		return
	}
	f.resumed = true
	f.log.Info("the account works again", zap.String("account", f.account.Name))
	if err := f.infirmary.Resume(context.WithoutCancel(f.stop), f.o.Home, f.account.Name); err != nil {
		f.log.Warn("the account stays paused", zap.String("account", f.account.Name), zap.Error(err))
	}
}

// ended is an outcome that is to be written; carried, if it was given to the workers.
type ended struct {
	message.Outcome
	carried bool
}

// writers is how many mails are written out at once.
const writers = 8

// carry is one worker: it hands messages over until there are no more. None is begun while
// there are too many whose outcomes are not written yet: no more are forgotten by a crash.
func (f *flush) carry() {
	for m := range f.work {
		f.places <- struct{}{}
		f.contain(m, func(o message.Outcome) { f.done <- ended{o, true} })
	}
}

// contain delivers a message. A panic on the way is the end of that message alone: it is in
// error, and its neighbours leave.
func (f *flush) contain(m message.Message, done func(message.Outcome)) {
	var told atomic.Bool
	once := func(o message.Outcome) {
		if !told.Swap(true) {
			done(o)
		}
	}
	defer func() {
		if p := recover(); p != nil {
			_ = rescue.Report(f.log, "a message", p, zap.String("id", string(m.ID)), zap.String("site", m.Site))
			once(f.broken(m))
		}
	}()
	f.deliver(m, once)
}

// broken is the outcome of a message that this program cannot write or carry.
func (f *flush) broken(m message.Message) message.Outcome {
	now := f.now()
	failure := &message.Failure{Category: message.Unknown, Text: "the program failed while it wrote this mail; the log says where. Nothing was handed over knowingly"}
	return message.Outcome{
		Site: m.Site, ID: m.ID, Claim: m.Claim, Move: message.Fail, At: now, Rejected: m.Rejected, Remaining: m.Remaining, Error: failure,
		Attempt: &message.Attempt{Claim: m.Claim, Replica: f.o.Replica, Receipt: message.Receipt{
			StartedAt: now, EndedAt: now, Account: f.account.Name, Tried: true, Uncertain: true, Failure: failure,
		}},
	}
}

// deliver hands the message over and tells done what came of it.
func (f *flush) deliver(m message.Message, done func(message.Outcome)) {
	now := f.now()
	o := message.Outcome{Site: m.Site, ID: m.ID, Claim: m.Claim, At: now, Rejected: m.Rejected, Remaining: m.Remaining}
	ctx := f.held.during(m, now, f.margin())
	switch {
	case f.stop.Err() != nil || f.relay.Load() != nil || ctx == nil:
		done(f.handBack(m, now))
		return
	case !m.ExpiresAt.IsZero() && !m.ExpiresAt.After(now):
		o.Move, o.Reason = message.Expire, message.Late
		done(o)
		return
	case len(m.Outstanding()) == 0:
		o.Move, o.Reason = message.Skip, message.NoAddress
		done(o)
		return
	}
	m, free, err := f.attach(ctx, m)
	if err != nil {
		free()
		f.log.Warn("attachments cannot be read; the message waits", zap.String("id", string(m.ID)), zap.Error(err))
		done(f.handBack(m, now))
		return
	}
	written := false
	defer func() {
		if !written {
			free()
		}
	}()
	mail := f.writer.Write(m)
	written = true
	f.account.Courier.Carry(ctx, mail, func(receipt message.Receipt) {
		free()
		if !receipt.Tried && receipt.Failure != nil && ctx.Err() == nil {
			f.end(message.RelayDown, receipt.Failure, m.Site, m.ID)
		}
		done(f.outcome(m, receipt))
	})
}

// outcome is what a receipt means for its message.
func (f *flush) outcome(m message.Message, receipt message.Receipt) message.Outcome {
	receipt.Account = cmp.Or(receipt.Account, f.account.Name)
	if len(receipt.Accepted) > 0 {
		f.worked.Store(true)
	}
	o := f.o.Retry.judge(m, receipt, f.now())
	if quota := receipt.AccountFailure; quota != nil && quota.Quota() {
		p := f.end(message.QuotaUsedUp, quota, m.Site, m.ID)
		if o.Move == message.Limit {
			o.NotBefore = after(p)
			receipt.Tried = len(receipt.Accepted)+len(receipt.Rejected) > 0
		}
		o.Attempt = &message.Attempt{Claim: m.Claim, Replica: f.o.Replica, Receipt: receipt}
	}
	if receipt.Tried {
		if !f.o.KeepBounced {
			o.Bounces = receipt.Bounces
		}
		o.Attempt = &message.Attempt{Claim: m.Claim, Replica: f.o.Replica, Receipt: receipt}
	}
	f.o.Judged(m, o)
	return o
}

// attach gives the message the content of its attachments, if it has some. Few are in
// memory at once; free makes room for another.
func (f *flush) attach(ctx context.Context, m message.Message) (_ message.Message, free func(), err error) {
	if len(m.Attachments) == 0 {
		return m, func() {}, nil
	}
	select {
	case f.heavy <- struct{}{}:
	case <-ctx.Done():
		return m, func() {}, ctx.Err()
	}
	attached, err := f.contents.Attach(ctx, m)
	if err != nil {
		attached = m
	}
	return attached, func() { <-f.heavy }, err
}

// record writes outcomes: as many at once as came in while the last write ran.
func (f *flush) record() map[string]int {
	counts := map[string]int{}
	for first := range f.done {
		batch, carried := f.collect(first)
		// After a panic their leases lapse, and the messages are tried again.
		_ = rescue.Try(f.log, "recording", func() error { f.write(batch, counts); return nil })
		f.held.remove(batch)
		_ = rescue.Try(f.log, "giving back budgets", func() error { f.refund(batch); return nil })
		for range carried {
			<-f.places
			f.flight.Done()
		}
	}
	return counts
}

func (f *flush) write(batch []message.Outcome, counts map[string]int) {
	suspect := f.doubt(batch)
	if err := f.settle(batch); err != nil {
		f.log.Error("outcomes could not be written; the messages will be tried again", zap.Int("messages", len(batch)), zap.Error(err))
	} else {
		for _, o := range batch {
			counts[string(o.Move)]++
			if line := f.log.Check(zap.DebugLevel, "message moved"); line != nil {
				line.Write(zap.String("id", string(o.ID)), zap.String("move", string(o.Move)))
			}
		}
	}
	if suspect {
		f.recheck()
	}
}

// collect is the outcome with those that are there already, and how many of them were
// carried.
func (f *flush) collect(first ended) (batch []message.Outcome, carried int) {
	add := func(e ended) {
		batch = append(batch, e.Outcome)
		if e.carried {
			carried++
		}
	}
	batch = make([]message.Outcome, 0, min(f.o.Batch, 1+len(f.done)))
	add(first)
	for len(batch) < f.o.Batch {
		select {
		case more, open := <-f.done:
			if !open {
				return batch, carried
			}
			add(more)
		default:
			return batch, carried
		}
	}
	return batch, carried
}

// settle writes outcomes. What the relay said is worth more than a quick end: while the
// database does not answer it is kept, also when the leases are over, for as long as the
// run may last. Any other error is put up with for the length of a lease.
func (f *flush) settle(batch []message.Outcome) error {
	patience := f.now().Add(f.o.Lease)
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		_, err := f.outcomes.Settle(context.WithoutCancel(f.stop), batch)
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
