package api

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"notifier/jobs"
	"notifier/message"
	"notifier/request"
)

// TestProblemOf: which problem each error of the rooms is told as. None tells its insides.
func TestProblemOf(t *testing.T) {
	secret := errors.New(`ERROR: relation "messages" does not exist at 10.0.0.7, password=hunter2`)
	for _, row := range []struct {
		name   string
		err    error
		status int
		code   string
		told   string // what the detail says
	}{
		{"what nobody foresaw", fmt.Errorf("claim messages: %w", secret), 500, "internal", "the log says what"},
		{"the database is away", fmt.Errorf("save: %w: %w", message.ErrUnavailable, secret), 503, "unavailable", "does not answer"},
		{"the caller has gone", fmt.Errorf("save: %w", context.Canceled), 503, "unavailable", "does not answer"},
		{"the timetable does not run yet", jobs.ErrNotStarted, 503, "unavailable", "starting"},
		{"the Idempotency-Key was used", fmt.Errorf("store: %w", request.ErrKeyReused), 422, "idempotency_key_reused", "Use a new key"},
		{"there is no such job", fmt.Errorf("%w: %q", jobs.ErrUnknown, "x"), 404, "not_found", "/api/v1/jobs lists"},
		{"there is nothing", message.ErrNotFound, 404, "not_found", "There is no"},
		{"it is running", jobs.ErrBusy, 409, "running", "Wait for its end"},
		{"somebody was faster", fmt.Errorf("replace: %w", message.ErrMoved), 503, "busy", "by others"},
	} {
		p := problemOf(row.err)
		if p.Status != row.status || p.Code != row.code || !strings.Contains(p.Detail, row.told) {
			t.Errorf("%s = %d %s %q, want %d %s %q", row.name, p.Status, p.Code, p.Detail, row.status, row.code, row.told)
		}
		if strings.Contains(p.Detail, "hunter2") || strings.Contains(p.Detail, "relation") {
			t.Errorf("%s tells its insides: %s", row.name, p.Detail)
		}
		if foreseen := p.cause == nil; foreseen != (row.status != 500) {
			t.Errorf("%s is kept for the log: %t", row.name, !foreseen)
		}
	}
}
