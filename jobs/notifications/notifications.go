// Package notifications flushes the outgoing queue.
//
// It knows neither where the queue is kept nor how a message is carried. Any number of
// replicas may run it at once, and any of them may die: what it holds is leased.
package notifications

import (
	"context"
	"fmt"
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
	held    held
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
	f := &flush{Job: j, stop: ctx, at: at, started: time.Now()}
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
		if ctx.Err() == nil {
			j.pause.lengthen(f.now(), err)
		}
		return nil, fmt.Errorf("mail waits: %w", err)
	}
	total, err := f.run(waiting)
	failure := f.relay.Load()
	if failure == nil || total[string(message.Accept)] > 0 {
		j.pause.reset()
	}
	if failure != nil {
		j.pause.lengthen(f.now(), failure)
		return total, fmt.Errorf("the relay failed during the flush: %w", failure)
	}
	return total, err
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
