// Package settings reads config.yaml and the environment, and says what is wrong with them, each
// fault with its line.
//
// It puts together what each room wants to know, and opens nothing.
package settings

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"notifier/access"
	"notifier/account"
	"notifier/fault"
	"notifier/gate"
	"notifier/jobs/notifications"
	"notifier/message"
	"notifier/preferences"
	"notifier/schedule"
	"notifier/store"
	"notifier/wallclock"
)

// Config is config.yaml: what each room wants to know, put together.
type Config struct {
	Written  time.Time                   // when the file was; zero without one
	Site     string                      `yaml:"site"`
	Timezone string                      `yaml:"timezone"`
	Domains  []string                    `yaml:"domains"` // of Site
	Database store.Settings              `yaml:"database"`
	HTTP     HTTP                        `yaml:"http"`
	OIDC     OIDC                        `yaml:"oidc"`
	SMTP     account.Settings            `yaml:"smtp"` // the account "default"
	Accounts map[string]account.Settings `yaml:"accounts"`
	DKIM     map[string]DKIM             `yaml:"dkim"`
	Limits   notifications.Limits        `yaml:"limits"`
	// SuppressBounces stops writing to addresses of which a server said that they do not exist.
	SuppressBounces bool                `yaml:"suppress_bounces"`
	Retry           Retry               `yaml:"retry"`
	Jobs            Jobs                `yaml:"jobs"`
	Kinds           preferences.Catalog `yaml:"kinds"`
	Callbacks       Callbacks           `yaml:"callbacks"`
	Secrets         Secrets             `yaml:"secrets"`
	Links           Links               `yaml:"links"`
	Sites           map[string]Site     `yaml:"sites"` // beside Site
	Workday         Workday             `yaml:"workday"`
	Retention       Retention           `yaml:"retention"`
	Log             Log                 `yaml:"log"`

	Version string // of the program, by who reads the configuration
	Demo    bool   // all mail is caught on this machine
	Only    string // the one site that a command is about; empty: all
}

// HTTP is where pages and the API are, and how much is taken there.
type HTTP struct {
	Listen string `yaml:"listen"`
	Key    string `yaml:"key"`
	// PublicURL is where people reach pages; empty: mails have no links to them.
	PublicURL string `yaml:"public_url"`
	// RateLimit is how many requests and messages a second are taken of a key; 0: any number.
	RateLimit int `yaml:"rate_limit"`
	// Connections is how many there may be at once, ConnectionsPerAddress how many from one
	// address that is no trusted proxy; 0: any number.
	Connections           int `yaml:"connections"`
	ConnectionsPerAddress int `yaml:"connections_per_address"`
	// MetricsListen is the address of /metrics alone; empty: it is on Listen, for keys.
	MetricsListen string `yaml:"metrics_listen"`
	// TrustedProxies are networks whose X-Forwarded-For and X-Forwarded-Proto are believed.
	TrustedProxies []string `yaml:"trusted_proxies"`
}

// Retry says when a message is tried again, and how long a lease of it holds.
type Retry struct {
	Base        time.Duration `yaml:"base"`
	Cap         time.Duration `yaml:"cap"`
	MaxAttempts int           `yaml:"max_attempts"`
	MaxAge      time.Duration `yaml:"max_age"`
	Lease       time.Duration `yaml:"lease"`
}

// Jobs say when the three jobs run.
type Jobs struct {
	Notifications     Flush `yaml:"notifications"`
	UserNotifications Job   `yaml:"user_notifications"`
	Reminders         Job   `yaml:"reminders"`
}

// Specs are when the public jobs run, by their names.
func (j Jobs) Specs() map[string]schedule.Spec {
	return map[string]schedule.Spec{
		schedule.Notifications: j.Notifications.Spec, schedule.UserNotifications: j.UserNotifications.Spec, schedule.Reminders: j.Reminders.Spec,
	}
}

// Flush is when Notifications runs, and whether new mail wakes it.
type Flush struct {
	schedule.Spec
	Wake bool `yaml:"wake"`
}

// Job is when a job runs.
type Job struct{ schedule.Spec }

// Links say where links in mails lead.
type Links struct {
	Cases string `yaml:"cases"`
}

// Retention says for how many days messages are kept that have come to their end;
// 0: for ever.
type Retention struct {
	Days int `yaml:"days"`
}

// Log says what is logged, and how.
type Log struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// DefaultMetrics is where /metrics is, unless the configuration says something else.
const DefaultMetrics = "127.0.0.1:9025"

// Defaults are what config.yaml starts from.
func Defaults() Config {
	return Config{
		Site: "default", Timezone: "UTC",
		Database:        store.Settings{URL: "sqlite:notifier.db", Connections: 20},
		HTTP:            HTTP{Listen: "127.0.0.1:8025", Connections: 4000, ConnectionsPerAddress: 400, MetricsListen: DefaultMetrics, TrustedProxies: []string{"127.0.0.0/8", "::1/128"}},
		SuppressBounces: true,
		SMTP:            account.Settings{OnLostLease: "retry", Connections: 4},
		Retry:           Retry{Base: time.Minute, Cap: 2 * time.Hour, MaxAttempts: 25, MaxAge: 48 * time.Hour, Lease: time.Minute},
		Jobs: Jobs{
			Notifications:     Flush{Spec: schedule.Spec{Every: "3m"}, Wake: true},
			UserNotifications: Job{Spec: schedule.Spec{Cron: "0 * * * *", Timezone: "UTC"}},
			Reminders:         Job{Spec: schedule.Spec{Every: "15m"}},
		},
		Kinds:   preferences.DefaultCatalog(),
		Workday: Workday{Start: "08:00", Days: []string{"monday", "tuesday", "wednesday", "thursday", "friday"}},
		Log:     Log{Level: "info", Format: "json"},
	}
}

// Error is all that is wrong with a configuration, a problem a line.
type Error struct{ Problems []Problem }

// Problem is one thing wrong: in which file or variable, on which line, at which key.
type Problem struct {
	Source string // a file or an environment variable
	Line   int    // 0 if the source has no lines, or the key does not stand in it
	Path   string // as in jobs.notifications.every; empty if Source says it
	Text   string

	at string // the path in any case
}

// String is the problem in one line, with where it is.
func (p Problem) String() string {
	where := p.Source
	if p.Line > 0 {
		where += ":" + strconv.Itoa(p.Line)
	}
	if p.Path != "" {
		where += ": " + p.Path
	}
	return where + ": " + p.Text
}

// Error lists the problems, one a line.
func (e *Error) Error() string {
	var lines []string
	for _, p := range e.Problems {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// Load reads a file, where there is one, and what the environment says on top of
// it. An empty name means config.yaml if that exists. Any error is a *Error.
func Load(file string, environment []string) (Config, error) {
	c, _, err := Read(file, environment)
	return c, err
}

// Read is Load with the reader, which knows where everything stands.
func Read(file string, environment []string) (Config, *Reader, error) {
	c := Defaults()
	r := newReader(cmp.Or(file, "config.yaml"))
	content, err := os.ReadFile(r.File)
	switch {
	case err == nil:
		r.readFile(content, &c)
		if info, err := os.Stat(r.File); err == nil {
			c.Written = info.ModTime().UTC().Truncate(time.Microsecond)
		}
	case file != "" || !errors.Is(err, os.ErrNotExist):
		r.breaks(0, fmt.Sprintf("it cannot be read: %s", errors.Unwrap(err)))
	}
	r.readEnvironment(environment, &c)
	if !r.broken { // else nearly all would be wrong
		r.check(&c)
	}
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
		return c, r, &Error{Problems: r.problems}
	}
	r.warnOfFile(&c)
	return c, r, nil
}

// canListen tells whether an address has a port that exists.
func canListen(address string) bool {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	return err == nil
}

// check finds values that can be read but make no sense.
func (r *Reader) check(c *Config) {
	if err := fault.CheckLine(c.Site, 100); err != nil || c.Site == "" || access.IsSandbox(c.Site) {
		r.fault("site", "a site needs a name of at most 100 characters on one line, which does not end with ~test. Write default if there is only one")
	}
	r.wrong("timezone", second(wallclock.Zone(c.Timezone)))
	r.checkDatabase(c.Database.URL)
	if !canListen(c.HTTP.Listen) {
		r.fault("http.listen", `%q is not an address to listen on. Write "127.0.0.1:8025", or ":8025" for all addresses`, c.HTTP.Listen)
	}
	if c.HTTP.MetricsListen != "" && !canListen(c.HTTP.MetricsListen) {
		r.fault("http.metrics_listen", `%q is not an address to listen on. Write "127.0.0.1:9025", or "" to have /metrics at http.listen, for keys`, c.HTTP.MetricsListen)
	}
	if c.HTTP.RateLimit < 0 {
		r.fault("http.rate_limit", "%d is no number of requests a second. Write 100, or 0 for no limit", c.HTTP.RateLimit)
	}
	for i, network := range c.HTTP.TrustedProxies {
		if _, err := netip.ParsePrefix(network); err != nil {
			r.fault(fmt.Sprintf("http.trusted_proxies.%d", i), `%q is not a network. Write "10.0.0.0/8", or "10.1.2.3/32" for one machine`, fault.Truncate(network, 60))
		}
	}
	r.checkOIDC(c)
	r.checkAccounts(c)
	r.checkDKIM(c)
	r.checkCallbacks(c)
	r.checkSecrets(c)
	r.checkPublicURL(c)
	for _, name := range schedule.Public() {
		r.wrong("jobs."+name, second(c.Jobs.Specs()[name].Compile()))
	}
	c.Kinds = preferences.DefaultCatalog().With(c.Kinds)
	r.wrong("kinds", c.Kinds.Validate())
	if c.Links.Cases != "" {
		r.checkLink(c.Links.Cases)
	}
	r.checkWorkday("workday", &c.Workday)
	r.checkSites(c)
	r.checkDomains(c)
	r.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	r.oneOf("log.format", c.Log.Format, "json", "console")
	if c.Retry.Lease < time.Second {
		r.fault("retry.lease", "%s is too short for a conversation with a relay. Write at least 1s", c.Retry.Lease)
	}
	if c.Retry.MaxAttempts == 0 {
		r.fault("retry.max_attempts", "no attempt would ever be made. Write at least 1")
	}
}

// checkDatabase never repeats more than the beginning: the rest may hold a password.
func (r *Reader) checkDatabase(address string) {
	scheme, rest, _ := strings.Cut(address, ":")
	known := scheme == "sqlite" && rest != "" || (scheme == "postgres" || scheme == "postgresql") && strings.HasPrefix(rest, "//")
	if !known {
		r.fault("database.url", `%q begins neither as SQLite nor as Postgres does. Write "sqlite:notifier.db" or "postgres://user@host/database"`,
			fault.Truncate(scheme, 20))
		return
	}
	if _, err := url.Parse(address); err != nil && scheme != "sqlite" {
		r.fault("database.url", `it is not a web address. In a password, write %%25 for %%, %%2F for /, %%3A for : and %%40 for @`)
	}
}

func (r *Reader) checkLink(address string) {
	var invalid *fault.Invalid
	if errors.As(message.Case{URL: address}.Check(), &invalid) {
		r.fault("links.cases", "%s", invalid.Faults[0].Detail)
	}
}

// Proxies are the networks whose word about a request is taken.
func (s HTTP) Proxies() gate.Proxies {
	var all gate.Proxies
	for _, network := range s.TrustedProxies {
		if p, err := netip.ParsePrefix(network); err == nil { // check has seen to it
			all = append(all, p.Masked())
		}
	}
	return all
}

func second[T any](_ T, err error) error { return err }

// oneOf notes a word that is not among those possible.
func (r *Reader) oneOf(path, word string, possible ...string) {
	if !slices.Contains(possible, word) {
		r.fault(path, "%q is not possible here.%s", fault.Truncate(word, 60), fault.Suggest(word, possible))
	}
}

// MailDomain is the right side of the Message-IDs.
func (c Config) MailDomain() string {
	if sender, err := c.SMTP.Sender(); err == nil {
		_, domain, _ := strings.Cut(sender.Email, "@")
		return domain
	}
	if host, err := os.Hostname(); err == nil && message.CheckEmail("x@"+host) == nil {
		return host
	}
	return "localhost"
}
