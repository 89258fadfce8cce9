package callbacks_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"notifier/fault"
	"notifier/jobs/callbacks"
	"notifier/store/storetest"
	"notifier/webhook"
)

func TestInternalAddressesAreRefused(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.URL(t, "sqlite"))
	h := open(t, s, callbacks.Options{})
	for _, address := range []string{
		"http://127.0.0.1/", "http://127.1/", "http://localhost:8025/", "http://0.0.0.0/", "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/",
		"http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://10.1.2.3/", "http://172.31.0.1/", "http://192.168.0.1/",
		"http://169.254.169.254/latest/meta-data/", "http://168.63.129.16/metadata", "http://100.64.0.1/", "http://[fe80::1]/", "http://[fd00::1]/", "http://224.0.0.1/", "http://255.255.255.255/",
		"http://[fe80::1%25eth0]/", "http://198.18.0.1/",
	} {
		_, _, err := h.book.Create(t.Context(), at(noon), webhook.Endpoint{URL: address}, "")
		var bad *fault.Invalid
		if errors.As(err, &bad) {
			if bad.Faults[0].Code != "internal_address" || !strings.Contains(err.Error(), "callbacks.allow") {
				t.Errorf("%s: %v", address, err)
			}
			continue
		}
		// What the resolver does not understand may be kept; it is not called.
		if err != nil {
			t.Errorf("%s: %v", address, err)
		}
		trial := h.job.Test(t.Context(), webhook.Endpoint{ID: "whk_1", URL: address, Naming: webhook.Standard, Secrets: []string{webhook.NewSecret()}}, noon)
		if trial.Works || trial.Code != 0 {
			t.Errorf("%s was called: %+v", address, trial)
		}
	}
	// A name may lead elsewhere later: it is looked at again when it is dialled.
	r := receive(t)
	trial := h.job.Test(t.Context(), webhook.Endpoint{ID: "whk_1", URL: r.URL, Naming: webhook.Standard, Secrets: []string{webhook.NewSecret()}}, noon)
	if trial.Works || !strings.Contains(trial.Said, "leads to an internal address") || strings.Contains(trial.Said, "127.0.0.1") || len(r.calls()) != 0 {
		t.Errorf("this machine was called: %+v", trial)
	}
	allowed := open(t, s, callbacks.Options{Guard: callbacks.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}})
	if _, _, err := allowed.book.Create(t.Context(), at(noon), webhook.Endpoint{URL: "http://10.0.0.1/"}, ""); err == nil {
		t.Error("another network than the one that is allowed was taken")
	}
	if _, _, err := allowed.book.Create(t.Context(), at(noon), webhook.Endpoint{URL: r.URL}, ""); err != nil {
		t.Error(err)
	}
}

func TestWebhooksThatAreNone(t *testing.T) {
	t.Parallel()
	h := open(t, storetest.Open(t, storetest.URL(t, "sqlite")), callbacks.Options{Guard: here})
	for _, row := range []struct {
		name   string
		e      webhook.Endpoint
		secret string
		want   string
	}{
		{"no address", webhook.Endpoint{}, "", "a webhook needs an address"},
		{"no web address", webhook.Endpoint{URL: "ftp://example.org"}, "", "is not a web address"},
		{"no host", webhook.Endpoint{URL: "https:///x"}, "", "is not a web address"},
		{"a password", webhook.Endpoint{URL: "https://a:b@example.org"}, "", "user name in it"},
		{"a line break", webhook.Endpoint{URL: "https://example.org/\r\nX: y"}, "", "is not a web address"},
		{"an event", webhook.Endpoint{URL: "https://example.org", Events: []string{"message.send"}}, "", `Did you mean "message.sent"`},
		{"a naming", webhook.Endpoint{URL: "https://example.org", Naming: "x"}, "", "standard or conquer"},
		{"a short secret", webhook.Endpoint{URL: "https://example.org"}, "whsec_" + "YWJj", "this is no secret"},
		{"a bare secret", webhook.Endpoint{URL: "https://example.org"}, strings.Repeat("a", 40), "this is no secret"},
	} {
		_, _, err := h.book.Create(t.Context(), at(noon), row.e, row.secret)
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", row.name, err, row.want)
		}
	}
	if all, err := h.store.Webhooks(t.Context(), site); err != nil || len(all) != 0 {
		t.Errorf("kept were %v, %v", all, err)
	}
}
