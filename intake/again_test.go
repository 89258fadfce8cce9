package intake_test

import (
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"notifier/message"
	"notifier/request"
)

// keyed is a call that may be repeated.
func keyed(key string) request.Call { return request.Call{Site: site, At: noon, Key: key} }

func written(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSameRequestAgain(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		h.choose(noon, "anna", `{"case_changed":"daily"}`)
		draft := to("anna", "Guest <guest@example.net>")
		draft.Case, draft.ExpiresAt = &message.Case{ID: "A-1"}, pointer(noon.Add(time.Hour))
		event := message.Event{Kind: message.CaseChanged, Users: []string{"anna"}, Summary: message.Plain("Jan commented")}
		taken, replayed, err := h.SendMessage(ctx, keyed("m"), draft)
		if err != nil || replayed {
			h.Fatalf("SendMessage replayed %t, %v", replayed, err)
		}
		noted, replayed, err := h.Notify(ctx, keyed("e"), event)
		if err != nil || replayed {
			h.Fatalf("Notify replayed %t, %v", replayed, err)
		}
		h.woken.Store(0)
		h.choose(noon, "anna", `{"case_changed":"never"}`) // the answer is the first one all the same
		later := keyed("m")
		later.At = noon.Add(time.Minute)
		takenAgain, replayed, err := h.SendMessage(ctx, later, draft)
		if err != nil || !replayed || written(t, takenAgain) != written(t, taken) {
			h.Errorf("the same message again: %s (replayed %t, %v), want %s", written(t, takenAgain), replayed, err, written(t, taken))
		}
		notedAgain, replayed, err := h.Notify(ctx, keyed("e"), event)
		if err != nil || !replayed || written(t, notedAgain) != written(t, noted) {
			h.Errorf("the same event again: %s (replayed %t, %v), want %s", written(t, notedAgain), replayed, err, written(t, noted))
		}
		h.untouched(3)
		if h.woken.Load() != 0 {
			h.Error("the flush was woken for nothing")
		}
	})
}

func TestKeyForAnotherRequest(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		if _, _, err := h.SendMessage(ctx, keyed("k"), to("anna")); err != nil {
			h.Fatal(err)
		}
		other := to("anna")
		other.Text += "!"
		if _, _, err := h.SendMessage(ctx, keyed("k"), other); !errors.Is(err, request.ErrKeyReused) {
			h.Errorf("another message: %v, want ErrKeyReused", err)
		}
		if _, _, err := h.Notify(ctx, keyed("k"), message.Event{Kind: message.CaseChanged, Users: []string{"anna"}}); !errors.Is(err, request.ErrKeyReused) {
			h.Errorf("an event: %v, want ErrKeyReused", err)
		}
		h.untouched(1)
		if _, replayed, err := h.SendMessage(ctx, request.Call{Site: "other", At: noon, Key: "k"}, to("guest@example.net")); err != nil || replayed {
			h.Errorf("another site: replayed %t, %v, want a message of its own", replayed, err)
		}
		for range 2 { // without a key every request counts
			h.send(noon, to("anna"))
		}
		h.untouched(3)
	})
}

func TestRefusedRequestLeavesItsKeyFree(t *testing.T) {
	each(t, func(h *house) {
		for _, wrong := range []message.Draft{to("ana"), to()} {
			if _, _, err := h.SendMessage(ctx, keyed("k"), wrong); err == nil {
				h.Fatalf("%+v was taken", wrong)
			}
		}
		h.people("ana")
		if _, replayed, err := h.SendMessage(ctx, keyed("k"), to("ana")); err != nil || replayed {
			h.Errorf("the mended request: replayed %t, %v", replayed, err)
		}
	})
}

// TestFiftyAtOnce: the same event 50 times in parallel leads to one mail.
func TestFiftyAtOnce(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		h.choose(noon, "anna", `{"case_changed":"hourly"}`)
		event := message.Event{Kind: message.CaseChanged, Users: []string{"anna"}}
		var all sync.WaitGroup
		var mu sync.Mutex
		answers, first := map[string]int{}, 0
		for range 50 {
			all.Go(func() {
				noted, replayed, err := h.Notify(ctx, keyed("k"), event)
				if err != nil {
					h.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				answers[written(h, noted)]++
				if !replayed {
					first++
				}
			})
		}
		all.Wait()
		if len(answers) != 1 || first != 1 {
			h.Errorf("%d answers, %d of them new, want the same one 50 times", len(answers), first)
		}
		h.untouched(1)
	})
}
