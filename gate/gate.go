// Package gate tells who a caller is, and keeps the keys.
//
// What a key may do is said in package access; the doors ask for it there.
package gate

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/fault"
	"notifier/message"
	"notifier/request"
)

// Sandboxes makes the sites of test keys.
type Sandboxes interface {
	Zone(ctx context.Context, site string) (string, error)
	AddSite(ctx context.Context, site, timezone string, at time.Time) error
}

// Keys are the keys of callers, as they are kept.
type Keys interface {
	// KeyOfHash finds a key by the hash of its secret; message.ErrNotFound if there is none.
	KeyOfHash(ctx context.Context, hash string) (access.Key, error)
	Key(ctx context.Context, site string, id message.ID) (access.Key, error)
	Keys(ctx context.Context, site string) ([]access.Key, error)
	SaveKeys(ctx context.Context, all ...access.Key) error
	NoteKeyUse(ctx context.Context, k access.Key, at time.Time) error
}

// Options say how an installation is entered.
type Options struct {
	// Site is the one that the installation itself belongs to.
	Site string
	// FirstKey has all rights on that site; empty: there is none.
	FirstKey string
	// RateLimit is how many requests and messages a second are taken of a key that says nothing itself,
	// by all replicas together; 0: any number.
	RateLimit float64
}

// Gate lets callers in. It is safe for concurrent use.
type Gate struct {
	keys      Keys
	sandboxes Sandboxes
	rates     Rates
	o         Options
	first     string // the hash of the first key
	log       *zap.Logger

	mu      sync.Mutex
	known   map[string]*pass // by hash
	buckets map[message.ID]*bucket
}

// pass is a key as it was a moment ago.
type pass struct {
	key    access.Key
	at     time.Time // when it was read
	asking bool      // somebody reads it again
}

// How long a key is believed without being read: fresh is when one request reads it
// again while others go on, and after stale nobody goes on. A key that was revoked on
// another replica is refused here after stale at the latest, and five seconds are promised.
const (
	fresh = 2 * time.Second
	stale = 4 * time.Second
	// noteEvery is how often the use of a key is written down.
	noteEvery = time.Minute
	// mostKnown is how many keys are kept in mind at most.
	mostKnown = 10_000
)

// firstKey is the name of the key of the configuration.
const firstKey = "first key"

// keyStore is all that one value keeps of keys.
type keyStore interface {
	Keys
	Sandboxes
	Rates
}

// New makes a gate.
func New(kept keyStore, o Options, log *zap.Logger) *Gate {
	g := &Gate{keys: kept, sandboxes: kept, rates: kept, o: o, log: log.Named("gate"), known: map[string]*pass{}, buckets: map[message.ID]*bucket{}}
	if o.FirstKey != "" {
		g.first = access.HashOf(o.FirstKey)
	}
	return g
}

// HasFirstKey tells whether the configuration names a key.
func (g *Gate) HasFirstKey() bool { return g.first != "" }

// Admit tells who comes with the secret: access.ErrUnknownKey, ErrRevoked or ErrExpired if
// nobody may.
func (g *Gate) Admit(ctx context.Context, secret string, at time.Time) (access.Caller, error) {
	hash := access.HashOf(secret)
	if g.first != "" && subtle.ConstantTimeCompare([]byte(hash), []byte(g.first)) == 1 {
		return access.Caller{Site: g.o.Site, Name: firstKey, Scopes: []access.Scope{access.Admin}, Home: true}, nil
	}
	if !access.IsSecret(secret) {
		return access.Caller{}, access.ErrUnknownKey
	}
	k, err := g.find(ctx, hash, at)
	if err != nil {
		return access.Caller{}, err
	}
	if err := k.Usable(at); err != nil {
		return access.Caller{}, err
	}
	c := k.Caller()
	c.Home = c.Site == g.o.Site
	return c, nil
}

// find reads the key, unless it did so a moment ago.
func (g *Gate) find(ctx context.Context, hash string, at time.Time) (access.Key, error) {
	g.mu.Lock()
	p := g.known[hash]
	if p != nil {
		age := at.Sub(p.at)
		if age < fresh || age < stale && p.asking {
			k := p.key
			g.mu.Unlock()
			return k, nil
		}
		p.asking = true
	}
	g.mu.Unlock()
	k, err := g.keys.KeyOfHash(ctx, hash)
	if err == nil && subtle.ConstantTimeCompare([]byte(k.Hash), []byte(hash)) != 1 {
		err = message.ErrNotFound
	}
	k, used, err := g.remember(hash, p, k, err, at)
	if used {
		if err := g.keys.NoteKeyUse(ctx, k, at); err != nil {
			g.log.Warn("the use of a key was not noted", zap.String("key", string(k.ID)), zap.Error(err))
		}
	}
	return k, err
}

// remember keeps what was read of a key in mind, and tells whether its use is to be noted. A
// database that does not answer leaves what was known before, until it is stale.
func (g *Gate) remember(hash string, before *pass, k access.Key, err error, at time.Time) (_ access.Key, used bool, _ error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case errors.Is(err, message.ErrNotFound):
		delete(g.known, hash)
		return access.Key{}, false, access.ErrUnknownKey
	case err != nil && before == nil:
		return access.Key{}, false, err
	case err != nil:
		before.asking = false
		if at.Sub(before.at) < stale {
			err = nil
		}
		return before.key, false, err
	}
	if len(g.known) >= mostKnown {
		clear(g.known) // they are read again
	}
	if used = k.UsedAt == nil || at.Sub(*k.UsedAt) >= noteEvery; used {
		k.UsedAt = &at
	}
	g.known[hash] = &pass{key: k, at: at}
	return k, used, nil
}

// CreateKey makes a key and returns it with its secret, which is not shown again.
func (g *Gate) CreateKey(ctx context.Context, c request.Call, k access.Key) (access.Key, string, error) {
	k.Site = access.Home(c.Site)
	if err := k.Check(c.At); err != nil {
		return k, "", err
	}
	if access.IsSandbox(c.Site) && !k.Test {
		var bad fault.Invalid
		bad.Add("/test", "not_allowed", "a test key makes test keys only. Set test, or ask with a live key")
		return k, "", &bad
	}
	if k.Test {
		if err := g.openSandbox(ctx, k.Site, c.At); err != nil {
			return k, "", err
		}
	}
	k, secret := k.New(c.At)
	k.CreatedBy = c.By
	return k, secret, g.keys.SaveKeys(ctx, k)
}

// openSandbox makes the site that test keys act on, in the zone of theirs.
func (g *Gate) openSandbox(ctx context.Context, site string, at time.Time) error {
	zone, err := g.sandboxes.Zone(ctx, site)
	if err != nil {
		return err
	}
	return g.sandboxes.AddSite(ctx, access.Sandbox(site), zone, at)
}

// MaxOverlap is how long the key before may work beside the new one.
const MaxOverlap = 30 * 24 * time.Hour

// RotateKey makes a key with the same rights, and returns it with its secret. The one
// before works for as long as overlap says.
func (g *Gate) RotateKey(ctx context.Context, c request.Call, id message.ID, overlap time.Duration) (access.Key, string, error) {
	before, err := g.Key(ctx, c.Site, id)
	if err != nil {
		return access.Key{}, "", err
	}
	if err := before.Usable(c.At); err != nil {
		return access.Key{}, "", fmt.Errorf("%w. Create another one", err)
	}
	if overlap < 0 || overlap > MaxOverlap {
		var bad fault.Invalid
		bad.Add("/overlap", "out_of_range", "the key before may work for up to 720h. Write a length of time, as in 24h")
		return access.Key{}, "", &bad
	}
	ends := c.At.Add(overlap)
	after, secret := before.New(c.At)
	after.CreatedBy = c.By
	if before.ExpiresAt != nil { // it lives as long as the one before was meant to
		expires := c.At.Add(before.ExpiresAt.Sub(before.CreatedAt))
		after.ExpiresAt = &expires
	}
	if before.RevokedAt == nil || before.RevokedAt.After(ends) {
		before.RevokedAt = &ends
	}
	return after, secret, g.keys.SaveKeys(ctx, before, after)
}

// RevokeKey ends a key now.
func (g *Gate) RevokeKey(ctx context.Context, c request.Call, id message.ID) error {
	k, err := g.Key(ctx, c.Site, id)
	if err != nil || k.RevokedAt != nil && !k.RevokedAt.After(c.At) {
		return err
	}
	k.RevokedAt = &c.At
	if err := g.keys.SaveKeys(ctx, k); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.known, k.Hash)
	return nil
}

// Key reads one key of a site. A test key sees test keys alone.
func (g *Gate) Key(ctx context.Context, site string, id message.ID) (access.Key, error) {
	k, err := g.keys.Key(ctx, access.Home(site), id)
	if err == nil && access.IsSandbox(site) && !k.Test {
		err = message.ErrNotFound
	}
	if errors.Is(err, message.ErrNotFound) {
		err = fmt.Errorf("there is no key %q. /api/v1/keys lists what there is: %w", fault.Truncate(strings.TrimSpace(string(id)), 60), err)
	}
	return k, err
}

// Keys lists the keys of a site, the oldest first.
func (g *Gate) Keys(ctx context.Context, site string) ([]access.Key, error) {
	all, err := g.keys.Keys(ctx, access.Home(site))
	if access.IsSandbox(site) {
		all = slices.DeleteFunc(all, func(k access.Key) bool { return !k.Test })
	}
	return all, err
}
