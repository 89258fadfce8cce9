package store

import (
	"context"
	stdsql "database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"notifier/store/sql"
)

//go:embed migrations
var migrations embed.FS

// Migrate brings the schema up to date. Any number of replicas may start at once: one of
// them does it, under a lock on Postgres. It returns the numbers of the files that it ran.
func (s *Store) Migrate(ctx context.Context) ([]int64, error) {
	db, end := s.db.Patient()
	defer end()
	provider, err := s.provider(db)
	if err != nil {
		return nil, err
	}
	pending, err := provider.HasPending(ctx)
	if err == nil && !pending {
		return nil, nil
	}
	var ran []int64
	for {
		before, _ := provider.GetDBVersion(ctx)
		results, err := provider.Up(ctx)
		if partial, ok := errors.AsType[*goose.PartialError](err); ok {
			results = partial.Applied
		}
		for _, r := range results {
			ran = append(ran, r.Source.Version)
		}
		if err == nil {
			return ran, nil
		}
		// Another process may have run the same file meanwhile: the rest is for both.
		if after, again := provider.GetDBVersion(ctx); again != nil || after == before {
			return ran, fmt.Errorf("migrate the database: %w", sql.Told(err))
		}
	}
}

// Unmigrate undoes the last migrations, at most so many, and returns their numbers.
func (s *Store) Unmigrate(ctx context.Context, steps int) ([]int64, error) {
	db, end := s.db.Patient()
	defer end()
	provider, err := s.provider(db)
	if err != nil {
		return nil, err
	}
	var undone []int64
	for range steps {
		r, err := provider.Down(ctx)
		if errors.Is(err, goose.ErrNoNextVersion) {
			break
		}
		if err != nil {
			return undone, fmt.Errorf("undo a migration: %w", sql.Told(err))
		}
		undone = append(undone, r.Source.Version)
	}
	return undone, nil
}

// SchemaVersion is the number of the last migration that the database has, and of the
// last one that this program knows. It only looks: a database without tables is at 0.
func (s *Store) SchemaVersion(ctx context.Context) (has, knows int64, err error) {
	provider, err := s.provider(s.db.Pool())
	if err != nil {
		return 0, 0, err
	}
	var there bool
	if err := s.db.Pool().QueryRowContext(ctx, s.dialect.migrated()).Scan(&there); err != nil {
		return 0, 0, fmt.Errorf("read the version of the schema: %w", sql.Told(err))
	}
	if !there { // goose would make its table
		all := provider.ListSources()
		return 0, all[len(all)-1].Version, nil
	}
	if has, knows, err = provider.GetVersions(ctx); err != nil {
		return 0, 0, fmt.Errorf("read the version of the schema: %w", sql.Told(err))
	}
	return has, knows, nil
}

func (s *Store) provider(db *stdsql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations/"+s.dialect.Name())
	if err != nil {
		return nil, err
	}
	written := goose.WithGoMigrations(goose.NewGoMigration(68, &goose.GoFunc{RunTx: s.identify}, nil))
	if s.dialect.Name() == "sqlite" { // one writer at a time by nature
		return goose.NewProvider(goose.DialectSQLite3, db, files, written)
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // looks every second, for five minutes
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db, files, written, goose.WithSessionLocker(locker))
}
