package links

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Ring is the keys of an installation: the last signs, all of them verify. A key that was found
// once is kept until the process ends, also where it opens no longer. It is safe for concurrent use.
type Ring struct {
	load   Load
	resort Key

	mu    sync.Mutex // held by the one that loads
	asked time.Time
	keys  atomic.Pointer[[]Key]
}

// Load finds the keys of now. If needed is true, none is known yet: then it makes one where it finds none.
type Load func(ctx context.Context, needed bool) ([]Key, error)

// NewRing makes a ring of the keys that load finds. Until it finds some, the last resort signs.
func NewRing(load Load, resort Key) *Ring {
	return &Ring{load: load, resort: resort}
}

// loadTime bounds a look for keys, and seldom is how often an unknown key may cause one:
// whoever invents tokens must not keep the database busy.
const (
	loadTime = 2 * time.Second
	seldom   = time.Second
)

// Refresh looks for the keys of now.
func (r *Ring) Refresh(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refresh(ctx)
}

func (r *Ring) refresh(ctx context.Context) error {
	r.asked = time.Now()
	known := r.keys.Load()
	needed := known == nil || len(*known) == 0
	found, err := r.load(ctx, needed)
	if err != nil {
		return err
	}
	if !needed {
		found = joined(*known, found)
	}
	r.keys.Store(&found)
	return nil
}

// joined are the keys that are found, and before them those that were known and are not.
func joined(known, found []Key) []Key {
	all := slices.DeleteFunc(slices.Clone(known), func(k Key) bool {
		return slices.ContainsFunc(found, func(f Key) bool { return f.id == k.id })
	})
	return append(all, found...)
}

// all are the keys of now, looked for if nobody has yet.
func (r *Ring) all() []Key {
	if known := r.keys.Load(); known != nil && len(*known) > 0 {
		return *known
	}
	r.again()
	if known := r.keys.Load(); known != nil && len(*known) > 0 {
		return *known
	}
	return []Key{r.resort}
}

// again looks for keys that were made lately, and tells whether it did.
func (r *Ring) again() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.asked) < seldom {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), loadTime)
	defer cancel()
	return r.refresh(ctx) == nil
}

// Sign writes a token by the last key.
func (r *Ring) Sign(t Token) string {
	keys := r.all()
	return keys[len(keys)-1].Sign(t)
}

// Read reads a token that any of the keys has signed, also one that another replica made a
// moment ago.
func (r *Ring) Read(text string, at time.Time, purposes ...Purpose) (Token, error) {
	t, err := read(r.all(), text, at, purposes)
	if errors.Is(err, ErrForged) && r.again() {
		t, err = read(r.all(), text, at, purposes)
	}
	return t, err
}

func read(keys []Key, text string, at time.Time, purposes []Purpose) (t Token, err error) {
	for i := len(keys) - 1; i >= 0; i-- {
		if t, err = keys[i].Read(text, at, purposes...); !errors.Is(err, ErrForged) {
			break
		}
	}
	return t, err
}
