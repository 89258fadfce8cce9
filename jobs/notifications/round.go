package notifications

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"notifier/message"
	"notifier/rescue"
)

// round is one run of the job: a trip of each account that has something to carry and,
// where an account fails, another by the next one.
type round struct {
	*Job
	stop    context.Context // no more claims when done
	at      time.Time
	started time.Time
	pauses  map[string]message.Pause

	mu     sync.Mutex
	counts map[string]int
	failed map[string]error // why an account cannot be used any more
	errs   []error
}

// now is the time of the run: what it was told, and what has passed since.
func (r *round) now() time.Time { return r.at.Add(time.Since(r.started)) }

func (r *round) run(lanes []message.Lane) error {
	over := make(chan struct{})
	var background sync.WaitGroup
	rescue.In(&background, r.log, "keeping leases", func() { r.keepLeases(over) })
	defer background.Wait()
	defer close(over)
	for {
		trips, waits := r.trips(lanes)
		if len(trips) == 0 {
			return errors.Join(append(r.errs, waits)...)
		}
		lanes = r.travel(trips)
		if waits != nil {
			r.errs = append(r.errs, waits)
		}
		if len(lanes) == 0 {
			return errors.Join(r.errs...)
		}
	}
}

// travel makes the trips side by side, so that a slow account holds up no other, and
// returns the lanes of those that failed.
func (r *round) travel(trips []*trip) (left []message.Lane) {
	var all sync.WaitGroup
	for _, t := range trips {
		rescue.In(&all, r.log, "a flush", func() { r.make(t) }, func(err error) { r.broke(t.account.Name, err) })
	}
	all.Wait()
	for _, t := range trips {
		if r.failed[t.account.Name] != nil && r.stop.Err() == nil {
			for _, site := range t.sites {
				left = append(left, t.lanes[site]...)
			}
		}
	}
	return left
}

// make carries what one account is to carry.
func (r *round) make(t *trip) {
	name := t.account.Name
	// A run that was abandoned may still wait for a server that says nothing: no more than
	// that one trip is under way for its account, and the others have theirs. Whoever comes
	// meanwhile is served by it, or by the run that is begun at its end.
	missed := new(atomic.Bool)
	if other, busy := r.afield.LoadOrStore(name, missed); busy {
		other.(*atomic.Bool).Store(true)
		return
	}
	defer func() {
		r.afield.Delete(name)
		if missed.Load() {
			r.o.Again(r.now())
		}
	}()
	if t.pause != nil {
		mine, err := r.infirmary.Probe(r.stop, r.o.Home, *t.pause, r.now().Add(r.o.Lease))
		if err != nil || !mine {
			r.fail(name, errors.Join(err, fmt.Errorf("mail waits: the account %s is being tried: %w", name, &t.pause.Failure)))
			return
		}
	}
	if err := t.account.Courier.Ready(r.stop); err != nil {
		r.fail(name, fmt.Errorf("mail waits: %w", err))
		if why, ok := errors.AsType[*message.Failure](err); ok && r.stop.Err() == nil {
			r.pause(r.pauses[name], name, *why)
		}
		return
	}
	f := &flush{round: r, trip: t}
	counts, err := f.run()
	r.mu.Lock()
	for move, n := range counts {
		r.counts[move] += n
	}
	if err != nil {
		r.errs = append(r.errs, err)
	}
	r.mu.Unlock()
	if h := f.relay.Load(); h != nil {
		r.fail(name, fmt.Errorf("the relay failed during the flush: %w", h.why))
		if h.pause.Kind != message.RelayDown {
			r.keepPause(h.pause)
			return
		}
		before := r.pauses[name]
		if counts[string(message.Accept)] > 0 { // it worked meanwhile
			before = message.Pause{}
		}
		r.pause(before, name, *h.why)
	} else if t.pause != nil {
		f.resume()
	}
}

// broke ends what the run has to do for an account.
func (r *round) broke(account string, why error) {
	r.fail(account, why)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, why)
}

func (r *round) fail(account string, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed[account] = why
}

// pause leaves the account alone, on all replicas.
func (r *round) pause(before message.Pause, account string, why message.Failure) {
	before.Account = account
	r.keepPause(before.Lengthened(r.now(), message.RelayDown, why))
}

func (r *round) keepPause(after message.Pause) {
	why := after.Failure
	r.log.Warn("the account is paused", zap.String("account", after.Account), zap.String("kind", string(after.Kind)), zap.Time("until", after.Until), zap.Int("failures", after.Failures),
		zap.String("category", string(why.Category)), zap.String("code", why.Code), zap.String("text", why.Text))
	if err := r.infirmary.Pause(context.WithoutCancel(r.stop), r.o.Home, after); err != nil {
		r.mu.Lock()
		r.errs = append(r.errs, err)
		r.mu.Unlock()
	}
}

// choose finds the account that carries a lane now; the error says why there is none.
func (r *round) choose(l message.Lane) (*Account, *message.Pause, error) {
	why := fmt.Errorf("mail waits: there is no account %q in config.yaml. Add it under accounts", l.Account)
	for i, a := range r.routes(l) {
		p, paused := r.pauses[a.Name]
		switch {
		case r.failed[a.Name] != nil:
			if i == 0 {
				why = r.failed[a.Name]
			}
		case paused && !p.Over(r.now()):
			if i == 0 {
				why = fmt.Errorf("mail waits until %s: %w", p.Until.UTC().Format(time.TimeOnly+"Z"), &p.Failure)
			}
		case paused:
			return a, &p, nil
		default:
			return a, nil, nil
		}
	}
	return nil, nil, why
}

// keepLeases renews what is held, so that a lease ends only when its replica does. One
// that is over, as when the process was stopped meanwhile, may be another's by now: it
// stays so.
func (r *round) keepLeases(over <-chan struct{}) {
	beat := time.NewTicker(r.o.Lease / 3)
	defer beat.Stop()
	for {
		select {
		case <-over:
			return
		case <-beat.C:
		}
		if err := rescue.Try(r.log, "keeping leases", r.extend); err != nil {
			r.log.Warn("leases could not be extended", zap.Error(err))
		}
	}
}

func (r *round) extend() error {
	leaseUntil := r.now().Add(r.o.Lease)
	current := r.held.current(r.now())
	if len(current) == 0 {
		return nil
	}
	if err := r.claims.Extend(context.WithoutCancel(r.stop), current, leaseUntil); err != nil {
		return fmt.Errorf("%d messages: %w", len(current), err)
	}
	r.held.extend(current, r.now(), leaseUntil, r.margin())
	return nil
}

// margin is how long before the end of its lease a conversation is broken off.
func (r *round) margin() time.Duration { return r.o.Lease / 8 }

// inOrder are the lanes of a site with the most urgent first.
func inOrder(lanes []message.Lane) []message.Lane {
	return slices.SortedStableFunc(slices.Values(lanes), func(a, b message.Lane) int { return a.Priority.Rank() - b.Priority.Rank() })
}
