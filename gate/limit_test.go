package gate_test

import (
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/gate"
)

func TestRates(t *testing.T) {
	g := gate.New(nil, gate.Options{RateLimit: 2}, zap.NewNop())
	ordinary, slow, other := access.Caller{Key: "key_1"}, access.Caller{Key: "key_2", Rate: 0.1}, access.Caller{Key: "key_3"}
	for i, row := range []struct {
		caller    access.Caller
		after     time.Duration
		ok        bool
		remaining int
		wait      time.Duration
	}{
		{ordinary, 0, true, 1, 0},
		{ordinary, 0, true, 0, time.Second}, // both of the first second
		{ordinary, 0, false, 0, time.Second},
		{other, 0, true, 1, 0}, // a key takes nothing from another
		{ordinary, 400 * time.Millisecond, false, 0, time.Second},
		{ordinary, 500 * time.Millisecond, true, 0, time.Second},
		{ordinary, time.Hour, true, 1, 0}, // an hour brings no more than a second
		{slow, 0, true, 0, 10 * time.Second},
		{slow, 9 * time.Second, false, 0, time.Second},
		{slow, 10 * time.Second, true, 0, 10 * time.Second},
		{slow, 5 * time.Second, false, 0, 10 * time.Second}, // a clock that goes back brings nothing
	} {
		a := g.Take(row.caller, 1, noon.Add(row.after))
		if a.OK != row.ok || a.Remaining != row.remaining || a.Wait != row.wait {
			t.Errorf("%d: %s after %s: %+v, want %t, %d left, wait %s", i, row.caller.Key, row.after, a, row.ok, row.remaining, row.wait)
		}
	}
}

func TestABatchIsOwed(t *testing.T) {
	g := gate.New(nil, gate.Options{RateLimit: 10}, zap.NewNop())
	c := access.Caller{Key: "key_1"}
	if a := g.Take(c, 1, noon); !a.OK {
		t.Fatalf("%+v", a)
	}
	g.Owe(c, 99) // it had 100 messages
	if a := g.Take(c, 1, noon.Add(9*time.Second)); a.OK {
		t.Errorf("after 9 seconds: %+v", a)
	}
	if a := g.Take(c, 1, noon.Add(10*time.Second)); !a.OK {
		t.Errorf("after 10 seconds: %+v", a)
	}
}

func TestWithoutALimit(t *testing.T) {
	g := gate.New(nil, gate.Options{}, zap.NewNop())
	for range 1000 {
		if a := g.Take(access.Caller{}, 1, noon); !a.OK || a.Limit != 0 {
			t.Fatalf("%+v", a)
		}
	}
}
