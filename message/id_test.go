package message_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"notifier/message"
)

func TestIDsSortByTimeAndAreUnique(t *testing.T) {
	ids := make([]message.ID, 100_000)
	for i := range ids {
		ids[i] = message.NewID(message.MessageIDs)
	}
	if !slices.IsSorted(ids) {
		t.Error("a later id sorts before an earlier one")
	}
	if n := len(slices.Compact(ids)); n != 100_000 {
		t.Errorf("of 100,000 ids %d are different", n)
	}
}

func TestIDsOfManyGoroutinesAreUnique(t *testing.T) {
	var wg sync.WaitGroup
	lists := make([][]message.ID, 8)
	for i := range lists {
		wg.Go(func() {
			for range 2000 {
				lists[i] = append(lists[i], message.NewID(message.RunIDs))
			}
		})
	}
	wg.Wait()
	seen := map[message.ID]bool{}
	for _, list := range lists {
		if !slices.IsSorted(list) {
			t.Error("in one goroutine a later id sorts before an earlier one")
		}
		for _, id := range list {
			if seen[id] {
				t.Errorf("%s was made twice", id)
			}
			seen[id] = true
		}
	}
}

// As texts ids sort as their bytes do, which databases and pages rely on.
func TestIDsSortAsTheirBytes(t *testing.T) {
	var before message.ID
	for i := range 256 {
		for _, b := range [][16]byte{{0: byte(i)}, {0: byte(i), 15: 1}, {0: byte(i), 7: 0xff}} {
			id := message.IDOf(message.WindowIDs, b)
			if id <= before {
				t.Fatalf("%s does not sort after %s", id, before)
			}
			if id.Bytes() != b {
				t.Fatalf("the bytes of %s are %x, want %x", id, id.Bytes(), b)
			}
			before = id
		}
	}
}

func TestParseID(t *testing.T) {
	for _, prefix := range []string{message.MessageIDs, message.DigestIDs, message.EventIDs, message.WindowIDs, message.RequestIDs, message.RunIDs} {
		id := message.NewID(prefix)
		if got, err := message.ParseID(prefix, string(id)); err != nil || got != id {
			t.Errorf("ParseID(%q, %q) = %q, %v", prefix, id, got, err)
		}
	}
	good := string(message.IDOf(message.MessageIDs, [16]byte{0xab, 0xcd, 0xef, 15: 0xf0}))
	bare := strings.TrimPrefix(good, "msg_")
	for _, bad := range []string{
		"", "msg", "msg_", bare, "evt_" + bare, "_" + bare, "msg_msg_" + bare, "MSG_" + bare, "msg_" + strings.ToUpper(bare),
		good + "0", good[:len(good)-1], "msg_" + strings.Repeat("0", 26), "msg_" + strings.Repeat("u", 26), good + "\n", "\n" + good,
		"msg_" + bare[:24] + "\r\n", "msg_\n\n" + bare[2:], good[:len(good)-1] + "1", "msg_" + strings.Repeat("z", 1000), "msg_żółwżółwżół",
	} {
		got, err := message.ParseID(message.MessageIDs, bad)
		if err == nil {
			t.Errorf("ParseID took %q as %q", bad, got)
			continue
		}
		if !strings.Contains(err.Error(), "One looks like msg_") || len(err.Error()) > 300 {
			t.Errorf("ParseID(%q) says %q: neither short nor helpful", bad, err)
		}
	}
}

func TestBytesOfMalformedIDs(t *testing.T) {
	for _, id := range []message.ID{"", "msg", "msg_", "msg_!", "msg_" + message.ID(strings.Repeat("u", 26))} {
		if got := id.Bytes(); got != [16]byte{} {
			t.Errorf("the bytes of %q are %x", id, got)
		}
	}
}
