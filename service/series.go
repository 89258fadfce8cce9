package service

import (
	"context"
	"slices"
	"time"

	"go.uber.org/zap"

	"notifier/message"
	"notifier/request"
	"notifier/series"
	"notifier/store"
)

// judged counts what a claim came to. The demo's messages are about the days before it
// began: they are counted when what they tell of happened.
func (h *Service) judged(m message.Message, o message.Outcome) {
	if past := o.At.Sub(m.OccurredAt); h.config.Demo && !m.OccurredAt.IsZero() && past > time.Minute {
		o.At, m.QueuedAt = o.At.Add(-past), m.QueuedAt.Add(-past)
	}
	h.counter.Settled(m, o)
}

// counted is the store, with the mails of UserNotifications counted.
func (h *Service) counted() countedWindows { return countedWindows{h.store, h} }

type countedWindows struct {
	*store.Store
	service *Service
}

// Promote closes windows, and counts of how many messages each mail was made. A transaction
// that is run again decides again: only what it decided last is counted.
func (w countedWindows) Promote(ctx context.Context, site string, at time.Time, n int, decide func([]message.Message) message.Closing) (int, error) {
	closed := map[string]closedWindow{}
	n, err := w.Store.Promote(ctx, site, at, n, closing(closed, at, decide))
	if err == nil {
		w.count(site, closed)
	}
	return n, err
}

// PromoteUser is Promote for one user.
func (w countedWindows) PromoteUser(ctx context.Context, c request.Call, k *request.Key, user string, decide func([]message.Message) message.Closing) (message.SentNow, bool, error) {
	closed := map[string]closedWindow{}
	sent, replayed, err := w.Store.PromoteUser(ctx, c, k, user, closing(closed, c.At, decide))
	if err == nil && !replayed {
		w.count(c.Site, closed)
	}
	return sent, replayed, err
}

// closedWindow is what a user's windows came to.
type closedWindow struct {
	n       int
	at, due time.Time
}

func closing(closed map[string]closedWindow, at time.Time, decide func([]message.Message) message.Closing) func([]message.Message) message.Closing {
	return func(items []message.Message) message.Closing {
		end := decide(items)
		if end.Move == message.Promote || end.Move == message.Merge {
			closed[items[0].UserID] = closedWindow{len(items), at, items[0].DueAt}
		}
		return end
	}
}

func (w countedWindows) count(site string, closed map[string]closedWindow) {
	for _, c := range closed {
		if w.service.config.Demo {
			c.at = c.due
		}
		w.service.counter.Closed(site, c.n, c.at)
	}
}

// measure adds what was counted to what all replicas have, and once a minute how many
// messages wait: whichever replica comes first.
func (h *Service) measure(ctx context.Context, at time.Time) (map[string]int, error) {
	if err := h.counter.Hand(func(b series.Batch) error { return h.store.AddSeries(ctx, b) }); err != nil {
		return nil, err
	}
	minute := at.Truncate(series.Minute)
	if !minute.After(h.sampled) {
		return nil, nil
	}
	known, err := h.store.Sampled(ctx, allSites, minute)
	if err != nil {
		return nil, err
	}
	if !known {
		if err := h.sample(ctx, minute); err != nil {
			return nil, err
		}
	}
	h.sampled = minute
	return nil, nil
}

// allSites is under which site it is noted that a minute was measured.
const allSites = ""

// sample measures the sites in whose queues something waits, and those in which something
// did when this replica looked last: they are told to be empty now.
func (h *Service) sample(ctx context.Context, minute time.Time) error {
	sites, err := h.store.WaitingSites(ctx)
	if err != nil {
		return err
	}
	for site := range h.waited {
		if !slices.Contains(sites, site) {
			sites = append(sites, site)
		}
	}
	h.waited = map[string]bool{}
	for _, site := range sites {
		depth, err := h.store.Depth(ctx, site)
		if err == nil {
			err = h.store.NoteLevels(ctx, series.Depth(site, minute, depth))
		}
		if err != nil {
			return err
		}
		if len(depth) > 0 {
			h.waited[site] = true
		}
	}
	return h.store.NoteLevels(ctx, series.Depth(allSites, minute, nil))
}

// handOver adds what is left to be added when the process ends. It is worth no more than
// a moment, and no failure.
func (h *Service) handOver() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := h.counter.Hand(func(b series.Batch) error { return h.store.AddSeries(ctx, b) }); err != nil {
		h.log.Warn("the last seconds are missing in the statistics", zap.Error(err))
	}
	return nil
}
