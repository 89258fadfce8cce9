package gate_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/gate"
	"notifier/message"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var (
	ctx  = context.Background()
	noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
)

const first = "ntf_first"

// each opens two replicas' gates on both databases.
func each(t *testing.T, test func(t *testing.T, here, there *gate.Gate, s *store.Store)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := gate.Options{Site: "default", FirstKey: first}
		test(t, gate.New(s, o, zap.NewNop()), gate.New(s, o, zap.NewNop()), s)
	})
}

func call(at time.Time) request.Call { return request.Call{Site: "default", At: at, By: "anna"} }

func create(t *testing.T, g *gate.Gate, k access.Key) (access.Key, string) {
	t.Helper()
	k.Name, k.Scopes = "engine", []access.Scope{access.Send}
	k, secret, err := g.CreateKey(ctx, call(noon), k)
	if err != nil {
		t.Fatal(err)
	}
	return k, secret
}

func admitted(t *testing.T, g *gate.Gate, secret string, at time.Time, want error) access.Caller {
	t.Helper()
	c, err := g.Admit(ctx, secret, at)
	if !errors.Is(err, want) {
		t.Errorf("Admit(%.14s…, %s) = %v, want %v", secret, at.Sub(noon), err, want)
	}
	return c
}

func TestTheFirstKeyHasAllRights(t *testing.T) {
	each(t, func(t *testing.T, here, _ *gate.Gate, s *store.Store) {
		c := admitted(t, here, first, noon, nil)
		if !c.May(access.Admin) || !c.May(access.Send) || !c.Home || c.Site != "default" || c.Test {
			t.Errorf("the first key is %+v", c)
		}
		none := gate.New(s, gate.Options{Site: "default"}, zap.NewNop())
		for _, secret := range []string{"", first, "ntf_live_", access.NewSecret(false)} {
			admitted(t, none, secret, noon, access.ErrUnknownKey)
		}
	})
}

// A replica believes a key for a moment; RELIABILITY promises five seconds.
func TestARevokedKeyIsRefusedEverywhereWithinFiveSeconds(t *testing.T) {
	each(t, func(t *testing.T, here, there *gate.Gate, _ *store.Store) {
		k, secret := create(t, here, access.Key{})
		admitted(t, here, secret, noon, nil)
		admitted(t, there, secret, noon, nil)
		if err := here.RevokeKey(ctx, call(noon.Add(time.Second)), k.ID); err != nil {
			t.Fatal(err)
		}
		admitted(t, here, secret, noon.Add(time.Second), access.ErrRevoked)
		admitted(t, there, secret, noon.Add(6*time.Second), access.ErrRevoked)
		if err := there.RevokeKey(ctx, call(noon.Add(time.Minute)), k.ID); err != nil {
			t.Errorf("to revoke it again: %v", err)
		}
		again, err := there.Key(ctx, "default", k.ID)
		if err != nil || !again.RevokedAt.Equal(noon.Add(time.Second)) {
			t.Errorf("it ended at %v (%v)", again.RevokedAt, err)
		}
	})
}

// However many use a key at once, no request goes on with what is older than five seconds.
func TestNobodyGoesOnWithAStaleKey(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		shelf := &slow{Store: s, reading: make(chan struct{}), goOn: make(chan struct{})}
		g := gate.New(shelf, gate.Options{Site: "default"}, zap.NewNop())
		_, secret := create(t, g, access.Key{})
		admitted(t, g, secret, noon, nil)
		shelf.waits = true
		done := make(chan struct{})
		go func() {
			admitted(t, g, secret, noon.Add(3*time.Second), nil) // reads it again
			close(done)
		}()
		<-shelf.reading
		admitted(t, g, secret, noon.Add(3*time.Second), nil) // does not wait for that
		go func() {
			<-shelf.reading
			shelf.goOn <- struct{}{}
			shelf.goOn <- struct{}{}
		}()
		admitted(t, g, secret, noon.Add(4500*time.Millisecond), nil) // but here it must
		<-done
	})
}

// slow is a store whose reader waits.
type slow struct {
	*store.Store
	waits         bool
	reading, goOn chan struct{}
}

func (s *slow) KeyOfHash(ctx context.Context, hash string) (access.Key, error) {
	if s.waits {
		s.reading <- struct{}{}
		<-s.goOn
	}
	return s.Store.KeyOfHash(ctx, hash)
}

// A database that does not answer for a moment keeps nobody out who was in.
func TestAKeyOutlivesAHiccup(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		shelf := &broken{Store: s}
		g := gate.New(shelf, gate.Options{Site: "default"}, zap.NewNop())
		_, secret := create(t, g, access.Key{})
		admitted(t, g, secret, noon, nil)
		shelf.err = message.ErrUnavailable
		admitted(t, g, secret, noon.Add(3*time.Second), nil)
		admitted(t, g, secret, noon.Add(5*time.Second), message.ErrUnavailable)
		admitted(t, g, access.NewSecret(false), noon, message.ErrUnavailable)
		shelf.err = nil
		admitted(t, g, secret, noon.Add(6*time.Second), nil)
	})
}

// broken is a store whose keys cannot be read.
type broken struct {
	*store.Store
	err error
}

func (b *broken) KeyOfHash(ctx context.Context, hash string) (access.Key, error) {
	if b.err != nil {
		return access.Key{}, b.err
	}
	return b.Store.KeyOfHash(ctx, hash)
}

func TestRotationOverlaps(t *testing.T) {
	each(t, func(t *testing.T, here, _ *gate.Gate, _ *store.Store) {
		expires := noon.Add(100 * time.Hour)
		k, old := create(t, here, access.Key{ExpiresAt: &expires})
		after, secret, err := here.RotateKey(ctx, call(noon.Add(10*time.Hour)), k.ID, time.Hour)
		if err != nil || after.Name != k.Name || after.ID == k.ID || !after.ExpiresAt.Equal(noon.Add(110*time.Hour)) {
			t.Fatalf("rotated to %+v (%v)", after, err)
		}
		admitted(t, here, old, noon.Add(10*time.Hour), nil)
		admitted(t, here, secret, noon.Add(10*time.Hour), nil)
		admitted(t, here, old, noon.Add(11*time.Hour), access.ErrRevoked)
		admitted(t, here, secret, noon.Add(109*time.Hour), nil)
		admitted(t, here, secret, noon.Add(110*time.Hour), access.ErrExpired)
		if _, _, err := here.RotateKey(ctx, call(noon.Add(12*time.Hour)), k.ID, 0); !errors.Is(err, access.ErrRevoked) {
			t.Errorf("a revoked key is rotated: %v", err)
		}
	})
}

func TestUseIsNotedNowAndThen(t *testing.T) {
	each(t, func(t *testing.T, here, there *gate.Gate, _ *store.Store) {
		k, secret := create(t, here, access.Key{})
		for _, row := range []struct {
			after, noted time.Duration
		}{{0, 0}, {30 * time.Second, 0}, {90 * time.Second, 90 * time.Second}} {
			admitted(t, here, secret, noon.Add(row.after), nil)
			got, err := there.Key(ctx, "default", k.ID)
			if err != nil || got.UsedAt == nil || !got.UsedAt.Equal(noon.Add(row.noted)) {
				t.Errorf("used at %s: %v is noted (%v)", row.after, got.UsedAt, err)
			}
		}
	})
}

// TestTheDatabaseHoldsNoSecret: whoever reads the file cannot come in.
func TestTheDatabaseHoldsNoSecret(t *testing.T) {
	url := storetest.URL(t, "sqlite")
	s := storetest.Open(t, url)
	g := gate.New(s, gate.Options{Site: "default", FirstKey: first}, zap.NewNop())
	_, secret := create(t, g, access.Key{})
	admitted(t, g, secret, noon, nil)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file := strings.TrimPrefix(url, "sqlite:")
	for _, name := range []string{file, file + "-wal"} {
		content, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		for _, canary := range []string{secret, secret[len("ntf_live_"):], secret[20:], first} {
			if bytes.Contains(content, []byte(canary)) {
				t.Errorf("%s holds %.14s…", name, canary)
			}
		}
	}
}
