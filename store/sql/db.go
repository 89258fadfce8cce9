// Package sql runs statements on SQLite or Postgres: in the spelling of each, within bounds of
// time, and with errors that say what they mean to a caller.
//
// It knows no table: what is asked is the store's business.
package sql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"
	"gorm.io/gorm"

	"notifier/message"
)

// DB is a database and the pool of connections to it. It is safe for concurrent use.
type DB struct {
	pool    *sql.DB
	gorm    *gorm.DB
	dialect Dialect
	log     *zap.Logger
	bound   sync.Map               // statements with ? marks → with $1
	full    atomic.Pointer[string] // why nothing can be stored; nil: all is well, as far as we know
	pgx     *pgxpool.Pool          // below pool; nil on SQLite
	guard   *guard                 // of waits; nil on SQLite
	close   func() error
}

// Open opens the database: sqlite:FILE, or postgres://… with so many connections (0: 20).
func Open(ctx context.Context, url string, connections int, log *zap.Logger) (*DB, error) {
	scheme, rest, _ := strings.Cut(url, ":")
	var db *DB
	var err error
	switch scheme {
	case "sqlite":
		db, err = openSQLite(ctx, rest, log)
	case "postgres", "postgresql":
		db, err = openPostgres(ctx, url, connections, log)
	default:
		err = fmt.Errorf(`database.url %q is neither SQLite nor Postgres. Write "sqlite:notifier.db" or "postgres://user@host/database"`, url)
	}
	return db, Told(err) // a database that is away is another matter than one that is named wrongly
}

// Close closes the database.
func (db *DB) Close() error { return db.close() }

// Ping tells whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return Told(db.pool.PingContext(ctx)) }

// Pool is database/sql's view of the pool.
func (db *DB) Pool() *sql.DB { return db.pool }

// Pgx is the pool on Postgres, for what is worth to be asked past database/sql; nil on SQLite.
func (db *DB) Pgx() *pgxpool.Pool { return db.pgx }

// OnAlarm says who is told when the database seems gone; nil: nobody any more.
func (db *DB) OnAlarm(alarm func()) {
	if db.guard != nil {
		db.guard.alarms(alarm)
	}
}

// Full tells why nothing can be stored; empty if something was stored since.
func (db *DB) Full() string {
	if says := db.full.Load(); says != nil {
		return *says
	}
	return ""
}

// Tx is a transaction and its connection.
type Tx struct {
	*sql.Tx
	Conn *sql.Conn
}

// Commit runs do in one transaction: all of it is committed, or nothing. A transaction
// that the database gave up for the sake of another is run again.
func (db *DB) Commit(ctx context.Context, do func(t *Tx) error) error {
	begun := time.Now()
	for try := 1; ; try++ {
		err := db.once(ctx, do)
		if err == nil || !waits(ctx, err, begun) && (try >= 5 || !retryable(err)) {
			return Told(err)
		}
	}
}

func (db *DB) once(ctx context.Context, do func(t *Tx) error) error {
	conn, err := db.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	sqlTx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer sqlTx.Rollback() // does nothing after a commit
	if err := do(&Tx{sqlTx, conn}); err != nil {
		return db.Noted(ctx, err)
	}
	return db.Noted(ctx, Ended(sqlTx.Commit()))
}

// Noted tells whoever watches the run of something that went well, and whoever asks how the
// database fares that it is full.
func (db *DB) Noted(ctx context.Context, err error) error {
	if err == nil {
		message.Heard(ctx)
		if db.full.Load() != nil {
			db.full.Store(nil)
		}
		return nil
	}
	if t, ok := errors.AsType[*message.Trouble](Told(err)); ok && t.Full {
		db.full.Store(&t.Says)
	}
	return err
}

// on is where a statement runs: in the transaction, or on a connection of its own.
func (db *DB) on(t *Tx) interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
} {
	if t == nil {
		return db.pool
	}
	return t.Tx
}

// Exec runs a statement with ? marks and returns how many rows it changed.
func (db *DB) Exec(ctx context.Context, t *Tx, statement string, arguments ...any) (int, error) {
	result, err := db.run(ctx, t, statement, arguments)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

func (db *DB) run(ctx context.Context, t *Tx, statement string, arguments []any) (sql.Result, error) {
	result, err := db.on(t).ExecContext(ctx, db.Ready(statement), arguments...)
	for begun := time.Now(); t == nil && err != nil && waits(ctx, err, begun); {
		result, err = db.pool.ExecContext(ctx, db.Ready(statement), arguments...)
	}
	if t == nil {
		err = Ended(err)
	}
	if err != nil {
		return nil, db.Noted(ctx, Told(err))
	}
	if n, err := result.RowsAffected(); err == nil && n > 0 {
		_ = db.Noted(ctx, nil)
	}
	return result, nil
}

// Query is Exec for a SELECT.
func (db *DB) Query(ctx context.Context, t *Tx, statement string, arguments ...any) (*sql.Rows, error) {
	rows, err := db.on(t).QueryContext(ctx, db.Ready(statement), arguments...)
	if err == nil {
		message.Heard(ctx)
	}
	return rows, Told(err)
}

// Ready is a statement as the database wants it. The debug log has it without arguments,
// which hold addresses and texts.
func (db *DB) Ready(statement string) string {
	bound := db.bind(statement)
	if entry := db.log.Check(zap.DebugLevel, "statement"); entry != nil {
		entry.Write(zap.String("sql", bound))
	}
	return bound
}

// bind writes ? marks as the database wants them.
func (db *DB) bind(statement string) string {
	if db.dialect.Name() != "postgres" {
		return statement
	}
	if bound, known := db.bound.Load(statement); known {
		return bound.(string)
	}
	var b strings.Builder
	for i, part := range strings.Split(statement, "?") {
		if i > 0 {
			b.WriteString("$" + strconv.Itoa(i))
		}
		b.WriteString(part)
	}
	db.bound.Store(statement, b.String())
	return b.String()
}
