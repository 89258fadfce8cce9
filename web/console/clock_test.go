package console_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"notifier/access"
	"notifier/health"
	"notifier/schedule"
)

func (h *house) conditions(context.Context) []health.Condition {
	if h.calm {
		return nil
	}
	if h.step == 0 {
		return []health.Condition{
			{Name: health.Bounces, Subject: "default", Value: "20", Site: site, Path: "/suppressions?reason=bounce&account=default"},
			{Name: health.Bounces, Subject: "secret", Value: "21", Site: "another"},
		}
	}
	return []health.Condition{{Name: health.ClockStepped, For: h.step}, {Name: health.JobStuck, Subject: schedule.UserNotifications, For: 95 * time.Second}}
}

func (h *house) confirmClock(context.Context, string) (moved time.Duration) {
	moved, h.step = h.step, 0
	return moved
}

// TestAPersonConfirmsTheClock is S7: "needs attention" has a button for whoever may press it, and
// the audit tells who did.
func TestAPersonConfirmsTheClock(t *testing.T) {
	h := open(t)
	h.step = 48 * time.Hour
	const button = `action="/clock/confirm"`
	if page := h.ask(access.Support, "GET", "/", nil); strings.Contains(page.Body.String(), button) {
		h.Error("S7: whoever may not confirm the clock has the button")
	}
	page := h.ask(access.Manager, "GET", "/", nil)
	// P9: lengths of time in one style, jobs by their names.
	h.wants(page, http.StatusOK, "jumped forward by 2 days", "The clock is right", "UserNotifications has made no progress for 1 min 35 s")
	h.wants(h.ask(access.Manager, "GET", "/?lang=pl", nil), http.StatusOK, "2 dni", "1 min 35 s")
	if !strings.Contains(page.Body.String(), button) {
		h.Error("S7: there is no button to confirm the clock")
	}
	if w := h.ask(access.Manager, "POST", "/clock/confirm", url.Values{}); w.Code != http.StatusSeeOther || h.step != 0 {
		h.Errorf("S7: confirming answers %d, and a step of %v is left", w.Code, h.step)
	}
	h.wants(h.ask(access.Manager, "GET", "/audit", nil), http.StatusOK, "confirm-clock", "/clock")
	if page := h.ask(access.Manager, "GET", "/", nil); strings.Contains(page.Body.String(), button) {
		h.Error("S7: the button stays after the clock was confirmed")
	}
}

// L3: "needs attention" tells of a burst of suppressions and leads to them; those of another
// site are not this one's business.
func TestABurstNeedsAttention(t *testing.T) {
	h := open(t)
	page := h.ask(access.Viewer, "GET", "/", nil)
	h.wants(page, http.StatusOK, "20 addresses were suppressed within a short time", "through the account default")
	if body := page.Body.String(); !strings.Contains(body, `href="/suppressions?reason=bounce&amp;account=default"`) || strings.Contains(body, "secret") {
		h.Error("L3: it does not lead to the suppressions, or tells of another site's")
	}
}
