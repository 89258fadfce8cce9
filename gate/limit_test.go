package gate_test

import (
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/gate"
	"notifier/store"
	"notifier/store/storetest"
)

func TestRates(t *testing.T) {
	g := gate.New(storetest.Open(t, storetest.URL(t, "sqlite")), gate.Options{RateLimit: 2}, zap.NewNop())
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
		a := g.Take(ctx, row.caller, 1, noon.Add(row.after))
		if a.OK != row.ok || a.Remaining != row.remaining || a.Wait != row.wait {
			t.Errorf("%d: %s after %s: %+v, want %t, %d left, wait %s", i, row.caller.Key, row.after, a, row.ok, row.remaining, row.wait)
		}
	}
}

func TestABatchIsOwed(t *testing.T) {
	g := gate.New(storetest.Open(t, storetest.URL(t, "sqlite")), gate.Options{RateLimit: 10}, zap.NewNop())
	c := access.Caller{Key: "key_1"}
	if a := g.Take(ctx, c, 1, noon); !a.OK {
		t.Fatalf("%+v", a)
	}
	g.Owe(c, 99) // it had 100 messages
	if a := g.Take(ctx, c, 1, noon.Add(9*time.Second)); a.OK {
		t.Errorf("after 9 seconds: %+v", a)
	}
	if a := g.Take(ctx, c, 1, noon.Add(10*time.Second)); !a.OK {
		t.Errorf("after 10 seconds: %+v", a)
	}
}

func TestWithoutALimit(t *testing.T) {
	g := gate.New(nil, gate.Options{}, zap.NewNop())
	for range 1000 {
		if a := g.Take(ctx, access.Caller{}, 1, noon); !a.OK || a.Limit != 0 {
			t.Fatalf("%+v", a)
		}
	}
}

// S5: several replicas give a key its rate once, and each a second of it more at most; one that comes later, or over
// the hour, as well. Other keys have theirs.
func TestReplicasShareARate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const rate, seconds = 10, 120
		replicas := []*gate.Gate{gate.New(s, gate.Options{RateLimit: rate}, zap.NewNop()), gate.New(s, gate.Options{RateLimit: rate}, zap.NewNop()), gate.New(s, gate.Options{RateLimit: rate}, zap.NewNop())}
		c, other := access.Caller{Site: "default", Key: "key_1"}, access.Caller{Site: "default", Key: "key_2"}
		taken := 0
		began := noon.Add(time.Hour - 60*time.Second)
		for tick := range seconds * 20 {
			at := began.Add(time.Duration(tick) * 50 * time.Millisecond)
			for i, g := range replicas {
				if i == 2 && tick < 30*20 { // it is started later
					continue
				}
				if g.Take(ctx, c, 1, at).OK {
					taken++
				}
			}
		}
		if most := rate*seconds + 4*rate; taken > most || taken < rate*seconds*9/10 {
			t.Errorf("S5: three replicas take %d in %d seconds of a key with %d a second", taken, seconds, rate)
		}
		if a := replicas[0].Take(ctx, other, 1, began); !a.OK {
			t.Errorf("S5: another key: %+v", a)
		}
	})
}

// S5: what is given back is given back everywhere, and a database that does not answer stops nobody.
func TestARateWithoutADatabase(t *testing.T) {
	s := storetest.Open(t, storetest.URL(t, "sqlite"))
	g := gate.New(s, gate.Options{RateLimit: 10}, zap.NewNop())
	c := access.Caller{Site: "default", Key: "key_1"}
	g.Take(ctx, c, 1, noon)
	g.Owe(c, 50)
	g.Owe(c, -50)
	if a := g.Take(ctx, c, 1, noon); !a.OK || a.Remaining != 8 {
		t.Errorf("after 50 were given back: %+v", a)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		if a := g.Take(ctx, c, 1, noon.Add(time.Duration(i+1)*time.Second)); !a.OK {
			t.Fatalf("without a database: %+v", a)
		}
	}
}
