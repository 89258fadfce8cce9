package callbacks_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"notifier/jobs/callbacks"
	"notifier/message"
	"notifier/rescue"
	"notifier/store"
	"notifier/store/storetest"
	"notifier/webhook"
)

// faulty is a queue that panics about one message and about one webhook.
type faulty struct {
	*store.Store
	message, webhook message.ID
}

func (q faulty) Message(ctx context.Context, site string, id message.ID) (message.Message, error) {
	if id == q.message {
		panic("a bug")
	}
	return q.Store.Message(ctx, site, id)
}

func (q faulty) ClaimCallbacks(ctx context.Context, site string, endpoint message.ID, n int, at, until time.Time) ([]webhook.Callback, error) {
	if endpoint == q.webhook {
		panic("a bug")
	}
	return q.Store.ClaimCallbacks(ctx, site, endpoint, n, at, until)
}

// L5: a panic about one callback costs a try of that one, and one about a webhook the run of
// that one: all others are told, and the log says what panicked.
func TestAPanicCostsNoOtherCallback(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := open(t, s, callbacks.Options{Guard: here})
		good, bad := receive(t), receive(t)
		well, _ := h.hook(webhook.Endpoint{URL: good.URL})
		ill, _ := h.hook(webhook.Endpoint{URL: bad.URL})
		poison := h.accept("m0")
		for _, reference := range []string{"m1", "m2", "m3"} {
			h.accept(reference)
		}
		core, logged := observer.New(zap.ErrorLevel)
		job := callbacks.New(faulty{s, poison.ID, ill.ID}, callbacks.Options{Guard: here}, zap.New(core))
		counts, err := job.Run(t.Context(), noon.Add(time.Minute))
		if err == nil || !strings.Contains(err.Error(), "a webhook panicked") || counts["told"] != 3 || counts["again"] != 1 {
			t.Errorf("Run = %v, %v", counts, err)
		}
		if n := logged.FilterMessage(rescue.Message).Len(); n != 2 {
			t.Errorf("%d panics were logged, want 2", n)
		}
		if e := h.fares(well.ID); e.FailingSince != nil || e.DisabledAt != nil {
			t.Errorf("our panic is told of the webhook: %+v", e)
		}
		if all, err := s.Callbacks(t.Context(), poison); err != nil || len(all) != 2 || all[0].Tries+all[1].Tries != 1 {
			t.Errorf("the tries are not counted: %+v, %v", all, err)
		}
		job = callbacks.New(s, callbacks.Options{Guard: here}, zap.NewNop())
		if counts, err := job.Run(t.Context(), noon.Add(time.Hour)); err != nil || counts["told"] != 5 {
			t.Errorf("afterwards Run = %v, %v", counts, err)
		}
	})
}
