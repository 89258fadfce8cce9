package main

import (
	"context"
	"errors"
	"fmt"
	"notifier/message"
	"notifier/request"
	"notifier/store"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"go.uber.org/zap"
)

// body is a text of that many bytes, in lines.
func body(n int) string {
	return strings.Repeat("This is a line of a mail that a workflow sends about a case, no more.\r\n", n/71+1)[:n]
}

const site = "default"

// queued is a pending direct message.
func queued(i int, text string, at time.Time) message.Message {
	return message.Message{
		ID: message.NewID(message.MessageIDs), Site: site, Type: message.Direct, Domain: "example.org",
		Envelope: message.Envelope{To: []message.Address{{Email: fmt.Sprintf("user%d@example.net", i)}}},
		Subject:  fmt.Sprintf("Message %d", i), Text: text, CreatedAt: at, UpdatedAt: at, QueuedAt: at, DueAt: at,
		Status: message.Pending, Reason: message.BySender, Priority: message.Ranked(message.Priority("").Rank()),
	}
}

// open makes a database ready for notifier, and opens it.
func (m *machine) open(url string) (*store.Store, error) {
	s, err := store.Open(m.ctx, store.Settings{URL: url}, zap.NewNop())
	if err != nil {
		return nil, err
	}
	_, err = s.Migrate(m.ctx)
	return s, errors.Join(err, s.AddSite(m.ctx, site, "UTC", time.Now()))
}

// load puts messages into the queue.
func (m *machine) load(url string, n int, text string) error {
	s, err := m.open(url)
	if err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	for from := 0; from < n; from += 1000 {
		var all []message.Message
		for i := from; i < min(from+1000, n); i++ {
			all = append(all, queued(i, text, now))
		}
		if _, err := s.Accept(m.ctx, now, request.Tray{Site: site, Messages: all}); err != nil {
			return err
		}
	}
	return s.Close()
}

// sender is a system that flushes what was loaded.
type sender struct {
	name   string
	scaled float64 // how much of the work it gets
	flush  func(m *machine, n int, text string) (measure, error)
}

// onPostgres measures a process that works on a database of its own.
func (m *machine) onPostgres(n int, load func(url string) error, run func(url string) (process, error)) (measure, error) {
	url, err := m.postgres.database(m.ctx)
	if err == nil {
		err = load(url)
	}
	if err == nil {
		err = m.postgres.settle(m.ctx, url)
	}
	if err != nil {
		return measure{}, err
	}
	wal, err := m.postgres.wal(m.ctx)
	if err != nil {
		return measure{}, err
	}
	cpu := m.postgres.cpu()
	p, err := run(url)
	if err != nil {
		return measure{}, err
	}
	cpu = m.postgres.cpu() - cpu
	after, err := m.postgres.wal(m.ctx)
	if err == nil && m.options.statements {
		err = m.postgres.statements(m.ctx, os.Stderr, url)
	}
	if err != nil {
		return measure{}, err
	}
	k := float64(n) / 1000
	return measure{
		Rate: float64(n) / p.took.Seconds(), CPU: p.cpu / k, Database: cpu / k, RSS: p.rss, WAL: (after - wal) / float64(n),
	}, m.postgres.drop(m.ctx, url)
}

func (m *machine) ours(n int, text string, environment ...string) (measure, error) {
	return m.onPostgres(n, func(url string) error { return m.load(url, n, text) }, func(url string) (process, error) {
		return m.sendQueue(url, n, environment...)
	})
}

// sendQueue is one flush by the program, and must send all.
func (m *machine) sendQueue(url string, n int, environment ...string) (process, error) {
	p, err := m.runs(append(m.environment(url, m.sink.port), environment...), m.notifier, "send-queue")
	if err == nil && !strings.Contains(strings.ReplaceAll(p.out, ",", ""), fmt.Sprint(n)) {
		err = fmt.Errorf("send-queue did not send %d messages: %s", n, p.out)
	}
	return p, err
}

var (
	notifierOnPostgres = sender{"notifier", 1, func(m *machine, n int, text string) (measure, error) { return m.ours(n, text) }}
	notifierOnSQLite   = sender{"notifier on SQLite", 1, func(m *machine, n int, text string) (measure, error) {
		url := "sqlite:" + filepath.Join(m.dir, fmt.Sprintf("bench%d.db", time.Now().UnixNano()))
		if err := m.load(url, n, text); err != nil {
			return measure{}, err
		}
		p, err := m.sendQueue(url, n)
		return measure{Rate: float64(n) / p.took.Seconds(), CPU: p.cpu / float64(n) * 1000, RSS: p.rss}, err
	}}
	riverPool = sender{"River + smtppool", 1, func(m *machine, n int, text string) (measure, error) {
		return m.onPostgres(n, func(url string) error { return riverLoad(m.ctx, url, n, text) }, func(url string) (process, error) {
			return m.runs(nil, m.self, "peer", "river", url, fmt.Sprint(m.sink.port), fmt.Sprint(n))
		})
	}}
	naive = sender{"gorm + jordan-wright Send, 8 workers", 0.1, func(m *machine, n int, text string) (measure, error) {
		return m.onPostgres(n, func(url string) error { return naiveLoad(url, n, text) }, func(url string) (process, error) {
			return m.runs(nil, m.self, "peer", "naive", url, fmt.Sprint(m.sink.port), fmt.Sprint(n))
		})
	}}
	smtpSource = sender{"smtp-source -d -s 10 (no database)", 1, func(m *machine, n int, text string) (measure, error) {
		p, err := m.runs(nil, sinkProgram("smtp-source"), "-d", "-s", "10", "-m", fmt.Sprint(n), "-l", fmt.Sprint(len(text)),
			"-f", "workflow@example.org", "-t", "user@example.net", fmt.Sprintf("127.0.0.1:%d", m.sink.port))
		return measure{Rate: float64(n) / p.took.Seconds(), CPU: p.cpu / float64(n) * 1000, RSS: p.rss}, err
	}}
)

func riverLoad(ctx context.Context, url string, n int, text string) error {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := riverSchema(ctx, pool); err != nil {
		return err
	}
	c, err := riverClient(pool, &river.Config{})
	if err != nil {
		return err
	}
	for from := 0; from < n; from += 1000 {
		if _, err := c.InsertManyFast(ctx, riverJobs(from, min(from+1000, n), text)); err != nil {
			return err
		}
	}
	return nil
}

func riverJobs(from, to int, text string) []river.InsertManyParams {
	var all []river.InsertManyParams
	for i := from; i < to; i++ {
		all = append(all, river.InsertManyParams{Args: mailJob{To: fmt.Sprintf("user%d@example.net", i), Subject: fmt.Sprintf("Message %d", i), Text: text}})
	}
	return all
}

func naiveLoad(url string, n int, text string) error {
	db, err := naiveOpen(url)
	if err != nil {
		return err
	}
	if err := db.AutoMigrate(&naiveMail{}); err != nil {
		return err
	}
	var all []naiveMail
	for i := range n {
		all = append(all, naiveMail{To: fmt.Sprintf("user%d@example.net", i), Subject: fmt.Sprintf("Message %d", i), Text: text, Status: "pending"})
	}
	return db.CreateInBatches(all, 1000).Error
}

// compare runs systems in turn.
func (m *machine) compare(t *table, n int, text string, all ...sender) (*table, error) {
	for range m.rounds {
		for _, s := range all {
			some := max(int(float64(n)*s.scaled), 100)
			got, err := s.flush(m, some, text)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			t.add(s.name, got)
		}
	}
	return t, nil
}

// flush1K is W1: 30,000 mails of 1 KB.
func flush1K(m *machine) (*table, error) {
	t := newTable("W1: flush of 1 KB mails, the final state of each recorded", "mails/s",
		atLeast(3.5, notifierOnPostgres.name, riverPool.name), atLeast(1, notifierOnPostgres.name, smtpSource.name),
		atLeast(0.8, notifierOnSQLite.name, notifierOnPostgres.name),
		&bound{What: "CPU (sender and database) / River's", Most: 0.25, of: func(t *table) float64 { return t.ratio(notifierOnPostgres.name, riverPool.name, cost) }},
		atMost(48, "peak RSS in MB", notifierOnPostgres.name, rss))
	return m.compare(t, m.n(30000), body(1000), notifierOnPostgres, riverPool, smtpSource, notifierOnSQLite, naive)
}

// flushAlone is W1 without peers, for whoever works on it.
func flushAlone(m *machine) (*table, error) {
	return m.compare(newTable("W1: flush of 1 KB mails", "mails/s"), m.n(30000), body(1000), notifierOnPostgres)
}

// flush10K is W1 with mails of 10 KB.
func flush10K(m *machine) (*table, error) {
	t := newTable("W1: flush of 10 KB mails", "mails/s", atLeast(2, notifierOnPostgres.name, riverPool.name))
	return m.compare(t, m.n(20000), body(10000), notifierOnPostgres, riverPool, smtpSource)
}

// flushSizes is how memory grows with the queue.
func flushSizes(m *machine) (*table, error) {
	small, large := fmt.Sprintf("notifier, %d mails", m.n(10000)), fmt.Sprintf("notifier, %d mails", m.n(100000))
	river := fmt.Sprintf("River + smtppool, %d mails", m.n(100000))
	t := newTable("W1: flush of a long queue, 1 KB mails", "mails/s",
		atMost(48, "peak RSS in MB", large, rss), atLeast(3.5, large, river),
		&bound{What: "growth of RSS in MB", Most: 16, of: func(t *table) float64 {
			return max(median(t.of(large, rss))-median(t.of(small, rss)), 0.01)
		}})
	for range min(m.rounds, 3) {
		for _, one := range []struct {
			name string
			n    int
			by   sender
		}{{large, m.n(100000), notifierOnPostgres}, {river, m.n(100000), riverPool}, {small, m.n(10000), notifierOnPostgres}} {
			got, err := one.by.flush(m, one.n, body(1000))
			if err != nil {
				return nil, err
			}
			t.add(one.name, got)
		}
	}
	return t, nil
}
