package service

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/health"
	"notifier/jobs/callbacks"
	"notifier/links"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
	"notifier/webhook"
)

const publicURL = "https://notify.example.org"

// keyed is the service with secrets.key and secrets.previous_key; an empty one is not set.
func keyed(t *testing.T, url, key, previous string) *Service {
	t.Helper()
	settings := []string{"NOTIFIER_HTTP__PUBLIC_URL=" + publicURL, "NOTIFIER_SECRETS__KEY=" + aKey(key)}
	if previous != "" {
		settings = append(settings, "NOTIFIER_SECRETS__PREVIOUS_KEY="+aKey(previous))
	}
	return keyHouse(t, url, zap.NewNop(), settings...)
}

// grantName is what the tokens of the tests are kept under.
const grantName = "of the tests"

// sealed is an installation with a person, a webhook, and an account with tokens.
func (h *Service) sealed(t *testing.T) *Service {
	t.Helper()
	call := request.Call{Site: "default", At: time.Now()}
	if err := h.store.SaveUser(t.Context(), call, preferences.User{ID: "anna", Email: "anna@example.org"}, func(m message.Message) message.Message { return m }); err != nil {
		t.Fatal(err)
	}
	h.sealOne(t)
	if _, err := GrantsOf(h.config, h.store).Save(t.Context(), grantName, message.Grant{Account: "smtp", Refresh: "refresh", Access: "access"}); err != nil {
		t.Fatal(err)
	}
	return h
}

// command is notifier with these words, on the database and with the keys of the service.
func (h *Service) command(ctx context.Context, t *testing.T, words ...string) *exec.Cmd {
	t.Helper()
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(ctx, file, append([]string{"-c", os.DevNull}, words...)...)
	c.Env = append(os.Environ(), "NOTIFIER_DATABASE__URL="+h.config.Database.URL, "NOTIFIER_SECRETS__KEY="+h.config.Secrets.Key,
		"NOTIFIER_SECRETS__PREVIOUS_KEY="+h.config.Secrets.PreviousKey)
	return c
}

func (h *Service) runs(t *testing.T, words ...string) (string, error) {
	t.Helper()
	out, err := h.command(t.Context(), t, words...).CombinedOutput()
	return string(out), err
}

// rotates expects what secrets rotate says.
func (h *Service) rotates(t *testing.T, want string, words ...string) {
	t.Helper()
	said, err := h.runs(t, append([]string{"secrets", "rotate"}, words...)...)
	if said != want+"\n" || err != nil {
		t.Errorf("S4: secrets rotate says %q, %v, want %q", said, err, want)
	}
}

// opens tells how the service answers a link.
func (h *Service) opens(link string) error {
	_, err := h.linkDoor().Key.Read(strings.TrimPrefix(link, publicURL+"/p/"), time.Now(), links.Choose)
	return err
}

// link is one as mails have it.
func (h *Service) link() string { return h.linkDoor().Choose("default", "anna", time.Now()) }

// knows fails unless the service opens all that is sealed, and these links.
func (h *Service) knows(t *testing.T, when string, all ...string) {
	t.Helper()
	if told := h.health.Conditions(t.Context()); len(told) > 0 {
		t.Errorf("S4: %s: %+v", when, told)
	}
	g, err := GrantsOf(h.config, h.store).Load(t.Context(), grantName)
	if err != nil || g.Refresh != "refresh" || g.Access != "access" {
		t.Errorf("S4: %s the tokens of the account are %+v, %v", when, g, err)
	}
	endpoints, err := h.store.Webhooks(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range endpoints {
		if secret, err := h.config.Vault().Open(e.Secrets[0], callbacks.Owner(e)); err != nil || secret == "" {
			t.Errorf("S4: %s the secret of a webhook: %v", when, err)
		}
	}
	for i, link := range append(all, h.link()) {
		if err := h.opens(link); err != nil {
			t.Errorf("S4: %s link %d: %v", when, i, err)
		}
	}
}

// TestSecretsRotate is S4: after a change of secrets.key links that left stay good, new ones are good,
// what webhooks are told is signed by the same secrets, and accounts log in with the same tokens. Twice.
func TestSecretsRotate(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		first := keyed(t, url, "A", "").sealed(t)
		left := []string{first.link()}
		forged := links.Door{Key: links.NewKey(links.Derive(bytes.Repeat([]byte("A"), 32))), Base: publicURL}.Choose("default", "anna", time.Now())
		if first.opens(forged) == nil {
			t.Error("S4: on a new installation secrets.key alone makes links")
		}
		for _, keys := range []string{"BA", "CB"} {
			key, previous := keys[:1], keys[1:]
			second := keyed(t, url, key, previous)
			second.knows(t, "with the key before beside it", left...)
			second.rotates(t, fmt.Sprintf("Would be sealed anew: secrets of 1 webhook, tokens of 1 account, %d key%s of links. Nothing was done.", len(left), "s"[len(left)%2:]), "--dry-run")
			if said, err := second.runs(t, "doctor", "--json"); !strings.Contains(said, "secrets.previous_key is still needed") {
				t.Errorf("S4: doctor says %s (%v)", said, err)
			}
			var wait sync.WaitGroup // on two machines at once
			for range 2 {
				wait.Go(func() {
					if said, err := second.runs(t, "secrets", "rotate"); err != nil {
						t.Errorf("S4: rotate says %s, %v", said, err)
					}
				})
			}
			wait.Wait()
			second.rotates(t, "Sealed anew: secrets of 0 webhooks, tokens of 0 accounts, 0 keys of links.")
			third := keyed(t, url, key, "")
			left = append(left, third.link())
			third.knows(t, "after the rotation", left...)
			if kept, err := third.store.SigningKeys(t.Context(), forLinks); err != nil || len(kept) != len(left) {
				t.Errorf("S4: %d keys of links (%v), want %d: each rotation adds one", len(kept), err, len(left))
			}
			until(t, "S4: a replica that was there before refuses a new link", func() bool { return second.opens(left[len(left)-1]) == nil })
		}
	})
}

// until waits for what has to come, as a replica that looks once a second.
func until(t *testing.T, never string, come func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !come(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(never)
		}
	}
}

// TestAWrongKeyLosesNothing is S4: what a service with another secrets.key seals and signs opens once
// its key is given as secrets.previous_key, or is given up on purpose.
func TestAWrongKeyLosesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		first := keyed(t, url, "A", "").sealed(t)
		left := first.link()
		wrong := keyed(t, url, "B", "")
		if all := wrong.health.Conditions(t.Context()); len(all) != 1 || !all[0].Blocks || all[0].Value != "webhooks 1/1, accounts 1/1, links 1/2" {
			t.Errorf("S4: with a key that is neither: %+v", all)
		}
		if said, err := wrong.runs(t, "secrets", "rotate"); err == nil || strings.Count(said, "neither key opens") != 3 {
			t.Errorf("S4: rotate with a key that is neither: %s", said)
		}
		meanwhile := wrong.link()
		if err := wrong.opens(meanwhile); err != nil || wrong.opens(left) == nil {
			t.Errorf("S4: a link of its own: %v", err)
		}
		back := keyed(t, url, "A", "")
		if all := back.health.Conditions(t.Context()); len(all) != 1 || all[0].Blocks || all[0].Value != "links 1/2" {
			t.Errorf("S4: with the right key back: %+v", all)
		}
		both := keyed(t, url, "A", "B")
		both.rotates(t, "Sealed anew: secrets of 0 webhooks, tokens of 0 accounts, 1 key of links.")
		keyed(t, url, "A", "").knows(t, "after that", left, meanwhile)

		lost := keyed(t, url, "C", "")
		if said, err := lost.runs(t, "secrets", "rotate", "--give-up"); err == nil || !strings.Contains(said, "Given up: tokens of 1 account, 2 keys of links.") || !strings.Contains(said, "notifier webhook rotate") {
			t.Errorf("S4: giving up says %s, %v", said, err)
		}
		if all := lost.health.Conditions(t.Context()); len(all) > 0 && all[0].Value != "webhooks 1/1" {
			t.Errorf("S4: after giving up: %+v", all)
		}
		if g, err := GrantsOf(lost.config, lost.store).Load(t.Context(), grantName); err != nil || g.Version != 0 {
			t.Errorf("S4: after giving up the tokens are %+v, %v: the configured ones hold", g, err)
		}
	})
}

// TestAReplicaWithTheKeyBefore is S4: one replica still has the old key alone when the other rotates. It says so,
// is not ready, and what it signs and gives is good.
func TestAReplicaWithTheKeyBefore(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		old := keyed(t, url, "A", "").sealed(t)
		left := old.link()
		next := keyed(t, url, "B", "A")
		next.rotates(t, "Sealed anew: secrets of 1 webhook, tokens of 1 account, 1 key of links.")
		all, err := old.keyFits(t.Context())
		if err != nil || len(all) != 1 || !all[0].Blocks || all[0].Value != "webhooks 1/1, accounts 1/1, links 2/2" || all[0].Name != health.KeyUnfit {
			t.Errorf("S4: the replica with the key before says %+v, %v", all, err)
		}
		if err := old.opens(left); err != nil {
			t.Errorf("S4: a running replica refuses what it signed: %v", err)
		}
		left2 := old.link()
		restarted := keyed(t, url, "A", "")
		left3 := restarted.link()
		restarted.sealOne(t)
		until(t, "S4: a link of a replica with the key before is refused", func() bool { return next.opens(left3) == nil })
		next.knows(t, "beside a replica with the key before", left, left2)
		if said, err := next.runs(t, "doctor", "--json"); !strings.Contains(said, "secrets.previous_key is still needed") {
			t.Errorf("S4: doctor says %s (%v)", said, err)
		}
		next.rotates(t, "Sealed anew: secrets of 1 webhook, tokens of 0 accounts, 1 key of links.")
		keyed(t, url, "B", "").knows(t, "in the end", left, left2, left3)
	})
}

// TestARotationThatIsKilled is S4: wherever it is stopped, everything opens with both keys, and the next run
// finishes it.
func TestARotationThatIsKilled(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		const n = 300
		first := keyed(t, url, "A", "").sealed(t)
		var before string // of the webhook at which it is sure to be
		for i := range n {
			e := webhook.Endpoint{ID: message.ID(fmt.Sprintf("wh_%04d", i)), Site: "default", URL: "http://127.0.0.1:9/", CreatedAt: time.Now(), UpdatedAt: time.Now()}
			e.Secrets = []string{first.config.Vault().Seal(webhook.NewSecret(), callbacks.Owner(e))}
			if err := first.store.SaveWebhook(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			if i == 99 {
				before = e.Secrets[0]
			}
		}
		left := first.link()
		both, alone := keyed(t, url, "B", "A"), keyed(t, url, "B", "")
		goOn := stopsAt(t, url, "wh_0100")
		ctx, kill := context.WithCancel(t.Context())
		defer kill()
		c := both.command(ctx, t, "secrets", "rotate")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		until(t, "S4: nothing is sealed anew", func() bool {
			e, err := first.store.Webhook(t.Context(), "default", "wh_0099")
			if err != nil {
				t.Fatal(err)
			}
			return e.Secrets[0] != before
		})
		kill()
		_ = c.Wait()
		goOn()
		if shut := shutFor(t, alone); shut < n/2 || shut > n {
			t.Errorf("it was killed in the middle, and %d of %d are left", shut, n+1)
		}
		both.knows(t, "after it was killed", left)
		if said, err := both.runs(t, "secrets", "rotate"); err != nil {
			t.Errorf("S4: the next run says %s, %v", said, err)
		}
		keyed(t, url, "B", "").knows(t, "after the next run", left)
	})
}

// stopsAt has the database take for ever over a webhook, until the returned function is called.
func stopsAt(t *testing.T, url, id string) (goOn func()) {
	t.Helper()
	driver, name, begin, end := "sqlite", "file:"+strings.TrimPrefix(url, "sqlite:")+"?_pragma=busy_timeout(10000)", `CREATE TRIGGER slow BEFORE UPDATE ON webhooks WHEN NEW.id = '%s' BEGIN
		SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000) SELECT i FROM n); END`, "DROP TRIGGER slow"
	if strings.HasPrefix(url, "postgres") {
		driver, name = "pgx", url
		begin = `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NEW; END $$;
			CREATE TRIGGER slow BEFORE UPDATE ON webhooks FOR EACH ROW WHEN (NEW.id = '%s') EXECUTE FUNCTION slow(); SELECT pg_advisory_lock(4711)`
		end = "SELECT pg_advisory_unlock(4711); DROP TRIGGER slow ON webhooks; DROP FUNCTION slow()"
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1) // which holds the lock
	do := func(statement string) {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	do(fmt.Sprintf(begin, id))
	return func() { do(end) }
}

// shutFor is how many webhooks the service has no key for.
func shutFor(t *testing.T, h *Service) int {
	t.Helper()
	found, err := webhooksFit(t.Context(), h.store, h.config.Vault())
	if err != nil {
		t.Fatal(err)
	}
	return found.unfit
}

// TestLinksOfBeforeStayGood is S4: an installation whose links were signed by a key derived from
// secrets.key keeps that key, so that it survives a change of it.
func TestLinksOfBeforeStayGood(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		s := storetest.Open(t, url)
		if _, err := s.AddSigningKey(t.Context(), store.SigningKey{Purpose: forLinks}); err != nil { // as the migration does where there are people
			t.Fatal(err)
		}
		first := keyed(t, url, "A", "")
		old := links.Door{Key: links.NewKey(links.Derive(bytes.Repeat([]byte("A"), 32))), Base: publicURL}.Choose("default", "anna", time.Now())
		second := keyed(t, url, "B", "A")
		if err := (&rotation{signing: signingOf(second.config, second.store)}).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		third := keyed(t, url, "B", "")
		for name, h := range map[string]*Service{"before": first, "while": second, "after": third} {
			if err := h.opens(old); err != nil {
				t.Errorf("S4: a link of before, %s the rotation: %v", name, err)
			}
		}
	})
}

// S4: a replica that does not open the tokens of an account leaves its mail to others, and pauses it for nobody.
func TestAReplicaThatOpensNoTokens(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		account := []string{"NOTIFIER_SMTP__HOST=127.0.0.1", "NOTIFIER_SMTP__PORT=9", "NOTIFIER_SMTP__FROM=workflow@example.org", "NOTIFIER_SMTP__USERNAME=workflow",
			"NOTIFIER_SMTP__OAUTH2__TOKEN_URL=https://127.0.0.1:9/token", "NOTIFIER_SMTP__OAUTH2__CLIENT_ID=notifier", "NOTIFIER_SMTP__OAUTH2__REFRESH_TOKEN=configured"}
		right := keyHouse(t, url, zap.NewNop(), append(account, "NOTIFIER_SECRETS__KEY="+aKey("A"))...)
		name := right.config.SMTP.Tokens("default", nil).Name()
		if _, err := GrantsOf(right.config, right.store).Save(t.Context(), name, message.Grant{Account: "default", Refresh: "newest"}); err != nil {
			t.Fatal(err)
		}
		wrong := keyHouse(t, url, zap.NewNop(), append(account, "NOTIFIER_SECRETS__KEY="+aKey("B"))...)
		at := time.Now().UTC().Truncate(time.Microsecond)
		draft := message.Draft{To: []message.Recipient{{Address: message.Address{Email: "guest@example.net"}}}, Subject: "x", Text: "y"}
		taken, _, err := wrong.desk.SendMessage(t.Context(), request.Call{Site: "default", At: at}, draft)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := wrong.flush.Run(t.Context(), at); err == nil || !strings.Contains(err.Error(), "another secrets.key sealed it") {
			t.Errorf("S4: the flush says %v", err)
		}
		if all, err := wrong.store.Pauses(t.Context(), "default"); err != nil || len(all) > 0 {
			t.Errorf("S4: the account is paused for all replicas: %+v, %v", all, err)
		}
		if m, err := wrong.store.Message(t.Context(), "default", taken.Messages[0].ID); err != nil || m.Status != message.Pending || m.Attempts != 0 {
			t.Errorf("S4: the message is %s after %d attempts, %v", m.Status, m.Attempts, err)
		}
	})
}
