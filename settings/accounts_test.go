package settings

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// configured reads a configuration that must be fine.
func configured(t *testing.T, content string) Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhatIsWrongWithAnAccount(t *testing.T) {
	for content, want := range map[string]string{
		`accounts: { a: { from: a@example.org } }`:                                            "accounts.a.host: an account needs the host",
		`accounts: { a: { host: x } }`:                                                        "accounts.a.from: mails need a sender",
		`accounts: { default: { host: x, from: a@example.org } }`:                             `"default" is no name for an account`,
		`accounts: { a: { host: x, from: a@example.org, fallback: [b] } }`:                    `accounts.a.fallback.0: there is no account "b"`,
		`accounts: { a: { host: x, from: a@example.org, senders: ["*example.org"] } }`:        "is neither an address nor all of a domain",
		`accounts: { a: { host: x, from: a@example.org, auth: ntlm } }`:                       `accounts.a.auth: "ntlm" is not possible here`,
		`accounts: { a: { host: x, from: a@example.org, auth: xoauth2 } }`:                    "xoauth2 needs the address that gives tokens",
		`accounts: { a: { host: x, from: a@example.org, oauth2: { token_url: "ftp://x" } } }`: "is not an https address",
		`accounts: { a: { host: x, from: a@example.org, limits: { week: 3 } } }`:              "accounts.a.limits.week: there is no such key",
		`accounts: { a: { host: x, from: a@example.org, password: x, password_file: y } }`:    "password and password_file are both given",
		`workday: { holidays: XX }`:                                                           "workday.holidays: the holidays of \"XX\" are not known",
		`workday: { free: ["24.12.2026"] }`:                                                   "workday.free.0: \"24.12.2026\" is not a date",
		`workday: { days: [] }`:                                                               "workday.days: no day is left to work on",
		`workday: { start: "25:00" }`:                                                         "workday.start: ",
		`sites: { acme: { timezone: Europe/Warszawa } }`:                                      "sites.acme.timezone: ",
		`sites: { acme: { workday: { worked: [x] } } }`:                                       "sites.acme.workday.worked.0: ",
		`dkim: { example.org: { selector: a } }`:                                              "dkim.example.org.key_file: it cannot be read",
		`dkim: { example.org: { selector: a, key_file: /dev/null } }`:                         "dkim.example.org.key_file: there is no key in it",
		`dkim: { "a b": { selector: "c d", key_file: /dev/null } }`:                           `"c d" is no selector`,
		`smtp: { host: x, from: a@example.org, oauth2: { client_secret_file: /nowhere } }`:    "smtp.oauth2.client_secret_file: it cannot be read",
	} {
		file := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(file, nil); !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: %v, want %q", content, err, want)
		}
	}
}
