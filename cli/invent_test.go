package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// invention makes journals up, of all that lines can say.
type invention struct {
	*rand.Rand
	out   bytes.Buffer
	at    time.Time
	known []string
	n     int
}

func pick[T any](r *rand.Rand, all ...T) T { return all[r.IntN(len(all))] }

// invent is a journal of so many lines over about so many days.
func invent(seed uint64, lines, days int) []byte {
	v := &invention{Rand: rand.New(rand.NewPCG(seed, 1)), at: time.Date(2026, 3, 20, 7, 0, 0, 0, time.UTC)}
	for i := range 6 {
		v.user(fmt.Sprintf("u%d", i))
	}
	for range lines {
		if v.IntN(3) > 0 { // others share an instant
			step := time.Duration(v.Int64N(int64(days) * int64(24*time.Hour) / int64(lines) * 3))
			if next := v.at.Add(step).Truncate(pick(v.Rand, time.Millisecond, time.Second, time.Minute, 15*time.Minute, time.Hour)); next.After(v.at) {
				v.at = next
			}
		}
		v.line()
	}
	return v.out.Bytes()
}

func (v *invention) write(do string, fields map[string]any) {
	fields["do"], fields["at"] = do, v.at.Format("2006-01-02T15:04:05.000Z")
	line, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	v.out.Write(append(line, '\n'))
}

func (v *invention) id(prefix string) string {
	v.n++
	return fmt.Sprintf("%s%d", prefix, v.n-v.IntN(2)) // not always a new one
}

func (v *invention) user(id string) {
	v.known = append(v.known, id)
	fields := map[string]any{"user": id}
	if v.IntN(6) > 0 {
		fields["email"] = pick(v.Rand, id, id+".new") + "@example.org"
	}
	if v.IntN(4) > 0 {
		fields["timezone"] = pick(v.Rand, "Europe/Warsaw", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "America/Nuuk")
	}
	v.write("set_user", fields)
}

func (v *invention) about() map[string]any {
	c := map[string]any{"id": fmt.Sprintf("C-%d", v.IntN(5))}
	if v.IntN(3) == 0 {
		c["stage"] = pick(v.Rand, "draft", "review")
	}
	if v.IntN(4) == 0 {
		c["owner"] = pick(v.Rand, v.known...)
	}
	return c
}

func (v *invention) people() []string {
	all := make([]string, 1+v.IntN(4))
	for i := range all {
		all[i] = pick(v.Rand, v.known...)
	}
	return all
}

func (v *invention) line() {
	switch v.IntN(10) {
	case 0:
		v.user(pick(v.Rand, v.known...))
	case 1:
		chosen := map[string]any{"user": pick(v.Rand, v.known...)}
		if v.IntN(5) > 0 {
			chosen["case_received"] = pick(v.Rand, "immediately", "hourly", "daily", "never")
		}
		if v.IntN(5) > 0 {
			chosen["case_changed"] = pick(v.Rand, "immediately", "hourly", "daily", "weekly", "never")
		}
		if v.IntN(2) > 0 {
			chosen["daily_at"] = pick(v.Rand, "00:00", "02:30", "08:00", "17:45", "23:59")
		}
		if v.IntN(2) > 0 {
			chosen["weekly_on"] = pick(v.Rand, "sunday", "monday", "friday")
		}
		if v.IntN(6) == 0 {
			chosen["timezone"] = "Asia/Tokyo"
		}
		v.write("set_preferences", chosen)
	case 2:
		v.message()
	case 3:
		v.deadline()
	case 4:
		if v.IntN(3) == 0 {
			muted := [][]string{{}, {"case_received"}, {"case_received", "case_changed"}}
			v.write("set_process", map[string]any{"process": pick(v.Rand, "lease", "permit"), "muted": pick(v.Rand, muted...)})
			return
		}
		v.write("clear_deadline", map[string]any{"key": fmt.Sprintf("D-%d", v.IntN(6))})
	default:
		e := map[string]any{"id": v.id("e"), "kind": pick(v.Rand, "case_received", "case_changed", "case_changed", "deadline"), "users": v.people(), "case": v.about(), "summary": "s"}
		if v.IntN(3) == 0 {
			e["actor"] = pick(v.Rand, v.known...)
		}
		if v.IntN(5) == 0 {
			e["occurred_at"] = v.at.Add(-time.Duration(v.IntN(60*48)) * time.Minute).Format(time.RFC3339)
		}
		if v.IntN(2) == 0 {
			e["process"] = pick(v.Rand, "lease", "permit")
		}
		v.write("notify", e)
	}
}

func (v *invention) message() {
	m := map[string]any{"id": v.id("m"), "subject": "s", "text": "t"}
	var to []any
	for _, id := range v.people() {
		to = append(to, pick[any](v.Rand, id, id+"@example.net", map[string]string{"email": id + "@Example.net", "name": "N"}))
	}
	m["to"] = to
	if v.IntN(4) == 0 {
		m["send_at"] = v.at.Add(time.Duration(v.IntN(60*30)) * time.Minute).Format(time.RFC3339)
	}
	if v.IntN(4) == 0 {
		m["expires_at"] = v.at.Add(time.Duration(60*31+v.IntN(60*30)) * time.Minute).Format(time.RFC3339)
	}
	if v.IntN(6) == 0 {
		m["reply_to"] = "clerk@example.org"
	}
	switch v.IntN(8) {
	case 0:
		m["one_mail"] = true
	case 1:
		m["cc"] = []string{"copy@example.net"}
	case 2:
		m["manual"] = true
		delete(m, "send_at")
	}
	v.write("send_message", m)
}

// inFull adds what few deadlines have.
func (v *invention) inFull(d map[string]any) {
	if v.IntN(4) == 0 {
		delete(d, "due_at")
		d["due_in"] = pick(v.Rand, map[string]any{"hours": 30.5}, map[string]any{"days": 1.25, "since": v.at.Add(-5 * time.Hour).Format(time.RFC3339)}, map[string]any{"workdays": 2})
	}
	if v.IntN(3) == 0 {
		d["remind_on_day_and_after"] = true
	}
	if v.IntN(3) == 0 {
		d["escalate"] = []any{
			map[string]any{"users": v.people(), "before": []string{"2h"}},
			map[string]any{"users": v.people(), "on_day": true, "after": map[string]any{"every_workday": true, "max": 2}},
		}
	}
	if users := d["users"].([]string); v.IntN(3) == 0 {
		d["for_users"] = map[string]any{users[0]: map[string]any{"due_in": map[string]any{"days": 2}, "remind_before": []string{"24h"}}}
	}
}

func (v *invention) deadline() {
	d := map[string]any{
		"key": fmt.Sprintf("D-%d", v.IntN(6)), "users": v.people(), "case": v.about(),
		"due_at": v.at.Add(time.Duration(v.IntN(60*24*6)-60*24) * time.Minute).Format(time.RFC3339),
	}
	if v.IntN(3) > 0 {
		d["remind_before"] = []string{pick(v.Rand, "1h", "24h", "15m"), "72h"}
	}
	if v.IntN(2) == 0 {
		d["overdue"] = map[string]any{"every_workday": true, "max": 1 + v.IntN(4)}
	}
	v.inFull(d)
	v.write("set_deadline", d)
}

// Whatever a journal says, the planner and the real store and jobs agree on what leaves.
func TestInventedJournalsLeadToTheSameMails(t *testing.T) {
	t.Parallel()
	schedules := [][]string{
		nil,
		{"--set", "notifications=10m", "--set", "user_notifications=*/20 * * * *"},
		{"--set", "notifications=7m", "--set", "user_notifications=2h", "--set", "reminders=1h"},
		{"--set", "notifications=0 9 * * *", "--set", "user_notifications=1h", "--set", "reminders=0 8 * * *"},
	}
	for seed := range uint64(len(schedules)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "journal.ndjson")
			if err := os.WriteFile(file, invent(seed, 400, 40), 0o600); err != nil {
				t.Fatal(err)
			}
			arguments := append([]string{"--journal", file, "--until", "2026-05-10T00:00:00Z", "--out", "-"}, schedules[seed]...)
			planned := notifier(t, append([]string{"simulate"}, arguments...)...)
			if len(planned) < 5000 {
				t.Errorf("only this was planned: %s", planned)
			}
			if replayed := notifier(t, append([]string{"replay"}, arguments...)...); replayed != planned {
				t.Errorf("replayed and planned: %s", difference(replayed, planned))
			}
		})
	}
}
