package service

import (
	"context"
	"errors"
	"fmt"

	"notifier/settings"
	"notifier/store"
)

// noTables is that the database is empty.
var noTables = settings.NoDatabaseError{Says: "the database has no tables yet. Write: notifier migrate. notifier serve makes them, too"}

// UpToDate makes sure that the schema is the one that this program needs, or a newer one.
func UpToDate(ctx context.Context, database *store.Store) error {
	has, knows, err := database.SchemaVersion(ctx)
	switch {
	case err != nil:
		return err
	case has <= 0:
		return noTables
	case has < knows:
		return fmt.Errorf("the database's schema is at version %d, this program needs %d. Write: notifier migrate. %w", has, knows, ErrStale)
	}
	return nil
}

// ErrStale is why nothing should run on a schema.
var ErrStale = errors.New("the program and the schema do not fit")
