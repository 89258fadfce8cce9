package notifications

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"notifier/message"
)

// halt is why a trip ends before its mail does, and by which message.
type halt struct {
	pause message.Pause // of another kind than RelayDown: as it will be kept
	why   *message.Failure
}

// end lets the trip end. The first reason holds.
func (f *flush) end(kind message.PauseKind, why *message.Failure, site string, id message.ID) message.Pause {
	before := f.pauses[f.account.Name]
	if f.worked.Load() {
		before = message.Pause{}
	}
	before.Account = f.account.Name
	h := &halt{pause: before.Lengthened(f.now(), kind, *why), why: why}
	h.pause.Site, h.pause.Message = site, id
	if !f.relay.CompareAndSwap(nil, h) {
		return f.relay.Load().pause
	}
	return h.pause
}

// after is when a message may be tried again by which an account failed: a little later than
// the account is asked again, so that another message asks.
func after(p message.Pause) time.Time { return p.Until.Add(time.Second) }

// answers counts the addresses that a replica had answers about within the last minute, by
// account. It is in memory: nothing is written where nothing is refused.
type answers struct {
	mu     sync.Mutex
	recent map[string][]answered
}

type answered struct {
	at time.Time
	n  int
}

// add counts n more, and returns how many there were within the window.
func (a *answers) add(account string, at time.Time, n int) (sum int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.recent == nil {
		a.recent = map[string][]answered{}
	}
	all := a.recent[account]
	if last := len(all) - 1; last >= 0 && at.Sub(all[last].at) < time.Second {
		all[last].n += n
	} else {
		all = append(all, answered{at, n})
	}
	all = slices.DeleteFunc(all, func(one answered) bool { return at.Sub(one.at) >= message.DoubtWindow })
	a.recent[account] = all
	for _, one := range all {
		sum += one.n
	}
	return sum
}

// heard are the refusals in a batch: of recipients that are said not to exist, and of the
// account.
func (f *flush) heard(batch []message.Outcome) (r message.Refusals, found bool) {
	n := 0
	r = message.Refusals{Home: f.o.Home, Account: f.account.Name, Replica: f.o.Replica, At: f.now()}
	for _, o := range batch {
		if o.Attempt == nil {
			continue
		}
		a := o.Attempt
		n += len(a.Accepted) + len(a.Rejected) + len(a.Pending)
		r.Unknown = append(r.Unknown, denials(o, a.Bounces)...)
		if a.AccountFailure != nil && !a.AccountFailure.Quota() {
			r.Blamed = append(r.Blamed, denials(o, a.AccountRefused)...)
		}
	}
	if n > 0 {
		r.Answers = f.answers.add(f.account.Name, r.At, n)
	}
	return r, len(r.Unknown)+len(r.Blamed) > 0
}

func denials(o message.Outcome, addresses []string) []message.Denial {
	all := make([]message.Denial, len(addresses))
	for i, address := range addresses {
		at := strings.LastIndexByte(address, '@')
		all[i] = message.Denial{Site: o.Site, Message: o.ID, Address: address, Domain: strings.ToLower(address[at+1:])}
	}
	return all
}

// doubt looks at what a batch says of the account before it is written: too many recipients
// that do not exist put the brake on, and an account that servers of three domains refuse is
// left alone (RULES 5). It tells whether the batch has recipients that the brake may spare.
func (f *flush) doubt(batch []message.Outcome) (suspect bool) {
	r, found := f.heard(batch)
	if !found {
		return false
	}
	d, err := f.doubts.Doubt(context.WithoutCancel(f.stop), r)
	if err != nil {
		f.log.Warn("refusals cannot be weighed; nobody is suppressed for these", zap.Error(err))
		for i := range batch {
			batch[i].Bounces = nil
		}
		return false
	}
	probing := func(kind message.PauseKind) bool {
		return f.trip.pause != nil && !f.resumed && f.trip.pause.Kind == kind
	}
	if len(r.Blamed) > 0 && (d.Blames() || probing(message.AccountRefused)) {
		for _, o := range batch {
			if o.Attempt != nil && o.Attempt.AccountFailure != nil {
				f.end(message.AccountRefused, o.Attempt.AccountFailure, o.Site, o.ID)
				break
			}
		}
	}
	if len(r.Unknown) > 0 && (d.Brakes() || probing(message.Braked)) {
		f.brake(batch)
		return false
	}
	return len(r.Unknown) > 0
}

// brake spares the recipients of a batch, and those before it, and leaves the account alone.
func (f *flush) brake(batch []message.Outcome) {
	var p message.Pause
	for i, o := range batch {
		if o.Attempt == nil || len(o.Attempt.Bounces) == 0 {
			continue
		}
		p = f.end(message.Braked, o.Attempt.Failure, o.Site, o.ID)
		batch[i] = f.spared(o, p)
	}
	f.spareOthers(p)
}

// spared is the outcome of a message that the brake keeps from the list of suppressions. One
// that has been tried often or long enough is an error all the same.
func (f *flush) spared(o message.Outcome, p message.Pause) message.Outcome {
	o.Bounces = nil
	if o.Spent {
		return o
	}
	o.Rejected = message.Without(o.Rejected, o.Attempt.Bounces)
	o.Remaining = append(slices.Clone(o.Remaining), o.Attempt.Bounces...)
	o.Move, o.Error, o.NotBefore = message.Postpone, o.Attempt.Failure, after(p)
	return o
}

// spareOthers undoes what was written before the brake was on.
func (f *flush) spareOthers(p message.Pause) {
	n, err := f.doubts.Spare(context.WithoutCancel(f.stop), f.o.Home, f.account.Name, f.now(), after(p))
	if err != nil {
		f.log.Error("what was said of recipients within the last minute stays although the brake is on", zap.Error(err))
	}
	f.log.Warn("the brake is on: most recipients at several domains are said not to exist", zap.String("account", f.account.Name), zap.Int("spared", n))
}

// recheck spares a batch that was written while another replica put the brake on.
func (f *flush) recheck() {
	pauses, err := f.infirmary.Pauses(context.WithoutCancel(f.stop), f.o.Home)
	if err != nil {
		f.log.Warn("pauses cannot be read", zap.Error(err))
		return
	}
	for _, p := range pauses {
		if p.Account == f.account.Name && p.Kind == message.Braked && !p.Over(f.now()) && p.Since.After(f.started) {
			why := p.Failure
			f.end(message.Braked, &why, p.Site, p.Message)
			f.spareOthers(p)
		}
	}
}

// exhaust gives up what has waited for the account for longer than a message may: the reply
// by which the account was refused is its error.
func (f *flush) exhaust() error {
	p := f.trip.pause
	if h := f.relay.Load(); h == nil || p == nil || !p.Ends() || !h.pause.Ends() || f.now().Sub(p.Since) <= f.o.Retry.MaxAge {
		return nil
	}
	for _, site := range f.sites {
		for _, lane := range f.lanes[site] {
			if err := f.exhaustLane(lane); err != nil {
				return fmt.Errorf("give up what has waited too long: %w", err)
			}
		}
	}
	return nil
}

func (f *flush) exhaustLane(lane message.Lane) error {
	why := *f.relay.Load().why
	for f.stop.Err() == nil {
		now := f.now()
		claimed, err := f.claims.Claim(context.WithoutCancel(f.stop), lane, f.o.Batch, now, now.Add(f.o.Lease))
		if err != nil || len(claimed) == 0 {
			return err
		}
		young := false
		for _, m := range claimed {
			o := f.handBack(m, after(f.relay.Load().pause))
			if f.o.Retry.tooOld(m, why.Category, now) {
				o.Move, o.NotBefore, o.Error = message.Fail, time.Time{}, &why
			} else {
				young = true
			}
			o.At = now
			f.done <- ended{Outcome: o}
		}
		if young {
			return nil
		}
	}
	return nil
}
