package notifications

import (
	"sync"
	"time"

	"notifier/message"
)

// held is what this run has claimed and not settled, with the end of each lease. After
// the process was stopped for a while it tells which claims are no longer ours.
type held struct {
	mu     sync.Mutex
	leases map[message.ID]lease
}

type lease struct {
	message message.Message
	until   time.Time
}

func (h *held) add(ms []message.Message, until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.leases == nil {
		h.leases = map[message.ID]lease{}
	}
	for _, m := range ms {
		h.leases[m.ID] = lease{message: m, until: until}
	}
}

func (h *held) remove(id message.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.leases, id)
}

// valid tells whether the claim still holds at that time.
func (h *held) valid(id message.ID, at time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	l, found := h.leases[id]
	return found && at.Before(l.until)
}

func (h *held) list() []message.Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]message.Message, 0, len(h.leases))
	for _, l := range h.leases {
		all = append(all, l.message)
	}
	return all
}

func (h *held) extend(ms []message.Message, until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range ms {
		if l, found := h.leases[m.ID]; found {
			l.until = until
			h.leases[m.ID] = l
		}
	}
}
