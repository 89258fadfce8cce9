package intake_test

import (
	"fmt"
	"testing"
	"time"

	"notifier/deadlines"
	"notifier/message"
)

// deadline is due three days from now and reminds a day before.
func deadline(key string, c message.Case, users ...string) deadlines.Deadline {
	return deadlines.Deadline{
		Key:   key,
		Case:  c,
		Users: users,
		Terms: deadlines.Terms{DueAt: noon.AddDate(0, 0, 3), RemindBefore: []deadlines.Span{deadlines.Span(24 * time.Hour)}},
	}
}

// set sets the deadline.
func (h *house) set(when time.Time, d deadlines.Deadline) deadlines.Deadline {
	h.Helper()
	saved, _, err := h.SetDeadline(ctx, at(when), d)
	if err != nil {
		h.Fatalf("SetDeadline(%+v) = %v", d, err)
	}
	return saved
}

// reminded writes a reminder as the job does and returns it.
func (h *house) reminded(key string, when time.Time) message.ID {
	h.Helper()
	d, err := h.store.Deadline(ctx, site, key)
	if err != nil {
		h.Fatal(err)
	}
	m := message.Message{
		ID: message.NewID(message.MessageIDs), Site: site, Type: message.Reminder, Kind: message.Deadline, Reference: key, UserID: d.Users[0],
		Envelope:  message.Envelope{To: []message.Address{{Email: d.Users[0] + "@example.org"}}},
		CreatedAt: when, UpdatedAt: when, QueuedAt: when, DueAt: when, Status: message.Pending, Reason: message.ByDeadline,
	}
	if err := h.store.Remind(ctx, site, d, d.Dealt(when, deadlines.Calendar{}), []message.Message{m}); err != nil {
		h.Fatal(err)
	}
	return m.ID
}

// next is when the deadline reminds next, and whether it was ended.
func (h *house) next(key string) string {
	h.Helper()
	d, err := h.store.Deadline(ctx, site, key)
	switch {
	case err != nil:
		h.Fatal(err)
	case !d.ClearedAt.IsZero():
		return "ended"
	case d.NextAt.IsZero():
		return "never"
	}
	return d.NextAt.Format(time.RFC3339)
}

func TestSetDeadline(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna", "jan")
		saved := h.set(noon, deadline("A-1", message.Case{ID: "A-1"}, "anna", "jan"))
		if saved.Sequence != 1 || !saved.SetAt.Equal(noon) || fmt.Sprint(saved.Users) != "[anna jan]" {
			h.Errorf("set as %+v", saved)
		}
		if got := h.next("A-1"); got != "2026-11-27T12:00:00Z" {
			h.Errorf("it reminds next at %s", got)
		}
		late := deadline("A-2", message.Case{}, "anna")
		late.DueAt = noon.AddDate(0, 0, -1)
		h.set(noon, late)
		if got := h.next("A-2"); got != "never" {
			h.Errorf("steps that lay in the past when it was set never fire; next at %s", got)
		}
		near := deadline("A-3", message.Case{}, "anna")
		near.DueAt = noon.Add(time.Hour)
		h.set(noon, near)
		if got := h.next("A-3"); got != "2026-11-25T13:00:00Z" {
			h.Errorf("of two steps the one to come: next at %s", got)
		}
		now := deadline("A-4", message.Case{}, "anna")
		now.DueAt = noon
		h.set(noon, now)
		if got := h.next("A-4"); got != "never" {
			h.Errorf("a step at the very time lies in the past; next at %s", got)
		}
	})
}

func TestReplacedDeadlineStartsAfresh(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		h.set(noon, deadline("A-1", message.Case{ID: "A-1"}, "anna"))
		fired := h.reminded("A-1", noon.AddDate(0, 0, 2))
		moved := deadline("A-1", message.Case{ID: "A-1"}, "anna")
		moved.DueAt = noon.AddDate(0, 0, 10)
		if saved := h.set(noon.AddDate(0, 0, 2), moved); saved.Sequence != 2 {
			h.Errorf("set the second time it is number %d", saved.Sequence)
		}
		if got := h.next("A-1"); got != "2026-12-04T12:00:00Z" {
			h.Errorf("its steps start afresh; next at %s", got)
		}
		if m := h.kept(fired); m.Status != message.Cancelled || m.Reason != message.Superseded {
			h.Errorf("the reminder of the old one is %s %s, want withdrawn", m.Status, m.Reason)
		}
	})
}

func TestClearDeadline(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		h.set(noon, deadline("OFA/2026/1181:step-4", message.Case{}, "anna"))
		waiting := h.reminded("OFA/2026/1181:step-4", noon.AddDate(0, 0, 2))
		for range 2 { // clearing it twice is no error
			if err := h.ClearDeadline(ctx, at(noon.AddDate(0, 0, 2)), "OFA/2026/1181:step-4"); err != nil {
				h.Fatal(err)
			}
		}
		if got := h.next("OFA/2026/1181:step-4"); got != "ended" {
			h.Errorf("it reminds next at %s", got)
		}
		if m := h.kept(waiting); m.Status != message.Cancelled {
			h.Errorf("its reminder is %s, want withdrawn", m.Status)
		}
		if err := h.ClearDeadline(ctx, at(noon), "never set"); err != nil {
			h.Errorf("one that was never set: %v", err)
		}
		h.set(noon.AddDate(0, 0, 2), deadline("OFA/2026/1181:step-4", message.Case{}, "anna"))
		if got := h.next("OFA/2026/1181:step-4"); got != "2026-11-28T12:00:00Z" {
			h.Errorf("set again it reminds next at %s", got)
		}
	})
}

// TestCaseMovesOn: AMODIT-21.
func TestCaseMovesOn(t *testing.T) {
	mine := message.Case{ID: "A-1", Stage: "review", Owner: "anna"}
	rows := []struct {
		name string
		now  message.Case
		ends bool
	}{
		{"the next stage", message.Case{ID: "A-1", Stage: "signature"}, true},
		{"another owner", message.Case{ID: "A-1", Owner: "jan"}, true},
		{"both as they were", mine, false},
		{"it does not say", message.Case{ID: "A-1", Title: "Lease"}, false},
		{"another case", message.Case{ID: "A-2", Stage: "signature"}, false},
		{"no case", message.Case{}, false},
	}
	each(t, func(h *house) {
		h.people("anna", "jan")
		later := noon.Add(time.Minute)
		for i, row := range rows {
			for how, tell := range map[string]func(c message.Case){
				"event": func(c message.Case) {
					h.notify(later, message.Event{Kind: message.CaseReceived, Users: []string{"jan"}, Actor: "jan", Case: c})
				},
				"deadline": func(c message.Case) { h.set(later, deadline("other", c, "jan")) },
			} {
				key, before, now := fmt.Sprint(how, i), mine, row.now
				before.ID += how + fmt.Sprint(i)
				if now.ID != "" {
					now.ID += how + fmt.Sprint(i)
				}
				h.set(noon, deadline(key, before, "anna"))
				waiting := h.reminded(key, noon.Add(time.Second))
				tell(now)
				if ended := h.next(key) == "ended"; ended != row.ends {
					h.Errorf("%s, by an %s: ended %t, want %t", row.name, how, ended, row.ends)
				}
				if withdrawn := h.kept(waiting).Status == message.Cancelled; withdrawn != row.ends {
					h.Errorf("%s, by an %s: its reminder is withdrawn %t, want %t", row.name, how, withdrawn, row.ends)
				}
			}
		}
	})
}

// TestPersonalReminder: AMODIT-20.
func TestPersonalReminder(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna", "jan")
		h.set(noon, deadline("A-1:anna", message.Case{ID: "A-1"}, "anna"))
		h.set(noon, deadline("A-1:jan", message.Case{ID: "A-1"}, "jan"))
		d, err := h.store.Deadline(ctx, site, "A-1:anna")
		if err != nil || fmt.Sprint(d.Users) != "[anna]" || !d.ClearedAt.IsZero() {
			h.Errorf("it reminds %v (%v), want its own user alone, whatever others set on the case", d.Users, err)
		}
	})
}

func TestDeadlineRefused(t *testing.T) {
	rows := []struct {
		name   string
		change func(d *deadlines.Deadline)
		want   string
	}{
		{"no date", func(d *deadlines.Deadline) { d.DueAt = time.Time{} }, "/due_at missing"},
		{"no users", func(d *deadlines.Deadline) { d.Users = nil }, "/users missing"},
		{"unknown users, strictly", func(d *deadlines.Deadline) { d.Users = []string{"anna", "ana", "jon"} }, "/users/1 unknown_user\n/users/2 unknown_user"},
		{"T10: a path that climbs", func(d *deadlines.Deadline) { d.Users = []string{".."} }, "/users/0 bad_text"},
		{"no key", func(d *deadlines.Deadline) { d.Key = "" }, "/key missing"},
		{"a key of two lines", func(d *deadlines.Deadline) { d.Key = "a\nb" }, "/key bad_text"},
		{"a reminder after it", func(d *deadlines.Deadline) { d.RemindBefore[0] = -1 }, "/remind_before/0 out_of_range"},
		{"a script as address of the case", func(d *deadlines.Deadline) { d.Case.URL = "javascript:alert(1)" }, "/case/url bad_url"},
	}
	each(t, func(h *house) {
		h.people("anna")
		for _, row := range rows {
			d := deadline("A-1", message.Case{}, "anna")
			row.change(&d)
			_, _, err := h.SetDeadline(ctx, asNamed(row.name), d)
			if got := h.faults(err); got != row.want {
				h.Errorf("%s: faults\n%s\nwant\n%s", row.name, got, row.want)
			}
		}
		if _, err := h.store.Deadline(ctx, site, "A-1"); err == nil {
			h.Error("a refused deadline is kept")
		}
	})
}
