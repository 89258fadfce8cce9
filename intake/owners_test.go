package intake_test

import (
	"testing"

	"notifier/message"
	"notifier/preferences"
)

// T2: a nightly sync of the directory never overwrites what a person chose, and moves nothing
// that waits by it; null gives a field back to the directory, and then to the site.
func TestDirectoryNeverOverwritesAChoice(t *testing.T) {
	each(t, func(h *house) {
		if err := h.store.AddSite(ctx, site, "Europe/Lisbon", noon); err != nil {
			h.Fatal(err)
		}
		wants := func(u preferences.User, err error, zone, lang string, from preferences.Holds) {
			h.Helper()
			if err != nil || u.Timezone != zone || u.Preferences.Timezone != zone || u.Language != lang || u.Holds != from {
				h.Errorf("%s (%s), %q held by %+v, %v; want %s, %q held by %+v", u.Timezone, u.Preferences.Timezone, u.Language, u.Holds, err, zone, lang, from)
			}
		}
		sync := func(zone, lang string) (preferences.User, error) {
			return h.SetUser(ctx, at(noon), preferences.User{ID: "anna", Email: "anna@example.org", Timezone: zone, Language: lang})
		}
		edit := func(keys string) (preferences.User, error) {
			return h.EditPreferences(ctx, at(noon), "anna", func(p *preferences.Preferences) error { return p.UnmarshalJSON([]byte(keys)) })
		}
		u, err := sync("", "")
		wants(u, err, "Europe/Lisbon", "", preferences.Holds{Timezone: preferences.FromSite, Language: preferences.FromSite})
		u, err = sync("Europe/Warsaw", "pl")
		wants(u, err, "Europe/Warsaw", "pl", preferences.Holds{Timezone: preferences.FromDirectory, Language: preferences.FromDirectory})
		u, err = edit(`{"case_changed":"daily","timezone":"Asia/Tokyo","language":"fr"}`)
		chosen := preferences.Holds{Timezone: preferences.FromChoice, Language: preferences.FromChoice}
		wants(u, err, "Asia/Tokyo", "fr", chosen)
		waits := h.notify(noon, message.Event{Kind: message.CaseChanged, Users: []string{"anna"}})[0]
		u, err = sync("America/New_York", "en")
		wants(u, err, "Asia/Tokyo", "fr", chosen)
		u, err = h.EditUser(ctx, at(noon), "anna", func(u *preferences.User) { u.Timezone = "Europe/Paris" })
		wants(u, err, "Asia/Tokyo", "fr", chosen)
		if u.Directory != (preferences.Own{Timezone: "Europe/Paris", Language: "en"}) {
			h.Errorf("the directory says %+v", u.Directory)
		}
		if m := h.kept(waits.Message); !m.DueAt.Equal(h.clock("2026-11-25T23:00:00Z")) {
			h.Errorf("after a sync it is due at %s, want eight in Tokyo", m.DueAt)
		}
		h.choose(noon, "anna", `{"case_changed":"daily"}`) // an engine that knows of no zones
		u, err = h.User(ctx, site, "anna")
		wants(u, err, "Asia/Tokyo", "fr", chosen)
		u, err = edit(`{"timezone":null,"language":null}`)
		wants(u, err, "Europe/Paris", "en", preferences.Holds{Timezone: preferences.FromDirectory, Language: preferences.FromDirectory})
		if m := h.kept(waits.Message); !m.DueAt.Equal(h.clock("2026-11-26T07:00:00Z")) {
			h.Errorf("given back it is due at %s, want eight in Paris", m.DueAt)
		}
		changes, err := h.Changes(ctx, site, "anna")
		if err != nil || len(changes) != 2 || changes[1].After.Timezone != "Asia/Tokyo" || changes[0].After.Timezone != "" {
			h.Errorf("the history has %+v, %v; want what the person changed, and no sync", changes, err)
		}
	})
}
