package store_test

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	rights "notifier/access"
	"notifier/message"
	"notifier/store/storetest"
)

// TestTheAuditIsAppendOnly: not even who has the service's own connection changes it.
func TestTheAuditIsAppendOnly(t *testing.T) {
	t.Parallel()
	for database, driver := range map[string]string{"sqlite": "sqlite", "postgres": "pgx"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			url := storetest.URL(t, database)
			s := known(t, storetest.Open(t, url))
			r := rights.Record{ID: message.NewID(rights.RecordIDs), Site: site, At: time.Now(), By: "anna", Action: "x", Subject: "/y", After: rights.State{"a": 1.0}}
			if err := s.Note(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			raw, err := sql.Open(driver, strings.TrimPrefix(url, "sqlite:"))
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			for _, statement := range []string{"UPDATE audit SET actor = 'x'", "DELETE FROM audit"} {
				if _, err := raw.Exec(statement); err == nil || !strings.Contains(err.Error(), "the audit is not changed") {
					t.Errorf("%s: %v", statement, err)
				}
			}
			all, err := s.Audit(t.Context(), site, rights.RecordFilter{})
			if err != nil || len(all) != 1 || all[0].By != "anna" || all[0].After["a"] != 1.0 || all[0].Before != nil {
				t.Errorf("the audit is %+v (%v)", all, err)
			}
		})
	}
}
