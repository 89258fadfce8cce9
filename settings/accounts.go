package settings

import (
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"notifier/account"
	"notifier/fault"
	"notifier/mail"
	"notifier/message"
)

// checkAccounts finds what is wrong with the outgoing accounts, and reads their secrets.
func (r *Reader) checkAccounts(c *Config) {
	r.checkAccount("smtp", &c.SMTP, c)
	for _, name := range slices.Sorted(maps.Keys(c.Accounts)) {
		a := c.Accounts[name]
		path := "accounts." + name
		if err := fault.CheckLine(name, 60); err != nil || name == "" || name == account.Default {
			r.fault(path, "%q is no name for an account. Choose another: default is the one below smtp", name)
		}
		if a.Host == "" {
			r.fault(path+".host", "an account needs the host of a mail server, as in mail.example.org")
		}
		if a.OnLostLease == "" {
			a.OnLostLease = "retry"
		}
		r.checkAccount(path, &a, c)
		c.Accounts[name] = a
	}
}

func (r *Reader) checkAccount(path string, a *account.Settings, c *Config) {
	at := func(key string) string { return path + "." + key }
	if a.TLS != "" {
		r.oneOf(at("tls"), a.TLS, "none", "starttls", "tls")
	}
	if a.Auth != "" {
		r.oneOf(at("auth"), a.Auth, "plain", "login", "cram-md5", "xoauth2")
	}
	r.oneOf(at("on_lost_lease"), a.OnLostLease, "retry", "ask")
	if err := fault.CheckLine(a.Hello, message.MaxLine); err != nil || strings.Contains(a.Hello, " ") {
		r.fault(at("hello"), "%q is not the name of a machine. Write it as mail.example.org", a.Hello)
	}
	// What no name can be would be looked up for ever, while mail waits.
	if _, err := netip.ParseAddr(a.Host); err != nil && strings.ContainsAny(a.Host, " \t/@:[]") {
		r.fault(at("host"), "%q is not the name of a machine. Write it as mail.example.org, and the port in port", a.Host)
	}
	if a.Port > 65535 {
		r.fault(at("port"), "%d is not a port. Write 25, 465 or 587, or what the server listens on", a.Port)
	}
	if a.Host != "" && a.From == "" {
		r.fault(at("from"), `mails need a sender. Write from: "Workflow <workflow@example.org>"`)
	}
	if a.From != "" {
		r.wrong(at("from"), second(a.Sender()))
	}
	for i, pattern := range a.Senders {
		if domain, any := strings.CutPrefix(pattern, "*@"); pattern != "*" && message.CheckEmail("x@"+domain) != nil || !any && pattern != "*" && message.CheckEmail(pattern) != nil {
			r.fault(fmt.Sprintf("%s.%d", at("senders"), i), `%q is neither an address nor all of a domain. Write "anna@example.org" or "*@example.org"`, pattern)
		}
	}
	for i, name := range a.Fallback {
		if _, known := c.Accounts[name]; !known && name != account.Default {
			r.fault(fmt.Sprintf("%s.%d", at("fallback"), i), "there is no account %q.%s", name, fault.Suggest(name, c.Configured().Names()))
		}
	}
	r.secret(at("password"), &a.Password, a.PasswordFile)
	r.checkOAuth2(at("oauth2"), a)
	r.readRoots(at("ca_file"), a)
}

func (r *Reader) checkOAuth2(path string, a *account.Settings) {
	o := &a.OAuth2
	r.secret(path+".client_secret", &o.ClientSecret, o.ClientSecretFile)
	r.secret(path+".refresh_token", &o.RefreshToken, o.RefreshTokenFile)
	wanted := a.Auth == "xoauth2"
	switch u, err := url.Parse(o.TokenURL); {
	case o.TokenURL == "" && wanted:
		r.fault(path+".token_url", "xoauth2 needs the address that gives tokens, as in https://login.example.org/token")
	case o.TokenURL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && !isThisMachine(u)):
		r.fault(path+".token_url", "%q is not an https address. Write it as https://login.example.org/token", fault.Truncate(o.TokenURL, 100))
	case o.TokenURL != "" && a.Auth != "" && !wanted:
		r.fault(path, "oauth2 is for auth: xoauth2. Write that, or leave oauth2 out")
	}
	if (wanted || o.TokenURL != "") && (o.ClientID == "" || a.Username == "") {
		r.fault(path+".client_id", "xoauth2 needs client_id, and the name of the mailbox as username")
	}
}

func isThisMachine(u *url.URL) bool {
	return u.Scheme == "http" && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1")
}

// secret reads a secret from its file, if it has one.
func (r *Reader) secret(path string, into *string, file string) {
	if file == "" {
		return
	}
	_, key, _ := cutLast(path)
	content, err := os.ReadFile(file)
	switch {
	case *into != "":
		r.fault(path+"_file", "%s and %s_file are both given. Leave one out", key, key)
	case err != nil:
		r.unreadable(path+"_file", file, err)
	}
	r.warnOfModes(path+"_file", file)
	r.places[path] = place{source: file, path: path}
	*into = strings.TrimRight(string(content), "\r\n")
}

// unreadable tells which file of a key cannot be read, and why.
func (r *Reader) unreadable(path, file string, err error) {
	r.fault(path, "it cannot be read: %s: %s. Name a file that the service may read", fault.Truncate(file, 200), errors.Unwrap(err))
}

func cutLast(path string) (before, after string, found bool) {
	i := strings.LastIndexByte(path, '.')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}

func (r *Reader) readRoots(path string, a *account.Settings) {
	if a.CAFile == "" {
		return
	}
	certificates, err := os.ReadFile(a.CAFile)
	if err != nil {
		r.unreadable(path, a.CAFile, err)
		return
	}
	a.Roots = x509.NewCertPool()
	if !a.Roots.AppendCertsFromPEM(certificates) {
		r.fault(path, "there is no certificate in it. Give a file in PEM, which begins with -----BEGIN CERTIFICATE-----")
	}
}

// Configured are all accounts that have a mail server.
func (c Config) Configured() account.Configured {
	all := account.Configured(maps.Clone(c.Accounts))
	if all == nil {
		all = account.Configured{}
	}
	if c.SMTP.Host != "" {
		all[account.Default] = c.SMTP
	}
	return all
}

// SentBy is the account of a site whose messages name none; zero if there is none.
func (c Config) SentBy(site string) account.Settings {
	all := c.Configured()
	return all[all.Of(site)]
}

// AccountOptions are what the accounts are opened with.
func (c Config) AccountOptions(grants mail.Grants) account.Options {
	return account.Options{Site: c.Site, Keys: c.DKIMKeys(), KeyPrint: c.dkimPrint(), Grants: grants}
}
