package api_test

import (
	"net/http"
	"testing"
	"time"

	"notifier/message"
)

// promise is what an answer says of when mail leaves.
type promise struct {
	DueAt    *time.Time `json:"due_at"`
	LeavesAt *time.Time `json:"leaves_at"`
	WaitsFor string     `json:"waits_for"`
}

// T3: every answer says the same instant at which mail leaves, the first run at or after it is due,
// and null with the job's name while that is paused.
func TestEveryAnswerSaysWhenMailLeaves(t *testing.T) {
	each(t, func(h *house) {
		hourly := func(job string) {
			h.must(http.StatusOK, nil, "PATCH", "/api/v1/jobs/"+job, `{"cron":"0 * * * *","timezone":"UTC"}`)
		}
		hourly("user_notifications")
		hourly("notifications")
		hourly("reminders")
		h.must(http.StatusOK, nil, "PUT", "/api/v1/users/ravi", `{"email":"ravi@example.org","timezone":"Asia/Kolkata"}`)
		h.must(http.StatusOK, nil, "PUT", "/api/v1/users/ravi/preferences", `{"case_changed":"daily","daily_at":"08:05"}`)
		event := `{"kind":"case_changed","users":["ravi"],` + lease + `,"summary":"Comment"}`
		said := h.promises(event)
		due := said[0].DueAt
		if due == nil {
			h.Fatalf("the event is not deferred: %+v", said)
		}
		want := due.Truncate(time.Hour).Add(time.Hour) // 08:05 in Kolkata is 02:35 UTC
		for i, p := range said {
			if p.LeavesAt == nil || !p.LeavesAt.Equal(want) || p.WaitsFor != "" {
				h.Errorf("answer %d says %v %q, want %s", i, p.LeavesAt, p.WaitsFor, want)
			}
		}
		h.must(http.StatusOK, nil, "PATCH", "/api/v1/jobs/user_notifications", `{"every":"168h"}`)
		weekly := h.promises(event)
		for i, p := range weekly {
			if p.LeavesAt == nil || p.LeavesAt.Before(want) || !p.LeavesAt.Equal(*weekly[0].LeavesAt) {
				h.Errorf("with a weekly run answer %d says %v, the first %v", i, p.LeavesAt, weekly[0].LeavesAt)
			}
		}
		h.must(http.StatusOK, nil, "POST", "/api/v1/jobs/user_notifications/pause", `{}`)
		for i, p := range h.promises(event) {
			if p.LeavesAt != nil || p.WaitsFor != "user_notifications" {
				h.Errorf("while the job is paused answer %d says %v %q", i, p.LeavesAt, p.WaitsFor)
			}
		}
		h.reminded()
	})
}

// promises are what all answers say of the mail of that event.
func (h *house) promises(event string) []promise {
	h.Helper()
	var noted, dry struct{ Recipients []promise }
	h.must(http.StatusOK, &dry, "POST", "/api/v1/events/dry-run", event)
	all := dry.Recipients
	h.must(http.StatusAccepted, &noted, "POST", "/api/v1/events", event, "Idempotency-Key", string(message.NewID("key")))
	all = append(all, noted.Recipients...)
	var digest struct {
		promise
		Messages []promise
	}
	h.must(http.StatusOK, &digest, "GET", "/api/v1/users/ravi/digest", "")
	all = append(append(all, digest.promise), digest.Messages...)
	var digests struct{ Data []promise }
	h.must(http.StatusOK, &digests, "GET", "/api/v1/digests", "")
	all = append(all, digests.Data...)
	var why struct{ Next promise }
	h.must(http.StatusOK, &why, "GET", "/api/v1/explain?user=ravi&case=OFA/2026/1181", "")
	return append(all, why.Next)
}

// reminded: a reminder leaves with the first run of Reminders after its step.
func (h *house) reminded() {
	h.Helper()
	var set, got promise
	h.must(http.StatusOK, &set, "PUT", "/api/v1/deadlines/D-1", `{"users":["ravi"],"due_at":"2035-11-25T15:10:00Z","remind_before":["24h"]}`)
	h.must(http.StatusOK, &got, "GET", "/api/v1/deadlines/D-1", "")
	var coming struct{ Data []promise }
	h.must(http.StatusOK, &coming, "POST", "/api/v1/deadlines/D-1/preview", "")
	want := time.Date(2035, 11, 24, 16, 0, 0, 0, time.UTC)
	for i, p := range []promise{set, got, coming.Data[0]} {
		if p.LeavesAt == nil || !p.LeavesAt.Equal(want) {
			h.Errorf("answer %d says that the reminder leaves at %v, want %s", i, p.LeavesAt, want)
		}
	}
	h.must(http.StatusOK, nil, "POST", "/api/v1/jobs/reminders/pause", `{}`)
	h.must(http.StatusOK, &got, "GET", "/api/v1/deadlines/D-1", "")
	if got.LeavesAt != nil || got.WaitsFor != "reminders" {
		h.Errorf("while Reminders is paused: %v %q", got.LeavesAt, got.WaitsFor)
	}
}
