package api

import (
	"context"
	"net/http"
	"strings"

	"notifier/health"
)

// Database tells whether it answers.
type Database interface {
	Ping(ctx context.Context) error
}

// readyz tells that the service can take requests and does its work, or what keeps it from
// that. What keeps it only from some of its work stands below "ready".
func (h *handler) readyz(w http.ResponseWriter, r *http.Request) {
	if err := h.ping(r.Context()); err != nil {
		h.refuse(w, problemOf(err))
		return
	}
	var all []health.Condition
	if h.o.Conditions != nil {
		all = h.o.Conditions(r.Context())
	}
	var blocks, lines []string
	for _, c := range all {
		if c.Private {
			continue
		}
		line := strings.TrimSpace(c.Says + " " + c.Do)
		if lines = append(lines, line); c.Blocks {
			blocks = append(blocks, line)
		}
	}
	if len(blocks) > 0 {
		h.refuse(w, problem(http.StatusServiceUnavailable, "not_ready", strings.Join(blocks, " ")))
		return
	}
	if h.o.Notices != nil {
		lines = append(lines, h.o.Notices()...)
	}
	_, _ = w.Write([]byte("ready\n"))
	for _, line := range lines {
		_, _ = w.Write([]byte(line + "\n"))
	}
}
