package centre_test

import (
	"net/http"
	"testing"
	"time"

	"notifier/message"
	"notifier/preferences"
	"notifier/schedule"
	"notifier/wallclock"
	"notifier/web/centre"

	"go.uber.org/zap"
)

// T3: the page of choices, its waiting list and its questions say when mail leaves, and where that
// is not when it is due, both.
func TestThePageSaysWhenMailLeaves(t *testing.T) {
	each(t, func(h *house) {
		hourly, err := schedule.Spec{Cron: "0 * * * *"}.Compile()
		if err != nil {
			h.Fatal(err)
		}
		job := schedule.Standing{Schedule: hourly, Wake: true}
		timetable := schedule.Departures{Notifications: job, UserNotifications: job, Reminders: job}
		h.o.Departures = func() schedule.Departures { return timetable }
		h.pages = centre.Handler(h.desk, h.store, h.o, zap.NewNop())
		if _, err := h.desk.SetUser(h.Context(), h.call(), preferences.User{ID: "anna", Email: "anna.z@example.org", Timezone: "Asia/Kolkata", Language: "en"}); err != nil {
			h.Fatal(err)
		}
		five := wallclock.Time{Hour: 8, Minute: 5}
		p := preferences.Preferences{Frequencies: map[message.Kind]preferences.Frequency{message.CaseChanged: preferences.Daily}, DailyAt: &five}
		if _, err := h.desk.SetPreferences(h.Context(), h.call(), "anna", p); err != nil {
			h.Fatal(err)
		}
		e := message.Event{Kind: message.CaseChanged, Users: []string{"anna"}, Case: message.Case{ID: "C-1"}, Summary: message.Plain("x")}
		if _, _, err := h.desk.Notify(h.Context(), h.call(), e); err != nil {
			h.Fatal(err)
		}
		link := h.choose(time.Now())
		h.wants(h.ask("GET", link, ""), http.StatusOK, "at 08:30 (due 08:05)", "1 notification comes")
		timetable.UserNotifications.Paused = true
		h.wants(h.ask("GET", link, ""), http.StatusOK, "at the earliest: sending is paused until somebody resumes it")
		timetable.UserNotifications.PausedUntil = time.Date(2190, 1, 1, 3, 0, 0, 0, time.UTC)
		h.wants(h.ask("GET", link, ""), http.StatusOK, "1 Jan 2190 at 08:30")
	})
}
