package callbacks_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"notifier/message"
	"notifier/webhook"
)

// L4: a webhook that is disabled and enabled again is told all that happened meanwhile, once and
// in order, and is otherwise what it was.
func TestEnableUndoesDisable(t *testing.T) {
	each(t, func(h *house) {
		r := receive(h.T)
		e, _ := h.hook(webhook.Endpoint{URL: r.URL, Note: "the workflow", Events: []string{"message.pending", "message.sent"}})
		before := h.fares(e.ID)
		change := func(when time.Time, disabled *time.Time) {
			h.Helper()
			_, err := h.book.Change(h.Context(), at(when), e.ID, func(e *webhook.Endpoint) { e.DisabledAt = disabled })
			if err != nil {
				h.Fatal(err)
			}
		}
		h.accept("m1")
		off := noon.Add(time.Second)
		for range 2 {
			change(off, &off)
		}
		h.carry(message.Accept, nil)
		h.accept("m2")
		if _, err := h.job.Run(h.Context(), noon.Add(time.Minute)); err != nil {
			h.Fatal(err)
		}
		if got := r.events(); got != "" {
			h.Errorf("disabled it was told %s", got)
		}
		change(noon.Add(time.Hour), nil)
		for i := range 3 {
			if _, err := h.job.Run(h.Context(), noon.Add(time.Hour+time.Duration(i)*time.Minute)); err != nil {
				h.Fatal(err)
			}
		}
		// Calls about one message come in order; those about several, in any.
		var first, second []string
		for told := range strings.SplitSeq(r.events(), ", ") {
			if strings.HasSuffix(told, "m1") {
				first = append(first, told)
			} else {
				second = append(second, told)
			}
		}
		if got := strings.Join(append(first, second...), ", "); got != "message.pending m1, message.sent m1, message.pending m2" {
			h.Errorf("enabled it was told %s", got)
		}
		after := h.fares(e.ID)
		after.UpdatedAt = before.UpdatedAt
		if written(after) != written(before) {
			h.Errorf("it was  %s\nand is %s", written(before), written(after))
		}
	})
}

func written(e webhook.Endpoint) string {
	b, _ := json.Marshal(e)
	return string(b)
}
