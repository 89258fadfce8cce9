package mail

import (
	"context"
	"errors"
	"sync"
	"time"

	"notifier/message"
	"notifier/rescue"
)

// kept is the grant of one account, as this process knows it. Nobody holds its lock while a
// server or the database is asked.
type kept struct {
	source OAuth2

	mu      sync.Mutex
	grant   message.Grant // the newest that we know
	refused string        // the token that the mail server did not take
	renewal *renewal      // what is under way; nil: nothing
	unsaved *unsaved      // what the database did not take yet
}

// renewal is one search for a token, for all who wait.
type renewal struct {
	done  chan struct{}
	token string
	err   error
}

// unsaved is a grant and the refresh token that it was got with.
type unsaved struct {
	grant message.Grant
	used  string
}

func good(g message.Grant, at time.Time) bool {
	return g.Access != "" && (g.Expiry.IsZero() || at.Add(tokenMargin).Before(g.Expiry))
}

// Token is the one that we have, or the one that all who ask now wait for. The question is
// not taken back when nobody waits any more: its answer may hold the only refresh token
// that is good.
func (k *kept) Token(ctx context.Context) (string, error) {
	k.mu.Lock()
	has, token := good(k.grant, time.Now()), k.grant.Access
	r := k.renewal
	if r == nil && (!has || k.unsaved != nil) {
		r = &renewal{done: make(chan struct{})}
		k.renewal = r
		rescue.Go(nil, "the renewal of a token", func() { k.renew(context.WithoutCancel(ctx), r) }, func(err error) {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.ended(r, "", err)
		})
	}
	k.mu.Unlock()
	if has {
		return token, nil
	}
	select {
	case <-r.done:
		return r.token, r.err
	case <-ctx.Done():
		return "", errors.New("the token server has not answered in time")
	}
}

// Drop forgets a token, if it is the one that we have.
func (k *kept) Drop(token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.grant.Access == token {
		k.grant, k.refused = message.Grant{}, token
	}
}

// Wait returns when nothing is under way.
func (k *kept) Wait() {
	k.mu.Lock()
	r := k.renewal
	k.mu.Unlock()
	if r != nil {
		<-r.done
	}
}

func (k *kept) renew(ctx context.Context, r *renewal) {
	k.mu.Lock()
	g, left, refused := k.grant, k.unsaved, k.refused
	k.mu.Unlock()
	err := errors.New("the tokens that were given last could not be kept in the database")
	if left != nil {
		left = k.save(ctx, *left)
	}
	if left == nil {
		g, left, err = k.search(ctx, refused)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.unsaved = left; err == nil {
		k.grant = g
	}
	k.ended(r, g.Access, err)
}

// ended tells all who wait what came of a renewal. Whoever calls it holds the lock.
func (k *kept) ended(r *renewal, token string, err error) {
	r.token, r.err, k.renewal = token, err, nil
	close(r.done)
}

// search finds a token that another replica got, or gets one; it tells what could not be
// saved, too.
func (k *kept) search(ctx context.Context, refused string) (message.Grant, *unsaved, error) {
	whole, cancel := context.WithTimeout(ctx, wholeTime)
	defer cancel()
	for {
		t, err := k.turn(whole, refused)
		if err != nil || t.found {
			return t.grant, nil, err
		}
		given, err := k.source.ask(whole, t.grant)
		if err == nil {
			return given, k.save(ctx, unsaved{given, k.source.refresh(t.grant)}), nil
		}
		if !isSpent(err) || !k.overtaken(whole, t) {
			k.release(ctx, t.grant)
			return t.grant, nil, withoutBody(err)
		}
	}
}

// turn is a grant that has a token, or the right to ask for the next.
type turn struct {
	grant message.Grant
	found bool
	// inherited: who had the right before did not say what came of it.
	inherited bool
}

// turn waits until it is this replica's turn to ask, or another has got a token.
func (k *kept) turn(ctx context.Context, refused string) (turn, error) {
	for {
		g, err := k.source.Grants.Load(ctx, k.source.Name())
		if err != nil {
			return turn{}, err
		}
		now := time.Now()
		if good(g, now) && g.Access != refused && g.Scopes == k.source.scopes() {
			return turn{grant: g, found: true}, nil
		}
		if end, _ := ctx.Deadline(); end.Sub(now) < askTime {
			return turn{}, errors.New("another replica asks the token server, and has no answer yet")
		}
		if g.Leased.After(now) && g.Leased.Sub(now) <= leaseTime { // a longer one is of a clock that was set back
			pause(ctx)
			continue
		}
		t := turn{grant: g, inherited: !g.Leased.IsZero()}
		t.grant.Leased = now.Add(leaseTime)
		if won, err := k.source.Grants.Save(ctx, k.source.Name(), t.grant); err != nil || won {
			t.grant.Version++
			return t, err
		}
	}
}

// save keeps what was given. If somebody wrote meanwhile, it is kept unless they got a newer
// one; what it returns could not be kept.
func (k *kept) save(ctx context.Context, u unsaved) *unsaved {
	ctx, cancel := context.WithTimeout(ctx, saveTime)
	defer cancel()
	for {
		won, err := k.source.Grants.Save(ctx, k.source.Name(), u.grant)
		if won {
			return nil
		}
		var now message.Grant
		if err == nil {
			now, err = k.source.Grants.Load(ctx, k.source.Name())
		}
		switch {
		case err == nil && (k.source.refresh(now) != u.used || k.source.refresh(u.grant) == u.used):
			return nil
		case err == nil:
			u.grant.Version = now.Version
		case !pause(ctx):
			return &u
		}
	}
}

// overtaken tells whether another replica has used the refresh token of that turn. One that
// was slow may still be about to write what it got.
func (k *kept) overtaken(ctx context.Context, t turn) bool {
	until := time.Now()
	if t.inherited {
		until = until.Add(saveTime)
	}
	for {
		now, err := k.source.Grants.Load(ctx, k.source.Name())
		if err != nil || k.source.refresh(now) != k.source.refresh(t.grant) {
			return err == nil
		}
		if !time.Now().Before(until) || !pause(ctx) {
			return false
		}
	}
}

// release gives the right to ask back. If it cannot be, it ends with its time.
func (k *kept) release(ctx context.Context, g message.Grant) {
	ctx, cancel := context.WithTimeout(ctx, saveTime)
	defer cancel()
	g.Leased = time.Time{}
	_, _ = k.source.Grants.Save(ctx, k.source.Name(), g)
}

// pause waits a little; it is false if there is no more time.
func pause(ctx context.Context) bool {
	timer := time.NewTimer(lookAgain)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
