package explain

import (
	"strings"
	"testing"
	"time"

	"notifier/message"
	"notifier/schedule"
)

// T3: where the run comes later than the due time, both are said; a paused job is named, and a
// pause that ends says when.
func TestWhySaysWhenTheMailLeaves(t *testing.T) {
	hourly, err := schedule.Spec{Cron: "0 * * * *"}.Compile()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 25, 1, 0, 0, 0, time.UTC)
	due := time.Date(2026, 11, 25, 2, 30, 0, 0, time.UTC) // 08:00 in Kolkata
	runs := schedule.Standing{Schedule: hourly, Wake: true}
	f := Facts{
		Now: now, Departures: schedule.Departures{Notifications: runs, UserNotifications: runs},
		Message: message.Message{Status: message.Deferred, DueAt: due, Reason: message.ByPreference + "daily", Timezone: "Asia/Kolkata", UserID: "anna"},
	}
	for lang, said := range map[string]string{"en": "after it is due", "pl": "po wyznaczonej porze", "fr": "l’heure prévue"} {
		f.Lang = lang
		a := Explain(f)
		if !strings.Contains(a.Sentence, "08:30 Asia/Kolkata") || !strings.Contains(a.Sentence, "08:00 Asia/Kolkata") || !strings.Contains(a.Sentence, said) {
			t.Errorf("%s: %s", lang, a.Sentence)
		}
		if a.Next == nil || !a.Next.At.Equal(due) || a.Next.LeavesAt == nil || !a.Next.LeavesAt.Equal(due.Add(30*time.Minute)) || a.Next.WaitsFor != "" {
			t.Errorf("%s: next is %+v", lang, a.Next)
		}
	}
	f.Lang, f.Departures.UserNotifications.Paused = "en", true
	a := Explain(f)
	if !strings.Contains(a.Sentence, "UserNotifications is paused until somebody resumes it") || a.Next.LeavesAt != nil || a.Next.WaitsFor != schedule.UserNotifications {
		t.Errorf("paused: %s %+v", a.Sentence, a.Next)
	}
	f.Now, f.Close = due.Add(time.Minute), Job{Name: "user_notifications", Paused: true, Until: due.Add(2 * time.Hour)}
	f.Departures.UserNotifications.PausedUntil = f.Close.Until
	if a = Explain(f); a.Reason != JobPaused || !strings.Contains(a.Sentence, "10:00 Asia/Kolkata") || !a.Next.LeavesAt.Equal(due.Add(150*time.Minute)) {
		t.Errorf("a pause that ends: %s %+v", a.Sentence, a.Next)
	}
}
