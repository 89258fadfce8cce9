package service

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"notifier/store"
)

// TestTheDatabaseIsItsOwners is S6: the files of SQLite are for their owner alone, new ones
// and those that were not.
func TestTheDatabaseIsItsOwners(t *testing.T) {
	for name, before := range map[string]os.FileMode{"new": 0, "old": 0o644} {
		file := filepath.Join(t.TempDir(), "notifier.db")
		if before != 0 {
			if err := os.WriteFile(file, nil, before); err != nil {
				t.Fatal(err)
			}
		}
		s, err := store.Open(t.Context(), store.Settings{URL: "sqlite:" + file}, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, suffix := range []string{"", "-wal", "-shm"} {
			info, err := os.Stat(file + suffix)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("S6: %s: %s has the mode %s", name, suffix, info.Mode())
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestMetricsNeedAKey is S6: on the port of pages and API nobody reads of sites without one.
func TestMetricsNeedAKey(t *testing.T) {
	for listen, want := range map[string]map[string]int{
		"127.0.0.1:9025": {"": http.StatusNotFound, "first": http.StatusNotFound},
		"":               {"": http.StatusUnauthorized, "first": http.StatusOK},
	} {
		h := openLinkHouse(t)
		h.config.HTTP.MetricsListen = listen
		door := h.handler(nil)
		for key, status := range want {
			r := httptest.NewRequest("GET", "/metrics", nil)
			r.Header.Set("Authorization", "Bearer "+key)
			w := httptest.NewRecorder()
			door.ServeHTTP(w, r)
			if w.Code != status || status != http.StatusOK && strings.Contains(w.Body.String(), `site="`) {
				t.Errorf("S6: /metrics with metrics_listen %q and the key %q: %d", listen, key, w.Code)
			}
		}
	}
}
