package intake_test

import (
	"testing"

	"notifier/message"
	"notifier/preferences"
)

// TestAMutedProcess is AMODIT-17: a kind that is switched off in a process leaves a record
// and no mail; other processes, other kinds and deadlines go on.
func TestAMutedProcess(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna", "jan")
		h.choose(noon, "jan", `{"case_received":"never"}`)
		if err := h.SetProcess(ctx, at(noon), preferences.Process{ID: "lease", Muted: []message.Kind{message.CaseReceived}}); err != nil {
			h.Fatal(err)
		}
		for _, row := range []struct {
			process string
			kind    message.Kind
			actor   string
			want    message.Reason // of anna's
		}{
			{"lease", message.CaseReceived, "", message.ProcessMuted},
			{"lease", message.CaseReceived, "anna", message.OwnAction},
			{"lease", message.CaseChanged, "", "preference_immediately"},
			{"lease", message.Deadline, "", message.Mandatory},
			{"permit", message.CaseReceived, "", "preference_immediately"},
			{"", message.CaseReceived, "", "preference_immediately"},
		} {
			d := h.notify(noon, message.Event{Kind: row.kind, Process: row.process, Actor: row.actor, Users: []string{"anna", "jan"}})
			if d[0].Reason != row.want {
				h.Errorf("%s in %q by %q: %s because of %s, want %s", row.kind, row.process, row.actor, d[0].Status, d[0].Reason, row.want)
			}
			if row.want == message.ProcessMuted && d[1].Reason != message.ProcessMuted {
				h.Errorf("the process goes before what jan chose: %s", d[1].Reason)
			}
		}
		if err := h.SetProcess(ctx, at(noon), preferences.Process{ID: "lease"}); err != nil {
			h.Fatal(err)
		}
		if d := h.notify(noon, message.Event{Kind: message.CaseReceived, Process: "lease", Users: []string{"anna"}}); d[0].Status != message.Pending {
			h.Errorf("switched on again: %s because of %s", d[0].Status, d[0].Reason)
		}
		err := h.SetProcess(ctx, at(noon), preferences.Process{ID: "", Muted: []message.Kind{message.Deadline, "x", message.CaseChanged, message.CaseChanged}})
		if got, want := h.faults(err), "/process missing\n/muted/0 not_allowed\n/muted/1 unknown_kind\n/muted/3 key_twice"; got != want {
			h.Errorf("faults\n%s, want\n%s", got, want)
		}
	})
}
