package notifications

import (
	"context"
	"sync"
	"time"

	"notifier/message"
	"notifier/rescue"
)

// held is what has been claimed and not settled, with the end of each lease. After the
// process was stopped for a while, or could not reach the database, it tells which claims
// are no longer ours.
type held struct {
	mu     sync.Mutex
	leases map[claim]*lease
}

// claim tells a message that was taken again from the one that it was before.
type claim struct {
	id    message.ID
	count int
}

// lease is that of messages which were claimed together: it is extended for all of them.
type lease struct {
	site  string
	until time.Time
	left  int // how many of them have not come to an end
	// ctx is that of the conversations about them. It ends a margin before the lease.
	ctx context.Context
	end context.CancelFunc
	// timer ends ctx.
	timer *time.Timer
}

// add notes a claim. What is begun about its messages ends with ctx, or a margin before
// the lease is over, unless that is extended.
func (h *held) add(ctx context.Context, ms []message.Message, at, until time.Time, margin time.Duration) *lease {
	l := &lease{site: ms[0].Site, until: until, left: len(ms)}
	l.ctx, l.end = context.WithCancel(ctx)
	l.timer = rescue.After(until.Sub(at)-margin, nil, "the end of a lease", l.end)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.leases == nil {
		h.leases = map[claim]*lease{}
	}
	for _, m := range ms {
		h.leases[claim{m.ID, m.Claim}] = l
	}
	return l
}

// drop gives up what was claimed with these leases and came to no end, as when something
// panicked on the way: they are not renewed any more, and the sweeper finds the messages.
func (h *held) drop(all []*lease) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range all {
		if l.left == 0 {
			continue
		}
		for c, of := range h.leases {
			if of == l {
				delete(h.leases, c)
			}
		}
		l.timer.Stop()
		l.end()
	}
}

func (h *held) remove(outcomes []message.Outcome) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, o := range outcomes {
		c := claim{o.ID, o.Claim}
		l := h.leases[c]
		if l == nil {
			continue
		}
		delete(h.leases, c)
		if l.left--; l.left == 0 {
			l.timer.Stop()
			l.end()
		}
	}
}

// has tells whether an outcome of the claim is still to come.
func (h *held) has(m message.Message) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.leases[claim{m.ID, m.Claim}] != nil
}

// during is the context for a conversation about m. It is nil, and nothing may begin, if
// the lease is as good as over.
func (h *held) during(m message.Message, at time.Time, margin time.Duration) context.Context {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.leases[claim{m.ID, m.Claim}]
	if l == nil || !at.Add(2*margin).Before(l.until) || l.ctx.Err() != nil {
		return nil
	}
	return l.ctx
}

// current lists the messages whose claims hold at that time.
func (h *held) current(at time.Time) []message.Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []message.Message
	for c, l := range h.leases {
		if at.Before(l.until) {
			all = append(all, message.Message{Site: l.site, ID: c.id, Claim: c.count})
		}
	}
	return all
}

// extend notes that these leases were renewed.
func (h *held) extend(ms []message.Message, at, until time.Time, margin time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range ms {
		l := h.leases[claim{m.ID, m.Claim}]
		if l == nil || l.until.Equal(until) {
			continue
		}
		l.until = until
		l.timer.Reset(until.Sub(at) - margin)
	}
}
