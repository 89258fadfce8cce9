package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"notifier/message"
)

// configured reads a configuration that must be fine.
func configured(t *testing.T, content string) Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := loadConfig(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const offices = `
smtp: { host: mail.example.org, from: "Workflow <workflow@example.org>", senders: ["*@example.org"] }
accounts:
  acme: { host: mx.acme.example, from: bpm@acme.example, sites: [acme], fallback: [default] }
  bulk: { host: bulk.example.org, from: news@example.net, senders: ["*"], fallback: [acme, default] }
`

func TestWhichAccountAMessageGoesOutBy(t *testing.T) {
	c := configured(t, offices)
	for _, row := range []struct{ name, site, account, sender, want, wrong string }{
		{"the site's own", "default", "", "", "", ""},
		{"another site has its own", "acme", "", "", "", ""},
		{"an account that is asked for", "default", "bulk", "", "bulk", ""},
		{"the site's own by its name", "default", "default", "", "", ""},
		{"AMODIT-29: a sender that the site's own may use", "default", "", "Anna@Example.org", "", ""},
		{"a sender that only another may use", "default", "", "x@example.net", "bulk", ""},
		{"the site's own before others", "acme", "", "bpm@acme.example", "", ""},
		{"asked for, with a sender that it may use", "default", "bulk", "anybody@example.com", "bulk", ""},
		{"asked for, with one that it may not", "default", "default", "x@example.net", "", "/sender sender_not_allowed"},
		{"an account that does not exist", "default", "bulky", "", "", "/account unknown_account"},
		{"an account of another site", "default", "acme", "", "", "/account unknown_account"},
	} {
		got, err := c.route(row.site, row.account, message.Address{Email: row.sender})
		wrong := ""
		if invalid, ok := err.(*message.Invalid); ok {
			wrong = invalid.Faults[0].Pointer + " " + invalid.Faults[0].Code
		}
		if wrong != row.wrong || wrong == "" && got != row.want {
			t.Errorf("%s: route = %q, %v; want %q %s", row.name, got, err, row.want, row.wrong)
		}
	}
}

func TestWhoStandsInForAnAccount(t *testing.T) {
	o, err := openAccounts(configured(t, offices), zap.NewNop(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	for _, row := range []struct{ site, account, want string }{
		{"default", "", "default"},
		{"acme", "", "acme default"},
		{"default", "bulk", "bulk acme default"},
		{"default", "gone", ""},
	} {
		var names []string
		for _, a := range o.routes(message.Lane{Site: row.site, Account: row.account}) {
			names = append(names, a.Name)
		}
		if got := strings.Join(names, " "); got != row.want {
			t.Errorf("account %q on %s: %q, want %q", row.account, row.site, got, row.want)
		}
	}
}

func TestWithoutASMTPServerMailWaits(t *testing.T) {
	o, err := openAccounts(configured(t, ""), zap.NewNop(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	route := o.routes(message.Lane{Site: "default"})
	if len(route) != 1 || route[0].Courier.Ready(t.Context()) != errNobody {
		t.Errorf("AMODIT-1: route = %+v", route)
	}
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
		if _, err := loadConfig(file, nil); !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: %v, want %q", content, err, want)
		}
	}
}
