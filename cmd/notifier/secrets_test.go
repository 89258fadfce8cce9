package main

import (
	"bytes"
	"encoding/base64"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"notifier/doctor"
	"notifier/health"
	"notifier/jobs/callbacks"
	"notifier/links"
	"notifier/message"
	"notifier/preferences"
	"notifier/store"
	"notifier/store/storetest"
	"notifier/webhook"
)

// aKey is a value for secrets.key.
func aKey(fill string) string {
	return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte(fill), 32))
}

// keyHouse is the service with that secrets.key, as it is after a start.
func keyHouse(t *testing.T, url string, log *zap.Logger, settings ...string) *house {
	t.Helper()
	c, err := loadConfig(os.DevNull, append(settings, "NOTIFIER_DATABASE__URL="+url, "NOTIFIER_CALLBACKS__ALLOW=127.0.0.1/32", "NOTIFIER_HTTP__KEY=first"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := open(t.Context(), c, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.close() })
	if err := h.migrate(t.Context()); err != nil {
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

func (h *house) sealOne(t *testing.T) message.ID {
	t.Helper()
	e, _, err := h.webhooks.Create(t.Context(), message.Call{Site: "default", At: time.Now()}, webhook.Endpoint{URL: "http://127.0.0.1:9/"}, "")
	if err != nil {
		t.Fatal(err)
	}
	return e.ID
}

func (h *house) ready(t *testing.T) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.handler(nil).ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
	return w.Code, w.Body.String()
}

// TestAKeyThatDoesNotFitIsTold is S4: by /readyz, the log and doctor.
func TestAKeyThatDoesNotFitIsTold(t *testing.T) {
	const a, b = "A", "B"
	onBoth(t, func(t *testing.T, url string) {
		first := keyHouse(t, url, zap.NewNop(), "NOTIFIER_SECRETS__KEY="+aKey(a))
		first.sealOne(t)
		if code, said := first.ready(t); code != 200 || strings.Contains(said, health.KeyUnfit) {
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
			if code, said := other.ready(t); code != 503 || !strings.Contains(said, "secrets.key does not open") {
				t.Errorf("S4: with %s /readyz is %d %s", c.name, code, said)
			}
			if lines := logged.FilterField(zap.String("condition", health.KeyUnfit)).Len(); lines != 1 {
				t.Errorf("S4: with %s the log has %d lines", c.name, lines)
			}
			e := examination{config: other.config}
			e.secrets(t.Context(), other.store)
			if len(e.found) != 1 || e.found[0].Verdict != doctor.Failed {
				t.Errorf("S4: with %s doctor says %+v", c.name, e.found)
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

// runs does a command of the program on the database with these settings.
func runs(t *testing.T, h *house, arguments ...string) (string, error) {
	t.Helper()
	for _, set := range [][2]string{{"DATABASE__URL", h.config.Database.URL}, {"SECRETS__KEY", h.config.Secrets.Key}, {"SECRETS__PREVIOUS_KEY", h.config.Secrets.PreviousKey}} {
		before, had := os.LookupEnv("NOTIFIER_" + set[0])
		if err := os.Setenv("NOTIFIER_"+set[0], set[1]); err != nil {
			t.Fatal(err)
		}
		defer func() {
			_ = os.Unsetenv("NOTIFIER_" + set[0])
			if had {
				_ = os.Setenv("NOTIFIER_"+set[0], before)
			}
		}()
	}
	var out bytes.Buffer
	root := rootCommand()
	root.SetOut(&out)
	root.SetArgs(append([]string{"-c", os.DevNull}, arguments...))
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

// opens tells how the service answers a link.
func (h *house) opens(t *testing.T, link string) int {
	t.Helper()
	w := httptest.NewRecorder()
	h.handler(nil).ServeHTTP(w, httptest.NewRequest("GET", strings.TrimPrefix(link, "https://notify.example.org"), nil))
	return w.Code
}

// link is one as mails have it.
func (h *house) link() string { return h.linkDoor().Choose("default", "anna", time.Now()) }

// TestSecretsRotate is S4: after a change of secrets.key links that left stay good, new ones are good,
// and what webhooks are told is signed by the same secrets.
func TestSecretsRotate(t *testing.T) {
	const public = "NOTIFIER_HTTP__PUBLIC_URL=https://notify.example.org"
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) { // not side by side: the command reads the environment
			url := storetest.URL(t, database)
			a, b := "NOTIFIER_SECRETS__KEY="+aKey("A"), "NOTIFIER_SECRETS__KEY="+aKey("B")
			first := keyHouse(t, url, zap.NewNop(), public, a)
			if err := first.store.SaveUser(t.Context(), message.Call{Site: "default", At: time.Now()}, preferences.User{ID: "anna", Email: "anna@example.org"}, func(m message.Message) message.Message { return m }); err != nil {
				t.Fatal(err)
			}
			first.sealOne(t)
			old := first.link()
			forged := links.Door{Key: links.NewKey(links.Derive(bytes.Repeat([]byte("A"), 32))), Base: "https://notify.example.org"}.Choose("default", "anna", time.Now())
			if code, other := first.opens(t, old), first.opens(t, forged); code != 200 || other == 200 {
				t.Fatalf("a link is %d; one made of secrets.key alone is %d: on a new installation it opens nothing", code, other)
			}
			lost := keyHouse(t, url, zap.NewNop(), public, b)
			if all := lost.health.Conditions(t.Context()); len(all) != 1 || all[0].Value != "webhooks 1/1, links 1/1" || lost.opens(t, old) == 200 || lost.opens(t, lost.link()) != 200 {
				t.Errorf("S4: with a key that is neither: %+v", all)
			}
			if _, err := runs(t, lost, "secrets", "rotate"); err == nil || !strings.Contains(err.Error(), "neither key opens") {
				t.Errorf("S4: rotate with a key that is neither: %v", err)
			}
			second := keyHouse(t, url, zap.NewNop(), public, b, "NOTIFIER_SECRETS__PREVIOUS_KEY="+aKey("A"))
			if all := second.health.Conditions(t.Context()); len(all) != 0 || second.opens(t, old) != 200 {
				t.Errorf("S4: with the key before beside it: %+v", all)
			}
			if said, err := runs(t, second, "secrets", "rotate", "--dry-run"); err != nil || said != "Would be sealed anew: 1 webhook, 1 key of links. Nothing was done.\n" {
				t.Errorf("dry: %q, %v", said, err)
			}
			var wait sync.WaitGroup // two replicas at once
			for range 2 {
				wait.Go(func() {
					if err := (&rotation{signing: second.config.signing(second.store)}).run(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			wait.Wait()
			if said, err := runs(t, second, "secrets", "rotate"); err != nil || said != "Sealed anew: 0 webhooks, 0 keys of links.\n" {
				t.Errorf("again: %q, %v", said, err)
			}
			if kept, err := second.store.SigningKeys(t.Context(), forLinks); err != nil || len(kept) != 2 {
				t.Errorf("%d keys of links are kept (%v), want the one before and one new", len(kept), err)
			}
			third := keyHouse(t, url, zap.NewNop(), public, b)
			fresh := third.link()
			if all := third.health.Conditions(t.Context()); len(all) != 0 || third.opens(t, old) != 200 || third.opens(t, fresh) != 200 {
				t.Errorf("S4: after the rotation: %+v, the old link is %d, a new one %d", all, third.opens(t, old), third.opens(t, fresh))
			}
			for until := time.Now().Add(10 * time.Second); second.opens(t, fresh) != 200; time.Sleep(20 * time.Millisecond) { // it looks once a second
				if time.Now().After(until) {
					t.Fatal("S4: a replica that was there before refuses a new link")
				}
			}
			e, err := third.store.Webhooks(t.Context(), "default")
			if err != nil || len(e) != 1 {
				t.Fatal(err)
			}
			before, _ := first.config.vault().Open(e[0].Secrets[0], callbacks.Owner(e[0]))
			if now, err := third.config.vault().Open(e[0].Secrets[0], callbacks.Owner(e[0])); err != nil || now == "" || before != "" {
				t.Errorf("the secret of the webhook: %v; the key before opens it: %t", err, before != "")
			}
			gone := keyHouse(t, url, zap.NewNop(), public, a)
			if said, err := runs(t, gone, "secrets", "rotate", "--give-up"); err == nil || !strings.Contains(said, "Given up: 2 keys of links.") || gone.ring.Refresh(t.Context()) != nil || gone.opens(t, gone.link()) != 200 {
				t.Errorf("without the key: %q, %v", said, err)
			}
		})
	}
}

// TestLinksOfBeforeStayGood is S4: an installation whose links were signed by a key derived from
// secrets.key keeps that key, so that it survives a change of it.
func TestLinksOfBeforeStayGood(t *testing.T) {
	const public = "NOTIFIER_HTTP__PUBLIC_URL=https://notify.example.org"
	onBoth(t, func(t *testing.T, url string) {
		s := storetest.Open(t, url)
		if _, err := s.AddSigningKey(t.Context(), store.SigningKey{Purpose: forLinks}); err != nil { // as the migration does where there are people
			t.Fatal(err)
		}
		first := keyHouse(t, url, zap.NewNop(), public, "NOTIFIER_SECRETS__KEY="+aKey("A"))
		old := links.Door{Key: links.NewKey(links.Derive(bytes.Repeat([]byte("A"), 32))), Base: "https://notify.example.org"}.Choose("default", "anna", time.Now())
		second := keyHouse(t, url, zap.NewNop(), public, "NOTIFIER_SECRETS__KEY="+aKey("B"), "NOTIFIER_SECRETS__PREVIOUS_KEY="+aKey("A"))
		if err := (&rotation{signing: second.config.signing(second.store)}).run(t.Context()); err != nil {
			t.Fatal(err)
		}
		third := keyHouse(t, url, zap.NewNop(), public, "NOTIFIER_SECRETS__KEY="+aKey("B"))
		for name, h := range map[string]*house{"before": first, "while": second, "after": third} {
			if _, err := h.linkDoor().Key.Read(strings.TrimPrefix(old, "https://notify.example.org/p/"), time.Now(), links.Choose); err != nil {
				t.Errorf("S4: a link of before, %s the rotation: %v", name, err)
			}
		}
	})
}
