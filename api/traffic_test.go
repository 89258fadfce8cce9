package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"notifier/access"
	"notifier/store"
	"notifier/store/storetest"
)

// TestTrafficPaysForNoKeyAndNoAudit: a message or an event under a key that was made costs
// no statement for the key, a moment after another, and none for the audit.
func TestTrafficPaysForNoKeyAndNoAudit(t *testing.T) {
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			core, log := observer.New(zap.DebugLevel)
			s, err := store.Open(context.Background(), store.Settings{URL: storetest.URL(t, database)}, zap.New(core))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			h := open(t, s)
			h.people("anna")
			_, secret := h.key(access.Send, access.Events)
			for _, row := range []struct{ path, body string }{
				{"/api/v1/messages", `{"to":["anna"],"subject":"x","text":"y"}`},
				{"/api/v1/messages/batch", `[{"to":["anna"],"subject":"x","text":"y"}]`},
				{"/api/v1/events", `{"kind":"case_changed","users":["anna"]}`},
			} {
				free := false // of a look at the key: one in two seconds is paid for
				for try := 0; try < 10 && !free; try++ {
					before := log.FilterMessage("statement").Len()
					h.plain(secret, row.path, row.body)
					free = true
					for _, entry := range log.FilterMessage("statement").All()[before:] {
						statement := entry.ContextMap()["sql"].(string)
						free = free && !strings.Contains(statement, "api_keys")
						if strings.Contains(statement, "audit") {
							t.Errorf("%s pays for the audit: %s", row.path, statement)
						}
					}
				}
				if !free {
					t.Errorf("%s looks at the key each time", row.path)
				}
			}
		})
	}
}

// plain sends a request and looks at nothing but its status: what else tests look at costs
// statements, too.
func (h *house) plain(secret, path, body string) {
	h.Helper()
	r, err := http.NewRequest("POST", h.url+path, strings.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secret)
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		h.Fatal(err)
	}
	a.Body.Close()
	if a.StatusCode >= 300 {
		h.Fatalf("POST %s = %d", path, a.StatusCode)
	}
}
