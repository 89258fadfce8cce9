package store_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/zap"

	"notifier/message"
	"notifier/store"
	"notifier/store/storetest"
)

// The conditions of the indexes are lists of statuses; the table in package message says
// which they must be.
func TestIndexesAreForTheStatusesOfTheTable(t *testing.T) {
	file := map[string]string{"queue_due": "00003_accounts.sql"}
	want := map[string][]message.Status{
		"queue_due":      message.From(message.Claim),
		"queue_leases":   message.From(message.Lapse),
		"queue_expiring": message.From(message.Expire),
	}
	for _, database := range []string{"sqlite", "postgres"} {
		for index, statuses := range want {
			b, err := os.ReadFile(filepath.Join("migrations", database, cmp.Or(file[index], "00001_start.sql")))
			if err != nil {
				t.Fatal(err)
			}
			b, _, _ = bytes.Cut(b, []byte("-- +goose Down"))
			found := regexp.MustCompile(`CREATE INDEX ` + index + `\s[^;]*status (?:IN \(([^)]*)\)|= ('\w+'))`).FindStringSubmatch(string(b))
			if found == nil {
				t.Errorf("%s: there is no %s", database, index)
				continue
			}
			var got []message.Status
			for word := range strings.SplitSeq(found[1]+found[2], ",") {
				got = append(got, message.Status(strings.Trim(word, "' ")))
			}
			slices.Sort(got)
			if slices.Sort(statuses); !slices.Equal(got, statuses) {
				t.Errorf("%s: %s is for %v, want %v", database, index, got, statuses)
			}
		}
	}
}

// empty is the address of a database without a schema.
func empty(t *testing.T, database string) string {
	t.Helper()
	if database == "sqlite" {
		return "sqlite:" + filepath.Join(t.TempDir(), "new.db")
	}
	return storetest.Empty(t)
}

func open(t *testing.T, url string) (*store.Store, error) {
	t.Helper()
	s, err := store.Open(context.Background(), store.Settings{URL: url}, zap.NewNop())
	if err == nil {
		t.Cleanup(func() { _ = s.Close() })
	}
	return s, err
}

func TestReplicasThatMigrateAtOnceDoItOnce(t *testing.T) {
	t.Parallel()
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			url := empty(t, database)
			var replicas sync.WaitGroup
			var mu sync.Mutex
			var ran []int64
			for range 4 {
				s, err := open(t, url)
				if err != nil {
					t.Fatal(err)
				}
				replicas.Go(func() {
					files, err := s.Migrate(context.Background())
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					defer mu.Unlock()
					ran = append(ran, files...)
				})
			}
			replicas.Wait()
			slices.Sort(ran)
			s, err := open(t, url)
			if err != nil {
				t.Fatal(err)
			}
			has, knows, err := s.SchemaVersion(t.Context())
			files, unread := filepath.Glob(filepath.Join("migrations", database, "*.sql"))
			if err != nil || unread != nil || has != knows || len(ran) != len(files)+1 || len(slices.Compact(ran)) != len(ran) {
				t.Errorf("the schema is at %d of %d, %v; migrations %v of %d were run, want each once", has, knows, err, ran, len(files)+1) // one is written in Go
			}
			accept(t, known(t, s), direct(1))
		})
	}
}

func TestAddressesOfDatabases(t *testing.T) {
	for address, want := range map[string]string{
		"":                           "is neither SQLite nor Postgres",
		"mysql://root@127.0.0.1/x":   "is neither SQLite nor Postgres",
		"sqlite:":                    "names no file",
		"sqlite:a.db?mode=memory":    "names no file",
		"sqlite:/nowhere/at/all.db":  "open the database",
		"postgres://%zz":             "read database.url",
		"postgres://u@127.0.0.1:1/x": "",
	} {
		s, err := open(t, address)
		if err == nil {
			err = s.Ping(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want that it %q", address, err, want)
		}
	}
}

func TestACancelledCallIsNoOutage(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Sites(ctx); !errors.Is(err, context.Canceled) || errors.Is(err, message.ErrUnavailable) {
			t.Errorf("Sites = %v, want context.Canceled alone", err)
		}
	})
}

func TestTheFileOfTheDatabaseIsDurable(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t, "sqlite")
	s := known(t, storetest.Open(t, url))
	accept(t, s, direct(1))
	if _, err := os.Stat(strings.TrimPrefix(url, "sqlite:") + "-wal"); err != nil {
		t.Errorf("there is no write-ahead log: %v", err)
	}
}
