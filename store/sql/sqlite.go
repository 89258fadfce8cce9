package sql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"
	sqlite3 "modernc.org/sqlite"
	sqlitecodes "modernc.org/sqlite/lib"
)

// sqliteOptions make what is accepted survive a power cut (synchronous FULL), take the
// write lock at BEGIN instead of failing in the middle, and keep times as whole
// microseconds, so that they compare.
const sqliteOptions = "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)" +
	"&_pragma=synchronous(FULL)&_txlock=immediate&_time_integer_format=unix_micro&_inttotime=1"

func openSQLite(ctx context.Context, file string, log *zap.Logger) (*DB, error) {
	if file == "" || strings.ContainsAny(file, "?#") {
		return nil, fmt.Errorf(`database.url names no file. Write "sqlite:notifier.db"`)
	}
	ownerOnly(file, log)
	db, err := sql.Open("sqlite", "file:"+file+"?"+sqliteOptions)
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", file, err)
	}
	db.SetMaxOpenConns(1) // one writer; others would only wait for its lock
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("open the database %s: %w", file, err)
	}
	// From here on somebody else's lock is waited for in small steps: whoever asks may have less
	// patience than the driver, which cannot be interrupted in such a wait.
	if _, err := db.ExecContext(ctx, "PRAGMA busy_timeout = 1000"); err != nil {
		db.Close()
		return nil, fmt.Errorf("open the database %s: %w", file, err)
	}
	opened := &DB{pool: db, dialect: SQLite{}, log: log, close: db.Close}
	if err := openGorm(opened, sqliteDialector); err != nil {
		db.Close()
		return nil, fmt.Errorf("open the database %s: %w", file, err)
	}
	return opened, nil
}

// longestBusy is how long another process may keep the database to itself.
const longestBusy = 10 * time.Second

// waits tells whether it is worth to ask again: another process has the database, and nothing
// was done.
func waits(ctx context.Context, err error, since time.Time) bool {
	lite, ok := errors.AsType[*sqlite3.Error](err)
	return ok && lite.Code()&0xff == sqlitecodes.SQLITE_BUSY && ctx.Err() == nil && time.Since(since) < longestBusy
}
