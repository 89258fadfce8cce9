package api_test

import (
	"net/http"
	"testing"
	"time"

	"notifier/message"
	"notifier/request"
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
		var o request.Operation
		h.must(http.StatusAccepted, &o, "POST", "/api/v1/messages/actions?delay=1h", `{"action":"cancel","ids":["`+id+`"]}`)
		if o.BeginsAt == nil || o.BeginsAt.Sub(o.CreatedAt) != time.Hour {
			t.Fatalf("it begins at %v, asked for at %s with an hour's delay", o.BeginsAt, o.CreatedAt)
		}
		h.must(http.StatusOK, &o, "DELETE", "/api/v1/operations/"+string(o.ID), "")
		h.must(http.StatusOK, &after, "GET", "/api/v1/messages/"+id, "")
		if !o.Undone() || o.Result != request.ResultNothing || after.Status != before.Status || !after.Due.Equal(*before.Due) {
			t.Errorf("undone it is %+v, and the message %+v, which was %+v", o, after, before)
		}
		for _, delay := range []string{"10", "-1s", "61m", "soon"} {
			h.must(http.StatusUnprocessableEntity, nil, "POST", "/api/v1/messages/actions?delay="+delay, `{"action":"cancel","ids":["`+id+`"]}`)
		}
	})
}

// L4: the same of one message, which is shown as it is until then.
func TestACancelOfOneIsUndone(t *testing.T) {
	each(t, func(h *house) {
		id := h.sendOne(`{"to":["guest@example.net"],"subject":"x","text":"y","send_at":"2035-01-01T00:00:00Z"}`)
		later := "/api/v1/messages/" + id + "/cancel?delay=1h"
		if a := h.ask("POST", later+"&dry_run=true", ""); a.StatusCode != http.StatusOK || a.Header.Get("Location") != "" {
			t.Errorf("tried out: %d %s, %q", a.StatusCode, a.body, a.Header.Get("Location"))
		}
		first, again := h.ask("POST", later, "", "Idempotency-Key", "c1"), h.ask("POST", later, "", "Idempotency-Key", "c1")
		operation := first.Header.Get("Location")
		if first.StatusCode != http.StatusAccepted || operation == "" || again.Header.Get("Location") != operation {
			t.Fatalf("%d %s, and again %d; operations %q and %q", first.StatusCode, first.body, again.StatusCode, operation, again.Header.Get("Location"))
		}
		var shown struct{ Status message.Status }
		h.must(http.StatusOK, &shown, "GET", "/api/v1/messages/"+id, "")
		if shown.Status != message.Scheduled {
			t.Errorf("before its time it is %s, want it untouched", shown.Status)
		}
		var o request.Operation
		h.must(http.StatusOK, &o, "DELETE", operation, "")
		if !o.Undone() {
			t.Errorf("undone it is %+v", o)
		}
		h.must(http.StatusUnprocessableEntity, nil, "POST", "/api/v1/messages/"+id+"/cancel?delay=soon", "")
		h.must(http.StatusOK, nil, "POST", "/api/v1/messages/"+id+"/cancel", "")
		h.must(http.StatusConflict, nil, "POST", later, "")
		h.must(http.StatusNotFound, nil, "POST", "/api/v1/messages/msg_0/cancel?delay=1h", "")
	})
}
