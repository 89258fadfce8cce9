package intake_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/deadlines"
	"notifier/intake"
	"notifier/jobs/reminders"
	"notifier/jobs/usernotifications"
	"notifier/letter"
	"notifier/message"
	"notifier/preferences"
	"notifier/store"
)

// T1: a change of the site's zone moves what waits of everybody who inherits it, whoever it was
// decided for before: one chosen hour of one local date has one due time.
func TestTheSitesZoneMovesWhatWaits(t *testing.T) {
	each(t, func(h *house) {
		zone := func(name string) {
			h.Helper()
			if err := h.store.AddSite(ctx, site, name, noon); err != nil {
				h.Fatal(err)
			}
		}
		zone("Europe/Warsaw")
		ids := []string{"owner", "directory"}
		for n := range 250 { // more than a page
			ids = append(ids, fmt.Sprintf("heir%03d", n))
		}
		for _, id := range ids {
			if _, err := h.SetUser(ctx, at(noon), preferences.User{ID: id, Email: id + "@example.org"}); err != nil {
				h.Fatal(err)
			}
		}
		h.choose(noon, "owner", `{"case_changed":"daily","timezone":"Europe/Lisbon"}`)
		h.choose(noon, "heir000", `{"case_changed":"daily"}`)
		h.choose(noon, "heir249", `{"case_changed":"daily"}`)
		event := func() map[string]message.ID {
			kept := map[string]message.ID{}
			for _, d := range h.notify(noon, message.Event{Kind: message.CaseChanged, Users: []string{"owner", "heir000", "heir249"}}) {
				kept[d.User] = d.Message
			}
			return kept
		}
		first := event()
		zone("Asia/Tokyo")
		second := event() // the zone that was read a moment ago must not count
		if err := h.MoveInherited(ctx, at(noon)); err != nil {
			h.Fatal(err)
		}
		for user, want := range map[string]string{"owner": "2026-11-26T08:00:00Z", "heir000": "2026-11-25T23:00:00Z", "heir249": "2026-11-25T23:00:00Z"} {
			one, other := h.kept(first[user]), h.kept(second[user])
			if !one.DueAt.Equal(h.clock(want)) || !other.DueAt.Equal(h.clock(want)) {
				h.Errorf("%s: due at %s and %s, want both at %s", user, one.DueAt, other.DueAt, want)
			}
		}
		if err := h.MoveInherited(ctx, at(h.clock("2026-12-24T12:00:00Z"))); err != nil { // the second pass
			h.Fatal(err)
		}
		if moving, err := h.store.Moving(ctx); err != nil || len(moving) > 0 {
			h.Errorf("still moving: %v, %v", moving, err)
		}
	})
}

// T1: so does a kind's default, for those who have not chosen.
func TestAKindsDefaultMovesWhatWaits(t *testing.T) {
	each(t, func(h *house) {
		says := func(kinds string, written int) (bool, bool) {
			h.Helper()
			f := store.Inherited{Timezone: "Europe/Warsaw", Rules: kinds, Written: noon.AddDate(0, 0, written)}
			_, changed, older, err := h.store.ApplyInherited(ctx, site, f, noon)
			if err != nil {
				h.Fatal(err)
			}
			return changed, older
		}
		says(`{"case_changed":"daily"}`, 1)
		catalog := preferences.DefaultCatalog()
		with := func(f preferences.Frequency) *intake.Desk {
			kind := catalog[message.CaseChanged]
			kind.Default = f
			return intake.New(h.store, intake.Options{Catalog: catalog.With(preferences.Catalog{message.CaseChanged: kind}), Domain: "example.org"})
		}
		h.Desk = with(preferences.Daily)
		h.people("heir", "owner")
		h.choose(noon, "owner", `{"case_changed":"daily"}`)
		ds := h.notify(noon, message.Event{Kind: message.CaseChanged, Users: []string{"heir", "owner"}})
		if changed, _ := says(`{"case_changed":"daily"}`, 2); changed {
			h.Error("the same again has changed something")
		}
		if changed, older := says(`{"case_changed":"hourly"}`, 0); changed || !older {
			h.Errorf("an older file: changed %t, older %t", changed, older)
		}
		if changed, older := says(`{"case_changed":"hourly"}`, 3); !changed || older {
			h.Errorf("a newer file: changed %t, older %t", changed, older)
		}
		h.Desk = with(preferences.Hourly)
		if err := h.MoveInherited(ctx, at(noon)); err != nil {
			h.Fatal(err)
		}
		if m := h.kept(ds[0].Message); !m.DueAt.Equal(h.clock("2026-11-25T13:00:00Z")) || m.Setting != "hourly" {
			h.Errorf("the heir's is due at %s by %q", m.DueAt, m.Setting)
		}
		if m := h.kept(ds[1].Message); !m.DueAt.Equal(h.clock("2026-11-26T07:00:00Z")) {
			h.Errorf("the owner's is due at %s", m.DueAt)
		}
	})
}

// calendar is a working week in the zone of the site, as the service reads it.
func (h *house) calendar(site string) deadlines.Calendar {
	h.Helper()
	in, err := h.store.InForce(ctx, site)
	if err != nil {
		h.Fatal(err)
	}
	return h.calendarBy(site, in)
}

func (h *house) calendarBy(_ string, in preferences.Site) deadlines.Calendar {
	zone, err := time.LoadLocation(in.Timezone)
	if err != nil {
		h.Error(err)
	}
	return deadlines.Calendar{Zone: zone, Version: in.Version}
}

// T1: the steps of deadlines that go by workdays move with the site's zone, and no workday is
// told twice.
func TestTheSitesZoneMovesDeadlines(t *testing.T) {
	each(t, func(h *house) {
		zone := func(name string, when time.Time) {
			h.Helper()
			if err := h.store.AddSite(ctx, site, name, noon); err != nil {
				h.Fatal(err)
			}
			if err := h.MoveInherited(ctx, at(when)); err != nil {
				h.Fatal(err)
			}
		}
		h.Desk = intake.New(h.store, intake.Options{Catalog: preferences.DefaultCatalog(), Domain: "example.org", Calendar: h.calendar, CalendarBy: h.calendarBy})
		remind := reminders.New(h.store, letter.Writer{}, h.calendar, "example.org", zap.NewNop())
		run := func(when, want string) {
			h.Helper()
			counts, err := remind.Run(ctx, h.clock(when))
			if err != nil || fmt.Sprint(counts["reminders"]) != want {
				h.Errorf("a run at %s reminds of %v (%v), want %s", when, counts, err, want)
			}
		}
		zone("Asia/Tokyo", noon)
		h.people("anna")
		for n := range 250 { // more than a page
			d := deadlines.Deadline{Key: fmt.Sprintf("later%03d", n), Users: []string{"anna"}, Terms: deadlines.Terms{DueAt: h.clock("2027-01-04T09:00:00Z"), OnDayAndAfter: true}}
			if _, _, err := h.SetDeadline(ctx, at(noon), d); err != nil {
				h.Fatal(err)
			}
		}
		due := h.clock("2026-11-27T03:00:00Z") // a Friday noon in Tokyo
		if _, _, err := h.SetDeadline(ctx, at(noon), deadlines.Deadline{Key: "told", Users: []string{"anna"}, Terms: deadlines.Terms{DueAt: due, OnDayAndAfter: true}}); err != nil {
			h.Fatal(err)
		}
		next := func(key, want string) {
			h.Helper()
			d, err := h.store.Deadline(ctx, site, key)
			if err != nil || !d.NextAt.Equal(h.clock(want)) {
				h.Errorf("the next step of %s is at %s (%v), want %s", key, d.NextAt, err, want)
			}
		}
		next("later249", "2027-01-03T23:00:00Z") // Monday 08:00 in Tokyo
		run("2026-11-26T23:00:00Z", "1")         // Friday 08:00 in Tokyo
		zone("Europe/Lisbon", h.clock("2026-11-26T23:30:00Z"))
		next("later000", "2027-01-04T08:00:00Z")
		next("later249", "2027-01-04T08:00:00Z")
		run("2026-11-27T08:00:00Z", "1") // it was due at 03:00; Friday's workday was told of in Tokyo
		next("told", "2026-11-30T08:00:00Z")
		zone("Asia/Tokyo", h.clock("2026-11-30T00:00:00Z")) // where Monday has begun an hour ago
		next("told", "2026-11-29T23:00:00Z")
		run("2026-11-30T00:15:00Z", "1")
		next("told", "2026-11-30T23:00:00Z")
		if err := h.MoveInherited(ctx, at(h.clock("2026-12-24T12:00:00Z"))); err != nil { // the second pass
			h.Fatal(err)
		}
		if moving, err := h.store.Moving(ctx); err != nil || len(moving) > 0 {
			h.Errorf("still moving: %v, %v", moving, err)
		}
	})
}

// T1: events that come in, "send now" and the mover of what people inherit may meet: each event
// is in one mail, and nothing keeps the time of before.
func TestSendNowMeetsAMove(t *testing.T) {
	each(t, func(h *house) {
		zones := []string{"Europe/Warsaw", "Asia/Tokyo"}
		job := usernotifications.New(h.store, letter.Writer{}, zap.NewNop())
		if err := h.store.AddSite(ctx, site, "UTC", noon); err != nil {
			h.Fatal(err)
		}
		if _, err := h.SetUser(ctx, at(noon), preferences.User{ID: "anna", Email: "anna@example.org"}); err != nil {
			h.Fatal(err)
		}
		h.choose(noon, "anna", `{"case_changed":"daily"}`)
		taken := map[message.ID]bool{}
		var mu sync.Mutex
		for round := range 25 {
			var all sync.WaitGroup
			all.Go(func() {
				if err := h.store.AddSite(ctx, site, zones[round%2], noon); err != nil {
					h.Error(err)
				}
				if err := h.MoveInherited(ctx, at(noon)); err != nil {
					h.Error(err)
				}
			})
			for range 3 {
				all.Go(func() {
					noted, _, err := h.Notify(ctx, at(noon), message.Event{Kind: message.CaseChanged, Users: []string{"anna"}, Summary: message.Plain("A note")})
					if err != nil {
						h.Error(err)
						return
					}
					mu.Lock()
					defer mu.Unlock()
					taken[noted.Recipients[0].Message] = true
				})
			}
			all.Go(func() {
				if _, _, err := job.SendNow(ctx, at(noon), "anna"); err != nil {
					h.Error(err)
				}
			})
			all.Wait()
			if h.Failed() {
				return
			}
			// A run of UserNotifications moves what was about to be stored, before it makes digests.
			if err := h.MoveInherited(ctx, at(noon.Add(time.Minute))); err != nil {
				h.Fatal(err)
			}
			waiting, err := h.store.Waiting(ctx, site, "anna", 1000)
			if err != nil {
				h.Fatal(err)
			}
			for _, m := range waiting {
				if want := map[string]string{"Europe/Warsaw": "2026-11-26T07:00:00Z", "Asia/Tokyo": "2026-11-25T23:00:00Z"}[zones[round%2]]; !m.DueAt.Equal(h.clock(want)) {
					h.Errorf("round %d: what waits is due at %s, want %s", round, m.DueAt, want)
				}
			}
		}
		if _, _, err := job.SendNow(ctx, at(noon), "anna"); err != nil {
			h.Fatal(err)
		}
		mails := 0
		for id := range taken {
			if m := h.kept(id); m.Status != message.Pending && m.Status != message.Merged {
				h.Errorf("%s was left behind: it is %s", id, m.Status)
			} else {
				mails++
			}
		}
		if mails != 75 {
			h.Errorf("%d of 75 events are in a mail", mails)
		}
	})
}
