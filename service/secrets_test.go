package service

import (
	"bytes"
	"encoding/base64"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"notifier/health"
	"notifier/message"
	"notifier/request"
	"notifier/service/doctor"
	"notifier/settings"
	"notifier/store/storetest"
	"notifier/webhook"
)

// aKey is a value for secrets.key.
func aKey(fill string) string {
	return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte(fill), 32))
}

// keyHouse is the service with that secrets.key, as it is after a start.
func keyHouse(t *testing.T, url string, log *zap.Logger, environment ...string) *Service {
	t.Helper()
	c, err := settings.Load(os.DevNull, append(environment, "NOTIFIER_DATABASE__URL="+url, "NOTIFIER_CALLBACKS__ALLOW=127.0.0.1/32", "NOTIFIER_HTTP__KEY=first"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := Open(t.Context(), c, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	if err := h.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

func onBoth(t *testing.T, test func(t *testing.T, url string)) {
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			test(t, storetest.URL(t, database))
		})
	}
}

func (h *Service) sealOne(t *testing.T) message.ID {
	t.Helper()
	e, _, err := h.webhooks.Create(t.Context(), request.Call{Site: "default", At: time.Now()}, webhook.Endpoint{URL: "http://127.0.0.1:9/"}, "")
	if err != nil {
		t.Fatal(err)
	}
	return e.ID
}

func (h *Service) readyz(t *testing.T) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.handler(nil).ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
	return w.Code, w.Body.String()
}

// S4: what was kept before there was a key is told, and sealed by secrets rotate.
func TestWhatIsNotSealedIsTold(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		keyHouse(t, url, zap.NewNop()).sealOne(t)
		now := keyHouse(t, url, zap.NewNop(), "NOTIFIER_SECRETS__KEY="+aKey("A"))
		told := func() (all []string) {
			for _, f := range findSecrets(t.Context(), now.config, now.store) {
				all = append(all, string(f.Verdict)+" "+f.Says)
			}
			return all
		}
		if all := told(); len(all) != 2 || !strings.Contains(all[0], "secrets of 1 webhook") {
			t.Errorf("S4: doctor says %q", all)
		}
		now.rotates(t, "Sealed anew: secrets of 1 webhook, tokens of 0 accounts, 0 keys of links.")
		if all := told(); len(all) != 1 {
			t.Errorf("S4: after a rotation doctor says %q", all)
		}
	})
}

// TestAKeyThatDoesNotFitIsTold is S4: by /readyz, the log and doctor.
func TestAKeyThatDoesNotFitIsTold(t *testing.T) {
	const a, b = "A", "B"
	onBoth(t, func(t *testing.T, url string) {
		first := keyHouse(t, url, zap.NewNop(), "NOTIFIER_SECRETS__KEY="+aKey(a))
		first.sealOne(t)
		if code, said := first.readyz(t); code != 200 || strings.Contains(said, health.KeyUnfit) {
			t.Fatalf("with the key that fits: %d %s", code, said)
		}
		for _, c := range []struct {
			name     string
			settings []string
		}{
			{"another key", []string{"NOTIFIER_SECRETS__KEY=" + aKey(b)}},
			{"no key", nil},
		} {
			core, logged := observer.New(zapcore.ErrorLevel)
			other := keyHouse(t, url, zap.New(core), c.settings...)
			if code, said := other.readyz(t); code != 503 || !strings.Contains(said, "secrets.key does not open") {
				t.Errorf("S4: with %s /readyz is %d %s", c.name, code, said)
			}
			if lines := logged.FilterField(zap.String("condition", health.KeyUnfit)).Len(); lines != 1 {
				t.Errorf("S4: with %s the log has %d lines", c.name, lines)
			}
			found := findSecrets(t.Context(), other.config, other.store)
			if len(found) != 1 || found[0].Verdict != doctor.Failed {
				t.Errorf("S4: with %s doctor says %+v", c.name, found)
			}
		}
		// One that was left behind is told, and keeps nobody from their work.
		mixed := keyHouse(t, url, zap.NewNop(), "NOTIFIER_SECRETS__KEY="+aKey(b))
		mixed.sealOne(t)
		if all := mixed.health.Conditions(t.Context()); len(all) != 1 || all[0].Blocks || all[0].Value != "webhooks 1/2" {
			t.Errorf("with one of two left behind: %+v", all)
		}
	})
}
