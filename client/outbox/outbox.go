// Package outbox sends messages and publishes events inside the caller's own transaction
// on Postgres: they leave if it commits, and never if it is rolled back.
//
// It needs no network: it writes a row into the outbox of the service, whose database the
// caller's tables share, and the service takes it in as if it had come by the API. The
// standard library alone is imported; transactions of database/sql, gorm and pgx fit.
package outbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"notifier/client"
)

// Box is the outbox of a service. The zero Box is that of the site "default", in the
// table outbox of the search path.
type Box struct {
	// Site is the site that requests are for; "default" if empty.
	Site string
	// Table is outbox if empty, or as in notifier.outbox for a schema of the service's own.
	Table string
}

// Tx is a transaction of the caller's: what SQL and Pgx make.
type Tx interface {
	write(ctx context.Context, statement string, arguments ...any) error
}

// ErrNoTransaction means that what was handed in is no transaction: what is written would
// be sent whatever becomes of the caller's work.
var ErrNoTransaction = errors.New("this is no transaction. Begin one, and hand that in")

// SQL takes a transaction of database/sql: a *sql.Tx, or Statement.ConnPool of a *gorm.DB
// inside its Transaction.
func SQL(tx interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
},
) Tx {
	return &standard{tx}
}

type standard struct {
	tx interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	}
}

func (s *standard) write(ctx context.Context, statement string, arguments ...any) error {
	if _, is := s.tx.(interface{ Rollback() error }); !is {
		return ErrNoTransaction
	}
	_, err := s.tx.ExecContext(ctx, statement, arguments...)
	return err
}

// Pgx takes a transaction of pgx: a pgx.Tx.
func Pgx[Tag any](tx interface {
	Exec(ctx context.Context, sql string, arguments ...any) (Tag, error)
	Rollback(ctx context.Context) error
},
) Tx {
	return own(func(ctx context.Context, statement string, arguments ...any) error {
		_, err := tx.Exec(ctx, statement, arguments...)
		return err
	})
}

type own func(ctx context.Context, statement string, arguments ...any) error

func (f own) write(ctx context.Context, statement string, arguments ...any) error {
	return f(ctx, statement, arguments...)
}

// SendMessage writes a message into the outbox. What is plainly wrong with it (client.Draft.Check)
// is refused at once, as a *client.Invalid, and nothing is written; what only the service can
// see, as a user that is not there, is kept in the outbox with the reason.
//
// The key says which step of which case sends it: the same key with the same message is
// sent once, also if the step runs again, or calls the API. Without a key each row is sent.
func (b Box) SendMessage(ctx context.Context, tx Tx, m client.Draft, key string) error {
	if err := m.Check(); err != nil {
		return err
	}
	return b.post(ctx, tx, "send_message", m, key)
}

// Notify writes an event into the outbox, as SendMessage does a message.
func (b Box) Notify(ctx context.Context, tx Tx, e client.Event, key string) error {
	if err := e.Check(); err != nil {
		return err
	}
	return b.post(ctx, tx, "notify", e, key)
}

var table = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*\.)?[A-Za-z_][A-Za-z0-9_]*$`)

func (b Box) post(ctx context.Context, tx Tx, what string, request any, key string) error {
	if b.Site == "" {
		b.Site = "default"
	}
	if b.Table == "" {
		b.Table = "outbox"
	}
	if !table.MatchString(b.Table) {
		return fmt.Errorf("%q is no name of a table. Write outbox, or notifier.outbox", b.Table)
	}
	if len(key) > 255 {
		return fmt.Errorf("the key has %d characters, 255 are taken. Shorten it", len(key))
	}
	body, err := json.Marshal(request)
	if err != nil {
		return fmt.Errorf("write into the outbox: %w", err)
	}
	err = tx.write(ctx, "INSERT INTO "+b.Table+" (site, id, what, key, request, written_at) VALUES ($1, $2, $3, $4, $5, $6)",
		b.Site, newID(), what, key, string(body), time.Now().UTC())
	if err != nil {
		return fmt.Errorf("write into the outbox: %w", err)
	}
	return nil
}
