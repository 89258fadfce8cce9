// Package store keeps messages, people, deadlines and the timetable in SQLite or Postgres.
//
// It decides nothing: which move a status may make is in message, when something is due
// in preferences and deadlines. What it accepts is committed when the call returns.
package store

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"notifier/message"
	"notifier/store/sql"
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
	db      *sql.DB
	dialect dialect
	log     *zap.Logger
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
}

// dialect is what must differ between the two databases.
type dialect interface {
	sql.Dialect
	// writers is how many transactions that accept requests there are at once.
	writers() int
	// waits begins a FROM with i.id, i.user_id and i.due_at; ids may be missing.
	waits(ids []message.ID, waits []wait) (from string, arguments []any)
	// change is the statement that changes rows of the queue by their keys.
	change(r rowsOf) (statement string, arguments []any)
	// next goes on from f to the first row behind it of a heap, as n.
	next(h heap, behind string) string
	// migrated asks whether migrations were ever run.
	migrated() string
	// references are site, hash and n of the attachments that messages refer to.
	references() string
	// tag is the tag of m whose name is the argument; NULL if it has none.
	tag() string
	// read runs a statement of selectMessages in the way that is fastest for many rows.
	read(ctx context.Context, s *Store, t *sql.Tx, statement string, arguments ...any) ([]message.Message, error)
	insertMessages(ctx context.Context, t *sql.Tx, rows []*messageRow) error
	claim(ctx context.Context, s *Store, c claim) ([]message.Message, error)
	// atOnce tells whether many receipts are one statement, which needs no transaction around it.
	atOnce() bool
	// settleWhole writes outcomes that receipts say all of, where the claim still holds, and
	// tells the keys of what moved.
	settleWhole(ctx context.Context, s *Store, t *sql.Tx, rows []*settlement) (moved []string, err error)
	// settle is settleWhole for any outcomes, with attempts in rows of their own, which are
	// written in any case.
	settle(ctx context.Context, s *Store, t *sql.Tx, rows []*settlement) (moved []string, err error)
	// mergeWindows closes windows, each into the digest of the same position.
	mergeWindows(ctx context.Context, t *sql.Tx, site string, at time.Time, windows, digests []string) error
}

// Open opens the database and leaves its schema as it is; see Migrate.
func Open(ctx context.Context, settings Settings, log *zap.Logger) (*Store, error) {
	db, err := sql.Open(ctx, settings.URL, settings.Connections, log)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, dialect: sqlite{}, log: log, name: rand.Text()}
	if pool := db.Pgx(); pool != nil {
		s.dialect, s.listen = postgres{pool: pool}, pool.Config().ConnConfig
	}
	return s, nil
}

// Close waits for running statements and closes the database.
func (s *Store) Close() error {
	s.herald.running.Wait()
	return s.db.Close()
}

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.db.Ping(ctx) }

// Full tells why nothing can be stored; empty if something was stored since.
func (s *Store) Full() string { return s.db.Full() }
