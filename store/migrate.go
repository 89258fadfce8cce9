package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// Migrate brings the schema up to date, under a lock on Postgres, so that any number of
// replicas may start at once. It returns the numbers of the files that it ran.
func (s *Store) Migrate(ctx context.Context) ([]int64, error) {
	provider, err := s.provider()
	if err != nil {
		return nil, err
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate the database: %w", err)
	}
	var ran []int64
	for _, r := range results {
		ran = append(ran, r.Source.Version)
	}
	return ran, nil
}

// SchemaVersion is the number of the last migration that the database has, and of the
// last one that this program knows.
func (s *Store) SchemaVersion(ctx context.Context) (has, knows int64, err error) {
	provider, err := s.provider()
	if err != nil {
		return 0, 0, err
	}
	has, knows, err = provider.GetVersions(ctx)
	return has, knows, err
}

func (s *Store) provider() (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations/"+s.dialect.name())
	if err != nil {
		return nil, err
	}
	if s.dialect.name() == "sqlite" { // one writer at a time by nature
		return goose.NewProvider(goose.DialectSQLite3, s.sql, files)
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, s.sql, files, goose.WithSessionLocker(locker))
}
