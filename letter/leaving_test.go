package letter

import (
	"strings"
	"testing"
	"time"

	"notifier/message"
)

// T3: a reminder says when the next one leaves, and when it is due, where that is before it.
func TestTheNextReminder(t *testing.T) {
	now := time.Date(2026, 12, 1, 2, 35, 0, 0, time.UTC)
	due, leaves := now.Add(24*time.Hour), now.Add(24*time.Hour+25*time.Minute)
	for _, row := range []struct {
		lang string
		d    Due
		want string
	}{
		{"en", Due{Next: due, Leaves: due}, "Next reminder: Wed 2 Dec 08:05, unless"},
		{"en", Due{Next: due}, "Next reminder: Wed 2 Dec 08:05, unless"},
		{"en", Due{Next: due, Leaves: leaves}, "08:30 (due Wed"},
		{"pl", Due{Next: due, Leaves: leaves}, "08:30 (planowo"},
		{"fr", Due{Next: due, Leaves: leaves}, "(prévu"},
		{"en", Due{Next: due, Rests: true}, "at the earliest, unless"},
		{"pl", Due{Next: due, Rests: true}, "najwcześniej"},
		{"fr", Due{Next: due, Rests: true}, "au plus tôt"},
	} {
		row.d.At, row.d.Now = now.Add(48*time.Hour), now
		m := Writer{}.Remind(message.Message{Language: row.lang, Timezone: "Asia/Kolkata", Reference: "D-1"}, row.d)
		if text := strings.Join(strings.Fields(m.Text), " "); !strings.Contains(text, row.want) {
			t.Errorf("%s %+v: no %q in %s", row.lang, row.d, row.want, text)
		}
	}
}
