package main

import (
	"context"
	"database/sql"
	"fmt"
	"notifier/deadlines"
	"notifier/jobs/notifications"
	"notifier/jobs/reminders"
	"notifier/jobs/usernotifications"
	"notifier/letter"
	"notifier/message"
	"notifier/request"
	"notifier/store"
	"strings"
	"time"

	"go.uber.org/zap"
)

// promote is the job UserNotifications in a process of its own, on the real store.
func promote(ctx context.Context, database string, want int) error {
	s, err := store.Open(ctx, store.Settings{URL: database}, zap.NewNop())
	if err != nil {
		return err
	}
	defer s.Close()
	counts, err := usernotifications.New(s, letter.Writer{}, zap.NewNop()).Run(ctx, time.Now())
	if err == nil && counts["merged"] != want {
		err = fmt.Errorf("%v were merged, want %d", counts, want)
	}
	return err
}

// promotion is W3: deferred messages that are due become digests, ten in each.
func promotion(m *machine) (*table, error) {
	const (
		ours   = "notifier: digests composed, final states recorded"
		theirs = "one SQL statement with UPDATE: string_agg"
	)
	t := newTable("W3: promotion of deferred messages to digests of ten", "messages/s", atLeast(2, ours, theirs), atMost(64, "peak RSS in MB", ours, rss))
	n := m.n(1_000_000) / 10 * 10
	for range min(m.rounds, 3) {
		got, err := m.onPostgres(n, func(url string) error { return m.defers(url, n) }, func(url string) (process, error) {
			return m.runs(nil, m.self, "peer", "promote", url, "0", fmt.Sprint(n))
		})
		if err != nil {
			return nil, err
		}
		t.add(ours, got)
		got, err = m.onPostgres(n, func(url string) error {
			return m.postgres.exec(m.ctx, url[strings.LastIndex(url, "/")+1:],
				"CREATE TABLE items (id bigint PRIMARY KEY, user_id text NOT NULL, due_at timestamptz NOT NULL, summary text NOT NULL, status smallint NOT NULL, digest_id bigint)",
				"CREATE TABLE mails (id bigint PRIMARY KEY, user_id text NOT NULL, body text NOT NULL)",
				"CREATE TABLE outgoing (id bigint PRIMARY KEY, status smallint NOT NULL, due_at timestamptz NOT NULL)", "CREATE SEQUENCE digests",
				fmt.Sprintf("INSERT INTO items SELECT i, 'u' || i %% %d, now(), 'Comment number ' || i, 0, NULL FROM generate_series(1, %d) i", n/10, n),
				"CREATE INDEX ON items (due_at, user_id) WHERE status = 0")
		}, func(url string) (p process, err error) {
			begun := time.Now()
			err = m.postgres.exec(m.ctx, url[strings.LastIndex(url, "/")+1:], `WITH d AS (
				SELECT user_id, nextval('digests') AS id, string_agg(summary, E'\n' ORDER BY id) AS body FROM items WHERE status = 0 AND due_at <= now() GROUP BY user_id
			), m AS (INSERT INTO mails SELECT id, user_id, body FROM d), q AS (INSERT INTO outgoing SELECT id, 0, now() FROM d)
			UPDATE items SET status = 1, digest_id = d.id FROM d WHERE items.user_id = d.user_id AND items.status = 0 AND items.due_at <= now()`)
			return process{took: time.Since(begun)}, err
		})
		if err != nil {
			return nil, err
		}
		t.add(theirs, got)
	}
	return t, nil
}

// defers puts deferred messages, ten for each user, into the store.
func (m *machine) defers(url string, n int) error {
	s, err := m.open(url)
	if err != nil {
		return err
	}
	defer s.Close()
	err = m.postgres.exec(m.ctx, url[strings.LastIndex(url, "/")+1:], fmt.Sprintf(
		"INSERT INTO users (site, id, email, name, phone, timezone, language, preferences, version, updated_at) SELECT '%s', 'u' || i, 'u' || i || '@example.net', 'User ' || i, '', 'UTC', 'en', '{}', 1, now() FROM generate_series(0, %d) i", site, n/10-1))
	if err != nil {
		return err
	}
	due := time.Now().UTC().Truncate(time.Hour)
	for from := 0; from < n; from += 1000 {
		var all []message.Message
		for i := from; i < from+min(1000, n-from); i++ {
			user := fmt.Sprintf("u%d", i/10)
			all = append(all, message.Message{
				ID: message.NewID(message.MessageIDs), Site: site, Type: message.Single, Kind: message.CaseChanged, Domain: "example.org", UserID: user,
				Envelope: message.Envelope{To: []message.Address{{Email: user + "@example.net", Name: "User " + user[1:]}}}, Timezone: "UTC", Language: "en",
				Case:    message.Case{ID: fmt.Sprintf("C-%d", i%7), Title: "Lease", URL: "https://bpm.example.org/c/1"},
				Summary: fmt.Sprintf("Comment number %d", i), OccurredAt: due, CreatedAt: due, UpdatedAt: due, DueAt: due, Setting: "hourly",
				Status: message.Deferred, Reason: message.ByPreference + "hourly",
			})
		}
		if _, err := s.Accept(m.ctx, due, request.Tray{Site: site, Messages: all}); err != nil {
			return err
		}
	}
	return nil
}

// ticks is W4: what a tick of each job costs the database while nothing is due.
func ticks(m *machine) (*table, error) {
	few, many := m.n(1_000_000), m.n(10_000_000)
	name := func(n int) string { return fmt.Sprintf("a tick of all three jobs, %d rows not due", n) }
	t := newTable("W4: database time of a tick with nothing due", "ms",
		atMost(1, "milliseconds", name(many), rate),
		&bound{What: "many rows / few rows", Most: 1.5, of: func(t *table) float64 { return median(t.of(name(many), rate)) / median(t.of(name(few), rate)) }})
	for _, n := range []int{few, many} {
		url, err := m.postgres.database(m.ctx)
		if err != nil {
			return nil, err
		}
		s, err := m.open(url)
		if err != nil {
			return nil, err
		}
		database := url[strings.LastIndex(url, "/")+1:]
		err = m.postgres.exec(m.ctx, database, "SET synchronous_commit = off", fmt.Sprintf(`INSERT INTO queue (site, id, status, reason, due_at, queued_at, changed_at, claim, attempts, tries, retry_count,
				reached, rejected, remaining, error_category, error_code, error_text)
			SELECT '%s', 'msg_' || lpad(i::text, 26, '0'), 'scheduled', '', now() + interval '1 day' + i * interval '1 ms', now(), now(), 0, 0, 0, 0, false, '', '', '', '', ''
			FROM generate_series(1, %d) i`, site, n),
			fmt.Sprintf(`INSERT INTO windows (site, id, user_id, due_at) SELECT '%s', 'win_' || lpad(i::text, 26, '0'), 'u' || i, now() + interval '1 day' FROM generate_series(1, %d) i`, site, n/10),
			fmt.Sprintf(`INSERT INTO deadlines (site, key, case_id, deadline, due_at, set_at, fired_at, next_at, sequence)
				SELECT '%s', 'd' || i, 'c' || i, '{}', now() + interval '1 day', now(), now(), now() + interval '1 day', 1 FROM generate_series(1, %d) i`, site, n/10))
		if err == nil {
			err = m.postgres.settle(m.ctx, url)
		}
		if err != nil {
			return nil, err
		}
		log := zap.NewNop()
		flush := notifications.New(s, notifications.Only(&notifications.Account{Name: "default"}), letter.Writer{}, notifications.Options{}, log)
		users := usernotifications.New(s, letter.Writer{}, log)
		remind := reminders.New(s, letter.Writer{}, func(string) deadlines.Calendar { return deadlines.Calendar{} }, "example.org", log)
		for range m.rounds {
			const each = 20
			before, err := m.postgres.executed(m.ctx, url)
			if err != nil {
				return nil, err
			}
			for range each {
				for _, run := range []func(context.Context, time.Time) (map[string]int, error){flush.Run, users.Run, remind.Run} {
					if counts, err := run(m.ctx, time.Now()); err != nil || len(counts) > 0 {
						return nil, fmt.Errorf("a tick did %v: %w", counts, err)
					}
				}
			}
			after, err := m.postgres.executed(m.ctx, url)
			if err != nil {
				return nil, err
			}
			t.add(name(n), measure{Rate: (after - before) / each})
		}
		if err := s.Close(); err != nil {
			return nil, err
		}
		if err := m.postgres.drop(m.ctx, url); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// executed is how many milliseconds the database has spent on the statements of all others.
func (p *postgres) executed(ctx context.Context, url string) (ms float64, err error) {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements"); err != nil {
		return 0, err
	}
	return ms, db.QueryRowContext(ctx, `SELECT coalesce(sum(total_exec_time), 0) FROM pg_stat_statements
		WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND query NOT LIKE '%pg_stat_statements%'`).Scan(&ms)
}
