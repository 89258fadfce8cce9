package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"notifier/mail/mailtest"
	"time"
)

// idleFor is how long a service is watched that has nothing to do: its jobs run each 5 s at
// most, and what is done once a minute is seen, too.
const idleFor = time.Minute

// sites is W7: what many sites cost that have nothing to do, beside one.
func sites(m *machine) (*table, error) {
	many := m.n(10_000)
	of := func(what string, n int) string { return fmt.Sprintf("%s, %d sites", what, n) }
	const (
		transactions = "idle: transactions a second"
		core         = "idle: percent of a core"
		way          = "one mail from the call to the relay, ms"
		metrics      = "/metrics, ms"
	)
	t := newTable(fmt.Sprintf("W7: one replica with %d sites, and with one", many), "as the rows say",
		atMost(20, "figure", of(transactions, many), rate), atMost(2, "figure", of(core, many), rate),
		&bound{What: of(way, many) + " / " + of(way, 1), Most: 1.5, of: func(t *table) float64 { return t.ratio(of(way, many), of(way, 1), rate) }},
		atMost(100, "figure", of(metrics, many), rate))
	for range m.rounds {
		for _, n := range []int{1, many} {
			got, err := m.withSites(n)
			if err != nil {
				return nil, fmt.Errorf("%d sites: %w", n, err)
			}
			for i, what := range []string{transactions, core, way, metrics} {
				t.add(of(what, n), measure{Rate: got[i]})
			}
		}
	}
	return t, nil
}

// withSites are the four figures of W7 for one replica with n sites.
func (m *machine) withSites(n int) (got [4]float64, err error) {
	database, err := m.postgres.database(m.ctx)
	if err != nil {
		return got, err
	}
	defer func() { err = errors.Join(err, m.postgres.drop(m.ctx, database)) }()
	s, err := m.open(database)
	if err != nil {
		return got, err
	}
	if err := errors.Join(m.addSites(database, n-1), s.Close(), m.postgres.settle(m.ctx, database)); err != nil {
		return got, err
	}
	a := &arrivals{when: map[string]time.Time{}}
	relay, err := mailtest.Start(mailtest.Options{OnMail: a.note})
	if err != nil {
		return got, err
	}
	defer func() { err = errors.Join(err, relay.Close()) }()
	service, err := m.serve(database, fmt.Sprintf("NOTIFIER_SMTP__PORT=%d", relay.Port()))
	if err != nil {
		return got, err
	}
	defer service.stop()
	time.Sleep(5 * time.Second) // it has just started
	if got[0], got[1], err = m.idle(database, service); err != nil {
		return got, err
	}
	begun, err := paced(max(m.n(200), 50), func(i int, subject string) error { return m.post(service, i, subject) })
	if err != nil {
		return got, err
	}
	if got[2], _, err = a.wait(m.ctx, begun); err != nil {
		return got, err
	}
	got[3], err = m.scrape(service)
	return got, err
}

func (m *machine) addSites(database string, n int) error {
	db, err := sql.Open("pgx", database)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(m.ctx, "INSERT INTO sites (site, timezone, created_at) SELECT 'tenant-' || i, 'UTC', now() FROM generate_series(1, $1::int) i", n)
	return err
}

// idle is what a service costs that has nothing to do.
func (m *machine) idle(database string, s *service) (transactions, percent float64, err error) {
	db, err := sql.Open("pgx", database)
	if err != nil {
		return 0, 0, err
	}
	defer db.Close()
	count := func(ctx context.Context) (n float64, err error) {
		return n, db.QueryRowContext(ctx, "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()").Scan(&n)
	}
	before, err := count(m.ctx)
	if err != nil {
		return 0, 0, err
	}
	cpu, begun := processorTime(s.command.Process.Pid), time.Now()
	select {
	case <-time.After(idleFor):
	case <-m.ctx.Done():
		return 0, 0, m.ctx.Err()
	}
	passed := time.Since(begun).Seconds()
	percent = max(100*(processorTime(s.command.Process.Pid)-cpu)/passed, 0.01) // a figure of 0 would be none
	after, err := count(m.ctx)
	return (after - before) / passed, percent, err
}

// scrape is how long /metrics takes, in milliseconds: the median of several.
func (m *machine) scrape(s *service) (float64, error) {
	var all []float64
	for range 11 {
		r, err := http.NewRequestWithContext(m.ctx, http.MethodGet, s.url+"/metrics", nil)
		if err != nil {
			return 0, err
		}
		authorize(r)
		begun := time.Now()
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, err
		}
		_, err = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK {
			return 0, fmt.Errorf("/metrics: %s, %v", answer.Status, err)
		}
		all = append(all, float64(time.Since(begun).Microseconds())/1000)
	}
	return median(all), nil
}
