package sql

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"

	"notifier/rescue"
)

// How long Postgres is waited for. A request has a bound of its own, for all that it asks.
const (
	// silence is after how long without a byte somebody looks whether a statement is still
	// being worked on.
	silence = 5 * time.Second
	// longest is how long a statement may take that is being worked on.
	longest = time.Minute
	// acquireTime is how long a connection of the pool is waited for.
	acquireTime = 5 * time.Second
	// pingTime is how long a connection may take to show that it is alive.
	pingTime = 2 * time.Second
	// connectTime is how long one host may take to let us in, if the URL does not say, and
	// longestConnect how long it may take at most.
	connectTime    = 3 * time.Second
	longestConnect = 5 * time.Second
	// rest is how long a host that did not answer is not asked again.
	rest = 3 * time.Second
)

// guard sees to it that no statement waits for a host that has vanished. It is a tracer of
// pgx, and so stands before every statement, whoever wrote it.
//
// A host that is frozen, or behind a link that swallows, looks like one that works for long.
// So after some silence the guard asks the same host, over another connection, whether it is
// still at the statement. If nobody answers, or nothing is being done there, the connection
// is closed, and all others to the database are made anew.
type guard struct {
	log    *zap.Logger
	config *pgx.ConnConfig // for asking
	pool   *pgxpool.Pool   // nil where there is none

	mu      sync.Mutex
	renewed time.Time            // when the pool was last emptied
	away    map[string]time.Time // hosts that did not answer, until when they are left alone
	alarm   func()               // tells whoever listens; nil if nobody does
}

// bounds are a guard with the time that its statements may take; 0: as long as the host is
// at it, as for migrations.
type bounds struct {
	*guard
	longest time.Duration
}

// statement is a statement that is under way, and the context that it runs in.
type statement struct {
	context.Context
	bounds
	cancel context.CancelFunc
	conn   *pgx.Conn
	link   *link
	copies bool // what we write is progress, too
	begun  time.Time
	before int64 // what had come over the link when it began
	timer  *time.Timer
	// since when no more than moved has come over the link; known to look alone.
	since  time.Time
	moved  int64
	silent atomic.Bool // it was given up
}

// Err tells a statement that was given up from one that nobody wants any more.
func (s *statement) Err() error {
	if s.silent.Load() {
		return context.DeadlineExceeded
	}
	return s.Context.Err()
}

func (b bounds) begin(ctx context.Context, conn *pgx.Conn, copies bool) context.Context {
	s := &statement{bounds: b, conn: conn, link: linkOf(conn.PgConn().Conn()), copies: copies, begun: time.Now()}
	s.Context, s.cancel = context.WithCancel(ctx)
	s.before = s.progress()
	s.since, s.moved = s.begun, s.before
	s.timer = rescue.After(silence, s.log, "watching a statement", s.look, func(error) { s.cancel() })
	return s
}

func (s *statement) end() {
	s.timer.Stop()
	s.cancel()
}

// progress is what has come over the link so far.
func (s *statement) progress() int64 {
	if s.link == nil {
		return 0
	}
	if s.copies {
		return s.link.reads.Load() + s.link.writes.Load()
	}
	return s.link.reads.Load()
}

// look is called after a silence. It gives the statement up if its host is gone.
func (s *statement) look() {
	if now := s.progress(); now != s.moved { // it is being answered
		s.moved, s.since = now, time.Now()
		s.timer.Reset(silence)
		return
	}
	gone := s.gone()
	switch {
	case s.Context.Err() != nil: // it has ended meanwhile
	case gone:
		s.silent.Store(true)
		s.cancel()
		hangUp(s.conn)
		s.renew()
	case s.longest > 0 && time.Since(s.since) >= s.longest:
		s.silent.Store(true)
		s.cancel()
	default:
		s.timer.Reset(silence)
	}
}

// gone asks the host whether it is still at the statement.
func (s *statement) gone() bool {
	answers, works := s.ask(s.Context, s.conn)
	if !answers || works {
		return !answers
	}
	wait := time.NewTimer(time.Second) // the answer may just be on its way
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-s.Context.Done():
		return false
	}
	if s.progress() != s.moved {
		return false
	}
	answers, works = s.ask(s.Context, s.conn)
	return !answers || !works
}

// ask tells whether the host of a connection answers, and whether it is at work for it.
func (g *guard) ask(ctx context.Context, conn *pgx.Conn) (answers, works bool) {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	c := g.config.Copy()
	to := conn.PgConn().Conn().RemoteAddr()
	c.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return g.dial(ctx, to.Network(), to.String())
	}
	c.LookupFunc = func(context.Context, string) ([]string, error) { return []string{"127.0.0.1"}, nil } // dialled is the address above
	c.Fallbacks, c.ValidateConnect, c.AfterConnect = nil, nil, nil
	c.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	asked, err := pgx.ConnectConfig(ctx, c)
	if err != nil {
		return answered(err), true
	}
	defer CloseSoon(asked)
	var own uint32
	var state string
	err = asked.QueryRow(ctx, `SELECT pg_backend_pid(), CASE WHEN count(*) = 0 THEN 'gone' ELSE coalesce(max(state), '') END
		FROM pg_stat_activity WHERE pid = $1`, int64(conn.PgConn().PID())).Scan(&own, &state)
	if err != nil {
		return answered(err), true
	}
	if own != asked.PgConn().PID() { // a pooler stands in between, and numbers say nothing
		return true, true
	}
	switch state {
	case "gone", "idle", "idle in transaction", "idle in transaction (aborted)":
		return true, false
	}
	return true, true
}

// renew has all connections made anew, and whoever listens look whether it hears.
func (g *guard) renew() {
	g.mu.Lock()
	recent, alarm := time.Since(g.renewed) < time.Second, g.alarm
	if !recent {
		g.renewed = time.Now()
	}
	g.mu.Unlock()
	if recent {
		return
	}
	if g.pool != nil {
		g.pool.Reset()
	}
	if alarm != nil {
		alarm()
	}
}

// alarms says who is told when the database seems gone; nil: nobody any more.
func (g *guard) alarms(alarm func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.alarm = alarm
}

// TraceQueryStart begins to watch a statement.
func (b bounds) TraceQueryStart(ctx context.Context, conn *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return b.begin(ctx, conn, false)
}

// TraceQueryEnd ends that.
func (b bounds) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	b.over(ctx, data.Err)
}

// TraceCopyFromStart is TraceQueryStart for many rows.
func (b bounds) TraceCopyFromStart(ctx context.Context, conn *pgx.Conn, _ pgx.TraceCopyFromStartData) context.Context {
	return b.begin(ctx, conn, true)
}

// TraceCopyFromEnd ends that.
func (b bounds) TraceCopyFromEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceCopyFromEndData) {
	b.over(ctx, data.Err)
}

// over ends a statement. One that nobody waited for any longer says that the host may be
// gone: the connections that rest are not worth trying.
func (b bounds) over(ctx context.Context, err error) {
	s, ok := ctx.(*statement)
	if !ok {
		return
	}
	s.end()
	if err != nil && time.Since(s.begun) > acquireTime-time.Second && s.progress() == s.before {
		b.renew()
	}
}

// acquiring is the context of a wait for a connection.
type acquiring struct {
	context.Context
	cancel context.CancelFunc
	begun  time.Time
}

// TraceAcquireStart bounds the wait for a connection.
func (b bounds) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	a := &acquiring{begun: time.Now()}
	a.Context, a.cancel = context.WithTimeout(ctx, acquireTime)
	return a
}

// TraceAcquireEnd ends that. A connection that had to be waited for because those that rest
// did not answer says that no other will.
func (b bounds) TraceAcquireEnd(ctx context.Context, _ *pgxpool.Pool, data pgxpool.TraceAcquireEndData) {
	a, ok := ctx.(*acquiring)
	if !ok {
		return
	}
	a.cancel()
	if time.Since(a.begun) >= pingTime {
		b.renew()
	}
}
