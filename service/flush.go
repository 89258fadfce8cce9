package service

import (
	"context"
	"errors"
	"io"
	"time"

	"notifier/access"
	"notifier/jobs/notifications"
	"notifier/message"
	"notifier/request"
	"notifier/simulate"
	"notifier/template"
)

// FlushOnce sends what is pending and counts what became of it, by move.
func (h *Service) FlushOnce(ctx context.Context) (map[string]int, error) {
	return h.flushBy(ctx, h.flush)
}

func (h *Service) flushBy(ctx context.Context, job *notifications.Job) (map[string]int, error) {
	now := h.now()
	if err := h.store.AskAgain(ctx, h.config.Site, now); err != nil { // whoever calls wants it now
		return nil, err
	}
	total, err := job.Sweep(ctx, now)
	if err != nil {
		return nil, err
	}
	if total == nil {
		total = map[string]int{}
	}
	counts, err := job.Run(ctx, now)
	for move, n := range counts {
		total[move] += n
	}
	return total, errors.Join(err, ctx.Err())
}

// Call is one of a command at this machine, by whoever gives it.
func (h *Service) Call(by string) request.Call {
	return request.Call{Site: h.config.Site, At: h.now().UTC().Truncate(time.Microsecond), By: by}
}

// RetryAll asks for another try of all that is in error, and notes that somebody did.
func (h *Service) RetryAll(ctx context.Context, call request.Call, many request.Many) (request.ManyRetried, error) {
	n, _, err := h.desk.RetryAll(ctx, call, many)
	if err != nil {
		return n, err
	}
	return n, h.store.Note(ctx, access.Record{
		ID: message.NewID(access.RecordIDs), Site: call.Site, At: call.At, By: call.By, Action: "retry-queue", Subject: "/messages",
		After: access.State{"retried": n.Retried, "left_alone": n.LeftAlone},
	})
}

// OperateNow carries out what was asked for many messages.
func (h *Service) OperateNow(ctx context.Context) error {
	_, err := h.operate.Run(ctx, h.now())
	return err
}

// SetTemplates stores templates, all or none.
func (h *Service) SetTemplates(ctx context.Context, all []template.Template) error {
	return h.desk.SetTemplates(ctx, h.Call(""), all...)
}

// Posted lists what callers wrote into the outbox, after an id.
func (h *Service) Posted(ctx context.Context, site string, after message.ID, n int) ([]request.Posted, error) {
	return h.store.PostedOf(ctx, site, after, n)
}

// RetryPosted takes a refused request of the outbox up again, at once.
func (h *Service) RetryPosted(ctx context.Context, call request.Call, id message.ID) error {
	if _, err := h.store.RetryPosted(ctx, call, nil, id); err != nil {
		return err
	}
	_, err := h.outbox.Run(ctx, call.At)
	return err
}

// RemovePosted gives a refused request of the outbox up.
func (h *Service) RemovePosted(ctx context.Context, call request.Call, id message.ID) error {
	return h.store.RemovePosted(ctx, call.Site, id)
}

// WriteJournal writes what came in on the site, between two times; a zero one leaves that end open.
func (h *Service) WriteJournal(ctx context.Context, out io.Writer, since, until time.Time) error {
	_, err := simulate.WriteJournal(out, simulate.NewHistory(ctx, h.store, h.config.Site, since, until))
	return err
}
