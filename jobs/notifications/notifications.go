// Package notifications flushes the outgoing queue.
//
// It knows neither where the queue is kept nor how a message is carried. Any number of
// replicas may run it at once, and any of them may die: what it holds is leased.
package notifications

import (
	"context"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"notifier/message"
)

// Claims are where messages wait to be claimed, and until when a claim holds.
type Claims interface {
	// DueLanes lists in which lanes of all sites a message is due, Lanes what waits on one site.
	DueLanes(ctx context.Context, at time.Time) ([]message.Lane, error)
	Lanes(ctx context.Context, site string) ([]message.Lane, error)
	Claim(ctx context.Context, lane message.Lane, n int, at, leaseUntil time.Time) ([]message.Message, error)
	Extend(ctx context.Context, held []message.Message, leaseUntil time.Time) error
}

// queue is all that one value keeps of what goes out.
type queue interface {
	Claims
	Outcomes
	Lapses
	Contents
	Suppressions
	Budgets
	Infirmary
	Doubts
}

// Infirmary knows which accounts do not work, for all replicas together.
type Infirmary interface {
	Pauses(ctx context.Context, site string) ([]message.Pause, error)
	Pause(ctx context.Context, site string, p message.Pause) error
	// Probe takes the right to ask a paused account again; false if another has it.
	Probe(ctx context.Context, site string, p message.Pause, until time.Time) (bool, error)
	Resume(ctx context.Context, site, account string) error
}

// Doubts knows what servers refuse within a minute, for all replicas together.
type Doubts interface {
	// Doubt notes refusals and returns what all replicas have heard of the account.
	Doubt(ctx context.Context, r message.Refusals) (message.Doubt, error)
	// Spare lifts the suppressions of the last minute that the account led to, and makes their
	// messages pending again until due.
	Spare(ctx context.Context, home, account string, at, due time.Time) (int, error)
}

// Courier carries a message to a relay.
type Courier interface {
	// Ready tells why nothing can be carried now, before any message is touched.
	Ready(ctx context.Context) error
	// Carry hands a message over and tells done what became of it: once, from any goroutine,
	// perhaps before it returns.
	Carry(ctx context.Context, m message.Message, done func(message.Receipt))
}

// Writer writes out the mail of a message that is kept as facts.
type Writer interface {
	Write(m message.Message) message.Message
}

// Options tune the job. The zero value of each field means its default.
type Options struct {
	Batch   int           // messages per claim; 500
	Workers int           // messages under way, until their outcome is written; 64
	Lease   time.Duration // how long a claim holds without a sign of life; 1m
	// Grace is how long messages in flight may take after the run was told to stop; 30s.
	Grace   time.Duration
	Retry   Retry
	Replica string // the name of this process, for the log of attempts
	Site    string // the only site to look after; empty: all
	// Home is the site that the accounts belong to; "default" if empty.
	Home string
	// Limits are budgets beside those of the accounts: of each site, sender, and domain
	// that is written to.
	Limits Limits
	// LimitsNow are read for each message instead of Limits, if they may change.
	LimitsNow func() Limits
	// KeepBounced goes on writing to addresses of which a server said that they do not exist.
	KeepBounced bool
	// Again is told when messages that a budget held back can leave; nil if nobody wants
	// to know.
	Again func(at time.Time)
	// Judged is told what each claim came to that a courier was asked for, or that was lost;
	// nil if nobody counts. It must not wait.
	Judged func(m message.Message, o message.Outcome)
}

// Limits bound what leaves in a period, whichever account carries it.
type Limits struct {
	Site   message.Limits `yaml:"site"`
	Sender message.Limits `yaml:"sender"`
	Domain message.Limits `yaml:"domain"`
}

// Job flushes the queue.
type Job struct {
	claims       Claims
	outcomes     Outcomes
	lapses       Lapses
	contents     Contents
	suppressions Suppressions
	budgets      Budgets
	infirmary    Infirmary
	doubts       Doubts
	routes       Routes
	writer       Writer
	o            Options
	log          *zap.Logger
	held         held
	afield       sync.Map // account → whether another run came for it while its trip is under way
	answers      answers
	heavy        chan struct{} // one for each message in flight that has attachments
}

// maxHeavy bounds what attachments take of the memory.
const maxHeavy = 4

// New makes the job.
func New(kept queue, routes Routes, writer Writer, o Options, log *zap.Logger) *Job {
	o.Batch = orDefault(o.Batch, 500)
	o.Workers = orDefault(o.Workers, 64)
	o.Lease = orDefault(o.Lease, time.Minute)
	o.Grace = orDefault(o.Grace, 30*time.Second)
	o.Home = orDefault(o.Home, "default")
	o.Retry = o.Retry.withDefaults()
	if o.LimitsNow == nil {
		fixed := o.Limits
		o.LimitsNow = func() Limits { return fixed }
	}
	if o.Again == nil {
		o.Again = func(time.Time) {}
	}
	if o.Judged == nil {
		o.Judged = func(message.Message, message.Outcome) {}
	}
	return &Job{
		claims: kept, outcomes: kept, lapses: kept, contents: kept, suppressions: kept, budgets: kept, infirmary: kept, doubts: kept,
		routes: routes, writer: writer, o: o, log: log.Named("notifications"), heavy: make(chan struct{}, maxHeavy),
	}
}

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Run sends what is due and returns what became of it, counted by move. When ctx ends it
// claims no more, finishes what is in flight and hands back the rest.
//
// An account that is down costs no message an attempt: it is left alone for a while that
// grows, by all replicas, and its messages go to the next account of their route. Run
// fails if some of them have none.
func (j *Job) Run(ctx context.Context, at time.Time) (map[string]int, error) {
	lanes, err := j.due(ctx, at)
	if err != nil || len(lanes) == 0 {
		return nil, err
	}
	pauses, err := j.infirmary.Pauses(ctx, j.o.Home)
	if err != nil {
		return nil, err
	}
	r := &round{Job: j, stop: ctx, at: at, started: time.Now(), counts: map[string]int{}, pauses: map[string]message.Pause{}, failed: map[string]error{}}
	for _, p := range pauses {
		r.pauses[p.Account] = p
	}
	err = r.run(lanes)
	if len(r.counts) == 0 {
		return nil, err
	}
	return r.counts, err
}

// due lists the lanes in which something is due.
func (j *Job) due(ctx context.Context, at time.Time) ([]message.Lane, error) {
	if j.o.Site == "" {
		return j.claims.DueLanes(ctx, at)
	}
	lanes, err := j.claims.Lanes(ctx, j.o.Site)
	return slices.DeleteFunc(lanes, func(l message.Lane) bool { return l.DueAt.After(at) }), err
}
