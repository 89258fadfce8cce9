package api_test

import (
	"net/http"
	"testing"
	"time"

	"notifier/message"
)

// L4: the undo of a cancel is the time before it begins, in which nothing is touched.
func TestADelayedCancelIsUndone(t *testing.T) {
	each(t, func(h *house) {
		id := h.sendOne(`{"to":["guest@example.net"],"subject":"x","text":"y","send_at":"2035-01-01T00:00:00Z"}`)
		var before, after struct {
			Status message.Status `json:"status"`
			Due    *time.Time     `json:"due_at"`
		}
		h.must(http.StatusOK, &before, "GET", "/api/v1/messages/"+id, "")
		var o message.Operation
		h.must(http.StatusAccepted, &o, "POST", "/api/v1/messages/actions?delay=1h", `{"action":"cancel","ids":["`+id+`"]}`)
		if o.BeginsAt == nil || o.BeginsAt.Sub(o.CreatedAt) != time.Hour {
			t.Fatalf("it begins at %v, asked for at %s with an hour's delay", o.BeginsAt, o.CreatedAt)
		}
		h.must(http.StatusOK, &o, "DELETE", "/api/v1/operations/"+string(o.ID), "")
		h.must(http.StatusOK, &after, "GET", "/api/v1/messages/"+id, "")
		if !o.Undone() || o.Result != message.ResultNothing || after.Status != before.Status || !after.Due.Equal(*before.Due) {
			t.Errorf("undone it is %+v, and the message %+v, which was %+v", o, after, before)
		}
		for _, delay := range []string{"10", "-1s", "61m", "soon"} {
			h.must(http.StatusUnprocessableEntity, nil, "POST", "/api/v1/messages/actions?delay="+delay, `{"action":"cancel","ids":["`+id+`"]}`)
		}
	})
}
