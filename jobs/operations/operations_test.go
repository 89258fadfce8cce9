package operations_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/jobs/operations"
	"notifier/message"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const site = "default"

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// failing puts n messages in error into the store.
func failing(t *testing.T, s *store.Store, n int) {
	t.Helper()
	if err := s.AddSite(t.Context(), site, "UTC", noon); err != nil {
		t.Fatal(err)
	}
	all := make([]message.Message, n)
	for i := range all {
		all[i] = message.Message{
			ID: message.NewID(message.MessageIDs), Site: site, Type: message.Direct, Domain: "example.org", Subject: "x", Text: "y",
			Envelope:  message.Envelope{To: []message.Address{{Email: fmt.Sprintf("user%d@example.org", i)}}},
			CreatedAt: noon, UpdatedAt: noon, QueuedAt: noon, DueAt: noon, Status: message.Pending,
		}
	}
	if _, err := s.Accept(t.Context(), noon, request.Tray{Site: site, Messages: all}); err != nil {
		t.Fatal(err)
	}
	claimed, err := s.Claim(t.Context(), message.Lane{Site: site}, n, noon, noon.Add(time.Minute))
	if err != nil || len(claimed) != n {
		t.Fatal(len(claimed), err)
	}
	var outcomes []message.Outcome
	for i, m := range claimed {
		f := &message.Failure{Category: message.MailboxFull, Text: "full"}
		if i%2 == 1 {
			f.Category = message.RejectedContent
		}
		outcomes = append(outcomes, message.Outcome{Site: site, ID: m.ID, Claim: m.Claim, Move: message.Fail, At: noon, Error: f})
	}
	if _, err := s.Settle(t.Context(), outcomes); err != nil {
		t.Fatal(err)
	}
}

// desk retries on a store; it may fail, or hear of each.
type desk struct {
	*store.Store
	each func(n int) error
	n    int
}

func (d *desk) Retry(ctx context.Context, c request.Call, id message.ID, _ bool) (message.Message, bool, error) {
	d.n++
	if d.each != nil {
		if err := d.each(d.n); err != nil {
			return message.Message{}, false, err
		}
	}
	before, err := d.Message(ctx, c.Site, id)
	if err != nil {
		return before, false, err
	}
	after, err := before.Again(c.At)
	if err != nil {
		return before, false, err
	}
	return after, false, d.Replace(ctx, before, after)
}

func (d *desk) RetryOfMany(ctx context.Context, c request.Call, k request.Many, id message.ID) (message.Message, error) {
	m, err := d.Message(ctx, c.Site, id)
	if err != nil {
		return m, err
	}
	if why := k.Leaves(m, nil, c.At); why != "" {
		return m, why
	}
	m, _, err = d.Retry(ctx, c, id, false)
	return m, err
}

func (d *desk) Cancel(context.Context, request.Call, message.ID) (message.Message, bool, error) {
	return message.Message{}, false, errors.New("not asked for")
}

func (d *desk) Hold(context.Context, request.Call, message.ID) (message.Message, bool, error) {
	return message.Message{}, false, nil
}

func (d *desk) Release(context.Context, request.Call, message.ID) (message.Message, bool, error) {
	return message.Message{}, false, errors.New("not asked for")
}

func begin(t *testing.T, s *store.Store, f message.Filter, ids ...message.ID) request.Operation {
	t.Helper()
	o := request.Operation{
		ID: message.NewID(message.OperationIDs), Site: site, Action: request.ActRetry, Filter: f, IDs: ids, Status: request.Running, CreatedAt: noon, UpdatedAt: noon,
	}
	o, _, err := s.AddOperation(t.Context(), nil, o)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func stands(t *testing.T, s *store.Store, o request.Operation, want string) {
	t.Helper()
	now, err := s.Operation(t.Context(), site, o.ID)
	got := fmt.Sprintf("%s %d/%d: %d and %d", now.Status, now.Done, now.Total, now.Succeeded, now.Refused)
	if err != nil || got != want {
		t.Errorf("the operation is %s, %v; want %s", got, err, want)
	}
}

func retried(t *testing.T, s *store.Store, want int) {
	t.Helper()
	ms, err := s.Messages(t.Context(), site, message.Filter{Status: message.Pending, Limit: 10000})
	if err != nil || len(ms) != want {
		t.Errorf("%d messages are pending, %v; want %d", len(ms), err, want)
	}
}

func TestAnOperationGoesThroughAllThatFit(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		failing(t, s, 450)
		o := begin(t, s, message.Filter{Status: message.Error, Category: message.MailboxFull})
		stands(t, s, o, "running 0/225: 0 and 0")
		j := operations.New(s, &desk{Store: s}, zap.NewNop())
		if counts, err := j.Run(t.Context(), noon); err != nil || counts["retry"] != 225 {
			t.Errorf("Run = %v, %v", counts, err)
		}
		stands(t, s, o, "done 225/225: 225 and 0")
		retried(t, s, 225)
		if counts, err := j.Run(t.Context(), noon.Add(time.Hour)); err != nil || len(counts) != 0 {
			t.Errorf("it is done, and Run = %v, %v", counts, err)
		}
	})
}

func TestAnOperationByIDs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		failing(t, s, 150)
		ms, err := s.Messages(t.Context(), site, message.Filter{Limit: 150})
		if err != nil {
			t.Fatal(err)
		}
		var ids []message.ID
		for _, m := range ms[:120] {
			ids = append(ids, m.ID)
		}
		o := begin(t, s, message.Filter{}, append(ids, ids[0], "msg_none")...)
		if _, err := operations.New(s, &desk{Store: s}, zap.NewNop()).Run(t.Context(), noon); err != nil {
			t.Fatal(err)
		}
		stands(t, s, o, "done 122/122: 120 and 2")
		now, err := s.Operation(t.Context(), site, o.ID)
		if err != nil || !slices.Equal(now.LeftAlone, []message.ID{ids[0], "msg_none"}) {
			t.Errorf("it left %q alone, %v", now.LeftAlone, err)
		}
	})
}

func TestAnOperationCanBeStopped(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		failing(t, s, 450)
		o := begin(t, s, message.Filter{Status: message.Error})
		d := &desk{Store: s, each: func(n int) error {
			if n == 150 {
				return s.StopOperation(context.Background(), site, o.ID, noon)
			}
			return nil
		}}
		if _, err := operations.New(s, d, zap.NewNop()).Run(t.Context(), noon); err != nil {
			t.Fatal(err)
		}
		stands(t, s, o, "stopped 100/450: 100 and 0") // the page that was under way is done, too
		retried(t, s, 200)
	})
}

// TestAnOperationOutlivesItsReplica: another goes on where the first one stopped writing.
func TestAnOperationOutlivesItsReplica(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		failing(t, s, 250)
		o := begin(t, s, message.Filter{Status: message.Error})
		dies := &desk{Store: s, each: func(n int) error {
			if n == 130 {
				return message.ErrUnavailable
			}
			return nil
		}}
		if _, err := operations.New(s, dies, zap.NewNop()).Run(t.Context(), noon); !errors.Is(err, message.ErrUnavailable) {
			t.Fatalf("Run = %v, want the database's error", err)
		}
		stands(t, s, o, "running 100/250: 100 and 0")
		next := operations.New(s, &desk{Store: s}, zap.NewNop())
		if counts, err := next.Run(t.Context(), noon.Add(time.Second)); err != nil || len(counts) > 0 {
			t.Errorf("another has it, and Run = %v, %v", counts, err)
		}
		if _, err := next.Run(t.Context(), noon.Add(2*time.Minute)); err != nil {
			t.Fatal(err)
		}
		now, err := s.Operation(t.Context(), site, o.ID)
		if err != nil || now.Status != request.Done {
			t.Errorf("the operation is %+v, %v", now, err)
		}
		retried(t, s, 250)
	})
}

// TestAnOperationWaitsToBeUndone: until it begins, nothing is done, and stopping it undoes it.
func TestAnOperationWaitsToBeUndone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		failing(t, s, 2)
		begins := noon.Add(request.UndoWithin)
		later := func(category message.Category) request.Operation {
			o, _, err := s.AddOperation(t.Context(), nil, request.Operation{
				ID: message.NewID(message.OperationIDs), Site: site, Action: request.ActRetry, Filter: message.Filter{Status: message.Error, Category: category},
				Status: request.Running, CreatedAt: noon, UpdatedAt: noon, BeginsAt: &begins,
			})
			if err != nil {
				t.Fatal(err)
			}
			return o
		}
		run := func(at time.Time) {
			if _, err := operations.New(s, &desk{Store: s}, zap.NewNop()).Run(t.Context(), at); err != nil {
				t.Fatal(err)
			}
		}
		undone, atOnce := later(message.MailboxFull), later(message.RejectedContent)
		run(noon.Add(9 * time.Second))
		retried(t, s, 0)
		if !undone.Waits(noon.Add(9*time.Second)) || undone.Waits(begins) {
			t.Error("it does not wait until it begins")
		}
		if err := s.StopOperation(t.Context(), site, undone.ID, noon.Add(9*time.Second)); err != nil {
			t.Fatal(err)
		}
		if o, err := s.Operation(t.Context(), site, undone.ID); err != nil || !o.Undone() {
			t.Errorf("it is %+v, %v; want it undone", o, err)
		}
		if err := s.BeginOperation(t.Context(), site, atOnce.ID, noon.Add(5*time.Second)); err != nil {
			t.Fatal(err)
		}
		run(noon.Add(6 * time.Second))
		stands(t, s, atOnce, "done 1/1: 1 and 0")
		run(noon.Add(time.Minute))
		stands(t, s, undone, "stopped 0/1: 0 and 0")
		retried(t, s, 1)
		// What is over, or has begun, is not begun again.
		if err := s.BeginOperation(t.Context(), site, undone.ID, noon); err != nil {
			t.Fatal(err)
		}
		run(noon.Add(2 * time.Minute))
		retried(t, s, 1)
	})
}
