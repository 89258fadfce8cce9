package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"notifier/message"
	"notifier/request"
	"os"
	"os/exec"
	"strings"
	"time"
)

// listed are the lists of the console, with what people look for in them.
var listed = []string{
	"/", "/messages", "/messages?before=msg_", "/messages?q=status:error", "/messages?q=status:pending", "/messages?q=status:sent", "/messages?q=status:deferred",
	"/messages?q=type:digest", "/messages?q=type:deadline", "/messages?q=since:24h", "/messages?q=user:u77", "/messages?q=to:user77@example.net",
	"/messages?q=kind:case_changed", "/messages?q=case:C-7", "/messages?q=status:error+since:24h+code:552", "/messages?q=status:sent+user:u77", "/messages?q=text:nothing+since:7d",
	"/deferred", "/errors", "/reminders", "/people", "/people/u77", "/audit", "/jobs", "/accounts", "/keys", "/webhooks",
}

// slowest is how long a list may take at a million messages, in milliseconds of the
// program and its database.
const slowest = 50

// pages is how long the console's lists take however much there is.
func pages(m *machine) (*table, error) {
	n := m.n(1_000_000)
	t := newTable(fmt.Sprintf("Pages: the console's lists with %d messages", n), "ms")
	database, err := m.postgres.database(m.ctx)
	if err != nil {
		return nil, err
	}
	if err := m.history(database, n); err != nil {
		return nil, err
	}
	add := exec.CommandContext(m.ctx, m.notifier, "staff", "add", "admin@example.net", "--role", "admin", "--password-file", "-")
	add.Dir, add.Env, add.Stdin = m.dir, append(add.Environ(), m.environment(database, m.sink.port)...), strings.NewReader(password+"\n")
	if out, err := add.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("staff add: %w\n%s", err, out)
	}
	// Nothing is to leave meanwhile: what is pending is to be looked at.
	s, err := m.serve(database, "NOTIFIER_JOBS__NOTIFICATIONS__WAKE=false", "NOTIFIER_JOBS__NOTIFICATIONS__EVERY=168h", "NOTIFIER_JOBS__USER_NOTIFICATIONS__EVERY=168h", "NOTIFIER_JOBS__REMINDERS__EVERY=168h")
	if err != nil {
		return nil, err
	}
	defer s.stop()
	client, err := signIn(s.url)
	if err != nil {
		return nil, err
	}
	for round := range m.rounds + 1 {
		for _, path := range listed {
			begun := time.Now()
			if err := get(client, s.url+path); err != nil {
				return nil, err
			}
			took := time.Since(begun)
			time.Sleep(time.Until(begun.Add(500 * time.Millisecond))) // the numbers beside the menu are kept for less
			if round > 0 {                                            // the first finds nothing in memory
				t.add(path, measure{Rate: float64(took.Microseconds()) / 1000})
			}
		}
	}
	for _, path := range listed {
		t.Bounds = append(t.Bounds, atMost(slowest, "median in ms", path, rate))
	}
	if m.statements {
		if err := m.postgres.statements(m.ctx, os.Stdout, database); err != nil {
			return nil, err
		}
	}
	return t, m.postgres.drop(m.ctx, database)
}

const password = "a long one for the bench"

// signIn is a browser of somebody who may see everything.
func signIn(base string) (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Jar: jar}
	answer, err := client.PostForm(base+"/login", url.Values{"email": {"admin@example.net"}, "password": {password}})
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.Request.URL.Path == "/login" {
		return nil, errors.New("the console lets nobody in")
	}
	return client, nil
}

func get(client *http.Client, page string) error {
	answer, err := client.Get(page)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	if err == nil && (answer.StatusCode != http.StatusOK || answer.Request.URL.Path == "/login") {
		err = fmt.Errorf("%s: %s at %s", page, answer.Status, answer.Request.URL)
	}
	return err
}

// history fills a database as a year does: most was sent, some waits, some failed.
func (m *machine) history(database string, n int) error {
	s, err := m.open(database)
	if err != nil {
		return err
	}
	defer s.Close()
	now := time.Now().UTC().Truncate(time.Microsecond)
	begun := now.AddDate(-1, 0, 0)
	each := now.Sub(begun) / time.Duration(n+1)
	text := body(300)
	for from := 0; from < n; from += 1000 {
		var all []message.Message
		for i := from; i < min(from+1000, n); i++ {
			all = append(all, past(i, n, text, begun.Add(time.Duration(i)*each)))
		}
		if _, err := s.Accept(m.ctx, now, request.Tray{Site: site, Messages: all}); err != nil {
			return err
		}
	}
	name := database[strings.LastIndex(database, "/")+1:]
	err = m.postgres.exec(m.ctx, name,
		"ALTER TABLE queue SET (autovacuum_enabled = off)",
		fmt.Sprintf(`UPDATE queue SET status = CASE WHEN abs(hashtext(id)) %% 100 = 0 THEN 'error' ELSE 'sent' END, due_at = NULL, claim = 1, attempts = 1, tries = 1, claimed_at = queued_at, changed_at = queued_at,
			error_category = CASE WHEN abs(hashtext(id)) %% 300 = 0 THEN 'address_unknown' WHEN abs(hashtext(id)) %% 100 = 0 THEN 'mailbox_full' ELSE '' END,
			error_code = CASE WHEN abs(hashtext(id)) %% 300 = 0 THEN '550 5.1.1' WHEN abs(hashtext(id)) %% 100 = 0 THEN '552 5.2.2' ELSE '' END
			WHERE site = '%s' AND status = 'pending' AND queued_at < now() - interval '3 days'`, site),
		"ALTER TABLE queue RESET (autovacuum_enabled)",
		fmt.Sprintf("INSERT INTO users (site, id, email, name, phone, timezone, language, preferences, version, updated_at) SELECT '%s', 'u' || i, 'user' || i || '@example.net', 'User ' || i, '', 'UTC', 'en', '{}', 1, now() FROM generate_series(0, %d) i", site, n/10),
		fmt.Sprintf(`INSERT INTO deadlines (site, key, case_id, deadline, due_at, set_at, fired_at, next_at, sequence)
			SELECT '%s', 'd' || i, 'C-' || i, '{}', now() + interval '1 day', now(), now(), CASE WHEN i %% 10 = 0 THEN now() + i * interval '1 second' END, 1 FROM generate_series(1, %d) i`, site, n/10),
		fmt.Sprintf(`INSERT INTO audit (site, id, at, actor, key_id, address, request_id, action, subject, was, became)
			SELECT '%s', 'aud_' || lpad(i::text, 26, '0'), now(), 'admin@example.net', '', '127.0.0.1', '', 'set-user', '/users/u' || i, '', '' FROM generate_series(1, %d) i`, site, n/10))
	if err != nil {
		return err
	}
	return m.postgres.settle(m.ctx, database)
}

// past is a message of that time, and how it stands.
func past(i, n int, text string, at time.Time) message.Message {
	one := queued(i, text, at)
	one.ID = idAt(message.MessageIDs, at, i)
	one.Subject = fmt.Sprintf("C-%d Contract ready", i/7)
	if i%3 > 0 {
		one.Type, one.Kind, one.UserID, one.OccurredAt = message.Single, message.CaseChanged, fmt.Sprintf("u%d", i%(n/10)), at
		one.Case, one.Summary, one.Setting = message.Case{ID: fmt.Sprintf("C-%d", i/7), Title: "Lease", URL: "https://bpm.example.org/c/1"}, "Comment added", "daily 08:00"
	}
	switch {
	case i >= n*98/100 && i%3 > 0: // the last week's
		one.Status, one.Reason, one.DueAt = message.Deferred, message.ByPreference+"daily", time.Now().UTC().Truncate(time.Hour).Add(time.Duration(1+i%48)*time.Hour)
	case i%20 == 1:
		one.ID, one.Type, one.Kind = idAt(message.DigestIDs, at, i), message.Digest, ""
	case i%50 == 2:
		one.Type, one.Kind = message.Reminder, message.Deadline
	}
	return one
}

// idAt is an id that was made at that time.
func idAt(prefix string, at time.Time, i int) message.ID {
	b := message.Earliest(prefix, at).Bytes()
	binary.BigEndian.PutUint32(b[12:], uint32(i))
	b[11] = byte(rand.Uint32())
	return message.IDOf(prefix, b)
}
