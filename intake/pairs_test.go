package intake_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"notifier/message"
	"notifier/preferences"
)

// stands is what a pair must give back of a message.
func stands(m message.Message) string {
	return fmt.Sprint(m.Status, m.DueAt, m.QueuedAt, m.SendAt, m.ExpiresAt, m.Priority, m.Error, m.Tries, m.Attempts, m.Remaining, m.Reason, m.Setting, m.Window)
}

// waits brings a message into some state in which it can be held.
func (h *house) waits(t *rapid.T) message.ID {
	d := to("guest@example.net")
	d.Priority = rapid.SampledFrom([]message.Priority{message.Normal, message.Low, message.High}).Draw(t, "priority")
	sendAt, expires := noon.Add(29*24*time.Hour), noon.Add(60*24*time.Hour)
	if rapid.Bool().Draw(t, "send_at") {
		d.SendAt = &sendAt
	}
	if rapid.Bool().Draw(t, "expires_at") {
		d.ExpiresAt = &expires
	}
	id := h.send(noon, d)[0].ID
	move := rapid.SampledFrom([]message.Move{"", message.Postpone, message.Limit}).Draw(t, "carried")
	if d.SendAt != nil || move == "" {
		return id
	}
	claimed, err := h.store.Claim(ctx, message.Lane{Site: site, Priority: d.Priority}, 1, noon, noon.Add(time.Minute))
	if err != nil || len(claimed) != 1 || claimed[0].ID != id {
		h.Fatal(claimed, err)
	}
	m := claimed[0]
	again := noon.Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "seconds")) * time.Second)
	failure := &message.Failure{Category: message.TooFast, Code: "451 4.7.1", Text: "slow down", Temporary: true}
	receipt := message.Receipt{StartedAt: noon, EndedAt: noon, Tried: true, Failure: failure}
	o := message.Outcome{Site: site, ID: id, Claim: m.Claim, Move: move, At: noon, NotBefore: again, Error: failure, Attempt: &message.Attempt{Claim: m.Claim, Receipt: receipt}}
	if n, err := h.store.Settle(ctx, []message.Outcome{o}); err != nil || n != 1 {
		h.Fatal(n, err)
	}
	return id
}

// L4: release after hold gives back status, send_at, expires_at, priority and order.
func TestReleaseUndoesHold(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		rapid.Check(h.T, func(t *rapid.T) {
			id := h.waits(t)
			before := h.kept(id)
			for range rapid.IntRange(1, 3).Draw(t, "times") {
				later := noon.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "hours")) * time.Hour)
				if m, _, err := h.Hold(ctx, at(later), id); err != nil || m.Status != message.PendingManual {
					t.Fatal(m.Status, err)
				}
				after, _, err := h.Release(ctx, at(later.Add(time.Minute)), id)
				if err != nil || stands(after) != stands(before) || stands(h.kept(id)) != stands(before) {
					t.Fatalf("it was  %s\nand is %s, %v\nkept   %s", stands(before), stands(after), err, stands(h.kept(id)))
				}
			}
			if _, _, err := h.Cancel(ctx, at(noon), id); err != nil {
				t.Fatal(err)
			}
		})
	})
}

// L4: a message that was held for Christmas Eve leaves on Christmas Eve; one that an earlier
// version held, too, and one that was born manual at once.
func TestReleasedForChristmasEve(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		eve := time.Date(2026, 12, 24, 16, 0, 0, 0, time.UTC)
		d := to("guest@example.net")
		d.SendAt = &eve
		scheduled := h.send(noon, d)[0].ID
		if _, _, err := h.Hold(ctx, at(noon), scheduled); err != nil {
			h.Fatal(err)
		}
		d.SendAt, d.Manual = nil, true
		manual := h.send(noon, d)[0].ID
		for id, want := range map[message.ID]message.Status{scheduled: message.Scheduled, manual: message.Pending} {
			m, _, err := h.Release(ctx, at(noon.Add(time.Hour)), id)
			if err != nil || m.Status != want || want == message.Scheduled && (!m.DueAt.Equal(eve) || !m.QueuedAt.Equal(eve)) {
				h.Errorf("it is %s, due at %s, %v; want %s", m.Status, m.DueAt, err, want)
			}
		}
		old := message.Message{Status: message.PendingManual}
		old.SendAt = eve
		if m, err := old.Released(noon, nil); err != nil || m.Status != message.Scheduled || !m.DueAt.Equal(eve) {
			h.Errorf("one of an earlier version is %s, due at %s, %v", m.Status, m.DueAt, err)
		}
	})
}

// L4: to resume after a pause of a person gives back when and why each waiting notification
// is due.
func TestResumeUndoesPause(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		n := 0
		rapid.Check(h.T, func(t *rapid.T) {
			n++
			user := fmt.Sprint("user", n)
			h.people(user)
			frequency := rapid.SampledFrom([]string{"hourly", "daily", "weekly"}).Draw(t, "frequency")
			hour := rapid.IntRange(0, 23).Draw(t, "hour")
			zone := rapid.SampledFrom([]string{"Europe/Warsaw", "Asia/Kathmandu", "America/St_Johns"}).Draw(t, "zone")
			chosen := fmt.Sprintf(`"case_changed":%q,"daily_at":"%02d:30","timezone":%q`, frequency, hour, zone)
			h.choose(noon, user, "{"+chosen+"}")
			id := h.notify(noon, message.Event{Kind: message.CaseChanged, Users: []string{user}})[0].Message
			before := h.kept(id)
			end := noon.AddDate(0, 0, rapid.IntRange(1, 40).Draw(t, "days")).Format(time.DateOnly)
			h.choose(noon.Add(time.Minute), user, "{"+chosen+`,"paused_until":"`+end+`"}`)
			h.choose(noon.Add(2*time.Minute), user, "{"+chosen+"}")
			if after := h.kept(id); after.Status != before.Status || !after.DueAt.Equal(before.DueAt) || after.Reason != before.Reason || after.Setting != before.Setting {
				t.Fatalf("it was  %s\nand is %s", stands(before), stands(after))
			}
		})
	})
}

// L4: "send it now" is a wish of its own: whatever the message waits for, it is due at once, and
// what else waits for the person goes on waiting.
func TestSendNow(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		h.people("anna")
		h.choose(noon, "anna", `{"case_changed":"daily"}`)
		one := h.notify(noon, message.Event{Kind: message.CaseChanged, Users: []string{"anna"}})[0].Message
		other := h.notify(noon, message.Event{Kind: message.CaseChanged, Users: []string{"anna"}})[0].Message
		moved, err := h.User(ctx, site, "anna")
		if err != nil {
			h.Fatal(err)
		}
		moved.Email = "anna.new@example.org"
		if _, err := h.SetUser(ctx, at(noon), moved); err != nil {
			h.Fatal(err)
		}
		before := h.kept(other)
		later := noon.Add(time.Minute)
		if m, _, err := h.SendNow(ctx, at(later), one); err != nil || m.Status != message.Pending {
			h.Fatal(m.Status, err)
		}
		if m := h.kept(one); m.Status != message.Pending || !m.DueAt.Equal(later) || !m.QueuedAt.Equal(later) || m.Window != "" || m.Recipients() != "anna.new@example.org" {
			h.Errorf("it is %s for %s", stands(m), m.Recipients())
		}
		if after := h.kept(other); stands(after) != stands(before) || after.Window != before.Window {
			h.Errorf("the other was  %s\nand is %s", stands(before), stands(after))
		}
		eve, manual := noon.AddDate(0, 1, 0), to("guest@example.net")
		manual.Manual = true
		scheduled := to("guest@example.net")
		scheduled.SendAt = &eve
		held := h.send(noon, scheduled)[0].ID
		if _, _, err := h.Hold(ctx, at(noon), held); err != nil {
			h.Fatal(err)
		}
		for _, id := range []message.ID{h.send(noon, scheduled)[0].ID, held, h.send(noon, manual)[0].ID} {
			if m, _, err := h.SendNow(ctx, at(later), id); err != nil || m.Status != message.Pending || !h.kept(id).DueAt.Equal(later) {
				h.Errorf("it is %s, %v", stands(m), err)
			}
			if again, _, err := h.SendNow(ctx, at(later.Add(time.Hour)), id); err != nil || !again.DueAt.Equal(later) {
				h.Errorf("asked again it is due at %s, %v; want its place kept", again.DueAt, err)
			}
		}
		sent := h.send(noon, to("guest@example.net"))[0].ID
		h.carried(later, message.Accept)
		var refused *message.MoveError
		if _, _, err := h.SendNow(ctx, at(later), sent); !errors.As(err, &refused) {
			h.Errorf("of one that was sent: %v, want a MoveError", err)
		}
	})
}

// L4: to suppress an address and to remove the suppression leaves what waits as it was, and what
// comes after is sent as before.
func TestUnsuppressUndoesSuppress(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		rapid.Check(h.T, func(t *rapid.T) {
			id := h.waits(t)
			before := h.kept(id)
			why := rapid.SampledFrom([]message.Unwanted{message.OptedOut, message.Bounced, message.Complained}).Draw(t, "reason")
			for _, spelling := range []string{"guest@example.net", "GUEST@Example.NET"} {
				if _, err := h.Suppress(ctx, at(noon), message.Suppression{Address: spelling, Reason: why}); err != nil {
					t.Fatal(err)
				}
			}
			if after := h.kept(id); stands(after) != stands(before) {
				t.Fatalf("suppressed it is %s, it was %s", stands(after), stands(before))
			}
			if err := h.Unsuppress(ctx, at(noon), "guest@example.net"); err != nil {
				t.Fatal(err)
			}
			if left, err := h.store.Suppressed(ctx, site, []string{"guest@example.net"}); err != nil || len(left) != 0 {
				t.Fatal(left, err)
			}
			if after := h.kept(id); stands(after) != stands(before) {
				t.Fatalf("it was  %s\nand is %s", stands(before), stands(after))
			}
			if _, _, err := h.Cancel(ctx, at(noon), id); err != nil {
				t.Fatal(err)
			}
		})
	})
}

// L4: to mute a kind in a process and to let it speak again leaves what waited as it was; what
// was muted is never sent, and what comes after is decided as before.
func TestUnmuteUndoesMute(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		n := 0
		rapid.Check(h.T, func(t *rapid.T) {
			n++
			user, process := fmt.Sprint("user", n), fmt.Sprint("process", n)
			h.people(user)
			h.choose(noon, user, fmt.Sprintf(`{"case_changed":%q}`, rapid.SampledFrom([]string{"immediately", "hourly", "daily", "never"}).Draw(t, "frequency")))
			e := message.Event{Kind: message.CaseChanged, Users: []string{user}, Process: process}
			mute := func(kinds ...message.Kind) {
				if err := h.SetProcess(ctx, at(noon), preferences.Process{ID: process, Muted: kinds}); err != nil {
					t.Fatal(err)
				}
			}
			first := h.kept(h.notify(noon, e)[0].Message)
			mute(message.CaseChanged)
			muted := h.notify(noon, e)[0].Message
			mute()
			if got := h.kept(muted); got.Status != message.Skipped || got.Reason != message.ProcessMuted {
				t.Fatalf("what was muted is %s", stands(got))
			}
			if after := h.kept(first.ID); stands(after) != stands(first) {
				t.Fatalf("it was  %s\nand is %s", stands(first), stands(after))
			}
			if next := h.kept(h.notify(noon, e)[0].Message); next.Status != first.Status || next.Reason != first.Reason || !next.DueAt.Equal(first.DueAt) {
				t.Fatalf("before it was %s, after it is %s", stands(first), stands(next))
			}
		})
	})
}
