package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/pem"
	"fmt"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/request"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/knadh/smtppool/v2"
	"github.com/riverqueue/river"
)

// arrivals notes when mails arrive, by their subjects.
type arrivals struct {
	mu   sync.Mutex
	when map[string]time.Time
}

func (a *arrivals) note(m mailtest.Mail) {
	now := time.Now()
	_, rest, _ := bytes.Cut(m.Data, []byte("Subject: "))
	subject, _, _ := bytes.Cut(rest, []byte("\r\n"))
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, again := a.when[string(subject)]; !again {
		a.when[string(subject)] = now
	}
}

// wait waits for n mails and returns the median and the 99th percentile of how long each
// took, in milliseconds.
func (a *arrivals) wait(ctx context.Context, begun map[string]time.Time) (p50, p99 float64, err error) {
	for until := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		a.mu.Lock()
		n := len(a.when)
		a.mu.Unlock()
		if n == len(begun) {
			break
		}
		if time.Now().After(until) || ctx.Err() != nil {
			return 0, 0, fmt.Errorf("%d of %d mails came", n, len(begun))
		}
	}
	var all []float64
	for subject, at := range begun {
		all = append(all, float64(a.when[subject].Sub(at).Microseconds())/1000)
	}
	slices.Sort(all)
	return all[len(all)/2], all[len(all)*99/100], nil
}

// latency is W5: 50 messages a second, from the call to the relay.
func latency(m *machine) (*table, error) {
	const (
		overAPI = "notifier: over the API of one of two replicas"
		other   = "notifier: stored by a process that does not send (LISTEN/NOTIFY)"
		pool    = "River (FetchCooldown 100 ms) + smtppool"
	)
	tail := func(system string) string { return system + ", p99" }
	t := newTable("W5: from the call to the relay, 50 messages a second", "ms",
		atMost(10, "median", overAPI, rate), atMost(25, "p99", tail(overAPI), rate), atMost(10, "median", other, rate), atMost(25, "p99", tail(other), rate))
	n := max(m.n(500), 200)
	for range m.rounds {
		for _, one := range []struct {
			name string
			run  func(url string, relay *mailtest.Relay) (do func(i int, subject string) error, stop func(), err error)
		}{
			{overAPI, m.overAPI}, {other, m.fromOutside}, {pool, m.riverAsItIs},
		} {
			a := &arrivals{when: map[string]time.Time{}}
			relay, err := mailtest.Start(mailtest.Options{OnMail: a.note})
			if err != nil {
				return nil, err
			}
			url, err := m.postgres.database(m.ctx)
			if err != nil {
				return nil, err
			}
			do, stop, err := one.run(url, relay)
			if err != nil {
				return nil, err
			}
			time.Sleep(time.Second) // they have just started
			begun, err := paced(n, do)
			if err != nil {
				return nil, err
			}
			p50, p99, err := a.wait(m.ctx, begun)
			stop()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", one.name, err)
			}
			t.add(one.name, measure{Rate: p50})
			t.add(tail(one.name), measure{Rate: p99})
			if err := relay.Close(); err != nil {
				return nil, err
			}
			if err := m.postgres.drop(m.ctx, url); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}

// two starts two replicas.
func (m *machine) two(url string, relay *mailtest.Relay) (*service, func(), error) {
	to := fmt.Sprintf("NOTIFIER_SMTP__PORT=%d", relay.Port())
	a, err := m.serve(url, to)
	if err != nil {
		return nil, nil, err
	}
	b, err := m.serve(url, to)
	if err != nil {
		a.stop()
		return nil, nil, err
	}
	return a, func() { a.stop(); b.stop() }, nil
}

func (m *machine) overAPI(url string, relay *mailtest.Relay) (func(int, string) error, func(), error) {
	a, stop, err := m.two(url, relay)
	if err != nil {
		return nil, nil, err
	}
	return func(i int, subject string) error { return m.post(a, i, subject) }, stop, nil
}

func (m *machine) fromOutside(url string, relay *mailtest.Relay) (func(int, string) error, func(), error) {
	_, stop, err := m.two(url, relay)
	if err != nil {
		return nil, nil, err
	}
	s, err := m.open(url)
	if err != nil {
		stop()
		return nil, nil, err
	}
	return func(i int, subject string) error {
		now := time.Now().UTC().Truncate(time.Microsecond)
		one := queued(i, body(1000), now)
		one.Subject = subject
		_, err := s.Accept(m.ctx, now, request.Tray{Site: site, Messages: []message.Message{one}})
		return err
	}, func() { s.Close(); stop() }, nil
}

func (m *machine) riverAsItIs(url string, relay *mailtest.Relay) (func(int, string) error, func(), error) {
	pool, err := pgxpool.New(m.ctx, url+"?pool_max_conns=20")
	if err != nil {
		return nil, nil, err
	}
	if err := riverSchema(m.ctx, pool); err != nil {
		return nil, nil, err
	}
	smtp, err := smtppool.New(smtppool.Opt{Host: "127.0.0.1", Port: relay.Port(), MaxConns: 8, IdleTimeout: 10 * time.Second, PoolWaitTimeout: 10 * time.Second, SSL: smtppool.SSLNone})
	if err != nil {
		return nil, nil, err
	}
	workers := river.NewWorkers()
	w := &mailWorker{pool: smtp, done: make(chan struct{})}
	river.AddWorker(workers, w)
	c, err := riverClient(pool, &river.Config{Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 100}}, Workers: workers})
	if err == nil {
		err = c.Start(m.ctx)
	}
	if err != nil {
		return nil, nil, err
	}
	return func(i int, subject string) error {
		_, err := c.Insert(m.ctx, mailJob{To: fmt.Sprintf("user%d@example.net", i), Subject: subject, Text: body(1000)}, nil)
		return err
	}, func() { _ = c.Stop(m.ctx); pool.Close() }, nil
}

// replicas is W1 with several processes on one queue.
func replicas(m *machine) (*table, error) {
	name := func(k int) string { return fmt.Sprintf("notifier, %d processes", k) }
	twice := 0
	t := newTable("W1: several processes on one queue of 1 KB mails", "mails/s", atLeast(0.95, name(2), name(1)), atLeast(0.9, name(4), name(1)),
		&bound{What: "messages claimed twice (+1)", Most: 1, of: func(*table) float64 { return float64(twice + 1) }})
	n := m.n(40000)
	for range min(m.rounds, 5) {
		for _, k := range []int{1, 2, 4} {
			got, err := m.onPostgres(n, func(url string) error { return m.load(url, n, body(1000)) }, func(url string) (process, error) {
				all := make([]process, k)
				errs := make([]error, k)
				var wait sync.WaitGroup
				begun := time.Now()
				for i := range k {
					wait.Go(func() { all[i], errs[i] = m.runs(m.environment(url, m.sink.port), m.notifier, "send-queue") })
				}
				wait.Wait()
				sum := process{took: time.Since(begun)}
				for i, p := range all {
					if errs[i] != nil {
						return sum, errs[i]
					}
					sum.cpu += p.cpu
					sum.rss = max(sum.rss, p.rss)
				}
				db, err := sql.Open("pgx", url)
				if err != nil {
					return sum, err
				}
				defer db.Close()
				var sent, again int
				err = db.QueryRowContext(m.ctx, "SELECT count(*) FILTER (WHERE status = 'sent'), count(*) FILTER (WHERE claim <> 1) FROM queue").Scan(&sent, &again)
				if err == nil && sent != n {
					err = fmt.Errorf("%d of %d messages were sent", sent, n)
				}
				twice += again
				return sum, err
			})
			if err != nil {
				return nil, err
			}
			t.add(name(k), got)
		}
	}
	return t, nil
}

// flushTLS is W1 with STARTTLS: both systems send to the same server.
func flushTLS(m *machine) (*table, error) {
	certificate, err := mailtest.NewCertificate(time.Now().Add(time.Hour), "127.0.0.1")
	if err != nil {
		return nil, err
	}
	ca := filepath.Join(m.dir, "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate.Certificate[0]}), 0o644); err != nil {
		return nil, err
	}
	over := func(name string, n int, run func(url string, port int) (process, error), load func(url string) error) sender {
		return sender{name, 1, func(m *machine, _ int, _ string) (measure, error) {
			relay, err := mailtest.Start(mailtest.Options{TLS: "starttls", Certificate: certificate})
			if err != nil {
				return measure{}, err
			}
			defer relay.Close()
			return m.onPostgres(n, load, func(url string) (process, error) { return run(url, relay.Port()) })
		}}
	}
	n, text := m.n(15000), body(1000)
	ours := over("notifier", n, func(url string, port int) (process, error) {
		return m.sendQueue(url, n, "NOTIFIER_SMTP__TLS=starttls", "NOTIFIER_SMTP__CA_FILE="+ca, fmt.Sprintf("NOTIFIER_SMTP__PORT=%d", port))
	}, func(url string) error { return m.load(url, n, text) })
	theirs := over(riverPool.name, n, func(url string, port int) (process, error) {
		return m.runs([]string{"BENCH_STARTTLS=1"}, m.self, "peer", "river", url, fmt.Sprint(port), fmt.Sprint(n))
	}, func(url string) error { return riverLoad(m.ctx, url, n, text) })
	t := newTable("W1: flush of 1 KB mails over STARTTLS, to a server in Go that shares the processors", "mails/s", atLeast(2, ours.name, theirs.name))
	return m.compare(t, n, text, ours, theirs)
}
