package sql

import (
	"context"
	"database/sql"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"go.uber.org/zap"

	"notifier/rescue"
)

// patience is how long the server waits for us. A transaction whose link is gone keeps its
// locks until the server notices, and other replicas wait for those.
var patience = map[string]string{
	"statement_timeout":                   milliseconds(longest + silence),
	"idle_in_transaction_session_timeout": milliseconds(longest / 2),
	"tcp_keepalives_idle":                 "10",
	"tcp_keepalives_interval":             "3",
	"tcp_keepalives_count":                "3",
	"tcp_user_timeout":                    "10000",
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// watchOver has the connections of a pool made by a guard, each within a bound: also the
// first host of several may be the one that does not answer.
func watchOver(config *pgxpool.Config, log *zap.Logger) *guard {
	c := config.ConnConfig
	switch {
	case c.ConnectTimeout == 0:
		c.ConnectTimeout = connectTime
	case c.ConnectTimeout > longestConnect:
		c.ConnectTimeout = longestConnect
	}
	config.PingTimeout = pingTime
	g := &guard{config: c, log: log}
	c.DialFunc = func(ctx context.Context, kind, address string) (conn net.Conn, err error) { // also in goroutines of the pool
		err = rescue.Try(log, "connecting to the database", func() (err error) {
			conn, err = g.dial(ctx, kind, address)
			return err
		})
		return conn, err
	}
	return g
}

// closeTime is how long the end of the store waits for connections that are still in use.
const closeTime = 3 * time.Second

// closePool closes the pool, but does not wait long for what still uses it.
func closePool(pool *pgxpool.Pool) {
	closed := make(chan struct{})
	rescue.Go(nil, "closing the pool", func() {
		defer close(closed)
		pool.Close()
	})
	limit := time.NewTimer(closeTime)
	defer limit.Stop()
	select {
	case <-closed:
	case <-limit.C:
	}
}

// Patient is a connection for what may take as long as the host is at it, such as building
// an index: only a host that has gone ends it.
func (db *DB) Patient() (patient *sql.DB, end func()) {
	if db.guard == nil {
		wait := func(d time.Duration) { _, _ = db.pool.Exec("PRAGMA busy_timeout = " + milliseconds(d)) }
		wait(longestBusy)
		return db.pool, func() { wait(time.Second) }
	}
	c := db.guard.config.Copy()
	c.Tracer = bounds{db.guard, 0}
	if _, set := c.RuntimeParams["statement_timeout"]; set {
		c.RuntimeParams["statement_timeout"] = "0"
		c.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	}
	patient = stdlib.OpenDB(*c)
	return patient, func() { _ = patient.Close() }
}
