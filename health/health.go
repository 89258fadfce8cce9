// Package health gathers what keeps the service from its work, as named conditions.
//
// It knows none of them by heart: whoever can tell one hands in a check. /readyz, doctor and
// the console ask for all of them, and the log tells each once when it comes and when it goes.
package health

import (
	"context"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"
)

// Condition is one thing that is not as it should be.
type Condition struct {
	// Name is one of Names. The console has a text for each, as health.NAME.
	Name string
	// Subject is what the condition is about: the job, as the console names it; empty if there is
	// only one condition of the name.
	Subject string
	// Value is the number in Says, for the same sentence in other languages.
	Value string
	// For is the length of time in Says, where there is one instead of a number.
	For time.Duration
	// Says is what is wrong and Do what to do about it, each a sentence.
	Says, Do string
	// Site is the only site whose staff may see it; empty: everybody's may.
	Site string
	// Path is the page of the console that says more; empty: the overview.
	Path string
	// Private keeps it from /readyz, which needs no key: it names a site or an account.
	Private bool
	// Blocks makes the service not ready: another replica, or a restart, may do better.
	Blocks bool
}

// The names of all conditions.
const (
	JobStuck     = "job_stuck"     // a job makes no progress
	MailLate     = "mail_late"     // due mail does not leave
	SchemaNewer  = "schema_newer"  // the database was migrated by a newer program
	DatabaseFull = "database_full" // the database's disk, or its limit of connections, is used up
	ClockStepped = "clock_stepped" // the clock was set forward, and nobody vouches for it
	KeyUnfit     = "key_unfit"     // secrets.key does not open what is sealed
	Panicked     = "panicked"      // a part of the program failed, and was ended
	AccountFails = "account_fails" // an account is paused: braked, refused, out of quota, or down for long
	Bounces      = "bounces"       // many addresses were suppressed at once
)

// Names lists all conditions; a test holds the console's texts against it.
var Names = []string{JobStuck, MailLate, SchemaNewer, DatabaseFull, ClockStepped, KeyUnfit, Panicked, AccountFails, Bounces}

// Check finds the conditions of one kind; none if all is well. With an error, as when the
// database does not answer, what was known before still counts.
type Check func(ctx context.Context) ([]Condition, error)

// checkTime bounds one check: whoever asks for conditions waits for it.
const checkTime = 2 * time.Second

// Board asks the checks, each no more often than it was added for. It is safe for
// concurrent use; the zero Board has no checks, and logs nothing before Log.
type Board struct {
	mu     sync.Mutex
	checks []*entry
	told   map[string]Condition
	log    *zap.Logger
}

type entry struct {
	check Check
	every time.Duration

	asking sync.Mutex // held by the one that asks
	mu     sync.Mutex
	asked  time.Time
	found  []Condition
}

// Log is where conditions are told when they come and when they go.
func (b *Board) Log(log *zap.Logger) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.log = log.Named("health")
}

// Add adds a check that is asked at most once in that time; 0 asks it every time.
func (b *Board) Add(every time.Duration, check Check) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.checks = append(b.checks, &entry{check: check, every: every})
}

// Conditions are those that hold now.
func (b *Board) Conditions(ctx context.Context) (all []Condition) {
	b.mu.Lock()
	checks := slices.Clone(b.checks)
	b.mu.Unlock()
	for _, e := range checks {
		all = append(all, e.ask(ctx)...)
	}
	b.tell(all)
	return all
}

// Watch asks for the conditions, so that the log tells them, until ctx ends.
func (b *Board) Watch(ctx context.Context) {
	beat := time.NewTicker(5 * time.Second)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			b.Conditions(ctx)
		}
	}
}

// ask is what the check finds, or found lately. While somebody else asks it, nobody waits.
func (e *entry) ask(ctx context.Context) []Condition {
	if e.asking.TryLock() {
		defer e.asking.Unlock()
		if e.asked.IsZero() || time.Since(e.asked) >= e.every {
			asking, cancel := context.WithTimeout(ctx, checkTime)
			found, err := e.check(asking)
			cancel()
			e.mu.Lock()
			if err == nil {
				e.found, e.asked = found, time.Now()
			}
			e.mu.Unlock()
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.found
}

// tell logs what has come and what has gone since it last was called.
func (b *Board) tell(all []Condition) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.log == nil {
		return
	}
	now := map[string]Condition{}
	for _, c := range all {
		key := c.Name + "\x00" + c.Subject
		if _, known := b.told[key]; !known {
			b.log.Error("something keeps the service from its work", zap.String("condition", c.Name), zap.String("subject", c.Subject), zap.String("says", c.Says), zap.String("do", c.Do))
		}
		now[key] = c
	}
	for key, c := range b.told {
		if _, still := now[key]; !still {
			b.log.Info("a condition is over", zap.String("condition", c.Name), zap.String("subject", c.Subject))
		}
	}
	b.told = now
}
