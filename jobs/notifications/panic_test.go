package notifications_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"notifier/jobs/notifications"
	"notifier/letter"
	"notifier/mail"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/rescue"
	"notifier/store"
)

// faulty is a queue that panics at one of its methods.
type faulty struct {
	Queue
	at string
}

func (q *faulty) panics(at string) {
	if q.at == at {
		panic("a bug")
	}
}

func (q *faulty) Settle(ctx context.Context, outcomes []message.Outcome) (int, error) {
	q.panics("settle")
	return q.Queue.Settle(ctx, outcomes)
}

func (q *faulty) Claim(ctx context.Context, lane message.Lane, n int, at, leaseUntil time.Time) ([]message.Message, error) {
	q.panics("claim")
	return q.Queue.Claim(ctx, lane, n, at, leaseUntil)
}

func (q *faulty) Suppressed(ctx context.Context, site string, addresses []string) (map[string]message.Suppression, error) {
	q.panics("after the claim")
	return q.Queue.Suppressed(ctx, site, addresses)
}

func (q *faulty) Attach(ctx context.Context, m message.Message) (message.Message, error) {
	q.panics("attach")
	return q.Queue.Attach(ctx, m)
}

// L5: wherever a flush panics it ends, the log tells, and this very process sends what was
// under way when it can.
func TestAPanicInAFlush(t *testing.T) {
	for _, row := range []struct{ at, moves, status string }{
		{"claim", "", "pending=1"},
		{"after the claim", "", "sending=1"},
		{"settle", "", "sending=1"},
		{"attach", "fail=1", "error=1"},
	} {
		t.Run(row.at, func(t *testing.T) {
			bubble(t, "sqlite", func(t *testing.T, s *store.Store, r *mailtest.Relay) {
				m := direct(time.Now(), "anna@example.org")
				m.Attachments = []message.Attachment{message.File{Filename: "a.txt", Content: []byte("a")}.Attachment()}
				accept(t, s, m)
				log, logged := observed()
				q := &faulty{s, row.at}
				j := notifications.New(q, only(courier(t, r, mail.Settings{})), letter.Writer{}, notifications.Options{Lease: time.Minute}, log)
				counts, err := j.Run(t.Context(), time.Now())
				if words(counts) != row.moves || (err == nil) != (row.at == "attach" || row.at == "settle") {
					t.Errorf("Run = %v, %v", counts, err)
				}
				wantStatuses(t, s, "after a panic", row.status)
				if got := strings.Join(logged(), "; "); !strings.Contains(got, rescue.Message) {
					t.Errorf("logged: %s", got)
				}
				if q.at = ""; row.at == "attach" {
					return
				}
				time.Sleep(2 * time.Minute)
				if _, err := j.Sweep(t.Context(), time.Now()); err != nil {
					t.Error(err)
				}
				run(t, j, time.Now(), "accept=1")
			})
		})
	}
}
