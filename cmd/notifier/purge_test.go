package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/message"
	"notifier/settings"
)

// TestASiteKeepsItsMessagesAsLongAsItSays: TE-16, by age and by site.
func TestASiteKeepsItsMessagesAsLongAsItSays(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "config.yaml")
	content := "database: { url: \"sqlite:" + filepath.Join(dir, "n.db") + "\" }\nretention: { days: 30 }\nsites: { acme: { retention: { days: 90 } } }\n"
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := settings.Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	h, err := open(t.Context(), c, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.close(); err != nil {
			t.Error(err)
		}
	})
	if err := h.migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	sent := map[string]message.ID{}
	for _, site := range []string{"default", "acme"} {
		m := message.Message{
			ID: message.NewID(message.MessageIDs), Site: site, Type: message.Direct, Subject: "x", Text: "y", Domain: "example.org",
			CreatedAt: time.Now(), UpdatedAt: time.Now(), Status: message.Skipped, Reason: message.NoAddress,
		}
		if _, err := h.store.Accept(t.Context(), time.Now(), message.Tray{Site: site, Messages: []message.Message{m}}); err != nil {
			t.Fatal(err)
		}
		sent[site] = m.ID
	}
	there := func(site string) bool {
		_, err := h.store.Message(t.Context(), site, sent[site])
		if err != nil && !errors.Is(err, message.ErrNotFound) {
			t.Fatal(err)
		}
		return err == nil
	}
	for _, row := range []struct {
		days          int
		default_, own bool
	}{{29, true, true}, {31, false, true}, {89, false, true}, {91, false, false}} {
		if _, err := h.housekeep(t.Context(), time.Now().Add(time.Duration(row.days)*24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if there("default") != row.default_ || there("acme") != row.own {
			t.Errorf("after %d days: default %v, acme %v", row.days, there("default"), there("acme"))
		}
	}
}
