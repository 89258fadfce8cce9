package store_test

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"

	rights "notifier/access"
	"notifier/message"
	"notifier/preferences"
	"notifier/store/storetest"
)

// T2: what was chosen before zones had owners becomes the choice, and the rest the directory's.
func TestMigrationFindsWhoChose(t *testing.T) {
	t.Parallel()
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			ctx, url := context.Background(), storetest.URL(t, database)
			s, err := open(t, url)
			if err != nil {
				t.Fatal(err)
			}
			for undone := []int64(nil); !slices.Contains(undone, 70); {
				if undone, err = s.Unmigrate(ctx, 1); err != nil || len(undone) == 0 {
					t.Fatalf("undone %v, %v", undone, err)
				}
			}
			driver, mark := "sqlite", "?"
			if database == "postgres" {
				driver, mark = "pgx", "$1"
			}
			raw, err := sql.Open(driver, strings.TrimPrefix(url, "sqlite:"))
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			at := time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC)
			bind := func(t time.Time) any {
				if database == "sqlite" {
					return t.UnixMicro()
				}
				return t
			}
			n := 0
			note := func(user, actor, zone, lang, chosen string) {
				n++
				content := `{"email":"` + user + `@example.org","timezone":"` + zone + `","language":"` + lang + `","preferences":` + chosen + `}`
				id := string(message.Earliest(message.ChangeIDs, at.Add(time.Duration(n)*time.Hour)))
				when := at.Add(time.Duration(n) * time.Hour)
				if _, err := raw.Exec(`INSERT INTO changes (site, id, subject, at, what, actor, content) VALUES ('default', '`+id+`', 'user:`+user+`', `+mark+`, 'set_user', '`+actor+`', '`+content+`')`, bind(when)); err != nil {
					t.Fatal(err)
				}
				insert := `INSERT INTO users (site, id, email, name, phone, timezone, language, preferences, version, updated_at)
					VALUES ('default', '` + user + `', '', '', '', '` + zone + `', '` + lang + `', '{}', 1, ` + mark + `)
					ON CONFLICT (site, id) DO UPDATE SET timezone = excluded.timezone, language = excluded.language`
				if _, err := raw.Exec(insert, bind(when)); err != nil {
					t.Fatal(err)
				}
			}
			const warsaw, tokyo = "Europe/Warsaw", "Asia/Tokyo"
			note("page", "engine", warsaw, "pl", "{}")
			note("page", "link", tokyo, "en", "{}")
			note("page", "engine", warsaw, "pl", "{}") // the nightly sync
			note("sync", "engine", warsaw, "pl", "{}")
			note("sync", "engine", tokyo, "en", "{}")
			note("both", "engine", warsaw, "", "{}")
			note("both", "engine", tokyo, "", `{"case_changed":"daily"}`)
			note("own", "engine", warsaw, "", "{}")
			note("own", "own@example.org", tokyo, "", "{}")
			note("api", "engine", warsaw, "", "{}")
			note("api", "engine", tokyo, "", "{}")
			noted := at.Add(time.Duration(n)*time.Hour + 30*time.Millisecond)
			note("api", "engine", warsaw, "", "{}")
			if err := s.Note(ctx, rights.Record{Site: "default", ID: "rec_1", At: noted, By: "engine", Action: "edit-preferences", Subject: "/users/api/preferences"}); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			for user, want := range map[string]preferences.Own{
				"page": {Timezone: tokyo, Language: "en"}, "sync": {}, "both": {Timezone: tokyo}, "own": {Timezone: tokyo}, "api": {Timezone: tokyo},
			} {
				found, err := s.Users(ctx, "default", []string{user})
				if got := found[user].Chosen; err != nil || got != want {
					t.Errorf("%s chose %+v (%v), want %+v", user, got, err, want)
				}
			}
			people, err := s.People(ctx, "default", []string{"page", "sync"})
			if err != nil || people["page"].Timezone != tokyo || people["page"].Language != "en" || people["sync"].Timezone != tokyo {
				t.Errorf("mails are for %+v (%v)", people, err)
			}
		})
	}
}
