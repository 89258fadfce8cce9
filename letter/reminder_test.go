package letter_test

import (
	"strings"
	"testing"
	"time"

	"notifier/letter"
	"notifier/message"
)

func reminder() message.Message {
	m := single()
	m.Type, m.Kind, m.Reference, m.Setting = message.Reminder, message.Deadline, "OFA/2026/1181:step-4", ""
	m.Summary, m.Actor, m.Reason = "", "jan", message.ByDeadline
	return m
}

func TestRemindSubject(t *testing.T) {
	for _, c := range []struct {
		name, zone, due, now, want string
	}{
		{"the day before", "Europe/Warsaw", "2026-11-25 15:00", "2026-11-24 15:00", "Due tomorrow 16:00: OFA/2026/1181 Lease – Łódź"},
		{"tomorrow is a date, not 24 hours", "Europe/Warsaw", "2026-11-25 15:00", "2026-11-23 23:30", "Due tomorrow 16:00: OFA/2026/1181 Lease – Łódź"},
		{"on the day", "Europe/Warsaw", "2026-11-25 15:00", "2026-11-25 07:00", "Due today 16:00: OFA/2026/1181 Lease – Łódź"},
		{"at the moment", "Europe/Warsaw", "2026-11-25 15:00", "2026-11-25 15:00", "Due today 16:00: OFA/2026/1181 Lease – Łódź"},
		{"a little later", "Europe/Warsaw", "2026-11-25 15:00", "2026-11-25 15:14", "Due today 16:00: OFA/2026/1181 Lease – Łódź"},
		{"further away", "Europe/Warsaw", "2026-11-25 15:00", "2026-11-22 15:00", "Due Wed 25 Nov 16:00: OFA/2026/1181 Lease – Łódź"},
		{"next year", "Europe/Warsaw", "2027-01-04 15:00", "2026-12-30 15:00", "Due Mon 4 Jan 2027 16:00: OFA/2026/1181 Lease – Łódź"},
		{"the next morning", "Europe/Warsaw", "2026-11-25 15:00", "2026-11-26 07:00", "1 day late: OFA/2026/1181 Lease – Łódź"},
		{"two mornings later", "Europe/Warsaw", "2026-11-25 15:00", "2026-11-27 07:00", "2 days late: OFA/2026/1181 Lease – Łódź"},
		{"in the person's zone", "Asia/Kathmandu", "2026-11-25 15:00", "2026-11-25 07:00", "Due today 20:45: OFA/2026/1181 Lease – Łódź"},
		{"where it is tomorrow already", "Pacific/Kiritimati", "2026-11-25 15:00", "2026-11-25 07:00", "Due tomorrow 05:00: OFA/2026/1181 Lease – Łódź"},
		{"over the change of the clocks", "Europe/Warsaw", "2026-10-25 15:00", "2026-10-24 21:59", "Due tomorrow 16:00: OFA/2026/1181 Lease – Łódź"},
		{"an unknown zone is UTC", "", "2026-11-25 15:00", "2026-11-25 07:00", "Due today 15:00: OFA/2026/1181 Lease – Łódź"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := reminder()
			m.Timezone = c.zone
			got := letter.Writer{}.Remind(m, letter.Due{At: utc(c.due), Now: utc(c.now)})
			if got.Subject != c.want {
				t.Errorf("Subject = %q, want %q", got.Subject, c.want)
			}
		})
	}
}

func TestRemind(t *testing.T) {
	due := letter.Due{At: utc("2026-11-23 15:00"), Now: utc("2026-11-22 07:00"), Next: utc("2026-11-23 07:00")}
	m := reminder()
	m.Case.Stage = "Manager approval"
	m = letter.Writer{}.Remind(m, due)
	golden(t, "reminder.txt", m.Text)
	golden(t, "reminder.html", m.HTML)

	late := reminder()
	late.Case.URL, late.Summary, late.Actor = "", "The tenant waits for an answer", ""
	late = letter.Writer{}.Remind(late, letter.Due{At: utc("2026-11-20 15:00"), Now: utc("2026-11-22 07:00")})
	golden(t, "reminder-late.txt", late.Text)

	bare := reminder()
	bare.Case = message.Case{}
	if got := (letter.Writer{}).Remind(bare, due); got.Subject != "Due tomorrow 16:00: OFA/2026/1181:step-4" {
		t.Errorf("without a case the subject is %q, want the deadline's key in it", got.Subject)
	}
	bare.Reference = ""
	if got := (letter.Writer{}).Remind(bare, due); got.Subject != "Due tomorrow 16:00" || !strings.Contains(got.HTML, ">This case is due tomorrow.</h1>") {
		t.Errorf("without case and key the subject is %q and the page\n%s", got.Subject, got.HTML)
	}
}

func TestRemindSaysHowLong(t *testing.T) {
	for _, c := range []struct {
		left time.Duration
		want string
	}{
		{12*24*time.Hour + 5*time.Hour, " · 12 days left"},
		{2*24*time.Hour + 5*time.Hour, " · 2 days 5 h left"},
		{24 * time.Hour, " · 1 day left"},
		{24*time.Hour - 7*time.Millisecond, " · 1 day left"},
		{90 * time.Minute, " · 1 h 30 min left"},
		{time.Minute, " · 1 min left"},
		{0, "(Europe/Warsaw)"},
		{-15 * time.Minute, " · 15 min ago"},
		{-7 * time.Hour, " · 7 h ago"},
		{-40 * time.Hour, "Was due Fri 20 Nov 16:00 (Europe/Warsaw)"},
	} {
		now := utc("2026-11-22 07:00")
		m := letter.Writer{}.Remind(reminder(), letter.Due{At: now.Add(c.left), Now: now})
		var line string
		for l := range strings.Lines(m.Text) {
			if strings.Contains(l, "(Europe/Warsaw)") {
				line = strings.TrimSpace(l)
			}
		}
		if !strings.HasSuffix(line, c.want) {
			t.Errorf("with %s left it says %q, want it to end with %q", c.left, line, c.want)
		}
	}
}
