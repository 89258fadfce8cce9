package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"notifier/mail/mailtest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// fleet are replicas that are started again when they die.
type fleet struct {
	*chaos
	url         string
	environment []string
	mu          sync.Mutex
	all         []*service
}

func (c *chaos) fleet(url string, n int, relay *mailtest.Relay, environment ...string) (*fleet, error) {
	f := &fleet{chaos: c, url: url, environment: append([]string{
		fmt.Sprintf("NOTIFIER_SMTP__PORT=%d", relay.Port()), "NOTIFIER_SMTP__CONNECTIONS=4", "NOTIFIER_RETRY__LEASE=2s", "NOTIFIER_RETRY__BASE=1s",
		"NOTIFIER_JOBS__NOTIFICATIONS__EVERY=1s", "NOTIFIER_LOG__LEVEL=error",
	}, environment...)}
	for range n {
		s, err := f.start()
		if err != nil {
			f.stop()
			return nil, err
		}
		f.all = append(f.all, s)
	}
	return f, nil
}

// stage is replicas, and a mail server with its ledger that they send to.
func (c *chaos) stage(url string, n int, environment ...string) (f *fleet, l *ledger, end func(), err error) {
	relay, l, err := c.relay("", false)
	if err != nil {
		return nil, nil, nil, err
	}
	if f, err = c.fleet(url, n, relay, environment...); err != nil {
		_ = relay.Close()
		return nil, nil, nil, err
	}
	return f, l, func() {
		f.stop()
		_ = relay.Close()
	}, nil
}

func (f *fleet) start() (*service, error) {
	return f.serve(f.url, f.environment...)
}

// service is one of them.
func (f *fleet) service(i int) *service {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.all[i%len(f.all)]
}

// again ends one with a signal and starts another in its place.
func (f *fleet) again(i int, how os.Signal) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	i %= len(f.all)
	_ = f.all[i].command.Process.Signal(how)
	err := f.all[i].command.Wait()
	if how == syscall.SIGTERM && err != nil {
		return fmt.Errorf("a replica that was told to stop ended with %w", err)
	}
	s, err := f.start()
	if err != nil {
		return err
	}
	f.all[i] = s
	return nil
}

func (f *fleet) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.all {
		s.stop()
	}
}

// post sends a request to one of the replicas, and to the next if that does not answer.
func (f *fleet) post(i int, method, path string, body any, into any, key string) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	for try := range 600 {
		if err := f.ctx.Err(); err != nil {
			return err
		}
		status, answer, err := f.once(f.service(i+try), method, path, b, key)
		switch {
		case err == nil && status/100 == 2:
			if into != nil {
				return json.Unmarshal(answer, into)
			}
			return nil
		case err == nil && status != http.StatusServiceUnavailable && status != http.StatusInternalServerError:
			return fmt.Errorf("%s %s: %d %s", method, path, status, answer)
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.New("nobody answered for a minute")
}

func (f *fleet) once(s *service, method, path string, body []byte, key string) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(f.ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+apiKey)
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	return answer.StatusCode, b, err
}

// send sends n messages, in batches with keys, and returns the ids that were acknowledged.
// Before each batch pace is told how many were sent.
func (f *fleet) send(n int, pace func(sent int)) (map[string]bool, error) {
	acknowledged := map[string]bool{}
	for from := 0; from < n; from += 100 {
		pace(from)
		var all []map[string]any
		for i := from; i < min(from+100, n); i++ {
			all = append(all, map[string]any{"to": []string{fmt.Sprintf("user%d@example.net", i)}, "subject": fmt.Sprintf("Message %d", i), "text": "It is here."})
		}
		var answer struct {
			Data []struct {
				Status int
				Taken  struct{ Messages []struct{ ID string } }
			}
		}
		for done := false; !done; {
			if err := f.post(from/100, http.MethodPost, "/api/v1/messages/batch", all, &answer, fmt.Sprintf("batch-%d", from)); err != nil {
				return nil, err
			}
			done = true
			for _, one := range answer.Data {
				if one.Status != http.StatusAccepted {
					done = false // its place in the batch is its key: it is asked again
				}
			}
		}
		for _, one := range answer.Data {
			for _, m := range one.Taken.Messages {
				acknowledged[strings.TrimPrefix(m.ID, "msg_")] = true
			}
		}
	}
	return acknowledged, nil
}

// sending begins to send n messages, and is back when a tenth of them has arrived. What it
// returns waits until all were acknowledged.
func (f *fleet) sending(n int, l *ledger) func() (map[string]bool, error) {
	var acknowledged map[string]bool
	sent := make(chan error, 1)
	go func() {
		var err error
		acknowledged, err = f.send(n, func(int) {})
		sent <- err
	}()
	for l.count() < n/10 && f.ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	return func() (map[string]bool, error) {
		err := <-sent
		return acknowledged, err
	}
}

// database makes one of either sort.
func (c *chaos) database(onPostgres bool) (string, error) {
	if onPostgres {
		return c.postgres.database(c.ctx)
	}
	return "sqlite:" + filepath.Join(c.dir, fmt.Sprintf("chaos%d.db", time.Now().UnixNano())), nil
}

// ended counts how messages stand, by status.
func (c *chaos) ended(url string) (map[string]int, error) {
	driver, address := "pgx", url
	if file, is := strings.CutPrefix(url, "sqlite:"); is {
		driver, address = "sqlite", file
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.QueryContext(c.ctx, "SELECT q.status, count(*) FROM queue q LEFT JOIN windows w ON w.site = q.site AND w.id = q.window_id WHERE w.digest_id IS NULL OR w.digest_id = '' GROUP BY q.status")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	counts := map[string]int{}
	for rows.Next() {
		var status string
		var n int
		if err := rows.Scan(&status, &n); err != nil {
			return nil, err
		}
		counts[status] = n
	}
	return counts, rows.Err()
}

// come waits until nothing is under way any more.
func (c *chaos) come(url string) (counts map[string]int, err error) {
	for until := time.Now().Add(3 * time.Minute); time.Now().Before(until); time.Sleep(200 * time.Millisecond) {
		if counts, err = c.ended(url); err != nil {
			continue // a lock, or a server that comes back
		}
		if counts["pending"]+counts["sending"]+counts["rate_limited"]+counts["deferred"] == 0 {
			return counts, nil
		}
	}
	return counts, errors.Join(fmt.Errorf("after three minutes messages are still under way: %v", counts), err)
}
