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
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"notifier/message"
)

// Settings say which database to use.
type Settings struct {
	// URL is sqlite:FILE or postgres://…
	URL string `yaml:"url"`
	// Connections is the size of the pool on Postgres; 0, which config.yaml does not take, means 20.
	Connections int `yaml:"connections"`
}

// Store is the one place where rows live. It is safe for concurrent use.
type Store struct {
	db      *gorm.DB
	sql     *sql.DB
	dialect dialect
	log     *zap.Logger
	bound   sync.Map // statements with ? marks → with $1
	// audiences are the webhooks of each site, for a moment.
	audiences sync.Map
	// sites are what people inherit of sites, for a moment, and home is the one that others follow.
	sites sync.Map
	home  string
	// addressIDs tells of sites whether ids of users look like addresses, for a moment.
	addressIDs sync.Map
	// listen is where to listen for what other processes say; nil on SQLite.
	listen   *pgx.ConnConfig
	name     string // of this store, among those that say something
	herald   herald
	together together
	full     atomic.Pointer[string] // why nothing can be stored; nil: all is well, as far as we know
	guard    *guard                 // of waits; nil on SQLite
	close    func() error
}

// dialect is what must differ between the two databases.
//
// Postgres plans a statement when a connection first runs it and keeps that plan, made
// perhaps when all tables were empty and any plan would do. So the statements leave it no
// choice: each begins at one table or at a list and goes from row to row by whole keys.
// On SQLite the same is said by CROSS JOIN.
type dialect interface {
	name() string
	// writers is how many transactions that accept requests there are at once.
	writers() int
	// lock ends a SELECT that keeps others from its rows until the transaction ends; it is
	// nothing where a transaction has the whole database to itself.
	lock(strength string) string
	// array makes texts a single argument.
	array(texts []string) any
	// list begins a FROM with an array, as i.id.
	list() string
	// pairs begins a FROM with i.id and i.other, from two lists of one length.
	pairs(ids, others []string) (from string, arguments []any)
	// text is a mark that stands for a text where the database cannot know.
	text() string
	// waits begins a FROM with i.id, i.user_id and i.due_at; ids may be missing.
	waits(ids []message.ID, waits []wait) (from string, arguments []any)
	// to goes on to the rows of a table that fit; lock is as above.
	to(table, as, on, lock string) string
	// perhaps is to where there may be no such row.
	perhaps(table, as, on string) string
	// change is the statement that changes rows of the queue by their keys.
	change(r rowsOf) (statement string, arguments []any)
	// any ends a condition on a column that is to be among those of a subselect, which is run once.
	any(subselect string) string
	// next goes on from f to the first row behind it of a heap, as n.
	next(h heap, behind string) string
	// by names the index of a table in a FROM, for a planner that would take another.
	by(index string) string
	// migrated asks whether migrations were ever run.
	migrated() string
	// like compares a text with a pattern, capitals or not as far as the database can.
	like() string
	// references are site, hash and n of the attachments that messages refer to.
	references() string
	// tag is the tag of m whose name is the argument; NULL if it has none.
	tag() string
	// read runs a statement of selectMessages in the way that is fastest for many rows.
	read(ctx context.Context, s *Store, t *tx, statement string, arguments ...any) ([]message.Message, error)
	insertMessages(ctx context.Context, t *tx, rows []*messageRow) error
	claim(ctx context.Context, s *Store, c claim) ([]message.Message, error)
	// atOnce tells whether many receipts are one statement, which needs no transaction around it.
	atOnce() bool
	// settleWhole writes outcomes that receipts say all of, where the claim still holds, and
	// tells the keys of what moved.
	settleWhole(ctx context.Context, s *Store, t *tx, rows []settlement) (moved []string, err error)
	// settle is settleWhole for any outcomes, with attempts in rows of their own, which are
	// written in any case.
	settle(ctx context.Context, s *Store, t *tx, rows []settlement) (moved []string, err error)
	// mergeWindows closes windows, each into the digest of the same position.
	mergeWindows(ctx context.Context, t *tx, site string, at time.Time, windows, digests []string) error
}

// Open opens the database and leaves its schema as it is; see Migrate.
func Open(ctx context.Context, s Settings, log *zap.Logger) (*Store, error) {
	scheme, rest, _ := strings.Cut(s.URL, ":")
	switch scheme {
	case "sqlite":
		return opened(openSQLite(ctx, rest, log))
	case "postgres", "postgresql":
		return opened(openPostgres(ctx, s, log))
	}
	return nil, fmt.Errorf(`database.url %q is neither SQLite nor Postgres. Write "sqlite:notifier.db" or "postgres://user@host/database"`, s.URL)
}

// opened tells a database that is away from one that is named wrongly.
func opened(s *Store, err error) (*Store, error) { return s, told(err) }

func gormConfig() *gorm.Config {
	return &gorm.Config{
		Logger:                 logger.Discard, // errors are returned, and SQL holds addresses
		SkipDefaultTransaction: true,
		NowFunc:                func() time.Time { panic("store: times are handed in") },
		TranslateError:         true,
	}
}

// Close waits for running statements and closes the database.
func (s *Store) Close() error {
	s.herald.running.Wait()
	return s.close()
}

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return told(s.sql.PingContext(ctx)) }

// tx is a transaction and its connection.
type tx struct {
	conn *sql.Conn
	sql  *sql.Tx
}

// commit runs do in one transaction: all of it is committed, or nothing. A transaction
// that the database gave up for the sake of another is run again.
func (s *Store) commit(ctx context.Context, do func(t *tx) error) error {
	begun := time.Now()
	for try := 1; ; try++ {
		err := s.once(ctx, do)
		if err == nil || !waits(ctx, err, begun) && (try >= 5 || !retryable(err)) {
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
	if err := do(&tx{conn: conn, sql: sqlTx}); err != nil {
		return s.noted(ctx, err)
	}
	return s.noted(ctx, ended(sqlTx.Commit()))
}

// noted tells whoever watches the run of something that went well, and whoever asks how the
// database fares that it is full.
func (s *Store) noted(ctx context.Context, err error) error {
	if err == nil {
		message.Heard(ctx)
		if s.full.Load() != nil {
			s.full.Store(nil)
		}
		return nil
	}
	if t, ok := errors.AsType[*message.Trouble](told(err)); ok && t.Full {
		s.full.Store(&t.Says)
	}
	return err
}

// Full tells why nothing can be stored; empty if something was stored since.
func (s *Store) Full() string {
	if says := s.full.Load(); says != nil {
		return *says
	}
	return ""
}

// on is where a statement runs: in the transaction, or on a connection of its own.
func (s *Store) on(t *tx) interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
} {
	if t == nil {
		return s.sql
	}
	return t.sql
}

// exec runs a statement with ? marks and returns how many rows it changed.
func (s *Store) exec(ctx context.Context, t *tx, statement string, arguments ...any) (int, error) {
	result, err := s.on(t).ExecContext(ctx, s.ready(statement), arguments...)
	for begun := time.Now(); t == nil && err != nil && waits(ctx, err, begun); {
		result, err = s.sql.ExecContext(ctx, s.ready(statement), arguments...)
	}
	if t == nil {
		err = ended(err)
	}
	if err != nil {
		return 0, s.noted(ctx, told(err))
	}
	n, err := result.RowsAffected()
	if n > 0 {
		_ = s.noted(ctx, nil)
	}
	return int(n), err
}

// query is exec for a SELECT.
func (s *Store) query(ctx context.Context, t *tx, statement string, arguments ...any) (*sql.Rows, error) {
	rows, err := s.on(t).QueryContext(ctx, s.ready(statement), arguments...)
	if err == nil {
		message.Heard(ctx)
	}
	return rows, told(err)
}

// ready is a statement as the database wants it. The debug log has it without arguments,
// which hold addresses and texts.
func (s *Store) ready(statement string) string {
	bound := s.bind(statement)
	if entry := s.log.Check(zap.DebugLevel, "statement"); entry != nil {
		entry.Write(zap.String("sql", bound))
	}
	return bound
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

// collect reads all rows and closes them.
func collect[T any](rows *sql.Rows, err error, read func(scan func(into ...any) error) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := read(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, told(rows.Err())
}

// row reads the one row of a SELECT; sql.ErrNoRows if there is none.
func (s *Store) row(ctx context.Context, t *tx, into []any, statement string, arguments ...any) error {
	rows, err := s.query(ctx, t, statement, arguments...)
	found, err := collect(rows, err, func(scan func(...any) error) (struct{}, error) { return struct{}{}, scan(into...) })
	if err == nil && len(found) == 0 {
		return sql.ErrNoRows
	}
	return err
}

// hidden is a column for the conditions of statements that find rows by their keys. By its
// bare name the planner may believe a partial index of some status to be empty, as it was
// when the table was last looked at, and read all of it for each row.
func hidden(column string) string { return "(" + column + " || '')" }

// texts reads rows of a single text column.
func texts(rows *sql.Rows, err error) ([]string, error) {
	return collect(rows, err, func(scan func(...any) error) (s string, err error) {
		return s, scan(&s)
	})
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
