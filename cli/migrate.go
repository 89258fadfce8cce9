package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"notifier/service"
	"notifier/settings"
	"notifier/store"
)

func migrateCommand(s *shared) *cobra.Command {
	c := &cobra.Command{
		Use: "migrate", Short: "Bring the database's schema up to date",
		Long: "Brings the schema of the database that the configuration names up to date. serve does the same when it\n" +
			"starts, unless told not to. It is safe to run twice, and on several machines at once.",
		RunE: s.migrateUp,
	}
	c.AddCommand(
		&cobra.Command{Use: "up", Short: "Bring the schema up to date, as migrate alone does", RunE: s.migrateUp},
		migrateDown(s),
		&cobra.Command{
			Use: "status", Short: "Tell which version the schema has, and which this program needs",
			Long: "Tells how the schema stands. It ends with 4 if migrations are to be run, or the program is too old.",
			RunE: s.migrateStatus,
		},
	)
	return c
}

// withDatabase does something with the database alone, which is made if it is not there.
func (s *shared) withDatabase(c *cobra.Command, do func(ctx context.Context, config settings.Config, database *store.Store) error) (err error) {
	config, err := s.load()
	if err != nil {
		return err
	}
	database, err := store.Open(c.Context(), config.Database, zap.NewNop())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	return do(c.Context(), config, database)
}

func (s *shared) migrateUp(c *cobra.Command, _ []string) error {
	return s.withDatabase(c, func(ctx context.Context, config settings.Config, database *store.Store) error {
		ran, err := database.Migrate(ctx)
		if err != nil {
			return err
		}
		database.Home(config.Site)
		for _, site := range append(slices.Sorted(maps.Keys(config.Sites)), config.Site) {
			says, err := config.Inherited(site)
			if err != nil {
				return err
			}
			if _, _, _, err := database.ApplyInherited(ctx, site, says, time.Now()); err != nil {
				return err
			}
		}
		has, _, err := database.SchemaVersion(ctx)
		if err == nil {
			fmt.Fprintf(c.OutOrStdout(), "The schema is at version %d: %s run.\n", has, count(len(ran), "migration"))
		}
		return err
	})
}

func (s *shared) migrateStatus(c *cobra.Command, _ []string) error {
	config, err := s.load()
	if err != nil {
		return err
	}
	if err := config.Present(); err != nil {
		return err
	}
	return s.withDatabase(c, func(ctx context.Context, _ settings.Config, database *store.Store) error {
		has, knows, err := database.SchemaVersion(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "The schema is at version %d; this program needs %d.\n", has, knows)
		switch {
		case has < knows:
			return fmt.Errorf("write: notifier migrate. %w", service.ErrStale)
		case has > knows:
			return fmt.Errorf("install the program that made it. %w", service.ErrStale)
		}
		return nil
	})
}

func migrateDown(s *shared) *cobra.Command {
	var a asked
	c := &cobra.Command{
		Use: "down [STEPS]", Short: "Undo the last migrations: what was kept in them is lost",
		Long: "Undoes the last migration, or so many. What only they have a place for is lost. End the service first: it\n" +
			"would bring the schema up to date again when it starts.",
		Example: "  notifier migrate down --dry-run\n  notifier migrate down 2 --yes",
		Args:    wants([]string{"[STEPS]"}),
		RunE: func(c *cobra.Command, arguments []string) error {
			steps := 1
			if len(arguments) == 1 {
				var err error
				if steps, err = strconv.Atoi(arguments[0]); err != nil || steps < 1 {
					return usageError{fmt.Errorf("%q is no number of migrations. Write digits alone, as in notifier migrate down 2", arguments[0])}
				}
			}
			config, err := s.load()
			if err != nil {
				return err
			}
			if err := config.Present(); err != nil {
				return err
			}
			return s.withDatabase(c, func(ctx context.Context, _ settings.Config, database *store.Store) error {
				has, _, err := database.SchemaVersion(ctx)
				if err != nil {
					return err
				}
				if has <= 0 {
					return settings.NoDatabaseError{Says: "the database has no tables: there is no migration to undo. notifier migrate status tells how the schema stands"}
				}
				if a.dryRun {
					fmt.Fprintf(c.OutOrStdout(), "%s would be undone from version %d on. Nothing was done.\n", count(steps, "migration"), has)
					return nil
				}
				if err := a.sure(c, fmt.Sprintf("%s undone from version %d on, and what is kept in them is lost.", count(steps, "migration"), has)); err != nil {
					return err
				}
				undone, err := database.Unmigrate(ctx, steps)
				if err != nil {
					return err
				}
				if has, _, err = database.SchemaVersion(ctx); err == nil {
					fmt.Fprintf(c.OutOrStdout(), "The schema is at version %d: %s undone.\n", has, count(len(undone), "migration"))
				}
				return err
			})
		},
	}
	a.flags(c)
	return c
}
