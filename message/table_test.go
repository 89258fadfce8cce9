package message

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// The table itself is the subject here.

var moves = []Move{
	Release, ReleaseLater, ReleaseLimited, Hold, SendNow, Promote, Merge, Claim, Accept, Postpone, Limit, Fail, HandBack, Lapse, Lose, Confirm, Retry, Cancel, Expire, Skip, Spare,
}

func TestTableHasNoRowTwice(t *testing.T) {
	seen := map[step]bool{}
	for _, s := range table {
		if seen[s] {
			t.Errorf("%s %s %s stands twice in the table", s.from, s.move, s.to)
		}
		seen[s] = true
	}
}

func TestTableKnowsOnlyStatusesAndMoves(t *testing.T) {
	used := map[Move]bool{}
	for _, s := range table {
		used[s.move] = true
		for _, status := range []Status{s.from, s.to} {
			if !slices.Contains(Statuses(), status) {
				t.Errorf("%s %s %s: Statuses() lacks %s", s.from, s.move, s.to, status)
			}
		}
	}
	for _, v := range moves {
		if !used[v] {
			t.Errorf("nothing can %s", v)
		}
	}
	if len(used) != len(moves) {
		t.Errorf("the table has %d moves, this test %d", len(used), len(moves))
	}
}

func TestEachMoveHasOneTarget(t *testing.T) {
	for _, s := range table {
		if to := After(s.move); to != s.to {
			t.Errorf("%s leads from %s to %s, and from elsewhere to %s", s.move, s.from, s.to, to)
		}
	}
}

func TestNoStatusIsOutOfReach(t *testing.T) {
	reached := slices.Clone(births)
	for i := 0; i < len(reached); i++ {
		for _, s := range table {
			if s.from == reached[i] && !slices.Contains(reached, s.to) {
				reached = append(reached, s.to)
			}
		}
	}
	for _, status := range Statuses() {
		if !slices.Contains(reached, status) {
			t.Errorf("no message can ever be %s", status)
		}
	}
}

// Whatever lives can come to an end, and be withdrawn, before it is sent.
func TestNoStatusIsADeadEnd(t *testing.T) {
	for _, status := range Statuses() {
		if status.Final() {
			continue
		}
		if status != Sending && !slices.Contains(From(Cancel), status) {
			t.Errorf("a message that is %s cannot be cancelled", status)
		}
		if !slices.Contains(From(Expire), status) {
			t.Errorf("a message that is %s cannot expire", status)
		}
	}
}

func TestStatusesListsEachOnce(t *testing.T) {
	all := Statuses()
	if len(all) != 13 {
		t.Errorf("there are %d statuses, RULES has 13", len(all))
	}
	slices.Sort(all)
	if len(slices.Compact(all)) != len(Statuses()) {
		t.Errorf("a status is listed twice: %v", all)
	}
}

func TestFromAfterAndDoAgree(t *testing.T) {
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for _, v := range moves {
		for _, status := range Statuses() {
			before := Message{ID: "msg_1", Status: status, UpdatedAt: at.Add(-time.Hour)}
			after, err := before.Do(v, at)
			if slices.Contains(From(v), status) {
				if err != nil || after.Status != After(v) || !after.UpdatedAt.Equal(at) {
					t.Errorf("%s %s = %s at %v, %v; want %s at %v", status, v, after.Status, after.UpdatedAt, err, After(v), at)
				}
				continue
			}
			var refused *MoveError
			if !errors.As(err, &refused) || *refused != (MoveError{ID: "msg_1", From: status, Move: v}) {
				t.Errorf("%s %s = %v, want a MoveError", status, v, err)
			}
			if after.Status != status || !after.UpdatedAt.Equal(before.UpdatedAt) {
				t.Errorf("%s %s was refused and yet changed the message to %s", status, v, after.Status)
			}
		}
	}
}

func TestAfterOfNoMovePanics(t *testing.T) {
	defer func() {
		if r := recover(); r == nil || !strings.Contains(r.(string), "no such move: dance") {
			t.Errorf("After(dance) = %v, want a panic that names it", r)
		}
	}()
	After("dance")
}

func TestFromReturnsAListOfItsOwn(t *testing.T) {
	From(Claim)[0] = Sent
	if got := From(Claim); !slices.Equal(got, []Status{Scheduled, Pending, RateLimited}) {
		t.Errorf("From(Claim) = %v after a caller wrote into it", got)
	}
}

func TestBorn(t *testing.T) {
	born := []Status{Scheduled, Deferred, PendingManual, Pending, Skipped}
	for _, status := range Statuses() {
		if got, want := status.Born(), slices.Contains(born, status); got != want {
			t.Errorf("%s.Born() = %v, want %v", status, got, want)
		}
	}
}

// Final is told by a list; the table says the same.
func TestFinal(t *testing.T) {
	for _, status := range Statuses() {
		final := true
		for _, s := range table {
			if s.from == status && s.move != Retry && s.move != Confirm && s.move != Spare { // which people and receipts ask for
				final = false
			}
		}
		if got := status.Final(); got != final {
			t.Errorf("%s.Final() = %v, the table says %v", status, got, final)
		}
	}
}

func TestMoveErrorSaysWhatIsTaken(t *testing.T) {
	for _, c := range []struct {
		from Status
		move Move
		want string
	}{
		{Sent, Cancel, "msg_1 is sent; cancel takes only a message that is scheduled, deferred, pending_manual, pending or rate_limited"},
		{Sent, Release, "msg_1 is sent; release takes only a message that is pending_manual"},
		{Pending, Retry, "msg_1 is pending; retry takes only a message that is sent or error"},
	} {
		if got := (&MoveError{ID: "msg_1", From: c.from, Move: c.move}).Error(); got != c.want {
			t.Errorf("%s %s reads %q, want %q", c.from, c.move, got, c.want)
		}
	}
}

// Each dialect has a word for each status; a merged message has its digest's.
func TestEveryStatusHasWords(t *testing.T) {
	for _, status := range Statuses() {
		w, known := words[status]
		if status == Merged {
			if known {
				t.Error("merged has words of its own; it is called as its digest is")
			}
			continue
		}
		if w.state == "" || w.conquer == "" || w.chora == "" {
			t.Errorf("%s lacks a word: %+v", status, w)
		}
	}
	if len(words) != len(Statuses())-1 {
		t.Errorf("words has %d rows for %d statuses", len(words), len(Statuses()))
	}
}
