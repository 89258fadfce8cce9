package sql_test

import (
	"context"
	"errors"
	"testing"

	"go.uber.org/zap"
	"gorm.io/gorm"

	"notifier/message"
	"notifier/store/sql"
	"notifier/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

type site struct {
	Site     string
	Timezone string
}

// TestGormTellsOfADatabaseThatIsAway: whichever of gorm's methods meets a connection that is
// cut, its error says that the database is away, as that of a statement written by hand does.
func TestGormTellsOfADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	db, err := sql.Open(t.Context(), storetest.URL(t, "postgres"), 2, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var all []site
	var n int64
	for name, method := range map[string]func(g *gorm.DB) error{
		"Find":    func(g *gorm.DB) error { return g.Find(&all).Error },
		"Take":    func(g *gorm.DB) error { return g.Take(&site{}).Error },
		"First":   func(g *gorm.DB) error { return g.Order("site").First(&site{}).Error },
		"Count":   func(g *gorm.DB) error { return g.Model(&site{}).Count(&n).Error },
		"Pluck":   func(g *gorm.DB) error { return g.Model(&site{}).Pluck("site", new([]string)).Error },
		"Rows":    func(g *gorm.DB) error { rows, err := g.Model(&site{}).Rows(); closed(rows); return err },
		"Raw":     func(g *gorm.DB) error { return g.Raw("SELECT * FROM sites").Scan(&all).Error },
		"Exec":    func(g *gorm.DB) error { return g.Exec("DELETE FROM sites").Error },
		"Create":  func(g *gorm.DB) error { return g.Create(&site{}).Error },
		"Update":  func(g *gorm.DB) error { return g.Model(&site{}).Where("site = ?", "x").Update("timezone", "UTC").Error },
		"Updates": func(g *gorm.DB) error { return g.Where("site = ?", "x").Updates(&site{Timezone: "UTC"}).Error },
		"UpdateColumns": func(g *gorm.DB) error {
			return g.Model(&site{}).Where("site = ?", "x").UpdateColumns(site{Timezone: "UTC"}).Error
		},
		"Delete": func(g *gorm.DB) error { return g.Where("site = ?", "x").Delete(&site{}).Error },
	} {
		err := cut(t, db, method)
		if !errors.Is(err, message.ErrUnavailable) {
			t.Errorf("%s of a connection that is cut: %v, want %v", name, err, message.ErrUnavailable)
		}
	}
	err = db.Gorm(t.Context(), nil).Raw("SELECT n::text AS site, pg_terminate_backend(CASE WHEN n = 20000 THEN pg_backend_pid() END) FROM generate_series(1, 100000) AS n").Scan(&all).Error
	if !errors.Is(err, message.ErrUnavailable) || len(all) == 0 {
		t.Errorf("the link breaks after %d rows: %v, want %v", len(all), err, message.ErrUnavailable)
	}
}

// TestADatabaseThatIsAwayIsNotOpened: who opens it is told at once, and not by the first statement.
func TestADatabaseThatIsAwayIsNotOpened(t *testing.T) {
	t.Parallel()
	if _, err := sql.Open(t.Context(), "postgres://nobody@127.0.0.1:1/none", 2, zap.NewNop()); !errors.Is(err, message.ErrUnavailable) {
		t.Errorf("opening it: %v, want %v", err, message.ErrUnavailable)
	}
}

func closed(rows *sql.Rows) {
	if rows != nil {
		_ = rows.Close()
	}
}

// cut runs a method in a transaction whose connection is cut before.
func cut(t *testing.T, db *sql.DB, method func(g *gorm.DB) error) (err error) {
	t.Helper()
	ctx := t.Context()
	_ = db.Commit(ctx, func(x *sql.Tx) error {
		var pid int
		if err := db.Row(ctx, x, []any{&pid}, "SELECT pg_backend_pid()"); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(ctx, nil, "SELECT pg_terminate_backend(?, 5000)", pid); err != nil {
			t.Fatal(err)
		}
		err = method(db.Gorm(ctx, x))
		return errors.New("over")
	})
	return err
}

// TestGormMeansWhatTheStoreMeans: no row, a key that is there, and a call that nobody waits for.
func TestGormMeansWhatTheStoreMeans(t *testing.T) {
	t.Parallel()
	for _, database := range []string{"sqlite", "postgres"} {
		db, err := sql.Open(t.Context(), storetest.URL(t, database), 2, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.Gorm(t.Context(), nil).Take(&site{}).Error; !errors.Is(err, message.ErrNotFound) {
			t.Errorf("%s: no row: %v", database, err)
		}
		key := func() error {
			return db.Gorm(t.Context(), nil).Exec("INSERT INTO signing_keys (site, purpose, number, sealed) VALUES ('', 'p', 1, ?)", "x").Error
		}
		if err := key(); err != nil {
			t.Errorf("%s: %v", database, err)
		}
		if err := key(); !errors.Is(err, message.ErrMoved) {
			t.Errorf("%s: a key that is there: %v", database, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := db.Gorm(ctx, nil).Take(&site{}).Error; !errors.Is(err, context.Canceled) || errors.Is(err, message.ErrUnavailable) {
			t.Errorf("%s: a call that nobody waits for: %v", database, err)
		}
	}
}
