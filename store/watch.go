package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/zap"

	"notifier/message"
	"notifier/rescue"
	"notifier/store/sql"
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
			if !errors.Is(err, errDeaf) { // it was lost, and may well be back soon
				s.look(ctx, wake, lostFor)
				continue
			}
		}
		s.look(ctx, wake, deafFor)
	}
}

// How long Watch looks for itself before it tries to listen again: where nothing can be
// heard, and where the connection was lost.
const (
	deafFor = time.Minute
	lostFor = 3 * time.Second
)

// How often Watch makes sure that it still hears, by a word of its own, and how long that
// word may take: a connection that is half open says nothing of it.
const (
	hearEvery  = 15 * time.Second
	hearWithin = 5 * time.Second
)

// hearing begins the words by which somebody makes sure that they hear: they wake nobody.
const hearing = "hear "

var errDeaf = errors.New("what we say ourselves is not heard")

// look asks for what is due, once a second. What was due before, and could not leave then,
// wakes nobody.
func (s *Store) look(ctx context.Context, wake func(), while time.Duration) {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	known := map[message.Lane]time.Time{} // when the first message of a lane was due
	for until := time.Now().Add(while); s.listen == nil || time.Now().Before(until); {
		select {
		case <-ctx.Done():
			return
		case now := <-every.C:
			lanes, err := s.DueLanes(ctx, now)
			if err != nil {
				continue
			}
			before := known
			known = map[message.Lane]time.Time{}
			stirred := false
			for _, l := range lanes {
				due := l.DueAt
				l.DueAt = time.Time{}
				known[l] = due
				stirred = stirred || !before[l].Equal(due)
			}
			if stirred {
				wake()
			}
		}
	}
}

// OldestDue is when the message became due, or will, that is due before all others of all
// sites; zero if none waits.
func (s *Store) OldestDue(ctx context.Context) (first time.Time, err error) {
	lanes, err := s.DueLanes(ctx, endOfTime)
	for _, l := range lanes {
		if first.IsZero() || l.DueAt.Before(first) {
			first = l.DueAt
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
	defer sql.CloseSoon(conn)
	if _, err := conn.Exec(ctx, "LISTEN "+channel+"; LISTEN "+outboxChannel); err != nil {
		return err
	}
	// Behind PgBouncer all goes well, and nothing is heard: so what we say ourselves must be.
	e := &ear{Store: s, conn: conn, wake: func() {}, posted: func() {}}
	if err := e.hearsItself(ctx, s.say); err != nil {
		return err
	}
	e.wake, e.posted = wake, posted
	wake() // for what came before
	posted()
	for ctx.Err() == nil {
		if err := e.listen(ctx); err != nil {
			return err
		}
		if err := e.hearsItself(ctx, e.say); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// say tells all that listen, over a connection of the pool.
func (s *Store) say(ctx context.Context, word string) error {
	_, err := s.db.Exec(ctx, nil, "SELECT pg_notify(?, ?)", channel, word)
	return err
}

// ear is a connection that listens.
type ear struct {
	*Store
	conn         *pgx.Conn
	wake, posted func()
}

// say tells all that listen, over the very connection that is tried.
func (e *ear) say(ctx context.Context, word string) error {
	_, err := e.conn.Exec(ctx, "SELECT pg_notify($1, $2)", channel, word)
	return err
}

// listen passes on what is heard, until it is time to make sure that something still is: at
// once if the database seems gone.
func (e *ear) listen(ctx context.Context) error {
	patience, cancel := context.WithTimeout(ctx, hearEvery)
	defer cancel()
	e.db.OnAlarm(cancel)
	defer e.db.OnAlarm(nil)
	for {
		n, err := e.conn.WaitForNotification(patience)
		switch {
		case err == nil:
			e.pass(n)
		case patience.Err() != nil && !e.conn.IsClosed():
			return nil
		default:
			return err
		}
	}
}

// hearsItself says something and waits until it is heard.
func (e *ear) hearsItself(ctx context.Context, say func(ctx context.Context, word string) error) error {
	patience, cancel := context.WithTimeout(ctx, hearWithin)
	defer cancel()
	word := hearing + rand.Text()
	if err := say(patience, word); err != nil {
		return err
	}
	for {
		n, err := e.conn.WaitForNotification(patience)
		switch {
		case err != nil && patience.Err() != nil && ctx.Err() == nil:
			return fmt.Errorf("%w: %w", errDeaf, err)
		case err != nil:
			return err
		case n.Payload == word:
			return nil
		}
		e.pass(n)
	}
}

// pass tells whoever is to know.
func (e *ear) pass(n *pgconn.Notification) {
	switch {
	case n.Channel == outboxChannel:
		e.posted()
	case n.Payload != e.name && !strings.HasPrefix(n.Payload, hearing): // our own have woken us already
		e.wake()
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
			rescue.In(&s.herald.running, s.log, "telling the other processes", s.tellOthers)
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
	if _, err := s.db.Exec(ctx, nil, "SELECT pg_notify(?, ?)", channel, s.name); err != nil {
		s.log.Debug("the other processes could not be told", zap.Error(err))
	}
}
