package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"notifier/message"
	"notifier/request"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
)

// callers is how many call at once.
const callers = 16

// atOnce runs do n times by so many callers, and returns how often a second.
func atOnce(n, callers int, do func(i int) error) (float64, error) {
	var next atomic.Int64
	var all sync.WaitGroup
	errs := make([]error, callers)
	begun := time.Now()
	for c := range callers {
		all.Go(func() {
			for errs[c] == nil {
				i := int(next.Add(1))
				if i > n {
					return
				}
				errs[c] = do(i)
			}
		})
	}
	all.Wait()
	took := time.Since(begun)
	for _, err := range errs {
		if err != nil {
			return 0, err
		}
	}
	return float64(n) / took.Seconds(), nil
}

// intake is W2 over the store: durably accepted messages.
func intake(m *machine) (*table, error) {
	const (
		single      = "notifier, 16 callers"
		batches     = "notifier, batches of 1000"
		onSQLite    = "notifier on SQLite, 16 callers"
		riverSingle = "River Insert, 16 callers"
		riverBatch  = "River InsertManyFast, batches of 1000"
	)
	t := newTable("W2: intake over the store", "messages/s", atLeast(2.5, single, riverSingle), atLeast(1.5, batches, riverBatch))
	text := body(1000)
	ours := func(url string, n, callers, batch int) (float64, error) {
		s, err := m.open(url)
		if err != nil {
			return 0, err
		}
		defer s.Close()
		rate, err := atOnce(n/batch, callers, func(int) error { return m.accept(s, batch, text) })
		return rate * float64(batch), err
	}
	theirs := func(url string, n, callers, batch int) (float64, error) {
		pool, err := pgxpool.New(m.ctx, url+"?pool_max_conns=20")
		if err != nil {
			return 0, err
		}
		defer pool.Close()
		if err := riverSchema(m.ctx, pool); err != nil {
			return 0, err
		}
		c, err := riverClient(pool, &river.Config{})
		if err != nil {
			return 0, err
		}
		rate, err := atOnce(n/batch, callers, func(i int) error {
			if batch > 1 {
				_, err := c.InsertManyFast(m.ctx, riverJobs(i*batch, (i+1)*batch, text))
				return err
			}
			_, err := c.Insert(m.ctx, mailJob{To: fmt.Sprintf("user%d@example.net", i), Subject: "Message", Text: text}, nil)
			return err
		})
		return rate * float64(batch), err
	}
	for range m.rounds {
		for _, one := range []struct {
			name              string
			run               func(url string, n, callers, batch int) (float64, error)
			n, callers, batch int
			sqlite            bool
		}{
			{single, ours, m.n(20000), callers, 1, false},
			{riverSingle, theirs, m.n(20000), callers, 1, false},
			{batches, ours, m.n(60000), 1, 1000, false},
			{riverBatch, theirs, m.n(60000), 1, 1000, false},
			{onSQLite, ours, m.n(20000), callers, 1, true},
		} {
			url := "sqlite:" + filepath.Join(m.dir, fmt.Sprintf("intake%d.db", time.Now().UnixNano()))
			var err error
			if !one.sqlite {
				if url, err = m.postgres.database(m.ctx); err != nil {
					return nil, err
				}
			}
			cpu := m.postgres.cpu()
			rate, err := one.run(url, max(one.n, one.batch), one.callers, one.batch)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", one.name, err)
			}
			got := measure{Rate: rate}
			if !one.sqlite {
				got.Database = (m.postgres.cpu() - cpu) / float64(one.n) * 1000
				if err := m.postgres.drop(m.ctx, url); err != nil {
					return nil, err
				}
			}
			t.add(one.name, got)
		}
	}
	return t, nil
}

// intakeHTTP is W2 over the API of the real program.
func intakeHTTP(m *machine) (*table, error) {
	const (
		overStore = "notifier's store, 16 callers"
		single    = "notifier over HTTP, 16 callers"
		batches   = "notifier over HTTP, batches of 500"
	)
	t := newTable("W2: intake over HTTP", "messages/s", atLeast(0.7, single, overStore),
		&bound{What: "batches, messages/s", Least: 10000, of: func(t *table) float64 { return median(t.of(batches, rate)) }})
	text := body(1000)
	for range m.rounds {
		url, err := m.postgres.database(m.ctx)
		if err != nil {
			return nil, err
		}
		s, err := m.open(url)
		if err != nil {
			return nil, err
		}
		n := m.n(20000)
		now := time.Now().UTC().Truncate(time.Microsecond)
		rate, err := atOnce(n, callers, func(i int) error {
			held := queued(i, text, now)
			held.Status, held.DueAt, held.QueuedAt = message.PendingManual, time.Time{}, time.Time{}
			_, err := s.Accept(m.ctx, now, request.Tray{Site: site, Messages: []message.Message{held}})
			return err
		})
		if err != nil {
			return nil, err
		}
		t.add(overStore, measure{Rate: rate})
		if err := s.Close(); err != nil {
			return nil, err
		}
		// Nothing is sent meanwhile: what is measured is intake.
		service, err := m.serve(url)
		if err != nil {
			return nil, err
		}
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}}
		post := func(path string, body any) error {
			b, err := json.Marshal(body)
			if err != nil {
				return err
			}
			r, err := http.NewRequestWithContext(m.ctx, http.MethodPost, service.url+"/api/v1"+path, bytes.NewReader(b))
			if err != nil {
				return err
			}
			r.Header.Set("Authorization", "Bearer "+apiKey)
			r.Header.Set("Content-Type", "application/json")
			a, err := client.Do(r)
			if err != nil {
				return err
			}
			defer a.Body.Close()
			answer, err := io.ReadAll(a.Body)
			if err == nil && a.StatusCode/100 != 2 {
				err = fmt.Errorf("%s: %s", a.Status, answer)
			}
			return err
		}
		draft := func(i int) map[string]any {
			return map[string]any{"to": []string{fmt.Sprintf("user%d@example.net", i)}, "subject": "Message", "text": text, "manual": true}
		}
		rate, err = atOnce(n, callers, func(i int) error { return post("/messages", draft(i)) })
		if err != nil {
			return nil, err
		}
		t.add(single, measure{Rate: rate})
		rate, err = atOnce(max(n*2/500, 4), 4, func(i int) error {
			all := make([]map[string]any, 500)
			for k := range all {
				all[k] = draft(i*500 + k)
			}
			return post("/messages/batch", all)
		})
		if err != nil {
			return nil, err
		}
		t.add(batches, measure{Rate: rate * 500})
		service.stop()
		if err := m.postgres.drop(m.ctx, url); err != nil {
			return nil, err
		}
	}
	return t, nil
}
