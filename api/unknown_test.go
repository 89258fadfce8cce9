package api_test

import (
	"net/http"
	"testing"

	"notifier/message"
)

// T5 and T6 at the API: what the answers say of unknown users and of long texts.
func TestAnswersTellWhoWasSkippedAndWhatWasShortened(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		type skipped struct {
			User   string
			Status message.Status
			Reason message.Reason
		}
		var noted struct {
			Shortened  []string
			Recipients []skipped
		}
		event := `{"kind":"case_changed","users":["anna","ana"],"case":{"id":"A-1"},"summary":"one\ntwo"}`
		h.must(http.StatusAccepted, &noted, "POST", "/api/v1/events", event)
		if want := (skipped{"ana", message.Skipped, message.UnknownUser}); len(noted.Recipients) != 2 || noted.Recipients[1] != want || len(noted.Shortened) != 0 {
			h.Errorf("the event: %+v, want ana skipped and nothing shortened", noted)
		}
		var why struct{ Reason, Sentence string }
		h.must(http.StatusOK, &why, "GET", "/api/v1/explain?user=ana&case=A-1", "")
		if why.Reason != "unknown_user" {
			h.Errorf("Why: %+v, want unknown_user", why)
		}
		var deadline struct{ Skipped []skipped }
		h.must(http.StatusOK, &deadline, "PUT", "/api/v1/deadlines/A-1", `{"users":["anna","ana"],"due_at":"2035-01-01T00:00:00Z"}`)
		if len(deadline.Skipped) != 1 || deadline.Skipped[0].User != "ana" {
			h.Errorf("the deadline: %+v, want ana skipped", deadline)
		}
		for _, row := range []struct{ method, path, body, want string }{
			{"POST", "/events?strict=true", event, "/users/1 unknown_user"},
			{"POST", "/messages?strict=true", `{"to":["ana","anna"],"subject":"S","text":"T"}`, "/to/0 unknown_user"},
			{"PUT", "/deadlines/A-1?strict=true", `{"users":["anna","ana"],"due_at":"2035-01-01T00:00:00Z"}`, "/users/1 unknown_user"},
		} {
			if a := h.ask(row.method, "/api/v1"+row.path, row.body); a.StatusCode != http.StatusUnprocessableEntity || a.faults(h) != row.want {
				h.Errorf("%s: %d %s, want 422 with %s", row.path, a.StatusCode, a.body, row.want)
			}
		}
		var taken struct{ Shortened []string }
		long := make([]byte, 300)
		for i := range long {
			long[i] = 'x'
		}
		h.must(http.StatusAccepted, &taken, "POST", "/api/v1/messages", `{"to":["anna"],"subject":"`+string(long)+`","text":"T","case":{"id":"A-1","title":"`+string(long)+`"}}`)
		if len(taken.Shortened) != 2 || taken.Shortened[0] != "/case/title" || taken.Shortened[1] != "/subject" {
			h.Errorf("the message: shortened %q, want the title and the subject", taken.Shortened)
		}
	})
}
