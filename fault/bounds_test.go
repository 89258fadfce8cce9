package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"notifier/fault"
	"notifier/message"
)

// TestFaultsAreCapped is S1: what is wrong many times is told MaxFaults times and counted.
func TestFaultsAreCapped(t *testing.T) {
	var bad fault.Invalid
	for i := range 400_000 {
		bad.Add(fmt.Sprintf("/to/%d", i), "bad_address", "%q is no address", "a@")
	}
	if len(bad.Faults) != fault.MaxFaults || bad.More != 400_000-fault.MaxFaults {
		t.Errorf("S1: %d faults are told and %d counted", len(bad.Faults), bad.More)
	}
	if got := bad.Error(); !strings.HasSuffix(got, " And 399,980 more.") {
		t.Errorf("S1: it ends with %q", got[len(got)-40:])
	}
	var all fault.Invalid
	all.Take("/draft", &bad)
	if err := fault.Join(all.Err(), bad.Err()).(*fault.Invalid); len(err.Faults) != fault.MaxFaults || err.More != 2*400_000-fault.MaxFaults {
		t.Errorf("S1: together %d are told and %d counted", len(err.Faults), err.More)
	}
	long := fault.Invalid{}
	long.Add("/"+strings.Repeat("ż", 5000), "bad_text", "%s", strings.Repeat("ż", 5000))
	if f := long.Faults[0]; len(f.Pointer) > 250 || len(f.Detail) > 501 {
		t.Errorf("S1: a fault of %d and %d bytes", len(f.Pointer), len(f.Detail))
	}
}

// TestCountsComeFirst is S1: how many there are is looked at before what they are.
func TestCountsComeFirst(t *testing.T) {
	many := func(n int, one string) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }
	for what, c := range map[string]struct{ in, want string }{
		"recipients":   {`{"to":[` + many(10_001, `"a@x.test"`) + `]}`, "/to too_many at most 10000 are taken at once, these are 10001. Send the rest in another request."},
		"all together": {`{"cases":[` + many(20, `{"x":1}`) + `],"names":[` + many(9_000, `"a"`) + `],"hours":[` + many(9_000, `"8:00"`) + `]}`, "/cases/0/x unknown_key"},
		"of a map":     {`{"counts":{` + keys(10_001) + `}}`, "/counts too_many at most 10000 keys are taken here, these are 10001. Leave some out."},
		"long key":     {`{"counts":{"` + strings.Repeat("k", 40_000) + `":1}}`, "/counts too_long a key has at most 1000 bytes, and this one has more. Shorten it."},
		"of languages": {`{"text":{` + strings.ReplaceAll(keys(10_001), ":1", `:"x"`) + `}}`, "/text too_many at most 10000 items or keys are taken here"},
	} {
		var bad *fault.Invalid
		if err := fault.Decode([]byte(c.in), new(form)); !errors.As(err, &bad) {
			t.Errorf("S1: %s: %v, want an *Invalid", what, err)
			continue
		}
		if f := bad.Faults[0]; !strings.HasPrefix(f.Pointer+" "+f.Code+" "+f.Detail, c.want) {
			t.Errorf("S1: %s: %s %s %s, want %s", what, f.Pointer, f.Code, f.Detail, c.want)
		}
	}
	data := `{"name":"x","data":{"list":[` + many(20_000, "1") + `]}}`
	if err := fault.Decode([]byte(data), new(message.Filling)); err != nil {
		t.Errorf("what a template shows may be long, it has a limit of its own: %v", err)
	}
}

// keys are so many keys of an object, each with 1.
func keys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"k%d":1`, i)
	}
	return b.String()[1:]
}
