package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"
)

// cluster is a Postgres server in a folder of its own on a free port of loopback.
type cluster struct {
	url  string
	dir  string
	done chan error
	kill func(os.Signal) error
}

// binaries are where Debian keeps what is not on the PATH; the newest is taken.
const binaries = "/usr/lib/postgresql/*/bin"

func program(name string) (string, error) {
	found, _ := filepath.Glob(filepath.Join(binaries, name))
	if slices.Sort(found); len(found) > 0 {
		return found[len(found)-1], nil
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("these tests need Postgres: %w. Install it, as make setup does, or set NOTIFIER_TEST_POSTGRES", err)
	}
	return path, nil
}

// Serve starts a Postgres server for several packages at once: Environment names it to
// them. The thread that calls must stay, since the server ends when it does.
func Serve() (environment []string, stop func(), err error) {
	c, err := startCluster()
	if err != nil {
		return nil, nil, err
	}
	server = c.url
	name, err := postgresTemplate()
	if err != nil {
		c.stop()
		return nil, nil, err
	}
	return []string{addressIn + "=" + c.url, templateIn + "=" + name}, c.stop, nil
}

// Alone is the address of a new database with the current schema, on a server of its own
// that ends with the test: for tests that stop it, or weigh all that it does.
func Alone(t testing.TB) string {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	c, err := startCluster()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.stop)
	if err := migrate(c.url + "/postgres"); err != nil {
		t.Fatal(err)
	}
	return c.url + "/postgres"
}

func startCluster() (*cluster, error) {
	dir, err := os.MkdirTemp("", "notifier-postgres-")
	if err != nil {
		return nil, err
	}
	servant, err := servant(dir)
	if err != nil {
		return nil, err
	}
	command := func(name string, arguments ...string) (*exec.Cmd, error) {
		path, err := program(name)
		if err != nil {
			return nil, err
		}
		c := exec.Command(path, arguments...)
		c.Dir = dir
		c.SysProcAttr = servant
		return c, nil
	}
	data := filepath.Join(dir, "data")
	initdb, err := command("initdb", "--no-sync", "--auth=trust", "--username=notifier", "--encoding=UTF8", "--locale=C.UTF-8", "--pgdata="+data)
	if err != nil {
		return nil, err
	}
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	// A test never loses power: fsync would only make it slow.
	server, err := command("postgres", "-D", data, "-k", dir, "-p", strconv.Itoa(port), "-c", "listen_addresses=127.0.0.1",
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=500", "-c", "log_min_messages=fatal")
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		return nil, err
	}
	c := &cluster{url: fmt.Sprintf("postgres://notifier@127.0.0.1:%d", port), dir: dir, done: make(chan error, 1), kill: server.Process.Signal}
	go func() { c.done <- server.Wait(); log.Close() }()
	return c, c.wait()
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// wait returns when the server answers. A server that starts says so in no other way.
func (c *cluster) wait() error {
	db, err := sql.Open("pgx", c.url+"/postgres")
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		if err = db.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case err := <-c.done:
			return errors.Join(errors.New("the Postgres server ended at once"), err, c.report())
		case <-ctx.Done():
			return errors.Join(err, c.report())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (c *cluster) report() error {
	b, _ := os.ReadFile(filepath.Join(c.dir, "log"))
	return errors.New(string(b))
}

func (c *cluster) stop() {
	_ = c.kill(os.Interrupt) // a fast shutdown
	<-c.done
	_ = os.RemoveAll(c.dir)
}
