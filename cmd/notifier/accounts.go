package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"

	"notifier/access"
	"notifier/jobs/notifications"
	"notifier/mail"
	"notifier/message"
)

// defaultAccount is what smtp is called where accounts have names.
const defaultAccount = "default"

// accountSettings are an outgoing account, as smtp or below accounts.
type accountSettings struct {
	Host         string         `yaml:"host"`
	Port         int            `yaml:"port"`
	TLS          string         `yaml:"tls"`
	Auth         string         `yaml:"auth"`
	Username     string         `yaml:"username"`
	Password     string         `yaml:"password"`
	PasswordFile string         `yaml:"password_file"`
	OAuth2       oauth2Settings `yaml:"oauth2"`
	CAFile       string         `yaml:"ca_file"`
	From         string         `yaml:"from"`
	Senders      []string       `yaml:"senders"`
	Hello        string         `yaml:"hello"`
	Connections  int            `yaml:"connections"`
	OnLostLease  string         `yaml:"on_lost_lease"`
	Sites        []string       `yaml:"sites"`
	Fallback     []string       `yaml:"fallback"`
	Limits       message.Limits `yaml:"limits"`

	roots *x509.CertPool // of CAFile; nil: the system's
}

type oauth2Settings struct {
	TokenURL         string   `yaml:"token_url"`
	ClientID         string   `yaml:"client_id"`
	ClientSecret     string   `yaml:"client_secret"`
	ClientSecretFile string   `yaml:"client_secret_file"`
	RefreshToken     string   `yaml:"refresh_token"`
	RefreshTokenFile string   `yaml:"refresh_token_file"`
	Scopes           []string `yaml:"scopes"`
}

// checkAccounts finds what is wrong with the outgoing accounts, and reads their secrets.
func (r *reader) checkAccounts(c *Config) {
	r.checkAccount("smtp", &c.SMTP, c)
	for _, name := range slices.Sorted(maps.Keys(c.Accounts)) {
		a := c.Accounts[name]
		path := "accounts." + name
		if err := message.CheckLine(name, 60); err != nil || name == "" || name == defaultAccount {
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

func (r *reader) checkAccount(path string, a *accountSettings, c *Config) {
	at := func(key string) string { return path + "." + key }
	if a.TLS != "" {
		r.oneOf(at("tls"), a.TLS, "none", "starttls", "tls")
	}
	if a.Auth != "" {
		r.oneOf(at("auth"), a.Auth, "plain", "login", "cram-md5", "xoauth2")
	}
	r.oneOf(at("on_lost_lease"), a.OnLostLease, "retry", "ask")
	if err := message.CheckLine(a.Hello, message.MaxLine); err != nil || strings.Contains(a.Hello, " ") {
		r.fault(at("hello"), "%q is not the name of a machine. Write it as mail.example.org", a.Hello)
	}
	if a.Port > 65535 {
		r.fault(at("port"), "%d is not a port. Write 25, 465 or 587, or what the server listens on", a.Port)
	}
	if a.Host != "" && a.From == "" {
		r.fault(at("from"), `mails need a sender. Write from: "Workflow <workflow@example.org>"`)
	}
	if a.From != "" {
		r.wrong(at("from"), second(a.sender()))
	}
	for i, pattern := range a.Senders {
		if domain, any := strings.CutPrefix(pattern, "*@"); pattern != "*" && message.CheckEmail("x@"+domain) != nil || !any && pattern != "*" && message.CheckEmail(pattern) != nil {
			r.fault(fmt.Sprintf("%s.%d", at("senders"), i), `%q is neither an address nor all of a domain. Write "anna@example.org" or "*@example.org"`, pattern)
		}
	}
	for i, name := range a.Fallback {
		if _, known := c.Accounts[name]; !known && name != defaultAccount {
			r.fault(fmt.Sprintf("%s.%d", at("fallback"), i), "there is no account %q.%s", name, message.Suggest(name, c.accountNames()))
		}
	}
	r.secret(at("password"), &a.Password, a.PasswordFile)
	r.checkOAuth2(at("oauth2"), a)
	r.readRoots(at("ca_file"), a)
}

func (r *reader) checkOAuth2(path string, a *accountSettings) {
	o := &a.OAuth2
	r.secret(path+".client_secret", &o.ClientSecret, o.ClientSecretFile)
	r.secret(path+".refresh_token", &o.RefreshToken, o.RefreshTokenFile)
	wanted := a.Auth == "xoauth2"
	switch u, err := url.Parse(o.TokenURL); {
	case o.TokenURL == "" && wanted:
		r.fault(path+".token_url", "xoauth2 needs the address that gives tokens, as in https://login.example.org/token")
	case o.TokenURL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && !isThisMachine(u)):
		r.fault(path+".token_url", "%q is not an https address. Write it as https://login.example.org/token", message.Truncate(o.TokenURL, 100))
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
func (r *reader) secret(path string, into *string, file string) {
	if file == "" {
		return
	}
	_, key, _ := cutLast(path)
	content, err := os.ReadFile(file)
	switch {
	case *into != "":
		r.fault(path+"_file", "%s and %s_file are both given. Leave one out", key, key)
	case err != nil:
		r.fault(path+"_file", "it cannot be read: %s", errors.Unwrap(err))
	}
	r.warnOfModes(path+"_file", file)
	r.places[path] = place{source: file, path: path}
	*into = strings.TrimRight(string(content), "\r\n")
}

func cutLast(path string) (before, after string, found bool) {
	i := strings.LastIndexByte(path, '.')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}

func (r *reader) readRoots(path string, a *accountSettings) {
	if a.CAFile == "" {
		return
	}
	certificates, err := os.ReadFile(a.CAFile)
	if err != nil {
		r.fault(path, "it cannot be read: %s", errors.Unwrap(err))
		return
	}
	a.roots = x509.NewCertPool()
	if !a.roots.AppendCertsFromPEM(certificates) {
		r.fault(path, "there is no certificate in it. Give a file in PEM, which begins with -----BEGIN CERTIFICATE-----")
	}
}

// sender is the From of mails.
func (a accountSettings) sender() (message.Address, error) {
	one := message.ParseRecipient(a.From)
	if one.ID != "" {
		return message.Address{}, message.CheckEmail(one.ID)
	}
	return one.Address, one.Address.Check()
}

// allows tells whether mails from that address may go out by the account.
func (a accountSettings) allows(address string) bool {
	from, _ := a.sender()
	if message.Identity(from.Email) == message.Identity(address) {
		return true
	}
	_, domain, _ := strings.Cut(address, "@")
	return slices.ContainsFunc(a.Senders, func(pattern string) bool {
		return pattern == "*" || message.Identity(pattern) == message.Identity(address) || message.Identity(pattern) == message.Identity("*@"+domain)
	})
}

// serves tells whether the account is for that site.
func (a accountSettings) serves(site string) bool {
	return len(a.Sites) == 0 || slices.Contains(a.Sites, site)
}

// mail are the settings of the courier. Tokens are kept in grants; nil: in this process.
func (a accountSettings) mail(name string, keys mail.Keys, grants mail.Grants) mail.Settings {
	from, _ := a.sender() // check has seen to it
	s := mail.Settings{
		Name: name, Host: a.Host, Port: a.Port, TLS: a.TLS, Username: a.Username, Password: a.Password, Auth: a.Auth,
		From: from, Hello: a.Hello, Connections: a.Connections, TLSConfig: &tls.Config{RootCAs: a.roots}, Keys: keys,
	}
	if o := a.OAuth2; o.TokenURL != "" {
		s.Tokens = a.tokens(name, grants).Tokens()
	}
	return s
}

// tokens say where the tokens of an account come from.
func (a accountSettings) tokens(name string, grants mail.Grants) mail.OAuth2 {
	o := a.OAuth2
	return mail.OAuth2{
		TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecret: o.ClientSecret, RefreshToken: o.RefreshToken, Scopes: o.Scopes,
		Grants: grants, Account: name,
	}
}

// configured are all accounts that have a mail server, by name.
func (c Config) configured() map[string]accountSettings {
	all := maps.Clone(c.Accounts)
	if all == nil {
		all = map[string]accountSettings{}
	}
	if c.SMTP.Host != "" {
		all[defaultAccount] = c.SMTP
	}
	return all
}

func (c Config) accountNames() []string { return slices.Sorted(maps.Keys(c.configured())) }

// accountOf is the account of a site whose messages name none: one that is for the site
// alone, or else smtp, or else the first that is for all. It is empty if there is none.
func (c Config) accountOf(site string) string {
	all := c.configured()
	names := c.accountNames()
	for _, name := range names {
		if slices.Contains(all[name].Sites, site) {
			return name
		}
	}
	if a, known := all[defaultAccount]; known && a.serves(site) {
		return defaultAccount
	}
	for _, name := range names {
		if all[name].serves(site) {
			return name
		}
	}
	return ""
}

// route finds the account for a message, which may name it, or the sender that it is to
// come from. It is empty where the site's own will do.
func (c Config) route(site, account string, sender message.Address) (string, error) {
	if account == "" && sender.Email == "" {
		return "", nil // as most of them
	}
	var bad message.Invalid
	site = access.Home(site) // a test finds what is wrong as in earnest
	all := c.configured()
	named, known := all[account]
	switch {
	case account != "" && (!known || !named.serves(site)):
		bad.Add("/account", "unknown_account", "there is no account %q for this site.%s", message.Truncate(account, 60), message.Suggest(account, c.accountsFor(site)))
	case account != "" && sender.Email != "" && !named.allows(sender.Email):
		bad.Add("/sender", "sender_not_allowed", "the account %s may not send from %s. Leave sender out, or add it to the account's senders", account, sender.Email)
	case account != "" || sender.Email == "":
	default:
		account = c.accountThatAllows(site, sender.Email)
		if account == "" {
			bad.Add("/sender", "sender_not_allowed", "no account may send from %s. Leave sender out, or add it to the senders of smtp in config.yaml", sender.Email)
		}
	}
	if account == c.accountOf(site) {
		account = ""
	}
	return account, bad.Err()
}

func (c Config) accountsFor(site string) []string {
	all := c.configured()
	return slices.DeleteFunc(c.accountNames(), func(name string) bool { return !all[name].serves(site) })
}

// accountThatAllows is the site's own account, or else the first that may send so.
func (c Config) accountThatAllows(site, sender string) string {
	all := c.configured()
	for _, name := range append([]string{c.accountOf(site)}, c.accountsFor(site)...) {
		if a, known := all[name]; known && a.allows(sender) {
			return name
		}
	}
	return ""
}

// outgoing are the accounts, opened.
type outgoing struct {
	config   Config
	accounts map[string]*notifications.Account
	couriers map[string]*mail.Courier
	prints   map[string]string // what each was opened with
}

// routes lists the accounts for a lane: the one that it names or the site's, and those
// that stand in for it.
func (o *outgoing) routes(lane message.Lane) []*notifications.Account {
	name := lane.Account
	if name == "" {
		name = o.config.accountOf(lane.Site)
	}
	if name == "" {
		return []*notifications.Account{{Name: defaultAccount, Courier: nobody{}}}
	}
	var route []*notifications.Account
	for _, next := range append([]string{name}, o.config.configured()[name].Fallback...) {
		if a := o.accounts[next]; a != nil && !slices.Contains(route, a) {
			route = append(route, a)
		}
	}
	return route
}

func (o *outgoing) close() error {
	var errs []error
	for _, c := range o.couriers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// testAccount keeps the mails of test keys. In the demo, whose mail server catches all, they
// go on to that; in earnest to nobody.
func testAccount(c Config, shelf mail.Shelf, o *outgoing) *notifications.Account {
	from, _ := c.SMTP.sender()
	var also *mail.Courier
	if c.demo {
		also = o.couriers[defaultAccount]
	}
	return &notifications.Account{Name: "test", Courier: mail.NewKeeper(shelf, from, also), From: from.Email, Free: true}
}
