package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// postgres is a server of our own, as safe as one in earnest: with fsync.
type postgres struct {
	url, dir  string
	command   *exec.Cmd
	server    func() (*exec.Cmd, error)
	run       func(name string, arguments ...string) (*exec.Cmd, error) // a program of Postgres
	databases int
}

func postgresProgram(name string) (string, error) {
	found, _ := filepath.Glob(filepath.Join("/usr/lib/postgresql/*/bin", name))
	if slices.Sort(found); len(found) > 0 {
		return found[len(found)-1], nil
	}
	return exec.LookPath(name)
}

func startPostgres(ctx context.Context) (*postgres, error) {
	dir, err := os.MkdirTemp("", "notifier-bench-postgres-")
	if err != nil {
		return nil, err
	}
	attributes := &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT}
	if os.Geteuid() == 0 { // which Postgres refuses to be
		u, err := user.Lookup("postgres")
		if err != nil {
			return nil, err
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(dir, uid, gid); err != nil {
			return nil, err
		}
	}
	command := func(name string, arguments ...string) (*exec.Cmd, error) {
		path, err := postgresProgram(name)
		if err != nil {
			return nil, err
		}
		c := exec.Command(path, arguments...)
		c.Dir, c.SysProcAttr = dir, attributes
		return c, nil
	}
	data := filepath.Join(dir, "data")
	initdb, err := command("initdb", "--auth=trust", "--username=notifier", "--encoding=UTF8", "--locale=C.UTF-8", "--pgdata="+data)
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
	p := &postgres{url: fmt.Sprintf("postgres://notifier@127.0.0.1:%d", port), dir: dir, run: command}
	p.server = func() (*exec.Cmd, error) {
		return command("postgres", "-D", data, "-k", dir, "-p", strconv.Itoa(port), "-c", "listen_addresses=127.0.0.1",
			"-c", "shared_buffers=1GB", "-c", "max_wal_size=8GB", "-c", "max_connections=200", "-c", "log_min_messages=fatal",
			"-c", "shared_preload_libraries=pg_stat_statements", "-c", "pg_stat_statements.track=all")
	}
	if err := p.start(ctx); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return p, nil
}

// start starts the server, and waits until it answers.
func (p *postgres) start(ctx context.Context) (err error) {
	if p.command, err = p.server(); err != nil {
		return err
	}
	if err := p.command.Start(); err != nil {
		return err
	}
	for until := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		err := p.exec(ctx, "postgres", "SELECT 1")
		if err == nil {
			return nil
		}
		if time.Now().After(until) || ctx.Err() != nil {
			p.stop()
			return err
		}
	}
}

// standby makes a synchronous standby of the server, and starts it.
func (p *postgres) standby(ctx context.Context) (*postgres, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	at, err := url.Parse(p.url)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(p.dir, "standby")
	backup, err := p.run("pg_basebackup", "-d", "host=127.0.0.1 port="+at.Port()+" user=notifier application_name=standby", "-D", data, "-R", "-X", "stream", "-c", "fast")
	if err != nil {
		return nil, err
	}
	if out, err := backup.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("pg_basebackup: %w\n%s", err, out)
	}
	s := &postgres{url: fmt.Sprintf("postgres://notifier@127.0.0.1:%d", port), dir: data, run: p.run}
	s.server = func() (*exec.Cmd, error) {
		return p.run("postgres", "-D", data, "-k", p.dir, "-p", strconv.Itoa(port), "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200", "-c", "log_min_messages=fatal")
	}
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	// Only now: a copy of this setting would wait for a standby of its own when it is promoted.
	return s, p.exec(ctx, "postgres", "ALTER SYSTEM SET synchronous_standby_names = 'standby'", "SELECT pg_reload_conf()")
}

// crash ends the server at once; what it has not written it finds in its log.
func (p *postgres) crash() error {
	if err := p.command.Process.Signal(syscall.SIGQUIT); err != nil {
		return err
	}
	_ = p.command.Wait()
	return nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (p *postgres) stop() {
	_ = p.command.Process.Signal(os.Interrupt)
	_ = p.command.Wait()
	_ = os.RemoveAll(p.dir)
}

// database makes an empty one and returns its address.
func (p *postgres) database(ctx context.Context) (string, error) {
	p.databases++
	name := fmt.Sprintf("bench%d", p.databases)
	return p.url + "/" + name, p.exec(ctx, "postgres", "CREATE DATABASE "+name)
}

// drop deletes a database that is not needed any more: disks are finite.
func (p *postgres) drop(ctx context.Context, url string) error {
	return p.exec(ctx, "postgres", "DROP DATABASE "+url[strings.LastIndex(url, "/")+1:]+" WITH (FORCE)")
}

func (p *postgres) exec(ctx context.Context, database string, statements ...string) error {
	db, err := sql.Open("pgx", p.url+"/"+database)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// settle brings a loaded database to rest, so that what follows pays for itself alone.
func (p *postgres) settle(ctx context.Context, url string) error {
	return p.exec(ctx, url[strings.LastIndex(url, "/")+1:], "VACUUM ANALYZE", "CHECKPOINT")
}

// statements prints what a database has spent its time on.
func (p *postgres) statements(ctx context.Context, out io.Writer, url string) error {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements"); err != nil {
		return err
	}
	rows, err := db.QueryContext(ctx, `SELECT calls, total_exec_time, rows, shared_blks_hit + shared_blks_read, left(regexp_replace(query, '\s+', ' ', 'g'), 200)
		FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY total_exec_time DESC LIMIT 12`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var calls, found, blocks int
		var took float64
		var query string
		if err := rows.Scan(&calls, &took, &found, &blocks, &query); err != nil {
			return err
		}
		fmt.Fprintf(out, "%8.0f ms %6d calls %8d rows %9d blocks  %s\n", took, calls, found, blocks, query)
	}
	return rows.Err()
}

// wal is how many bytes were ever written to the log.
func (p *postgres) wal(ctx context.Context) (n float64, err error) {
	db, err := sql.Open("pgx", p.url+"/postgres")
	if err != nil {
		return 0, err
	}
	defer db.Close()
	return n, db.QueryRowContext(ctx, "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8").Scan(&n)
}

// cpu is the time that all of the server's processes have had, in seconds.
func (p *postgres) cpu() float64 {
	total := 0.0
	all, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range all {
		b, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(b), ") ")
		fields := strings.Fields(rest)
		if len(fields) < 15 {
			continue
		}
		pid := filepath.Base(filepath.Dir(file))
		own := pid == strconv.Itoa(p.command.Process.Pid)
		if !own && fields[1] != strconv.Itoa(p.command.Process.Pid) {
			continue
		}
		last := 13 // user and system
		if own {
			last = 15 // and those of its children that have ended
		}
		for _, f := range fields[11:last] {
			ticks, _ := strconv.ParseFloat(f, 64)
			total += ticks / 100
		}
	}
	return total
}

// sink is Postfix's smtp-sink, which takes all and keeps nothing.
type sink struct {
	port    int
	command *exec.Cmd
}

func sinkProgram(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	return "/usr/sbin/" + name
}

func startSink(flags ...string) (*sink, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 {
		flags = append([]string{"-u", "nobody"}, flags...)
	}
	c := exec.Command(sinkProgram("smtp-sink"), append(flags, fmt.Sprintf("127.0.0.1:%d", port), "500")...)
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		return nil, err
	}
	s := &sink{port, c}
	for until := time.Now().Add(5 * time.Second); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return s, c.Close()
		}
	}
	s.stop()
	return nil, errors.New("smtp-sink does not answer")
}

func (s *sink) stop() {
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
}

// process is a program that was run to its end, and what it took.
type process struct {
	took     time.Duration
	cpu, rss float64 // in seconds and MB
	out      string
}

// runs runs a program to its end.
func (m *machine) runs(environment []string, name string, arguments ...string) (p process, err error) {
	c := exec.CommandContext(m.ctx, name, arguments...)
	c.Dir, c.Env = m.dir, append(os.Environ(), environment...)
	var out strings.Builder
	c.Stdout, c.Stderr = &out, &out
	begun := time.Now()
	if err := c.Start(); err != nil {
		return p, err
	}
	over, peak := make(chan struct{}), make(chan float64, 1)
	go func() { peak <- watchMemory(c.Process.Pid, over) }()
	err = c.Wait()
	p = process{took: time.Since(begun), cpu: (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds(), out: out.String()}
	close(over)
	p.rss = <-peak
	if err != nil {
		return p, fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(arguments, " "), err, out.String())
	}
	return p, nil
}

// watchMemory is the most memory that a process has, in MB. What the kernel tells at its end
// has that of the process that started it in it.
func watchMemory(pid int, over <-chan struct{}) (peak float64) {
	for {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		_, rest, _ := strings.Cut(string(b), "VmHWM:")
		if fields := strings.Fields(rest); len(fields) > 0 {
			kB, _ := strconv.ParseFloat(fields[0], 64)
			peak = max(peak, kB/1024)
		}
		select {
		case <-over:
			return peak
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// build compiles the program as it is released; bench runs in its own folder.
func (m *machine) build() error {
	c := exec.CommandContext(m.ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", m.notifier, "./cmd/notifier")
	c.Dir = ".."
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

// service is notifier serving.
type service struct {
	command *exec.Cmd
	url     string
}

const apiKey = "bench-key"

// serve starts notifier on a database, with the sink as its relay if there is one.
func (m *machine) serve(database string, environment ...string) (*service, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	relay := 0
	if m.sink != nil {
		relay = m.sink.port
	}
	s := &service{url: fmt.Sprintf("http://127.0.0.1:%d", port)}
	s.command = exec.Command(m.notifier, "serve")
	s.command.Dir = m.dir
	s.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	s.command.Env = append(append(os.Environ(), m.environment(database, relay)...), append([]string{
		fmt.Sprintf("NOTIFIER_HTTP__LISTEN=127.0.0.1:%d", port), "NOTIFIER_HTTP__KEY=" + apiKey, "NOTIFIER_HTTP__METRICS_LISTEN=",
	}, environment...)...)
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	for until := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err == nil {
			return s, c.Close()
		}
		if time.Now().After(until) {
			s.stop()
			return nil, errors.New("notifier does not answer")
		}
	}
}

func (s *service) stop() {
	_ = s.command.Process.Signal(syscall.SIGTERM)
	_ = s.command.Wait()
}

func (m *machine) environment(database string, relay int) []string {
	return []string{
		"NOTIFIER_DATABASE__URL=" + database, "NOTIFIER_SMTP__HOST=127.0.0.1", fmt.Sprintf("NOTIFIER_SMTP__PORT=%d", relay),
		"NOTIFIER_SMTP__TLS=none", "NOTIFIER_SMTP__FROM=workflow@example.org", "NOTIFIER_SMTP__CONNECTIONS=8",
	}
}
