package intake_test

import (
	"errors"
	"testing"
	"time"

	"notifier/fault"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
)

func by(who string, at time.Time) request.Call { return request.Call{Site: site, At: at, By: who} }

// One click stops exactly the kinds of the link, may come twice, and is undone.
func TestStopAndUndo(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		h.choose(noon, "anna", `{"case_received":"hourly","daily_at":"09:00"}`)
		waits := h.notify(noon, message.Event{Kind: message.CaseReceived, Users: []string{"anna"}})[0].Message
		for range 2 {
			u, err := h.Stop(ctx, by(request.ByOneClick, noon), "anna", []message.Kind{message.CaseChanged, message.Deadline, "nothing"})
			if err != nil || u.Preferences.Frequencies[message.CaseChanged] != preferences.Never || u.Preferences.Frequencies[message.CaseReceived] != preferences.Hourly {
				h.Fatalf("Stop = %+v, %v", u.Preferences, err)
			}
		}
		if d := h.notify(noon, message.Event{Kind: message.CaseChanged, Users: []string{"anna"}})[0]; d.Reason != message.Never {
			h.Errorf("after Stop: %+v", d)
		}
		if d := h.notify(noon, message.Event{Kind: message.Deadline, Users: []string{"anna"}})[0]; d.Status != message.Pending {
			h.Errorf("a deadline after Stop: %+v", d)
		}
		if m := h.kept(waits); m.Status != message.Deferred {
			h.Errorf("what waits for another kind is now %s", m.Status)
		}
		changes, err := h.Changes(ctx, site, "anna")
		if err != nil || len(changes) != 2 || changes[0].By != request.ByOneClick {
			h.Fatalf("Changes = %+v, %v; want two, the last by one click", changes, err)
		}
		u, err := h.Undo(ctx, by(request.ByLink, noon), "anna", changes[0].ID)
		if err != nil || u.Preferences.Frequencies[message.CaseChanged] != preferences.Immediately || u.Preferences.DailyAt.Hour != 9 {
			h.Errorf("Undo = %+v, %v", u.Preferences, err)
		}
		if _, err := h.Undo(ctx, by(request.ByLink, noon), "anna", "chg_nothing"); !errors.Is(err, message.ErrNotFound) {
			h.Errorf("Undo of nothing: %v", err)
		}
		if _, err := h.Stop(ctx, by(request.ByLink, noon), "nobody", []message.Kind{message.CaseChanged}); !errors.Is(err, message.ErrNotFound) {
			h.Errorf("Stop for nobody: %v", err)
		}
	})
}

func TestChooseIsOneChange(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		c := preferences.Choices{Language: "pl", Timezone: "Asia/Tokyo", Preferences: preferences.Preferences{Frequencies: map[message.Kind]preferences.Frequency{message.CaseChanged: preferences.Weekly}}}
		if _, err := h.Choose(ctx, by(request.ByLink, noon), "anna", c); err != nil {
			h.Fatal(err)
		}
		u, err := h.User(ctx, site, "anna")
		if err != nil || u.Language != "pl" || u.Timezone != "Asia/Tokyo" || u.Preferences.Frequencies[message.CaseChanged] != preferences.Weekly || u.Email == "" {
			h.Errorf("the user is %+v, %v", u, err)
		}
		c.Language, c.Timezone = "Polish", "Warsaw"
		c.Preferences.Frequencies[message.CaseReceived] = preferences.Weekly
		_, err = h.Choose(ctx, by(request.ByLink, noon), "anna", c)
		var wrong *fault.Invalid
		if !errors.As(err, &wrong) || len(wrong.Faults) != 3 {
			h.Errorf("three faults: %v", err)
		}
		if changes, err := h.Changes(ctx, site, "anna"); err != nil || len(changes) != 1 {
			h.Errorf("Changes = %+v, %v", changes, err)
		}
	})
}
