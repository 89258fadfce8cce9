package sql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	sqlite3 "modernc.org/sqlite"
	sqlitecodes "modernc.org/sqlite/lib"

	"notifier/message"
)

// Told says what an error of the database means to a caller. message.ErrUnavailable says
// nothing about the request: the database cannot be reached, or cannot write, and the same
// request may succeed later; a message.Trouble says why. message.ErrMoved: somebody else was
// faster with the same key.
func Told(err error) error {
	switch {
	case err == nil, errors.Is(err, message.ErrUnavailable), errors.Is(err, message.ErrMoved):
		return err
	case duplicate(err):
		return fmt.Errorf("%w: %w", message.ErrMoved, err)
	}
	if t := trouble(err); t != nil {
		t.Err = err
		return t
	}
	return err
}

// Ended is Told for the end of a transaction, or of a statement that is one: if the link
// broke before the answer came, nobody knows what was stored.
func Ended(err error) error {
	err = Told(err)
	t, ok := errors.AsType[*message.Trouble](err)
	if !ok || t.Unknown || said(err) || pgconn.SafeToRetry(err) {
		return err
	}
	return &message.Trouble{Says: t.Says, Full: t.Full, Unknown: true, Err: t.Err}
}

// said tells whether the error is what a database itself said, which did nothing then.
func said(err error) bool {
	_, ofPostgres := errors.AsType[*pgconn.PgError](err)
	_, ofSQLite := errors.AsType[*sqlite3.Error](err)
	_, unmade := errors.AsType[*pgconn.ConnectError](err)
	return ofPostgres || ofSQLite || unmade
}

// causes are the troubles that Postgres has a code for; by its first two characters where
// all of a class mean the same.
var causes = map[string]message.Trouble{
	"08":    {},
	"53":    {Says: "the database has not enough of what it needs"},
	"53100": {Says: "the disk of the database is full", Full: true},
	"53200": {Says: "the database is out of memory"},
	"53300": {Says: "the database takes no more connections"},
	"53400": {Says: "a limit in the configuration of the database is exceeded"},
	"55P03": {Says: "the database is busy with the same rows"},
	"57":    {Says: "the database is starting or stopping"},
	"57014": {Says: "the database took too long"},
	"58":    {Says: "the database cannot read or write its files"},
	"25006": {Says: "the database is read-only, as a standby is"},
	"25P03": {Says: "the database waited too long for us"},
	"25P04": {Says: "the database took too long"},
	"28":    {Says: "the database does not let this user in"},
	"3D000": {Says: "the server has no database of that name"},
}

var liteCauses = map[int]message.Trouble{
	sqlitecodes.SQLITE_FULL:     {Says: "the disk of the database is full", Full: true},
	sqlitecodes.SQLITE_IOERR:    {Says: "the file of the database cannot be read or written"},
	sqlitecodes.SQLITE_BUSY:     {Says: "another process keeps the database to itself"},
	sqlitecodes.SQLITE_LOCKED:   {Says: "another process keeps the database to itself"},
	sqlitecodes.SQLITE_CANTOPEN: {Says: "the file of the database cannot be opened"},
	sqlitecodes.SQLITE_READONLY: {Says: "the file of the database may not be written"},
	sqlitecodes.SQLITE_NOMEM:    {Says: "there is not enough memory for the database"},
	sqlitecodes.SQLITE_CORRUPT:  {Says: "the file of the database is damaged"},
	sqlitecodes.SQLITE_NOTADB:   {Says: "the file of the database is none"},
}

// trouble is why the database cannot be used; nil if the error says nothing of that kind.
func trouble(err error) *message.Trouble {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		t, known := causes[pg.Code]
		if !known && len(pg.Code) > 2 {
			t, known = causes[pg.Code[:2]]
		}
		if !known {
			return nil
		}
		return &t
	}
	if lite, ok := errors.AsType[*sqlite3.Error](err); ok {
		if lite.Code() == sqlitecodes.SQLITE_INTERRUPT {
			return &message.Trouble{Says: "the database took too long"}
		}
		if t, known := liteCauses[lite.Code()&0xff]; known {
			return &t
		}
		return nil
	}
	for _, cut := range []error{
		driver.ErrBadConn, sql.ErrConnDone, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
	} {
		if errors.Is(err, cut) {
			return &message.Trouble{}
		}
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return &message.Trouble{}
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return &message.Trouble{}
	}
	return nil
}

// duplicate tells whether there is a row with the same key already.
func duplicate(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "23505"
	}
	lite, ok := errors.AsType[*sqlite3.Error](err)
	return ok && (lite.Code() == sqlitecodes.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlitecodes.SQLITE_CONSTRAINT_PRIMARYKEY)
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
