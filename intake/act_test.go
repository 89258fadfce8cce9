package intake_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"notifier/intake"
	"notifier/message"
	"notifier/request"
	"notifier/store"
)

// life takes a new message to that status.
func (h *house) life(status message.Status) message.ID {
	h.Helper()
	d := to("guest@example.net")
	d.Manual = status == message.PendingManual
	if status == message.Scheduled {
		d.SendAt = pointer(noon.Add(time.Hour))
	}
	if status == message.Deferred {
		h.people("anna")
		h.choose(noon, "anna", `{"case_changed":"daily"}`)
		return h.notify(noon, message.Event{Kind: message.CaseChanged, Users: []string{"anna"}})[0].Message
	}
	id := h.send(noon, d)[0].ID
	switch status {
	case message.Sent:
		h.carried(noon, message.Accept)
	case message.Error:
		h.carried(noon, message.Fail)
	case message.Sending:
		if _, err := h.store.Claim(ctx, message.Lane{Site: site}, 1, noon, noon.Add(time.Minute)); err != nil {
			h.Fatal(err)
		}
	case message.Cancelled:
		if _, _, err := h.Cancel(ctx, at(noon), id); err != nil {
			h.Fatal(err)
		}
	}
	return id
}

// TestMovesOfPeople: which of the moves that people make a message can make, from where.
func TestMovesOfPeople(t *testing.T) {
	retry := func(h *house, id message.ID) (message.Message, bool, error) { return h.Retry(ctx, at(noon), id, false) }
	resend := func(h *house, id message.ID) (message.Message, bool, error) { return h.Retry(ctx, at(noon), id, true) }
	cancel := func(h *house, id message.ID) (message.Message, bool, error) { return h.Cancel(ctx, at(noon), id) }
	release := func(h *house, id message.ID) (message.Message, bool, error) { return h.Release(ctx, at(noon), id) }
	hold := func(h *house, id message.ID) (message.Message, bool, error) { return h.Hold(ctx, at(noon), id) }
	rows := []struct {
		name string
		from message.Status
		move func(h *house, id message.ID) (message.Message, bool, error)
		want message.Status // empty: refused
	}{
		{"retry: a person may retry an error", message.Error, retry, message.Pending},
		{"retry: what was sent only when asked for explicitly", message.Sent, retry, ""},
		{"retry: asked for explicitly", message.Sent, resend, message.Pending},
		{"retry: what has not left needs none", message.Pending, resend, ""},
		{"retry: what is being sent", message.Sending, retry, ""},
		{"retry: what was withdrawn", message.Cancelled, resend, ""},
		{"cancel: pending", message.Pending, cancel, message.Cancelled},
		{"cancel: scheduled", message.Scheduled, cancel, message.Cancelled},
		{"cancel: deferred", message.Deferred, cancel, message.Cancelled},
		{"cancel: manual", message.PendingManual, cancel, message.Cancelled},
		{"cancel: too late", message.Sent, cancel, ""},
		{"cancel: on its way", message.Sending, cancel, ""},
		{"cancel: twice", message.Cancelled, cancel, ""},
		{"hold: pending", message.Pending, hold, message.PendingManual},
		{"hold: scheduled", message.Scheduled, hold, message.PendingManual},
		{"hold: what waits for a digest waits for that", message.Deferred, hold, ""},
		{"hold: on its way", message.Sending, hold, ""},
		{"hold: too late", message.Sent, hold, ""},
		{"CQ-3: release lets a manual one go", message.PendingManual, release, message.Pending},
		{"release: nothing else", message.Pending, release, ""},
		{"release: not what is scheduled", message.Scheduled, release, ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			each(t, func(h *house) {
				id := h.life(row.from)
				before := h.kept(id)
				h.woken.Store(0)
				after, _, err := row.move(h, id)
				kept := h.kept(id)
				if row.want == "" {
					if _, refused := errors.AsType[*message.MoveError](err); !refused || kept.Status != before.Status {
						h.Fatalf("error %v, status %s; want a *message.MoveError and %s", err, kept.Status, before.Status)
					}
					return
				}
				if err != nil || after.Status != row.want || kept.Status != row.want {
					h.Fatalf("error %v, answered as %s, kept as %s, want %s", err, after.Status, kept.Status, row.want)
				}
				if woken := h.woken.Load() == 1; woken != (row.want == message.Pending) {
					h.Errorf("the flush was woken %t, want so if it is pending now", woken)
				}
				if due := kept.DueAt.Equal(noon); due != (row.want == message.Pending) {
					h.Errorf("it is due at %s", kept.DueAt)
				}
			})
		})
	}
}

func TestRetryKeepsCount(t *testing.T) {
	each(t, func(h *house) {
		id := h.life(message.Error)
		for n := range 3 {
			m, _, err := h.Retry(ctx, at(noon), id, false)
			if err != nil {
				h.Fatal(err)
			}
			if m.RetryCount != n+1 || m.Error != nil || m.Reason != message.AskedAgain || m.Tries != 0 || m.Rejected != nil {
				h.Errorf("CQ-12: after retry %d it is %+v", n+1, m)
			}
			h.carried(noon, message.Fail)
		}
		if m := h.kept(id); m.Status != message.Error || m.RetryCount != 3 || m.Attempts != 4 {
			h.Errorf("%s after %d retries and %d attempts", m.Status, m.RetryCount, m.Attempts)
		}
		_, _, err := h.Retry(ctx, at(noon), h.life(message.Sent), false)
		if err == nil || !strings.Contains(err.Error(), "it was sent at 2026-11-25T12:00:00Z. Ask with resend") {
			h.Errorf("a retry of what was sent says %v", err)
		}
	})
}

// TestManualIsWrittenAgain: CQ-6.
func TestManualIsWrittenAgain(t *testing.T) {
	each(t, func(h *house) {
		d := to("guest@example.net")
		d.Manual = true
		id := h.send(noon, d)[0].ID
		if _, _, err := h.Release(ctx, at(noon), id); err != nil {
			h.Fatal(err)
		}
		h.carried(noon, message.Fail)
		for _, resend := range []bool{false, true} {
			if _, _, err := h.Retry(ctx, at(noon), id, resend); !errors.Is(err, message.ErrManual) {
				h.Errorf("Retry(resend %t) of a manual message = %v, want ErrManual", resend, err)
			}
		}
		if n, _, err := h.RetryAll(ctx, at(noon), request.Many{}); n.Retried != 0 || err != nil {
			h.Errorf("RetryAll = %+v, %v; manual ones are left to people", n, err)
		}
		if m := h.kept(id); m.Status != message.Error || m.RetryCount != 0 {
			h.Errorf("it is %s after %d retries, want error as before", m.Status, m.RetryCount)
		}
	})
}

func TestUnknownMessage(t *testing.T) {
	each(t, func(h *house) {
		id := message.NewID(message.MessageIDs)
		_, _, retry := h.Retry(ctx, at(noon), id, false)
		_, _, cancel := h.Cancel(ctx, at(noon), id)
		_, _, release := h.Release(ctx, at(noon), "nonsense")
		for _, err := range []error{retry, cancel, release} {
			if !errors.Is(err, message.ErrNotFound) || !strings.Contains(err.Error(), "there is no message") {
				h.Errorf("an unknown message: %v, want ErrNotFound that names it", err)
			}
		}
		mine := h.life(message.Pending)
		if _, _, err := h.Cancel(ctx, request.Call{Site: "other", At: noon}, mine); !errors.Is(err, message.ErrNotFound) {
			h.Errorf("another site's message: %v, want ErrNotFound", err)
		}
	})
}

func TestRetryAll(t *testing.T) {
	each(t, func(h *house) {
		if n, _, err := h.RetryAll(ctx, at(noon), request.Many{}); n.Retried != 0 || err != nil || h.woken.Load() != 0 {
			h.Errorf("RetryAll of nothing = %+v, %v, woken %d times", n, err, h.woken.Load())
		}
		d := to()
		for range 3 {
			d.To = append(d.To, list("anna@example.net", "jan@example.net", "ewa@example.net")...)
		}
		for range 201 { // more than it reads at once
			h.send(noon, d)
		}
		h.failed(noon, message.MailboxFull)
		sent := h.life(message.Sent)
		h.woken.Store(0)
		n, _, err := h.RetryAll(ctx, at(noon.Add(time.Hour)), request.Many{})
		if n.Retried != 603 || n.LeftAlone != nil || err != nil {
			h.Errorf("CH-6: RetryAll = %+v, %v, want 603", n, err)
		}
		if h.woken.Load() != 1 {
			h.Errorf("the flush was woken %d times, want once", h.woken.Load())
		}
		if ms := h.all(message.Filter{Status: message.Pending}); len(ms) != 603 || ms[0].RetryCount != 1 {
			h.Errorf("%d are pending, want 603", len(ms))
		}
		if m := h.kept(sent); m.Status != message.Sent {
			h.Errorf("what was sent is %s now", m.Status)
		}
	})
}

// TestTwoPeopleAtOnce: of many who press a button one does it, and the others are told.
func TestTwoPeopleAtOnce(t *testing.T) {
	each(t, func(h *house) {
		id := h.life(message.Error)
		var all sync.WaitGroup
		results := make(chan error, 20)
		for range 20 {
			all.Go(func() {
				_, _, err := h.Retry(ctx, at(noon), id, false)
				results <- err
			})
		}
		all.Wait()
		close(results)
		done := 0
		for err := range results {
			if _, refused := errors.AsType[*message.MoveError](err); err == nil {
				done++
			} else if !refused {
				h.Errorf("a late press: %v, want a *message.MoveError", err)
			}
		}
		if m := h.kept(id); done != 1 || m.RetryCount != 1 {
			h.Errorf("%d presses did it, %d are counted, want 1", done, m.RetryCount)
		}
	})
}

// busy is a store whose every message has just been changed by somebody else.
type busy struct {
	*store.Store
	tries int
	then  func()
}

func (b *busy) Change(context.Context, request.Call, *request.Key, message.Message, message.Message, ...message.Decided) ([]byte, error) {
	b.tries++
	if b.then != nil {
		b.then()
	}
	return nil, message.ErrMoved
}

func TestGivesUpInTheEnd(t *testing.T) {
	each(t, func(h *house) {
		id := h.life(message.Pending)
		b := &busy{Store: h.store}
		if _, _, err := intake.New(b, intake.Options{}).Cancel(ctx, at(noon), id); !errors.Is(err, message.ErrMoved) || b.tries != 50 {
			h.Errorf("Cancel = %v after %d tries, want ErrMoved after 50", err, b.tries)
		}
		gone, cancel := context.WithCancel(ctx)
		b = &busy{Store: h.store, then: cancel}
		if _, _, err := intake.New(b, intake.Options{}).Cancel(gone, at(noon), id); !errors.Is(err, message.ErrMoved) || b.tries != 1 {
			h.Errorf("Cancel = %v after %d tries, want an end when the caller goes", err, b.tries)
		}
	})
}
