package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	sqlite3 "modernc.org/sqlite"
	sqlitecodes "modernc.org/sqlite/lib"

	"notifier/message"
)

// told says what an error of the database means to a caller. message.ErrUnavailable says
// nothing about the request: the database cannot be reached, or cannot write, and the same
// request may succeed later. message.ErrMoved: somebody else was faster with the same key.
func told(err error) error {
	switch {
	case err == nil, errors.Is(err, message.ErrUnavailable), errors.Is(err, message.ErrMoved):
		return err
	case unavailable(err):
		return fmt.Errorf("%w: %w", message.ErrUnavailable, err)
	case duplicate(err):
		return fmt.Errorf("%w: %w", message.ErrMoved, err)
	}
	return err
}

func unavailable(err error) bool {
	for _, cut := range []error{
		driver.ErrBadConn, sql.ErrConnDone, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
	} {
		if errors.Is(err, cut) {
			return true
		}
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		// Connection exception, insufficient resources, operator intervention, read-only standby.
		return slices.Contains([]string{"08", "53", "57"}, pg.Code[:2]) || pg.Code == "25006"
	}
	if lite, ok := errors.AsType[*sqlite3.Error](err); ok {
		switch lite.Code() & 0xff {
		case sqlitecodes.SQLITE_FULL, sqlitecodes.SQLITE_IOERR, sqlitecodes.SQLITE_BUSY, sqlitecodes.SQLITE_CANTOPEN, sqlitecodes.SQLITE_READONLY:
			return true
		}
	}
	return false
}

// duplicate tells whether there is a row with the same key already.
func duplicate(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "23505"
	}
	lite, ok := errors.AsType[*sqlite3.Error](err)
	return ok && (lite.Code() == sqlitecodes.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlitecodes.SQLITE_CONSTRAINT_PRIMARYKEY)
}
