package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	sqlite3 "modernc.org/sqlite"
	sqlitecodes "modernc.org/sqlite/lib"

	"notifier/message"
)

// told marks an error that says nothing about the request: the database cannot be
// reached, or cannot write. The same request may succeed later.
func told(err error) error {
	if err != nil && unavailable(err) {
		return fmt.Errorf("%w: %w", message.ErrUnavailable, err)
	}
	return err
}

func unavailable(err error) bool {
	var connect *pgconn.ConnectError
	var network net.Error
	if errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		// Connection exception, insufficient resources, operator intervention, read-only standby.
		return slices.Contains([]string{"08", "53", "57"}, pg.Code[:2]) || pg.Code == "25006"
	}
	var lite *sqlite3.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqlitecodes.SQLITE_FULL, sqlitecodes.SQLITE_IOERR, sqlitecodes.SQLITE_BUSY, sqlitecodes.SQLITE_CANTOPEN, sqlitecodes.SQLITE_READONLY:
			return true
		}
	}
	return false
}
