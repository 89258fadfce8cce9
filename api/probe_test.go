package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"strings"
	"testing"
	"fmt"

	"go.uber.org/zap"

	"notifier/api"
	"notifier/intake"
	"notifier/jobs"
	"notifier/preferences"
	"notifier/deadlines"
	"notifier/schedule"
	"notifier/store"
	"notifier/store/storetest"
	"time"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestProbe(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tt, _ := jobs.New(s, jobs.Options{Replica: "r1"}, zap.NewNop())
		tt.Plan(jobs.Plan{Name: "notifications", Spec: schedule.Spec{Every: "3m"}, Wake: true, Everywhere: true, Work: func(context.Context, time.Time) (map[string]int, error) { return nil, nil }})
		if err := tt.Start(context.Background()); err != nil { t.Fatal(err) }
		defer tt.Stop()
		d := intake.New(s, intake.Options{Catalog: preferences.DefaultCatalog(), Domain: "example.org", Calendar: func(string) deadlines.Calendar { return deadlines.Calendar{} }})
		log, _ := zap.NewDevelopment()
		h := api.Handler(d, s, tt, api.Options{Site: "default", Key: "k", Version: "v"}, log)
		srv := httptest.NewServer(h)
		defer srv.Close()
		out, _ := os.Create("/tmp/probe/" + strings.ReplaceAll(t.Name(), "/", "_"))
		defer out.Close()
		do := func(method, path, body string, hdr ...string) {
			r, err := http.NewRequest(method, srv.URL+path, strings.NewReader(body))
			if err != nil { fmt.Fprintln(out, "ERR", err); return }
			r.Header.Set("Authorization", "Bearer k")
			for i := 0; i < len(hdr); i += 2 { r.Header.Set(hdr[i], hdr[i+1]) }
			if r.Host, _ = "", 0; r.Header.Get("Host") != "" { r.Host = r.Header.Get("Host") }
			res, err := http.DefaultClient.Do(r)
			if err != nil { fmt.Fprintln(out, "ERR", err); return }
			b, _ := httputil.DumpResponse(res, len(path) < 400)
			if len(b) > 3000 && !strings.Contains(path, "openapi") { b = b[:3000] }
			fmt.Fprintf(out, "--- %s %q %.200q %q\n%s\n", method, path, body, hdr, b)
		}
		do("GET", "/api/openapi.json", "")
		do("PUT", "/api/v1/users/anna", `{"email":"anna@example.org","timezone":"Europe/Warsaw"}`, "Content-Type", "application/x-www-form-urlencoded")
		do("PUT", "/api/v1/users/anna", `{"email":"anna@example.org","timezone":"Europe/Warsaw"}`)
		do("PUT", "/api/v1/users/anna", ``)
		do("PUT", "/api/v1/users/anna", `null`)
		do("PUT", "/api/v1/users/anna", `{"email":}`)
		do("GET", "/api/v1/users/%00", ``)
		do("GET", "/api/v1/users/%ff", ``)
		do("GET", "/api/v1/messages/%00", ``)
		do("GET", "/api/v1/messages?user=%00", ``)
		do("GET", "/api/v1/messages?cursor=abc", ``)
		do("GET", "/api/v1/messages?limit=1000&foo=bar", ``)
		do("GET", "/api/v1/messages?status=foo", ``)
		do("GET", "/api/v1/messages?limit=x", ``)
		do("POST", "/api/v1/events", `{"kind":"case_changed","users":["a\u0000b"]}`)
		do("POST", "/api/v1/events", `{"kind":"case_changed","users":["anna"],"occurred_at":"0001-01-01T00:00:00Z"}`)
		do("POST", "/api/v1/events", `{"kind":"case_changed","users":["anna"],"occurred_at":"0000-01-01T00:00:00Z"}`)
		do("POST", "/api/v1/events", `{"kind":"case_changed","users":["anna"],"occurred_at":"1900-01-01T00:00:00Z"}`, "Idempotency-Key", "a")
		do("POST", "/api/v1/events", `{"kind":"case_changed","users":["anna"],"occurred_at":"1900-01-01T00:00:00Z"}`, "Idempotency-Key", "a")
		do("POST", "/api/v1/events", `{"kind":"case_changed","users":["anna"]}`, "Idempotency-Key", "\xff")
		do("POST", "/api/v1/events", `{"kind":"case_changed","users":["anna"]}`, "Idempotency-Key", strings.Repeat("x", 300))
		do("POST", "/api/v1/jobs/notifications/pause", ``)
		do("POST", "/api/v1/jobs/notifications/pause", `{x`)
		do("POST", "/api/v1/jobs/notifications/pause", `{"note":"x\ny"}`)
		do("POST", "/api/v1/jobs/nope/pause", ``)
		do("POST", "/api/v1/jobs/notifications/run", ``)
		do("GET", "/api/v1/jobs/notifications", ``)
		do("PUT", "/api/v1/deadlines/OFA%2F2026%2F1181:step-4", `{"users":["anna"],"due_at":"2030-01-01T00:00:00Z","remind_before":["72h"]}`)
		do("GET", "/api/v1/deadlines/OFA%2F2026%2F1181:step-4", ``)
		do("GET", "/api/v1/deadlines", ``)
		do("DELETE", "/api/v1/deadlines/OFA%2F2026%2F1181:step-4", ``)
		do("PUT", "/api/v1/deadlines/%2e%2e", `{"users":["anna"],"due_at":"2030-01-01T00:00:00Z","remind_before":["72h"]}`)
		do("PUT", "/api/v1/deadlines/a%0ab", `{"users":["anna"],"due_at":"2030-01-01T00:00:00Z","remind_before":["72h"]}`)
		do("HEAD", "/api/v1/jobs", ``)
		do("OPTIONS", "/api/v1/jobs", ``)
		do("PUT", "/api/v1/jobs", ``)
		do("GET", "/api/v1/nope", ``)
		do("GET", "/api/nope", ``)
		do("GET", "/nope", ``)
		do("POST", "/healthz", ``)
		do("GET", "/metrics", ``)
		do("GET", "/readyz", ``)
		do("GET", "/api/v1//jobs", ``)
		do("GET", "/api/v1/jobs/", ``)
		do("PATCH", "/api/v1/jobs/notifications", `{"every":"3"}`)
		do("POST", "/api/v1/messages", `{"to":["a@b.c"],"subject":"x","text":"t"}`, "Content-Type", "multipart/form-data")
		do("POST", "/api/v1/messages", `{"to":["a@b.c"],"subject":"x","text":"t","expires_at":"0001-01-01T00:00:00Z"}`)
		do("POST", "/api/v1/messages", `{"to":["a@b.c"],"subject":"x","text":"t","send_at":"9999-12-31T23:59:59Z"}`)
		do("POST", "/api/v1/messages", strings.Repeat(" ", 4<<20))
		do("POST", "/api/v1/messages/msg_x/cancel", "")
		s.Close()
		do("GET", "/api/v1/jobs", ``)
		do("GET", "/readyz", ``)
		do("POST", "/api/v1/events", `{"kind":"case_changed","users":["anna"]}`)
	})
}
