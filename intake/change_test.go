package intake_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"notifier/message"
	"notifier/preferences"
	"notifier/store"
	"notifier/store/storetest"
)

// TestChangingActsOnWhatWaits has one row per sentence at the end of RULES section 2. The
// event happened at noon UTC of a Wednesday, 13:00 in Warsaw; the change comes at 14:30 UTC.
func TestChangingActsOnWhatWaits(t *testing.T) {
	rows := []struct{ name, before, after, due, setting, reason string }{
		{"to immediately: due at the change", `{"case_changed":"daily"}`, `{"case_changed":"immediately"}`, "2026-11-25T14:30:00Z", "immediately", "preference_immediately"},
		{"to immediately, where it was due before that: as it was", `{"case_changed":"hourly"}`, `{"case_changed":"immediately"}`, "2026-11-25T13:00:00Z", "immediately", "preference_immediately"},
		{"to hourly: reckoned from the event, so it is due now", `{"case_changed":"daily"}`, `{"case_changed":"hourly"}`, "2026-11-25T13:00:00Z", "hourly", "preference_hourly"},
		{"to daily", `{"case_changed":"hourly"}`, `{"case_changed":"daily"}`, "2026-11-26T07:00:00Z", "daily 08:00", "preference_daily"},
		{"to weekly", `{"case_changed":"daily"}`, `{"case_changed":"weekly"}`, "2026-11-30T07:00:00Z", "weekly monday 08:00", "preference_weekly"},
		{"to never: it keeps its time and is sent one last time", `{"case_changed":"daily"}`, `{"case_changed":"never"}`, "2026-11-26T07:00:00Z", "daily 08:00", "preference_daily"},
		{"to what is left out: the default", `{"case_changed":"daily"}`, `{}`, "2026-11-25T14:30:00Z", "immediately", "preference_immediately"},
		{"another hour", `{"case_changed":"daily"}`, `{"case_changed":"daily","daily_at":"14:00"}`, "2026-11-25T13:00:00Z", "daily 14:00", "preference_daily"},
		{"another hour of a weekly one", `{"case_changed":"weekly"}`, `{"case_changed":"weekly","daily_at":"06:15"}`, "2026-11-30T05:15:00Z", "weekly monday 06:15", "preference_weekly"},
		{"another weekday", `{"case_changed":"weekly"}`, `{"case_changed":"weekly","weekly_on":"friday"}`, "2026-11-27T07:00:00Z", "weekly friday 08:00", "preference_weekly"},
		{"another zone", `{"case_changed":"daily"}`, `{"case_changed":"daily","timezone":"Asia/Tokyo"}`, "2026-11-25T23:00:00Z", "daily 08:00", "preference_daily"},
		{"another kind only: it stays", `{"case_changed":"daily"}`, `{"case_changed":"daily","case_received":"never"}`, "2026-11-26T07:00:00Z", "daily 08:00", "preference_daily"},
		{"a pause: at its end", `{"case_changed":"daily"}`, `{"case_changed":"daily","paused_until":"2026-12-01"}`, "2026-12-01T07:00:00Z", "daily 08:00", "paused_by_user"},
		{"a pause of what is now right away", `{"case_changed":"daily"}`, `{"case_changed":"immediately","paused_until":"2026-12-01"}`, "2026-12-01T07:00:00Z", "immediately", "paused_by_user"},
		{"the end of a pause, for right away: now", `{"paused_until":"2026-12-01"}`, `{}`, "2026-11-25T14:30:00Z", "immediately", "preference_immediately"},
		{"the end of a pause, for daily: as if there had been none", `{"case_changed":"daily","paused_until":"2026-12-01"}`, `{"case_changed":"daily"}`, "2026-11-26T07:00:00Z", "daily 08:00", "preference_daily"},
		{"the same again", `{"case_changed":"hourly"}`, `{"case_changed":"hourly","daily_at":"10:00"}`, "2026-11-25T13:00:00Z", "hourly", "preference_hourly"},
	}
	changed := noon.Add(150 * time.Minute)
	each(t, func(h *house) {
		for i, row := range rows {
			user := fmt.Sprintf("user%d", i)
			h.people(user)
			h.choose(noon, user, row.before)
			id := h.notify(noon, message.Event{Kind: message.CaseChanged, Users: []string{user}})[0].Message
			h.choose(changed, user, row.after)
			m := h.kept(id)
			if m.Status != message.Deferred || m.DueAt.Format(time.RFC3339) != row.due || m.Setting != row.setting || string(m.Reason) != row.reason {
				h.Errorf("%s: %s, due at %s as %q, %s; want due at %s as %q, %s", row.name, m.Status, m.DueAt.Format(time.RFC3339), m.Setting, m.Reason, row.due, row.setting, row.reason)
			}
		}
	})
}

func TestChangingTheUserActsOnWhatWaits(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		h.choose(noon, "anna", `{"case_changed":"daily"}`)
		id := h.notify(noon, message.Event{Kind: message.CaseChanged, Users: []string{"anna"}})[0].Message
		for _, row := range []struct {
			name string
			user preferences.User
			due  string
		}{
			{"another name", preferences.User{ID: "anna", Email: "anna@example.net", Name: "A", Timezone: "Europe/Warsaw"}, "2026-11-26T07:00:00Z"},
			{"another zone", preferences.User{ID: "anna", Timezone: "America/New_York"}, "2026-11-25T13:00:00Z"},
			{"no zone of one's own", preferences.User{ID: "anna"}, "2026-11-26T08:00:00Z"},
		} {
			u, err := h.SetUser(ctx, at(noon.Add(time.Minute)), row.user)
			if err != nil {
				h.Fatal(err)
			}
			if m := h.kept(id); m.DueAt.Format(time.RFC3339) != row.due {
				h.Errorf("%s: due at %s, want %s", row.name, m.DueAt, row.due)
			}
			if got := u.Preferences.Setting(message.CaseChanged); got != "daily 08:00" {
				h.Errorf("%s: preferences are %q, want them as they were", row.name, got)
			}
		}
	})
}

// TestWhatLeftIsNotChanged: only what waits moves.
func TestWhatLeftIsNotChanged(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		now := h.notify(noon, message.Event{Kind: message.CaseChanged, Users: []string{"anna"}})[0].Message
		h.choose(noon, "anna", `{"case_changed":"never"}`)
		never := h.notify(noon, message.Event{Kind: message.CaseChanged, Users: []string{"anna"}})[0].Message
		h.choose(noon, "anna", `{"case_changed":"daily"}`)
		gone := h.notify(noon, message.Event{Kind: message.CaseChanged, Users: []string{"anna"}})[0].Message
		if _, _, err := h.Cancel(ctx, at(noon), gone); err != nil {
			h.Fatal(err)
		}
		h.choose(noon.Add(time.Hour), "anna", `{"case_changed":"hourly"}`)
		for id, want := range map[message.ID]message.Status{now: message.Pending, never: message.Skipped, gone: message.Cancelled} {
			if m := h.kept(id); m.Status != want || m.Setting == "hourly" {
				h.Errorf("%s is %s with setting %q, want %s as it was", id, m.Status, m.Setting, want)
			}
		}
	})
}

// waiting is a deferred message as the rules see it.
type waiting struct {
	id            message.ID
	kind          message.Kind
	occurred, due time.Time
}

// TestAnyChanges plays random events and changes, and follows what waits by the rules alone.
func TestAnyChanges(t *testing.T) {
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			h := open(t, storetest.Open(t, storetest.URL(t, database)))
			users := 0
			rapid.Check(t, func(rt *rapid.T) {
				users++
				user := fmt.Sprintf("user%d", users)
				h.people(user)
				now, before := noon, preferences.Preferences{}
				var waits []waiting
				for range rapid.IntRange(2, 12).Draw(rt, "steps") {
					now = now.Add(time.Duration(rapid.Int64Range(1, int64(30*time.Hour/time.Microsecond)).Draw(rt, "pause")) * time.Microsecond)
					if rapid.Bool().Draw(rt, "event") {
						kind := rapid.SampledFrom([]message.Kind{message.CaseReceived, message.CaseChanged}).Draw(rt, "kind")
						occurred := now.Add(-time.Duration(rapid.IntRange(0, 48).Draw(rt, "late")) * time.Hour)
						got := h.notify(now, message.Event{Kind: kind, Users: []string{user}, OccurredAt: &occurred})[0]
						if got.Status == message.Deferred {
							waits = append(waits, waiting{got.Message, kind, occurred, *got.DueAt})
						}
						continue
					}
					after, err := h.SetPreferences(ctx, at(now), user, anyPreferences(rt))
					if err != nil {
						rt.Fatal(err)
					}
					for i, w := range waits {
						waits[i].due = dueAfter(before, after.Preferences, w, now)
					}
					before = after.Preferences
				}
				for _, w := range waits {
					if m := h.kept(w.id); !m.DueAt.Equal(w.due) {
						rt.Errorf("an event of %s for %s is due at %s, want %s by %+v", w.occurred, w.kind, m.DueAt, w.due, before)
					}
				}
			})
		})
	}
}

func anyPreferences(t *rapid.T) preferences.Preferences {
	p := preferences.Preferences{Frequencies: map[message.Kind]preferences.Frequency{}}
	received := []preferences.Frequency{preferences.Immediately, preferences.Hourly, preferences.Daily, preferences.Never}
	p.Frequencies[message.CaseReceived] = rapid.SampledFrom(received).Draw(t, "received")
	p.Frequencies[message.CaseChanged] = rapid.SampledFrom(preferences.Frequencies()).Draw(t, "changed")
	p.WeeklyOn = rapid.SampledFrom(preferences.Weekdays()).Draw(t, "weekly_on")
	p.Timezone = rapid.SampledFrom([]string{"Europe/Warsaw", "Asia/Kathmandu", "America/St_Johns", "UTC"}).Draw(t, "zone")
	return p
}

// dueAfter is when a waiting message is due after a change, in the words of the rules.
func dueAfter(before, after preferences.Preferences, w waiting, x time.Time) time.Time {
	if before.SameRule(after, w.kind) {
		return w.due // its rule has not changed
	}
	switch after.Frequencies[w.kind] {
	case preferences.Immediately:
		if x.Before(w.due) {
			return x
		}
		return w.due
	case preferences.Never:
		return w.due
	}
	due, _, _ := after.Due(w.kind, w.occurred)
	return due
}

// TestChangingRacesWithEvents: whoever wins, what waits is due as the user's present
// preferences say.
func TestChangingRacesWithEvents(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := open(t, s)
		users := []string{"anna", "ewa", "jan"}
		h.people(users...)
		for _, u := range users {
			h.choose(noon, u, `{"case_changed":"hourly","case_received":"daily"}`)
		}
		var workers sync.WaitGroup
		for worker := range 4 {
			workers.Go(func() {
				for i := range 25 {
					kind := []message.Kind{message.CaseChanged, message.CaseReceived}[i%2]
					happened := noon.Add(time.Duration(worker*25+i) * 17 * time.Minute)
					h.notify(happened, message.Event{Kind: kind, Users: users})
				}
			})
		}
		for i, user := range users {
			workers.Go(func() {
				choices := []string{
					`{"case_changed":"weekly","weekly_on":"friday","case_received":"hourly","timezone":"Europe/Warsaw"}`,
					`{"case_changed":"daily","daily_at":"17:45","case_received":"daily","timezone":"Asia/Kathmandu"}`,
					`{"case_changed":"hourly","case_received":"daily","daily_at":"06:30","timezone":"America/New_York"}`,
				}
				for n := range 20 {
					h.choose(noon.Add(time.Hour), user, choices[(n+i)%len(choices)])
				}
			})
		}
		workers.Wait()
		for _, user := range users {
			u, err := h.User(ctx, site, user)
			if err != nil {
				t.Fatal(err)
			}
			waits := h.all(message.Filter{User: user, Status: message.Deferred})
			if len(waits) != 100 {
				t.Errorf("%d messages wait for %s, want 100", len(waits), user)
			}
			wrong := slices.IndexFunc(waits, func(m message.Message) bool {
				due, reason, _ := u.Preferences.Due(m.Kind, m.OccurredAt)
				return !m.DueAt.Equal(due) || m.Reason != reason || m.Setting != u.Preferences.Setting(m.Kind)
			})
			if wrong >= 0 {
				m := waits[wrong]
				due, _, _ := u.Preferences.Due(m.Kind, m.OccurredAt)
				t.Errorf("%s of %s waits until %s as %q, want %s as %q", m.Kind, m.OccurredAt, m.DueAt, m.Setting, due, u.Preferences.Setting(m.Kind))
			}
		}
	})
}
