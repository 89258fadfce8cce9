package notifications_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"go.uber.org/zap"

	"notifier/jobs/notifications"
	"notifier/letter"
	"notifier/mail"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
	"notifier/webhook"
)

// bare is a queue that keeps no attempts and knows no suppressions.
type bare struct{ *store.Store }

func (b bare) Settle(ctx context.Context, outcomes []message.Outcome) (int, error) {
	for i := range outcomes {
		outcomes[i].Attempt, outcomes[i].Bounces = nil, nil
	}
	return b.Store.Settle(ctx, outcomes)
}

func (bare) Suppressed(context.Context, string, []string) (map[string]message.Suppression, error) {
	return nil, nil
}

// BenchmarkFlush is "bare" without attempts, suppressions, budgets and webhooks, "whole" with
// all but the last, and "told" with a webhook that hears of every mail, too. The rates must
// not fall below 0.7 of that of bare; a mail must not cost more than 1.5 kB of WAL, to which
// a callback adds what is a message of its own.
func BenchmarkFlush(b *testing.B) {
	const n = 3000
	for _, database := range []string{"sqlite", "postgres"} {
		for _, has := range []string{"bare", "whole", "told"} {
			b.Run(database+"/"+has, func(b *testing.B) {
				url := storetest.URL(b, database)
				s := storetest.Open(b, url)
				if err := s.AddSite(b.Context(), site, "UTC", noon); err != nil {
					b.Fatal(err)
				}
				r, err := mailtest.Start(mailtest.Options{})
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() { r.Close() })
				c, err := mail.New(mail.Settings{Host: "127.0.0.1", Port: r.Port(), From: message.Address{Email: "workflow@example.org"}, Connections: 4}, nil)
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() { c.Close() })
				account := &notifications.Account{Name: "default", Courier: c, From: "workflow@example.org"}
				var q Queue = bare{s}
				var o notifications.Options
				if has != "bare" {
					q = s
					much := message.Limits{Second: 1 << 30, Day: 1 << 30}
					account.Budgets = much.Budgets(site, message.PerAccount, "default")
					o.Limits = notifications.Limits{Site: much, Domain: much}
				}
				if has == "told" {
					e := webhook.Endpoint{ID: message.NewID(webhook.EndpointIDs), Site: site, URL: "http://127.0.0.1:1/", Naming: webhook.Standard, Events: []string{"message.sent", "message.error"}, CreatedAt: noon, UpdatedAt: noon}
					if err := s.SaveWebhook(b.Context(), e); err != nil {
						b.Fatal(err)
					}
				}
				j := notifications.New(q, notifications.Only(account), letter.Writer{}, o, zap.NewNop())
				var wal int64
				for b.Loop() {
					b.StopTimer()
					if _, err := s.Accept(b.Context(), noon, request.Tray{Site: site, Messages: many(n, noon)}); err != nil {
						b.Fatal(err)
					}
					before := written(b, database, url)
					b.StartTimer()
					if counts, err := j.Run(context.Background(), noon.Add(time.Hour)); err != nil || counts["accept"] != n {
						b.Fatal(counts, err)
					}
					b.StopTimer()
					wal += written(b, database, url) - before
					b.StartTimer()
				}
				b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "mails/s")
				if database == "postgres" {
					b.ReportMetric(float64(wal)/float64(b.N*n), "WAL-B/mail")
				}
			})
		}
	}
}

// written is how much WAL a Postgres has written, in bytes.
func written(b testing.TB, database, url string) (n int64) {
	b.Helper()
	if database != "postgres" {
		return 0
	}
	db, err := sql.Open("pgx", url)
	if err == nil {
		defer db.Close()
		err = db.QueryRow("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint").Scan(&n)
	}
	if err != nil {
		b.Fatal(fmt.Errorf("read the WAL's position: %w", err))
	}
	return n
}
