// Package store keeps messages, people, deadlines and the timetable in SQLite or Postgres.
//
// It decides nothing: which move a status may make is in message, when something is due
// in preferences and deadlines. What it accepts is committed when the call returns.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Settings say which database to use.
type Settings struct {
	// URL is sqlite:FILE or postgres://…
	URL string `yaml:"url"`
	// Connections is the size of the pool on Postgres; 0 means 20.
	Connections int `yaml:"connections"`
}

// Store is the one place where rows live. It is safe for concurrent use.
type Store struct {
	db      *gorm.DB
	sql     *sql.DB
	dialect dialect
	log     *zap.Logger
	bound   sync.Map // statements with ? marks → with $1
	close   func() error
}

// dialect is what must differ between the two databases.
type dialect interface {
	name() string
	// lock ends a SELECT that keeps others from its rows until the transaction ends; it is
	// nothing where a transaction has the whole database to itself.
	lock(strength string) string
	// anyOf is a condition that the column is one of a list, which is a single argument.
	anyOf(column string, list []string) (sql string, argument any)
	anyTime(column string, list []time.Time) (sql string, argument any)
	insertMessages(ctx context.Context, t *tx, rows []*messageRow) error
	claim(ctx context.Context, s *Store, c claim) (ids []string, err error)
	settle(ctx context.Context, t *tx, rows []settlement) (moved int, err error)
	// mergeWindows closes windows, each into the digest of the same position.
	mergeWindows(ctx context.Context, t *tx, site string, at time.Time, windows, digests []string) error
}

// Open opens the database and leaves its schema as it is; see Migrate.
func Open(ctx context.Context, s Settings, log *zap.Logger) (*Store, error) {
	scheme, rest, _ := strings.Cut(s.URL, ":")
	switch scheme {
	case "sqlite":
		return openSQLite(ctx, rest, log)
	case "postgres", "postgresql":
		return openPostgres(ctx, s, log)
	}
	return nil, fmt.Errorf(`database.url %q is neither SQLite nor Postgres. Write "sqlite:notifier.db" or "postgres://user@host/database"`, s.URL)
}

func gormConfig() *gorm.Config {
	return &gorm.Config{
		Logger:                 logger.Discard, // errors are returned, and SQL holds addresses
		SkipDefaultTransaction: true,
		NowFunc:                func() time.Time { panic("store: times are handed in") },
		TranslateError:         true,
	}
}

// Close waits for running statements and closes the database.
func (s *Store) Close() error { return s.close() }

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return told(s.sql.PingContext(ctx)) }

// tx is a transaction: gorm and plain SQL on the same connection.
type tx struct {
	*gorm.DB
	conn *sql.Conn
	sql  *sql.Tx
}

// commit runs do in one transaction: all of it is committed, or nothing. A transaction
// that the database gave up for the sake of another is run again.
func (s *Store) commit(ctx context.Context, do func(t *tx) error) error {
	for try := 1; ; try++ {
		err := s.once(ctx, do)
		if err == nil || try == 5 || !retryable(err) {
			return told(err)
		}
	}
}

func (s *Store) once(ctx context.Context, do func(t *tx) error) error {
	conn, err := s.sql.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	sqlTx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer sqlTx.Rollback() // does nothing after a commit
	db := s.db.Session(&gorm.Session{NewDB: true, Context: ctx})
	db.Statement.ConnPool = sqlTx
	if err := do(&tx{DB: db, conn: conn, sql: sqlTx}); err != nil {
		return err
	}
	return sqlTx.Commit()
}

// exec runs a statement with ? marks past gorm, which would take slices apart.
func (s *Store) exec(ctx context.Context, t *tx, statement string, arguments ...any) (int64, error) {
	result, err := t.sql.ExecContext(ctx, s.bind(statement), arguments...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// query is exec for a SELECT; without a transaction it takes a connection of its own.
func (s *Store) query(ctx context.Context, t *tx, statement string, arguments ...any) (*sql.Rows, error) {
	if t == nil {
		rows, err := s.sql.QueryContext(ctx, s.bind(statement), arguments...)
		return rows, told(err)
	}
	return t.sql.QueryContext(ctx, s.bind(statement), arguments...)
}

// bind writes ? marks as the database wants them.
func (s *Store) bind(statement string) string {
	if s.dialect.name() != "postgres" {
		return statement
	}
	if bound, known := s.bound.Load(statement); known {
		return bound.(string)
	}
	var b strings.Builder
	for i, part := range strings.Split(statement, "?") {
		if i > 0 {
			b.WriteString("$" + strconv.Itoa(i))
		}
		b.WriteString(part)
	}
	s.bound.Store(statement, b.String())
	return b.String()
}

// texts reads rows of a single text column and closes them.
func texts(rows *sql.Rows, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// retryable tells whether the same transaction may well succeed if run again.
func retryable(err error) bool {
	var coded interface{ SQLState() string }
	if errors.As(err, &coded) {
		switch coded.SQLState() {
		case "40001", "40P01": // serialization failure, deadlock
			return true
		}
	}
	return false
}
