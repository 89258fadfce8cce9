// Package notifications flushes the outgoing queue.
//
// It knows neither where the queue is kept nor how a message is carried. Any number of
// replicas may run it at once, and any of them may die: what it holds is leased.
package notifications

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"notifier/message"
)

// Queue is what the job needs of the store.
type Queue interface {
	Sites(ctx context.Context) ([]string, error)
	NextDue(ctx context.Context, site string) (time.Time, error)
	Claim(ctx context.Context, site string, n int, at, leaseUntil time.Time) ([]message.Message, error)
	Extend(ctx context.Context, held []message.Message, leaseUntil time.Time) error
	Settle(ctx context.Context, outcomes []message.Outcome) (int, error)
	Lapsed(ctx context.Context, site string, n int, at time.Time) ([]message.Message, error)
	Expire(ctx context.Context, site string, n int, at time.Time) (int, error)
}

// Courier carries a message to a relay.
type Courier interface {
	// Ready tells why nothing can be carried now, before any message is touched.
	Ready(ctx context.Context) error
	Deliver(ctx context.Context, m message.Message) message.Receipt
}

// Writer writes out the mail of a message that is kept as facts.
type Writer interface {
	Write(m message.Message) message.Message
}

// Options tune the job. The zero value of each field means its default.
type Options struct {
	Batch   int           // messages per claim; 500
	Workers int           // messages in flight; 32
	Lease   time.Duration // how long a claim holds without a sign of life; 1m
	// Grace is how long messages in flight may take after the run was told to stop; 30s.
	Grace   time.Duration
	Retry   Retry
	Replica string // the name of this process, for the log of attempts
	Site    string // the only site to look after; empty: all
	// AskAfterLostLease leaves a message whose replica died while sending to a person,
	// instead of sending it again at the risk of a second copy.
	AskAfterLostLease bool
}

// Job flushes the queue.
type Job struct {
	queue   Queue
	courier Courier
	writer  Writer
	o       Options
	log     *zap.Logger
	pause   pause
}

// New makes the job.
func New(queue Queue, courier Courier, writer Writer, o Options, log *zap.Logger) *Job {
	o.Batch = orDefault(o.Batch, 500)
	o.Workers = orDefault(o.Workers, 32)
	o.Lease = orDefault(o.Lease, time.Minute)
	o.Grace = orDefault(o.Grace, 30*time.Second)
	o.Retry = o.Retry.withDefaults()
	return &Job{queue: queue, courier: courier, writer: writer, o: o, log: log.Named("notifications")}
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
// If the relay is down no message is touched, and Run asks it again only after a delay
// that grows.
func (j *Job) Run(ctx context.Context, at time.Time) (map[string]int, error) {
	sites, err := j.sites(ctx)
	if err != nil {
		return nil, err
	}
	waiting, err := j.waiting(ctx, sites, at)
	if err != nil || len(waiting) == 0 {
		return nil, err
	}
	if err := j.pause.ended(at); err != nil {
		return nil, err
	}
	if err := j.courier.Ready(ctx); err != nil {
		j.pause.lengthen(at, err)
		return nil, fmt.Errorf("mail waits: %w", err)
	}
	j.pause.reset()
	f := newFlush(ctx, j, at)
	return f.run(waiting)
}

func (j *Job) sites(ctx context.Context) ([]string, error) {
	if j.o.Site != "" {
		return []string{j.o.Site}, nil
	}
	return j.queue.Sites(ctx)
}

// waiting lists the sites that have something due.
func (j *Job) waiting(ctx context.Context, sites []string, at time.Time) ([]string, error) {
	var waiting []string
	for _, site := range sites {
		due, err := j.queue.NextDue(ctx, site)
		if err != nil {
			return nil, err
		}
		if !due.IsZero() && !due.After(at) {
			waiting = append(waiting, site)
		}
	}
	return waiting, nil
}

// flush is one run of the job.
type flush struct {
	*Job
	stop     context.Context // no more claims when done
	carrying context.Context // ends a grace after stop
	end      context.CancelFunc
	at       time.Time
	started  time.Time
	work     chan message.Message
	done     chan message.Outcome
	held     held
	relay    atomic.Pointer[message.Failure] // why the relay cannot be used any more
}

func newFlush(ctx context.Context, j *Job, at time.Time) *flush {
	f := &flush{
		Job: j, stop: ctx, at: at, started: time.Now(),
		work: make(chan message.Message, j.o.Batch),
		done: make(chan message.Outcome),
	}
	f.carrying, f.end = context.WithCancel(context.WithoutCancel(ctx))
	return f
}

// now is the time of the run: what it was told, and what has passed since.
func (f *flush) now() time.Time { return f.at.Add(time.Since(f.started)) }

func (f *flush) run(sites []string) (map[string]int, error) {
	defer f.end()
	graceless := context.AfterFunc(f.stop, func() { time.AfterFunc(f.o.Grace, f.end) })
	defer graceless()

	var background, workers sync.WaitGroup
	var claiming error
	background.Go(func() { claiming = f.claim(sites) })
	beat := time.NewTicker(f.o.Lease / 3)
	defer beat.Stop()
	finished := make(chan struct{})
	background.Go(func() { f.keepLeases(beat.C, finished) })
	for range f.o.Workers {
		workers.Go(f.carry)
	}
	counts := make(chan map[string]int, 1)
	background.Go(func() { counts <- f.record() })

	workers.Wait()
	close(f.done)
	total := <-counts
	close(finished)
	background.Wait()
	if failure := f.relay.Load(); failure != nil {
		f.pause.lengthen(f.now(), failure)
		return total, fmt.Errorf("the relay failed during the flush: %w", failure)
	}
	return total, claiming
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
		if !f.held.valid(m.ID, f.now().Add(f.o.Lease/4)) {
			f.held.remove(m.ID) // the lease is as good as over: the sweeper has it
			continue
		}
		f.done <- f.deliver(m)
	}
}

func (f *flush) deliver(m message.Message) message.Outcome {
	now := f.now()
	o := message.Outcome{Site: m.Site, ID: m.ID, Claim: m.Claim, At: now, Rejected: m.Rejected, Remaining: m.Remaining}
	switch {
	case f.stop.Err() != nil || f.relay.Load() != nil:
		o.Move, o.NotBefore = message.HandBack, now
	case !m.ExpiresAt.IsZero() && !m.ExpiresAt.After(now):
		o.Move, o.Reason = message.Expire, message.Late
	case len(m.Outstanding()) == 0:
		o.Move, o.Reason = message.Skip, message.NoAddress
	default:
		receipt := f.courier.Deliver(f.carrying, f.writer.Write(m))
		o = f.o.Retry.judge(m, receipt, f.now())
		o.Attempt = nil
		if receipt.Tried {
			o.Attempt = &message.Attempt{Claim: m.Claim, Replica: f.o.Replica, Receipt: receipt}
		} else if f.stop.Err() == nil && receipt.Failure != nil {
			f.relay.CompareAndSwap(nil, receipt.Failure)
		}
	}
	return o
}

// record writes outcomes: as many at once as came in while the last write ran.
func (f *flush) record() map[string]int {
	counts := map[string]int{}
	for o := range f.done {
		batch := []message.Outcome{o}
	collect:
		for len(batch) < f.o.Batch {
			select {
			case more, open := <-f.done:
				if !open {
					break collect
				}
				batch = append(batch, more)
			default:
				break collect
			}
		}
		if err := f.settle(batch); err != nil {
			f.log.Error("outcomes could not be written; the messages will be tried again", zap.Int("messages", len(batch)), zap.Error(err))
			continue
		}
		for _, o := range batch {
			counts[string(o.Move)]++
			f.held.remove(o.ID)
			f.log.Debug("message moved", zap.String("id", string(o.ID)), zap.String("move", string(o.Move)))
		}
	}
	return counts
}

// settle writes outcomes and does not give up before their leases are over: what the
// relay said is worth more than a quick end.
func (f *flush) settle(batch []message.Outcome) error {
	var err error
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		if _, err = f.queue.Settle(context.WithoutCancel(f.stop), batch); err == nil {
			return nil
		}
		f.log.Warn("outcomes cannot be written yet", zap.Int("messages", len(batch)), zap.Error(err))
		if !f.held.valid(batch[0].ID, f.now().Add(wait)) {
			return err
		}
		time.Sleep(wait)
	}
}

// keepLeases renews what is held, so that a lease ends only when its replica does.
func (f *flush) keepLeases(beat <-chan time.Time, finished <-chan struct{}) {
	for {
		select {
		case <-finished:
			return
		case <-beat:
		}
		leaseUntil := f.now().Add(f.o.Lease)
		held := f.held.list()
		if len(held) == 0 {
			continue
		}
		if err := f.queue.Extend(context.WithoutCancel(f.stop), held, leaseUntil); err != nil {
			f.log.Warn("leases could not be extended", zap.Int("messages", len(held)), zap.Error(err))
			continue
		}
		f.held.extend(held, leaseUntil)
	}
}
