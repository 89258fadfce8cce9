package store_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"notifier/message"
	"notifier/store"
	"notifier/store/storetest"
)

// TestSuppressionsKnowAllSpellings: L11.
func TestSuppressionsKnowAllSpellings(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		one := message.Suppression{Address: "Stop@XN--D-UGA0V4H.example", Reason: message.Bounced, Since: noon}
		if err := s.Suppress(t.Context(), site, one); err != nil {
			t.Fatal(err)
		}
		for _, spelling := range []string{"stop@łódź.example", "STOP@łódź。example", "stop@xn--d-uga0v4h.example"} {
			found, err := s.Suppressed(t.Context(), site, []string{spelling, "other@example.org"})
			m, first := message.Message{Envelope: message.Envelope{To: []message.Address{{Email: spelling}}}}.Without(found)
			if err != nil || len(found) != 1 || first == nil || len(m.Remaining) != 0 {
				t.Errorf("%s is written to: %v, %v", spelling, found, err)
			}
			if _, err := s.Suppression(t.Context(), site, spelling); err != nil {
				t.Errorf("%s is not found: %v", spelling, err)
			}
		}
		if err := s.Unsuppress(t.Context(), site, "stop@łódź.example"); err != nil {
			t.Error(err)
		}
	})
}

// TestStoredAddressesGetTheirIdentity: L11, migration 68. The stricter of two rows stays.
func TestStoredAddressesGetTheirIdentity(t *testing.T) {
	t.Parallel()
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			url := empty(t, database)
			s, err := open(t, url)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			for has := int64(1 << 30); has >= 68; {
				if _, err = s.Unmigrate(t.Context(), 1); err == nil {
					has, _, err = s.SchemaVersion(t.Context())
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			raw(t, url, `INSERT INTO suppressions (site, address, reason, since, message_id, note) VALUES
				('default', 'a@łódź.example', 'complaint', '2026-01-02 00:00:00+00:00', '', 'kept'), ('default', 'a@xn--d-uga0v4h.example', 'bounce', '2026-01-01 00:00:00+00:00', '', ''),
				('default', 'b@łódź.example', 'bounce', '2026-01-02 00:00:00+00:00', '', ''), ('default', 'b@xn--d-uga0v4h.example', 'opt_out', '2026-01-03 00:00:00+00:00', '', 'kept'),
				('default', 'c@łódź.example', 'bounce', '2026-01-02 00:00:00+00:00', '', 'kept'), ('other', 'c@xn--d-uga0v4h.example', 'bounce', '2026-01-02 00:00:00+00:00', '', 'kept'),
				('default', 'd@example.org', 'bounce', '2026-01-02 00:00:00+00:00', '', 'kept')`)
			raw(t, url, `INSERT INTO budgets (site, scope, name, period, window_start, used) VALUES
				('', 'domain', 'łódź.example', 3600, '2026-01-02 00:00:00+00:00', 3), ('', 'domain', 'xn--d-uga0v4h.example', 3600, '2026-01-02 00:00:00+00:00', 4),
				('', 'domain', 'łódź.example', 60, '2026-01-02 00:00:00+00:00', 5), ('', 'account', 'Łódź', 60, '2026-01-02 00:00:00+00:00', 6)`)
			if _, err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			all, err := s.Suppressions(context.Background(), site, "", 10)
			var got []string
			for _, one := range all {
				if one.Note != "kept" {
					t.Errorf("the milder row stayed: %+v", one)
				}
				got = append(got, one.Address+" "+string(one.Reason))
			}
			if want := "a@xn--d-uga0v4h.example complaint, b@xn--d-uga0v4h.example opt_out, c@xn--d-uga0v4h.example bounce, d@example.org bounce"; err != nil || strings.Join(got, ", ") != want {
				t.Errorf("%s, %v\nwant %s", strings.Join(got, ", "), err, want)
			}
			sums := raw(t, url, "SELECT scope || ' ' || name || ' ' || period || ' ' || used FROM budgets ORDER BY 1")
			if want := "account Łódź 60 6, domain xn--d-uga0v4h.example 3600 7, domain xn--d-uga0v4h.example 60 5"; strings.Join(sums, ", ") != want {
				t.Errorf("%s, want %s", strings.Join(sums, ", "), want)
			}
		})
	}
}

// raw runs a statement beside the store and returns the first column of its answer.
func raw(t *testing.T, url, statement string) (all []string) {
	t.Helper()
	driver, address := "pgx", url
	if file, is := strings.CutPrefix(url, "sqlite:"); is {
		driver, address = "sqlite", "file:"+file+"?_pragma=busy_timeout(10000)&_time_integer_format=unix_micro&_inttotime=1"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), statement)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
