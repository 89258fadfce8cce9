package cli

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/request"
	"notifier/store/storetest"
)

// TestTheOutboxUnderKills: an application writes messages in transactions of its own while
// the service is killed again and again. Each that was committed is taken in exactly once,
// none that was rolled back, and one that is written while the service runs leaves at once.
func TestTheOutboxUnderKills(t *testing.T) {
	t.Parallel()
	const n, kills = 300, 4
	url := storetest.URL(t, "postgres")
	s := storetest.Open(t, url)
	if err := s.AddSite(t.Context(), "default", "UTC", time.Now()); err != nil {
		t.Fatal(err)
	}
	relay, err := mailtest.Start(mailtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = relay.Close() })
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	write := func(i int, commit bool) {
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		m := message.Draft{Reference: fmt.Sprint("order-", i), To: []message.Recipient{message.ParseRecipient("anna@example.org")}, Subject: "Ordered", Text: "x"}
		written, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec("INSERT INTO outbox (site, id, what, key, request, written_at) VALUES ('default', $1, $2, '', $3, $4)",
			message.NewID(request.PostedIDs), request.PostedMessage, string(written), time.Now()); err != nil {
			t.Fatal(err)
		}
		if commit {
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
		}
	}
	running := startService(t, url, relay.Addr())
	for i := range n {
		write(i, i%3 != 2)
		if i%(n/kills) == n/kills-1 {
			patiently(t, "something taken in", func() bool {
				all, err := s.Messages(t.Context(), "default", message.Filter{Limit: 1})
				return err == nil && len(all) > 0
			})
			running.kill()
			running = startService(t, url, relay.Addr())
		}
	}
	patiently(t, "an empty outbox", func() bool {
		left, err := s.PostedOf(t.Context(), "default", "", 1)
		return err == nil && len(left) == 0
	})
	all, err := s.Messages(t.Context(), "default", message.Filter{Limit: 10 * n})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, m := range all {
		if seen[m.Reference] {
			t.Errorf("%s was taken in twice", m.Reference)
		}
		seen[m.Reference] = true
	}
	if len(seen) != n*2/3 {
		t.Errorf("%d of %d messages were taken in", len(seen), n*2/3)
	}
	patiently(t, "all sent", allSent(t, s, n*2/3))
	running.stop()
}
