package store

import (
	"context"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"notifier/message"
)

// Watch calls wake when another process has made messages pending, and posted when somebody
// has written into the outbox, until ctx ends.
//
// On Postgres it listens for what Accept and the outbox say there. Where nothing can be heard, as behind
// PgBouncer in transaction mode, and on SQLite, it looks for what is due once a second.
func (s *Store) Watch(ctx context.Context, wake, posted func()) {
	for ctx.Err() == nil {
		if s.listen != nil {
			err := s.hear(ctx, wake, posted)
			if ctx.Err() != nil {
				return
			}
			s.log.Info("the database tells nothing: due messages are looked for every second", zap.Error(err))
		}
		s.look(ctx, wake)
	}
}

// deafFor is how long Watch looks for itself before it tries to listen again.
const deafFor = time.Minute

// look asks for what is due, once a second. What was due before, and could not leave then,
// wakes nobody.
func (s *Store) look(ctx context.Context, wake func()) {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	var known time.Time
	for until := time.Now().Add(deafFor); s.listen == nil || time.Now().Before(until); {
		select {
		case <-ctx.Done():
			return
		case now := <-every.C:
			next, err := s.firstDue(ctx)
			if err == nil && !next.IsZero() && !next.After(now) && !next.Equal(known) {
				known = next
				wake()
			}
		}
	}
}

// firstDue is NextDue of all sites.
func (s *Store) firstDue(ctx context.Context) (first time.Time, err error) {
	sites, err := s.Sites(ctx)
	for _, site := range sites {
		next, err := s.NextDue(ctx, site)
		if err != nil {
			return first, err
		}
		if first.IsZero() || !next.IsZero() && next.Before(first) {
			first = next
		}
	}
	return first, err
}

// channel is what messages that became pending are told on, outboxChannel what was written
// into the outbox.
const (
	channel       = "notifier_pending"
	outboxChannel = "notifier_outbox"
)

// hear listens until the connection is lost, or turns out to be deaf.
func (s *Store) hear(ctx context.Context, wake, posted func()) error {
	conn, err := pgx.ConnectConfig(ctx, s.listen.Copy())
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN "+channel+"; LISTEN "+outboxChannel); err != nil {
		return err
	}
	// Behind PgBouncer all goes well, and nothing is heard: so what we say ourselves must be.
	mine := rand.Text()
	if _, err := s.exec(ctx, nil, "SELECT pg_notify(?, ?)", channel, mine); err != nil {
		return err
	}
	patience, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for heard := false; !heard; {
		n, err := conn.WaitForNotification(patience)
		if err != nil {
			return err
		}
		heard = n.Payload == mine
	}
	wake() // for what came before
	posted()
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		switch {
		case n.Channel == outboxChannel:
			posted()
		case n.Payload != s.name: // our own have woken us already
			wake()
		}
	}
}

// herald tells the other processes that messages are pending. It is no part of the
// transaction that made them so: those that tell something wait for each other at their
// commit. So one is told of for many.
type herald struct {
	asked   atomic.Bool
	running sync.WaitGroup
	mu      sync.Mutex // held by the one that tells
	last    time.Time
}

// quiet is how long nothing is told after something was: then once for all that came.
const quiet = 5 * time.Millisecond

// announce tells the others, soon. Close waits for it.
func (s *Store) announce(messages ...message.Message) {
	if s.listen == nil {
		return
	}
	for _, m := range messages {
		if m.Status != message.Pending {
			continue
		}
		if !s.herald.asked.Swap(true) {
			s.herald.running.Go(s.tellOthers)
		}
		return
	}
}

func (s *Store) tellOthers() {
	s.herald.mu.Lock()
	defer s.herald.mu.Unlock()
	time.Sleep(quiet - time.Since(s.herald.last))
	s.herald.last = time.Now()
	s.herald.asked.Store(false)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := s.exec(ctx, nil, "SELECT pg_notify(?, ?)", channel, s.name); err != nil {
		s.log.Debug("the other processes could not be told", zap.Error(err))
	}
}
