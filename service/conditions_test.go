package service

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"notifier/health"
	"notifier/rescue"
	"notifier/settings"
	"notifier/store/storetest"
)

// TestANewerSchemaIsTold is S4: a database that a newer program has migrated makes the
// service not ready.
func TestANewerSchemaIsTold(t *testing.T) {
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			url := storetest.URL(t, database)
			s := storetest.Open(t, url)
			h := &Service{store: s, log: zap.NewNop()}
			all, err := h.schemaFits(t.Context())
			if err != nil || len(all) != 0 {
				t.Fatalf("of its own schema it says %v, %v", all, err)
			}
			has, _, err := s.SchemaVersion(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			newer(t, url)
			all, err = h.schemaFits(t.Context())
			if err != nil || len(all) != 1 || !all[0].Blocks || !strings.Contains(all[0].Says, "100000") {
				t.Errorf("of a schema newer than %d it says %+v, %v", has, all, err)
			}
		})
	}
}

// newer notes in the database that a migration of another version has run.
func newer(t *testing.T, url string) {
	t.Helper()
	driver, name := "pgx", url
	if file, lite := strings.CutPrefix(url, "sqlite:"); lite {
		driver, name = "sqlite", file
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (100000, true)"); err != nil {
		t.Fatal(err)
	}
}

// L5: a panic that was contained is told for an hour.
func TestAPanicIsACondition(t *testing.T) {
	c, err := settings.Load("", []string{"NOTIFIER_DATABASE__URL=" + storetest.URL(t, "sqlite")})
	if err != nil {
		t.Fatal(err)
	}
	core, _ := observer.New(zap.ErrorLevel)
	h, err := Open(t.Context(), c, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	h.log.Named("x").Error("another line")
	if all := h.health.Conditions(t.Context()); len(all) > 0 {
		t.Errorf("before: %+v", all)
	}
	_ = rescue.Report(h.log.Named("x"), "a test", "a bug")
	if all := h.health.Conditions(t.Context()); len(all) != 1 || all[0].Name != health.Panicked || all[0].Blocks {
		t.Errorf("after a panic: %+v", all)
	}
	if n := h.panics.lately(h.panics.times[0].Add(2 * time.Hour)); n != 0 {
		t.Errorf("two hours later it tells of %d", n)
	}
}
