package api_test

import (
	"net/http"

	"notifier/message"
)

// day leaves one message in each state: what was asked for an hour ago has been carried.
func (h *house) day() {
	h.Helper()
	h.people("anna", "jan", "ewa")
	h.must(http.StatusOK, nil, "PUT", "/api/v1/users/jan/preferences", `{"case_changed":"daily","case_received":"hourly"}`)
	h.must(http.StatusOK, nil, "PUT", "/api/v1/users/ewa/preferences", `{"case_changed":"never"}`)
	h.relay.Refuse("gone@example.net", 550, 550, 550)
	for _, body := range []string{
		`{"id":"m-sent","to":["anna"],"subject":"Contract ready","html":"<p>It lies on <b>your</b> desk.",` + lease + `}`,
		`{"id":"m-error","to":["gone@example.net"],"subject":"Contract ready","text":"It lies on your desk."}`,
		`{"id":"m-all","to":["anna","Guest <guest@example.net>"],"reply_to":{"email":"clerk@example.org","name":"Ola"},"cc":["gone@example.net"],"bcc":["ewa"],"subject":"Contract ready","text":"It lies on your desk."}`,
		`{"id":"m-scheduled","to":["anna"],"subject":"Contract ready","text":"It lies on your desk.","send_at":"2035-01-01T00:00:00Z","expires_at":"2035-02-01T00:00:00Z"}`,
		`{"id":"m-manual","to":["anna"],"subject":"Contract ready","text":"It lies on your desk.","manual":true}`,
	} {
		h.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", body)
	}
	for _, body := range []string{
		`{"id":"e-merged","kind":"case_changed","users":["jan"],"actor":"anna","case":{"id":"A-1","title":"Lease"},"summary":"Anna commented","occurred_at":"2026-03-02T10:00:00Z"}`,
		`{"id":"e-merged-too","kind":"case_received","users":["jan"],"case":{"id":"A-2"},"occurred_at":"2026-03-02T11:00:00Z"}`,
		`{"id":"e-skipped","kind":"case_changed","users":["ewa"],"case":{"id":"A-1"}}`,
	} {
		h.must(http.StatusAccepted, nil, "POST", "/api/v1/events", body)
	}
	h.must(http.StatusOK, nil, "PUT", "/api/v1/deadlines/d-1", `{"users":["anna"],"due_at":"2035-03-01T10:00:00Z","case":{"id":"A-1","title":"Lease"}}`)
	h.remindNow("d-1")
	h.run(h.promote.Run, h.flush.Run)
	h.must(http.StatusAccepted, nil, "POST", "/api/v1/events", `{"id":"e-deferred","kind":"case_changed","users":["jan"],"case":{"id":"A-1","title":"Lease"},"summary":"Ewa commented"}`)
}

// remindNow lets the job write the reminder of a deadline as if it were due.
func (h *house) remindNow(key string) {
	h.Helper()
	d, err := h.store.Deadline(ctx, site, key)
	if err != nil {
		h.Fatal(err)
	}
	if _, err := h.remind.Run(ctx, d.DueAt); err != nil {
		h.Fatal(err)
	}
}

// find is the id of the message with that reference.
func (h *house) find(reference string) string {
	h.Helper()
	ms, err := h.store.Messages(ctx, site, message.Filter{Reference: reference, Limit: 10})
	if err != nil || len(ms) != 1 {
		h.Fatalf("%d messages have the reference %s: %v", len(ms), reference, err)
	}
	return string(ms[0].ID)
}
