package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"notifier/message"
)

// timer is a message as a row of Conquer's timers (CQ-14). What a retry has wiped is null
// here, and stands in the previous fields of the same row.
type timer struct {
	ID                 message.ID `json:"id"`
	Status             string     `json:"status"`
	ExecutedAt         *time.Time `json:"executed_at"`
	ServedAt           *time.Time `json:"served_at"`
	DeletedAt          *time.Time `json:"deleted_at"`
	Error              *string    `json:"error"`
	PreviousExecutedAt *time.Time `json:"previous_executed_at"`
	PreviousServedAt   *time.Time `json:"previous_served_at"`
	PreviousDeletedAt  *time.Time `json:"previous_deleted_at"`
	PreviousError      *string    `json:"previous_error"` // a text, though the source calls it a timestamp (CQ-15)
	RetryCount         int        `json:"retry_count"`
}

func viewTimer(m message.Message, retries []message.Retried) timer {
	t := timer{ID: m.ID, Status: m.ConquerStatus(), RetryCount: m.RetryCount}
	if m.ClaimedAt.After(m.RetriedAt) {
		t.ExecutedAt = orNil(m.ClaimedAt)
		if m.Status != message.Sending {
			t.ServedAt = orNil(m.UpdatedAt)
		}
	}
	if m.Status == message.Cancelled {
		t.DeletedAt = orNil(m.UpdatedAt)
	}
	if m.Error != nil {
		t.Error = &m.Error.Text
	}
	if n := len(retries); n > 0 {
		last := retries[n-1]
		t.PreviousExecutedAt, t.PreviousServedAt = orNil(last.ExecutedAt), orNil(last.ServedAt)
		if last.Error != nil {
			t.PreviousError = &last.Error.Text
		}
	}
	return t
}

// retryTimer is Conquer's retry endpoint: 200 with the row, or 400 with a sentence that the
// caller shows to its user (CQ-13).
func (h *handler) retryTimer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	ctx := r.Context()
	err := permit(ctx, "retry-message")
	if p := illegible(r); err == nil && p != nil {
		err = p
	}
	c, wrong := keyedCall(r)
	if err == nil {
		err = wrong
	}
	var m message.Message
	if err == nil {
		id := r.PathValue("id")
		state, holes := h.looks["/messages/{id}"], map[string]string{"id": id}
		before := seen(ctx, state, holes)
		var replayed bool
		m, replayed, err = h.Actions.Retry(ctx, c, message.ID(id), false)
		if replayed {
			w.Header().Set("Idempotent-Replayed", "true")
		} else if err == nil {
			h.note(ctx, "retry-message", "/messages/"+id, before, seen(ctx, state, holes))
		}
	}
	var retries []message.Retried
	if err == nil {
		retries, err = h.Messages.Retries(ctx, m)
	}
	if err == nil {
		_ = json.NewEncoder(w).Encode(viewTimer(m, retries))
		return
	}
	p := h.told(ctx, err)
	status := http.StatusBadRequest
	if p.Status == http.StatusForbidden || p.Status >= http.StatusInternalServerError && !errors.Is(err, message.ErrNotFound) {
		status = p.Status
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error_message": p.Detail})
}
