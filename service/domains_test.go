package service

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/settings"
	"notifier/store/storetest"
)

// TestDomains: which site a domain belongs to, and what is wrong with those of two.
func TestDomains(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	write := func(text string) (settings.Config, error) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return settings.Load(file, nil)
	}
	c, err := write("site: main\ndomains: [www.example.org, Example.org]\nsites: {acme: {domains: [acme.example.net]}, shop.example.com: {}}\n")
	if err != nil {
		t.Fatal(err)
	}
	h := &Service{config: c}
	for domain, want := range map[string]string{
		"www.example.org": "main", "EXAMPLE.ORG": "main", "acme.example.net": "acme", "acme": "acme", "shop.example.com": "shop.example.com", "other.example.net": "", "": "",
	} {
		if got, known := h.SiteOf(domain); got != want || known != (want != "") {
			t.Errorf("SiteOf(%q) = %q, %t, want %q", domain, got, known, want)
		}
	}
	for text, want := range map[string]string{
		"domains: [a b]\n": `"a b" is no domain`,
		"domains: [x.example.org]\nsites: {acme: {domains: [X.example.org]}}\n": `belongs to the site "default", too`,
	} {
		if _, err := write(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// TestFlushOfOneSite leaves other sites alone (CH-7).
func TestFlushOfOneSite(t *testing.T) {
	t.Parallel()
	relay, err := mailtest.Start(mailtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = relay.Close() })
	url := storetest.URL(t, "sqlite")
	storetest.Enqueue(t, url, 3)
	s := storetest.Open(t, url)
	if err := s.AddSite(t.Context(), "acme", "UTC", time.Now()); err != nil {
		t.Fatal(err)
	}
	c, err := settings.Load(os.DevNull, []string{
		"NOTIFIER_DATABASE__URL=" + url, "NOTIFIER_SMTP__HOST=127.0.0.1", fmt.Sprintf("NOTIFIER_SMTP__PORT=%d", relay.Port()), "NOTIFIER_SMTP__FROM=workflow@example.org",
	})
	if err != nil {
		t.Fatal(err)
	}
	h, err := Open(t.Context(), c, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	if got, err := h.Flush(t.Context(), "acme"); err != nil || relay.Count() != 0 {
		t.Errorf("the other site: %v, %v, %d mails", got, err, relay.Count())
	}
	if got, err := h.Flush(t.Context(), "default"); err != nil || got[string(message.Accept)] != 3 || relay.Count() != 3 {
		t.Errorf("this site: %v, %v, %d mails", got, err, relay.Count())
	}
}
