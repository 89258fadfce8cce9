package intake_test

import (
	"slices"
	"testing"
	"time"

	"notifier/deadlines"
	"notifier/message"
)

// T5: one unknown user keeps no mail from the others, and is on record for Why.
func TestUnknownUsersAreSkipped(t *testing.T) {
	lease := message.Case{ID: "A-1", Title: "Lease"}
	each(t, func(h *house) {
		h.people("anna", "jan")
		check := func(door, known string, status message.Status) {
			h.Helper()
			found, err := h.store.Messages(ctx, site, message.Filter{User: "ana", Limit: 10})
			if err != nil || len(found) == 0 || found[0].Status != message.Skipped || found[0].Reason != message.UnknownUser {
				h.Errorf("%s: the record of ana is %+v (%v), want one that is skipped, unknown_user", door, found, err)
			}
			others, err := h.store.Messages(ctx, site, message.Filter{User: known, Limit: 10})
			if err != nil || len(others) == 0 || others[0].Status != status {
				h.Errorf("%s: %s has %+v (%v), want a message that is %s", door, known, others, err, status)
			}
		}
		t.Run("event", func(*testing.T) {
			noted := h.notify(noon, message.Event{Kind: message.CaseReceived, Users: []string{"ana", "anna", "ana"}, Case: lease})
			if len(noted) != 2 || noted[0].User != "ana" || noted[0].Status != message.Skipped || noted[0].Reason != message.UnknownUser {
				h.Errorf("the answer is %+v, want ana once and first: skipped, unknown_user", noted)
			}
			check("event", "anna", message.Pending)
		})
		t.Run("message", func(*testing.T) {
			tickets := h.send(noon, to("jan", "ana", "guest@example.net"))
			if len(tickets) != 3 || tickets[1].To != "ana" || tickets[1].Status != message.Skipped || tickets[1].Reason != message.UnknownUser {
				h.Errorf("the answer is %+v, want ana at her place: skipped, unknown_user", tickets)
			}
			check("message", "jan", message.Pending)
		})
		t.Run("one mail for all", func(*testing.T) {
			d := to("jan")
			d.Cc = list("ana", "anna")
			tickets := h.send(noon, d)
			if len(tickets) != 2 || tickets[1].To != "ana" || tickets[1].Reason != message.UnknownUser {
				h.Errorf("the answer is %+v, want one mail for those who are known and a record of ana", tickets)
			}
		})
		t.Run("only the unknown", func(*testing.T) {
			_, _, err := h.Notify(ctx, at(noon), message.Event{Kind: message.CaseChanged, Users: []string{"x", "y"}})
			if got := h.faults(err); got != "/users/0 unknown_user\n/users/1 unknown_user" {
				h.Errorf("an event for nobody known: %q", got)
			}
			_, _, err = h.SendMessage(ctx, at(noon), to("x", "y"))
			if got := h.faults(err); got != "/to/0 unknown_user\n/to/1 unknown_user" {
				h.Errorf("a message to nobody known: %q", got)
			}
			_, _, err = h.SetDeadline(ctx, at(noon), deadline("A-9", message.Case{}, "x"))
			if got := h.faults(err); got != "/users/0 unknown_user" {
				h.Errorf("a deadline for nobody known: %q", got)
			}
		})
	})
}

// T5: the old date of a deadline does not go on reminding because one of its users has left.
func TestDeadlineMovesPastAnUnknownUser(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		if _, _, err := h.SetDeadline(ctx, at(noon), deadline("A-1", message.Case{ID: "A-1"}, "anna")); err != nil {
			h.Fatal(err)
		}
		later := deadline("A-1", message.Case{ID: "A-1"}, "anna", "ana")
		later.DueAt = later.DueAt.Add(240 * time.Hour)
		later.Escalate = []deadlines.Escalation{{Users: []string{"chef"}, OnDay: true}}
		call := at(noon)
		call.Key = "move"
		for _, again := range []bool{false, true} {
			set, replayed, err := h.SetDeadline(ctx, call, later)
			if err != nil || replayed != again || !set.DueAt.Equal(later.DueAt) || !slices.Equal(set.Unknown, []string{"ana", "chef"}) {
				h.Errorf("moved (again: %t): %+v, unknown %q, %v, want the later date, with ana and chef as unknown", again, set.DueAt, set.Unknown, err)
			}
		}
		for _, id := range []string{"ana", "chef"} {
			found, err := h.store.Messages(ctx, site, message.Filter{User: id, Limit: 10})
			if err != nil || len(found) != 1 || found[0].Reason != message.UnknownUser || found[0].Case.ID != "A-1" {
				h.Errorf("the record of %s is %+v (%v), want one for the case that is skipped, unknown_user", id, found, err)
			}
		}
	})
}
