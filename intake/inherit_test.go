package intake_test

import (
	"fmt"
	"testing"

	"notifier/intake"
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
