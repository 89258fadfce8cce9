// Package storetest gives a test a store of its own on each database.
//
// Postgres is a real one: the server that NOTIFIER_TEST_POSTGRES names, as make test starts
// one for all packages, or one that is started from the installed binaries for this one.
package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"go.uber.org/zap"
	_ "modernc.org/sqlite"

	"notifier/request"
	"notifier/store"
)

// Main runs the tests of a package with a Postgres; call it from TestMain.
func Main(m *testing.M) { os.Exit(Run(m)) }

// Run is Main for a TestMain that has more to do.
func Run(m *testing.M) int {
	// The server is told to end when this thread does, so the thread must stay.
	runtime.LockOSThread()
	stop, err := start()
	if err != nil {
		fmt.Fprintln(os.Stderr, "storetest:", err)
		return 1
	}
	defer stop()
	return m.Run()
}

// What the environment tells: the address of a server without a database, and the name of a
// database on it that has the current schema, if there is one.
const (
	addressIn  = "NOTIFIER_TEST_POSTGRES"
	templateIn = "NOTIFIER_TEST_TEMPLATE"
)

// server is the address of the Postgres server, without a database.
var server string

func start() (stop func(), err error) {
	if url := os.Getenv(addressIn); url != "" {
		server = url
		return func() {}, nil
	}
	c, err := startCluster()
	if err != nil {
		return nil, err
	}
	server = c.url
	return c.stop, nil
}

// Each runs the test on SQLite and on Postgres, each time with an empty store.
func Each(t *testing.T, test func(t *testing.T, s *store.Store)) {
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			test(t, Open(t, URL(t, database)))
		})
	}
}

// Open opens a store and closes it when the test ends.
func Open(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Settings{URL: url}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	urls.Store(s, url)
	t.Cleanup(func() {
		urls.Delete(s)
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return s
}

// Post writes a request into the outbox, as an application does in a transaction of its own.
func Post(t testing.TB, s *store.Store, p request.Posted) {
	t.Helper()
	url, _ := urls.Load(s)
	var written any = p.WrittenAt
	if strings.HasPrefix(url.(string), "sqlite:") {
		written = p.WrittenAt.UnixMicro()
	}
	Exec(t, url.(string), "INSERT INTO outbox (site, id, what, key, request, written_at) VALUES ($1, $2, $3, $4, $5, $6)",
		p.Site, string(p.ID), p.What, p.Key, string(p.Request), written)
}

// Exec runs a statement behind the store's back: what an earlier version left, or somebody
// else's hand.
func Exec(t testing.TB, url, statement string, arguments ...any) {
	t.Helper()
	driver, address := "pgx", url
	if file, is := strings.CutPrefix(url, "sqlite:"); is {
		driver, address = "sqlite", "file:"+file+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement, arguments...); err != nil {
		t.Fatal(err)
	}
}

// urls are the addresses of the stores that are open.
var urls sync.Map

// URL is the address of a new database with the current schema.
func URL(t testing.TB, kind string) string {
	t.Helper()
	if kind == "sqlite" {
		return sqliteURL(t)
	}
	return postgresURL(t)
}

var template = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "notifier-template-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "template.db")
	if err := migrate("sqlite:" + file); err != nil {
		return "", err
	}
	b, err := os.ReadFile(file)
	return string(b), err
})

func sqliteURL(t testing.TB) string {
	t.Helper()
	content, err := template()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "notifier.db")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.Copy(f, strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + file
}

var (
	numbers          atomic.Int64
	postgresTemplate = sync.OnceValues(func() (string, error) {
		if name := os.Getenv(templateIn); name != "" {
			return name, nil
		}
		name := fmt.Sprintf("notifier_template_%d", os.Getpid())
		if err := create(name, "template0"); err != nil {
			return "", err
		}
		return name, migrate(server + "/" + name)
	})
)

func postgresURL(t testing.TB) string {
	t.Helper()
	from, err := postgresTemplate()
	if err != nil {
		t.Fatal(err)
	}
	return database(t, from)
}

// Empty is the address of a new Postgres database without a schema.
func Empty(t testing.TB) string {
	t.Helper()
	return database(t, "template0")
}

// database makes one and drops it when the test ends.
func database(t testing.TB, from string) string {
	t.Helper()
	name := fmt.Sprintf("notifier_test_%d_%d", os.Getpid(), numbers.Add(1))
	if err := create(name, from); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("drop the database: %v", err)
		}
	})
	return server + "/" + name
}

// create copies files: a server that does not sync does that fastest.
func create(name, from string) error {
	return admin("CREATE DATABASE " + name + " TEMPLATE " + from + " STRATEGY file_copy")
}

// admin runs one statement on the server; copies of one template wait for each other.
func admin(statement string) error {
	creating.Lock()
	defer creating.Unlock()
	db, err := sql.Open("pgx", server+"/postgres")
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec(statement)
	return err
}

var creating sync.Mutex

func migrate(url string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Settings{URL: url}, zap.NewNop())
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = s.Migrate(ctx)
	return err
}
