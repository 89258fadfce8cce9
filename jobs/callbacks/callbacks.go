// Package callbacks tells webhooks what becomes of messages.
//
// It has a queue of its own, which is written together with what it tells of: a slow or
// dead receiver delays no mail, and no outcome is told that did not happen. Any number of
// replicas may run it at once.
package callbacks

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"

	"notifier/access/vault"
	"notifier/message"
	"notifier/rescue"
	"notifier/webhook"
)

// Queue is what the job needs of the store.
type Queue interface {
	// DueWebhooks lists the webhooks that are due to be told something.
	DueWebhooks(ctx context.Context, at time.Time) ([]webhook.Endpoint, error)
	NoteWebhook(ctx context.Context, e webhook.Endpoint) error
	ClaimCallbacks(ctx context.Context, site string, endpoint message.ID, n int, at, leaseUntil time.Time) ([]webhook.Callback, error)
	FinishCallback(ctx context.Context, c webhook.Callback, leased time.Time) error
	Message(ctx context.Context, site string, id message.ID) (message.Message, error)
	Items(ctx context.Context, site string, digest message.ID) ([]message.Message, error)
}

// Options tune the job.
type Options struct {
	Guard Guard
	Vault vault.Vault
	// Agent is the User-Agent of calls.
	Agent string
}

// Job calls webhooks.
type Job struct {
	queue  Queue
	o      Options
	client *http.Client
	log    *zap.Logger
}

// New makes the job.
func New(queue Queue, o Options, log *zap.Logger) *Job {
	return &Job{queue: queue, o: o, client: o.Guard.client(), log: log.Named("callbacks")}
}

const (
	perEndpoint  = 4 // calls to one webhook at once
	maxEndpoints = 8 // webhooks that are called at once
	batch        = 20
	// lease is how long a batch may take at most: it is called perEndpoint at once.
	lease = 2 * time.Minute
	// patience is how long a webhook may fail before nothing more is told to it.
	patience = 5 * 24 * time.Hour
)

// waits are how long to wait after each call that failed: three days in all (Standard
// Webhooks, "Deliverability and reliability"). After the last a callback is given up.
var waits = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// wait is how long to wait after so many calls, a fifth more or less, so that what failed
// together does not come back together; at least as long as the receiver asked for.
func wait(tries int, asked time.Duration) (d time.Duration, again bool) {
	if tries > len(waits) {
		return 0, false
	}
	d = waits[tries-1]
	d += time.Duration((rand.Float64() - 0.5) * 0.4 * float64(d))
	return max(d, min(asked, 24*time.Hour)), true
}

// Run calls all webhooks that are due to be told something.
func (j *Job) Run(ctx context.Context, at time.Time) (map[string]int, error) {
	r := &run{
		Job: j, ctx: ctx, at: at, started: time.Now(), counts: map[string]int{}, places: make(chan struct{}, maxEndpoints),
		visited: map[message.ID]bool{}, over: make(chan message.ID),
	}
	r.visits()
	if len(r.counts) == 0 {
		return nil, errors.Join(r.errs...)
	}
	return r.counts, errors.Join(r.errs...)
}

// run is one run of the job.
type run struct {
	*Job
	ctx     context.Context
	at      time.Time
	started time.Time
	places  chan struct{}
	visited map[message.ID]bool // webhooks that are being called, or have failed in this run
	over    chan message.ID     // of those that have heard all

	mu     sync.Mutex
	counts map[string]int
	errs   []error
}

func (r *run) now() time.Time { return r.at.Add(time.Since(r.started)) }

func (r *run) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, err)
}

// idle is how often it is asked which webhooks are due while some are being called: the run
// is over for all of them at once, and must not be late for one.
const idle = 250 * time.Millisecond

// visits tells all webhooks what is due, side by side.
func (r *run) visits() {
	again := time.NewTicker(idle)
	defer again.Stop()
	for calling, ask := 0, true; ; {
		if ask && r.ctx.Err() == nil {
			due, err := r.queue.DueWebhooks(r.ctx, r.now())
			if err != nil {
				r.fail(err)
			}
			for _, e := range due {
				if !r.visited[e.ID] {
					r.visited[e.ID] = true
					calling++
					rescue.Go(r.log, "a webhook", func() { r.visit(e) }, func(err error) {
						r.fail(err)
						r.over <- "" // it waits for the next run
					})
				}
			}
		}
		if calling == 0 {
			return
		}
		select {
		case id := <-r.over:
			calling--
			delete(r.visited, id) // a failed one has no id here: it waits for the next run
			ask = calling > 0
		case <-again.C:
			ask = true
		}
	}
}

// visit tells one webhook what is due, until it fails: then the rest waits for the next
// run, which asks with one call whether it works again.
func (r *run) visit(e webhook.Endpoint) {
	id, any, works := e.ID, true, true
	for any && works && r.ctx.Err() == nil {
		any, works = r.page(&e)
	}
	if !works {
		id = ""
	}
	r.over <- id
}

// page tells a webhook one page of what is due, if there is any. A lease begins when there
// is a place for the calls.
func (r *run) page(e *webhook.Endpoint) (any, works bool) {
	r.places <- struct{}{}
	defer func() { <-r.places }()
	n := batch
	if e.FailingSince != nil {
		n = 1
	}
	now := r.now()
	leased := now.Add(lease).UTC().Truncate(time.Microsecond)
	claimed, err := r.queue.ClaimCallbacks(r.ctx, e.Site, e.ID, n, now, leased)
	if err != nil {
		r.fail(err)
		return false, false
	}
	if len(claimed) == 0 {
		return false, true
	}
	before := *e
	works = r.tell(e, claimed, leased)
	if e.FailingSince != before.FailingSince || e.DisabledAt != before.DisabledAt {
		if err := r.queue.NoteWebhook(context.WithoutCancel(r.ctx), *e); err != nil {
			r.fail(err)
			return true, false
		}
	}
	return true, works
}

// tell makes the calls of a batch, a few at once, and tells whether the webhook works.
func (r *run) tell(e *webhook.Endpoint, claimed []webhook.Callback, leased time.Time) bool {
	var calls sync.WaitGroup
	places := make(chan struct{}, perEndpoint)
	results := make([]result, len(claimed))
	for i, c := range claimed {
		places <- struct{}{}
		rescue.In(&calls, r.log, "a callback", func() {
			defer func() { <-places }()
			results[i] = r.one(*e, c, leased)
		}, func(err error) { // its lease lapses
			r.fail(err)
			results[i] = result{ours: true}
		})
	}
	calls.Wait()
	now := r.now()
	broken, idle := false, false
	for _, one := range results {
		switch {
		case one.gone:
			e.DisabledAt, e.DisabledFor = &now, webhook.OffGone
		case one.broken():
			broken = true
		case one.ours:
			idle = true
		case one.poison: // which says nothing of the webhook
		default:
			e.FailingSince = nil
		}
	}
	if broken && e.FailingSince == nil {
		e.FailingSince = &now
	}
	if broken && e.DisabledAt == nil && now.Sub(*e.FailingSince) > patience {
		e.DisabledAt, e.DisabledFor = &now, webhook.OffFailing
	}
	if e.DisabledAt != nil {
		r.log.Warn("a webhook is disabled: what it is to be told is kept until it is enabled", zap.String("webhook", string(e.ID)), zap.String("why", e.DisabledFor))
	}
	return !broken && !idle && e.DisabledAt == nil
}

// one makes a call and writes what came of it.
func (r *run) one(e webhook.Endpoint, c webhook.Callback, leased time.Time) result {
	var got result
	if err := rescue.Try(r.log, "a callback", func() error { got = r.call(r.ctx, e, c); return nil }); err != nil {
		got = result{poison: true, said: "the program failed while it made this call; its log says where"}
	}
	now := r.now()
	c.Code, c.Answer = got.code, got.said
	what := "told"
	switch d, again := wait(c.Tries, got.after); {
	case got.unwanted:
		c.DueAt, c.EndedAt, what = time.Time{}, now, "unwanted"
	case got.ok:
		c.DueAt, c.EndedAt = time.Time{}, now
	case r.ctx.Err() != nil || got.ours: // the call is made again
		c.DueAt, c.Tries, what = now, c.Tries-1, "stopped"
	case again:
		c.DueAt, what = now.Add(d), "again"
	default:
		c.DueAt, c.EndedAt, what = time.Time{}, now, "given_up"
		r.log.Warn("a callback is given up", zap.String("callback", string(c.ID)), zap.String("webhook", string(e.ID)), zap.String("answer", got.said))
	}
	err := r.queue.FinishCallback(context.WithoutCancel(r.ctx), c, leased)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.errs = append(r.errs, err)
	}
	r.counts[what]++
	return got
}

// body is what the webhook is sent, and whether it wants it at all.
func (j *Job) body(ctx context.Context, e webhook.Endpoint, c webhook.Callback) (body []byte, wanted bool, err error) {
	m, err := j.queue.Message(ctx, c.Site, c.Message)
	if err != nil {
		return nil, !errors.Is(err, message.ErrNotFound), err
	}
	if !e.Hears(c.Event(m.Type)) {
		return nil, false, nil
	}
	var items []message.ID
	if m.Type == message.Digest {
		all, err := j.queue.Items(ctx, m.Site, m.ID)
		if err != nil {
			return nil, true, err
		}
		for _, item := range all {
			items = append(items, item.ID)
		}
	}
	body, err = c.Body(e.Naming, m, items)
	if err != nil {
		err = fmt.Errorf("write %s: %w", c.ID, err)
	}
	return body, true, err
}
