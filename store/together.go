package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"notifier/message"
	"notifier/request"
	"notifier/rescue"
	"notifier/store/sql"
)

// together is the group commit of the intake: trays that come at the same time share one
// transaction, so that what a commit costs (a flush of the log, some round trips) is paid once for
// all of them. A tray that comes alone does not wait for others: there is no delay to tune.
//
//	request 1 ─► fewer than writers() busy: commits at once, alone
//	request 2 ─┐
//	request 3 ─┼► waiting ──► whoever ends takes all of these along (goOn, carry, acceptAll)
//	request 4 ─┘
//
// The more comes, the larger the groups become, and the cheaper each tray. If a group fails, each
// of its trays is tried alone, so that a bad one costs its neighbours time but no mail. A caller
// is answered after the commit, never before it.
type together struct {
	mu      sync.Mutex
	waiting []*asked
	busy    int // transactions under way
}

// asked is a tray that waits for its answer.
type asked struct {
	at       time.Time
	tray     request.Tray
	answered []byte
	err      error
	done     chan struct{}
}

// The most that one transaction takes along, and how many there are at once on Postgres.
const (
	togetherTrays    = 200
	togetherMessages = 1000
	togetherTime     = 10 * time.Second
	writers          = 2 // on Postgres
)

// free tells whether a tray touches nothing that others do: direct messages, and a key.
// Only such trays go together, so that none waits for a lock that another one needs.
func free(tray request.Tray) bool {
	if len(tray.Seen) > 0 || tray.Posted != "" || tray.Case.ID != "" || len(tray.Messages) > togetherMessages/10 {
		return false
	}
	return !slices.ContainsFunc(tray.Messages, func(m message.Message) bool {
		return m.Status == message.Deferred || len(m.Attachments) > 0 || !m.Status.Born()
	})
}

// join accepts a tray at once if not much is under way, and otherwise with those that wait.
func (s *Store) join(ctx context.Context, at time.Time, tray request.Tray) ([]byte, error) {
	g := &s.together
	g.mu.Lock()
	if g.busy < s.dialect.writers() {
		g.busy++
		g.mu.Unlock()
		defer s.goOn()
		if done, err := s.bare(ctx, tray); done || err != nil {
			return nil, err
		}
		return s.alone(ctx, at, tray)
	}
	a := &asked{at: at, tray: tray, done: make(chan struct{})}
	g.waiting = append(g.waiting, a)
	g.mu.Unlock()
	select {
	case <-a.done:
		return a.answered, a.err
	case <-ctx.Done():
	}
	g.mu.Lock()
	i := slices.Index(g.waiting, a)
	if i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
	}
	g.mu.Unlock()
	if i >= 0 {
		return nil, sql.Told(ctx.Err())
	}
	// It is on its way: only the database knows whether it arrives.
	return nil, &message.Trouble{Unknown: true, Err: ctx.Err()}
}

// goOn takes the next trays that wait, or ends.
func (s *Store) goOn() {
	g := &s.together
	g.mu.Lock()
	defer g.mu.Unlock()
	n, messages := 0, 0
	for n < min(len(g.waiting), togetherTrays) && (n == 0 || messages+len(g.waiting[n].tray.Messages) <= togetherMessages) {
		messages += len(g.waiting[n].tray.Messages)
		n++
	}
	if n == 0 {
		g.busy--
		return
	}
	next := slices.Clone(g.waiting[:n])
	g.waiting = slices.Delete(g.waiting, 0, n)
	rescue.Go(s.log, "group commit", func() {
		defer s.goOn()
		s.carry(next)
	})
}

// carry accepts trays together, or each by itself if that fails for one of them.
func (s *Store) carry(all []*asked) {
	ctx, cancel := context.WithTimeout(context.Background(), togetherTime)
	defer cancel()
	defer func() {
		for _, a := range all {
			close(a.done)
		}
	}()
	err := rescue.Try(s.log, "group commit", func() error { return s.acceptAll(ctx, all) })
	for _, a := range all {
		switch {
		case err == nil:
		case errors.Is(err, message.ErrUnavailable):
			a.err = err
		default: // also after a panic: only the tray that leads to it fails
			a.err = rescue.Try(s.log, "a request", func() (err error) {
				a.answered, err = s.alone(ctx, a.at, a.tray)
				return err
			})
		}
	}
}

// acceptAll is alone for many trays: all of them or none.
func (s *Store) acceptAll(ctx context.Context, all []*asked) error {
	// Keys are noted in one order, so that two transactions cannot wait for each other.
	slices.SortStableFunc(all, func(a, b *asked) int { return compareKeys(a.tray, b.tray) })
	trays := make([]request.Tray, len(all))
	for i, a := range all {
		trays[i] = a.tray
	}
	if done, err := s.bare(ctx, trays...); done || err != nil {
		return err
	}
	return s.db.Commit(ctx, func(t *sql.Tx) error {
		var rows []*messageRow
		for _, a := range all {
			a.answered = nil
			if a.tray.Key != nil {
				var err error
				if a.answered, err = s.remember(ctx, t, a.at, a.tray); err != nil {
					return err
				}
				if a.answered != nil {
					continue
				}
			}
			for _, m := range a.tray.Messages {
				rows = append(rows, toRow(m))
			}
		}
		if len(rows) == 0 {
			return nil
		}
		return s.insert(ctx, t, rows)
	})
}

// bare writes the messages of free trays without keys, if nobody is told of them: then it
// is one statement, which needs no transaction around it.
func (s *Store) bare(ctx context.Context, trays ...request.Tray) (done bool, err error) {
	var rows []*messageRow
	var sites []string
	for _, tray := range trays {
		if tray.Key != nil {
			return false, nil
		}
		sites = append(sites, tray.Site)
		for _, m := range tray.Messages {
			rows = append(rows, toRow(m))
		}
	}
	if len(rows) == 0 || len(rows) >= copied || !s.dialect.atOnce() || !s.unheard(ctx, sites) {
		return false, nil
	}
	return true, s.db.Noted(ctx, sql.Ended(s.dialect.insertMessages(ctx, nil, rows)))
}

func compareKeys(a, b request.Tray) int {
	key := func(t request.Tray) string {
		if t.Key == nil {
			return ""
		}
		return t.Site + "\x00" + t.Key.Key
	}
	if x, y := key(a), key(b); x != y {
		if x < y {
			return -1
		}
		return 1
	}
	return 0
}
