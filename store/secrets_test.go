package store_test

import (
	"testing"
	"time"

	"notifier/store"
	"notifier/store/storetest"
	"notifier/webhook"
)

// TestSecretsAreReplacedByThoseWhoReadThem is S4: whoever changes a webhook, or seals its secrets anew, never undoes
// what somebody else did to the secrets meanwhile.
func TestSecretsAreReplacedByThoseWhoReadThem(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
		e := webhook.Endpoint{Site: "default", ID: "wh_1", URL: "https://receiver.example.org/", Secrets: []string{"of before"}, CreatedAt: at, UpdatedAt: at}
		if err := s.SaveWebhook(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		read := e
		if done, err := s.ResealWebhook(t.Context(), e.Site, e.ID, e.Secrets, []string{"anew"}); err != nil || !done {
			t.Fatalf("sealed anew: %t, %v", done, err)
		}
		read.Note = "changed"
		if err := s.SaveWebhook(t.Context(), read); err != nil {
			t.Fatal(err)
		}
		given := read
		given.Secrets = []string{"another", "of before"}
		if done, err := s.GiveSecrets(t.Context(), given, read.Secrets); err != nil || done {
			t.Errorf("S4: a secret was given over one that was sealed anew: %t, %v", done, err)
		}
		if now, err := s.Webhook(t.Context(), e.Site, e.ID); err != nil || now.Secrets[0] != "anew" || now.Note != "changed" {
			t.Errorf("S4: after a change it is %+v, %v", now, err)
		}
		if done, err := s.GiveSecrets(t.Context(), given, []string{"anew"}); err != nil || !done {
			t.Errorf("S4: given: %t, %v", done, err)
		}
		if done, err := s.ResealWebhook(t.Context(), e.Site, e.ID, []string{"anew"}, []string{"of before"}); err != nil || done {
			t.Errorf("S4: a secret that was replaced was sealed anew: %t, %v", done, err)
		}
	})
}
