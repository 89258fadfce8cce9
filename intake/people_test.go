package intake_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"notifier/message"
	"notifier/preferences"
)

func TestUsers(t *testing.T) {
	each(t, func(h *house) {
		if err := h.store.AddSite(ctx, site, "Europe/Lisbon", noon); err != nil {
			h.Fatal(err)
		}
		if _, err := h.User(ctx, site, "anna"); !errors.Is(err, message.ErrNotFound) || !strings.Contains(err.Error(), "PUT /api/v1/users/anna") {
			h.Errorf("an unknown user: %v, want ErrNotFound with what to do", err)
		}
		set, err := h.SetUser(ctx, at(noon), preferences.User{ID: "anna", Email: "anna@example.org"})
		if err != nil {
			h.Fatal(err)
		}
		got, err := h.User(ctx, site, "anna")
		if err != nil || written(h, got) != written(h, set) || got.Version != set.Version {
			h.Errorf("read as %+v (%v), want as it was answered: %+v", got, err, set)
		}
		if got.Timezone != "Europe/Lisbon" || written(h, got.Preferences) != `{"case_received":"immediately","case_changed":"immediately","news":"weekly","daily_at":"08:00","weekly_on":"monday","timezone":"Europe/Lisbon"}` {
			h.Errorf("what applies is %s in %s, want the defaults in the site's zone", written(h, got.Preferences), got.Timezone)
		}
		h.choose(noon, "anna", `{"case_changed":"daily","timezone":"Asia/Tokyo"}`)
		if _, err := h.SetUser(ctx, at(noon), preferences.User{ID: "anna", Name: "Anna", Timezone: "Europe/Warsaw"}); err != nil {
			h.Fatal(err)
		}
		got, err = h.User(ctx, site, "anna")
		if err != nil || got.Email != "" || got.Name != "Anna" || got.Timezone != "Asia/Tokyo" || got.Directory.Timezone != "Europe/Warsaw" || got.Preferences.Frequencies[message.CaseChanged] != preferences.Daily {
			h.Errorf("after a change it is %+v (%v), want all new but what the person chose", got, err)
		}
	})
}

func TestPreferences(t *testing.T) {
	rows := []struct{ name, chosen, want string }{
		{"AMODIT-14: received has no weekly", `{"case_received":"weekly"}`, "/case_received not_allowed"},
		{"AMODIT-14: changed has", `{"case_changed":"weekly"}`, ""},
		{"AMODIT-15: deadlines cannot be chosen", `{"deadline":"daily"}`, "/deadline mandatory"},
		{"nor what an admin made mandatory", `{"audit":"never"}`, "/audit mandatory"},
		{"a kind of the admin's has its own choices", `{"news":"daily"}`, "/news not_allowed"},
		{"an unknown kind", `{"case_recieved":"daily"}`, "/case_recieved unknown_kind"},
		{"all at once", `{"case_received":"weekly","deadline":"never","x":"daily","timezone":"Mars"}`, "/case_received not_allowed\n/x unknown_kind\n/deadline mandatory\n/timezone bad_timezone"},
	}
	each(t, func(h *house) {
		h.people("anna")
		h.choose(noon, "anna", `{"case_changed":"hourly"}`)
		for _, row := range rows {
			var p preferences.Preferences
			if err := p.UnmarshalJSON([]byte(row.chosen)); err != nil {
				h.Fatal(err)
			}
			_, err := h.SetPreferences(ctx, at(noon), "anna", p)
			if row.want == "" {
				if err != nil {
					h.Errorf("%s: %v", row.name, err)
				}
				continue
			}
			if got := h.faults(err); got != row.want {
				h.Errorf("%s: faults\n%s\nwant\n%s", row.name, got, row.want)
			}
		}
		u, err := h.User(ctx, site, "anna")
		if err != nil || u.Preferences.Frequencies[message.CaseChanged] != preferences.Weekly {
			h.Errorf("%s is kept (%v), want the last that was taken", written(h, u.Preferences), err)
		}
		_, err = h.SetPreferences(ctx, at(noon), "ana", preferences.Preferences{})
		if !errors.Is(err, message.ErrNotFound) || !strings.Contains(err.Error(), `"ana"`) {
			h.Errorf("of an unknown user: %v, want ErrNotFound", err)
		}
	})
}

func TestUserRefused(t *testing.T) {
	each(t, func(h *house) {
		_, err := h.SetUser(ctx, at(noon), preferences.User{ID: "..", Email: "anna", Name: "A\r\nBcc: b", Timezone: "Mars", Language: "polski"})
		if got := h.faults(err); got != "/id bad_id\n/email bad_address\n/name bad_text\n/timezone bad_timezone\n/language bad_language" {
			h.Errorf("faults\n%s", got)
		}
	})
}

// TestChangesDoNotGetLost: a name and preferences that are set at once are both kept.
func TestChangesDoNotGetLost(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() { h.choose(noon, "anna", `{"case_changed":"daily"}`) })
			all.Go(func() {
				u := preferences.User{ID: "anna", Email: "anna@example.org", Name: "Anna Ż.", Timezone: "Europe/Warsaw"}
				if _, err := h.SetUser(ctx, at(noon), u); err != nil {
					h.Error(err)
				}
			})
		}
		all.Wait()
		u, err := h.User(ctx, site, "anna")
		if err != nil || u.Name != "Anna Ż." || u.Preferences.Frequencies[message.CaseChanged] != preferences.Daily || u.Version != 3 {
			h.Errorf("after two changes, five times each, it is %+v (%v), want version 3", u, err)
		}
	})
}

func TestGroups(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna", "jan")
		if _, err := h.Group(ctx, site, "clerks"); !errors.Is(err, message.ErrNotFound) || !strings.Contains(err.Error(), "PUT /api/v1/groups/clerks") {
			h.Errorf("an unknown group: %v, want ErrNotFound with what to do", err)
		}
		for _, users := range [][]string{{"jan", "anna", "jan"}, {"anna"}, {}} {
			if err := h.SetGroup(ctx, at(noon), "clerks", users); err != nil {
				h.Fatal(err)
			}
			got, err := h.Group(ctx, site, "clerks")
			want := fmt.Sprint(users[:min(len(users), 2)]) // each once, in their order
			if err != nil || fmt.Sprint(got) != want {
				h.Errorf("the group is %v (%v), want %s", got, err, want)
			}
		}
		for _, row := range []struct {
			name, id string
			users    []string
			want     string
		}{
			{"unknown users", "clerks", []string{"anna", "ana"}, "/users/1 unknown_user"},
			{"no id", "", nil, "/id missing"},
			{"an id that reads as an address: no mail could name it", "all@clerks", nil, "/id bad_id"},
			{"control characters", "a\nb", []string{"a\x00"}, "/id bad_text\n/users/0 bad_text"},
			{"too many", "clerks", make([]string, 10001), "/users too_many"},
		} {
			err := h.SetGroup(ctx, at(noon), row.id, row.users)
			if got := h.faults(err); got != row.want {
				h.Errorf("%s: faults\n%s\nwant\n%s", row.name, got, row.want)
			}
		}
	})
}
