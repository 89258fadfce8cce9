package notifications

import (
	"context"
	"sync"
	"time"

	"notifier/message"
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

type lease struct {
	site  string
	until time.Time
	// end breaks off the conversation about the message; nil if none has begun.
	end *time.Timer
}

func (h *held) add(ms []message.Message, until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.leases == nil {
		h.leases = map[claim]*lease{}
	}
	for _, m := range ms {
		h.leases[claim{m.ID, m.Claim}] = &lease{site: m.Site, until: until}
	}
}

func (h *held) remove(outcomes []message.Outcome) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, o := range outcomes {
		c := claim{o.ID, o.Claim}
		if l := h.leases[c]; l != nil && l.end != nil {
			l.end.Stop()
		}
		delete(h.leases, c)
	}
}

// has tells whether an outcome of the claim is still to come.
func (h *held) has(m message.Message) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.leases[claim{m.ID, m.Claim}] != nil
}

// guard calls end a margin before the lease is over, unless it is extended. It is false,
// and nothing may begin, if the lease is as good as over.
func (h *held) guard(m message.Message, at time.Time, margin time.Duration, end context.CancelFunc) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.leases[claim{m.ID, m.Claim}]
	if l == nil || !at.Add(2*margin).Before(l.until) {
		return false
	}
	l.end = time.AfterFunc(l.until.Sub(at)-margin, end)
	return true
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
		if l == nil {
			continue
		}
		l.until = until
		if l.end != nil {
			l.end.Reset(until.Sub(at) - margin)
		}
	}
}
