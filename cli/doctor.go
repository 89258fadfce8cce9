package cli

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"notifier/account"
	"notifier/listing"
	"notifier/mail"
	"notifier/message"
	"notifier/service"
	"notifier/service/doctor"
	"notifier/settings"
	"notifier/store"
	"notifier/wallclock"
)

var findingColumns = []listing.Column[doctor.Finding]{
	{Title: "", Value: func(f doctor.Finding) string { return string(f.Verdict) }, Tint: func(f doctor.Finding) listing.Tint {
		switch f.Verdict {
		case doctor.Fine:
			return listing.Green
		case doctor.Failed:
			return listing.Red
		}
		return listing.Yellow
	}},
	{Title: "Check", Value: func(f doctor.Finding) string { return f.Check }},
	{Title: "What was found, and what to do", Value: func(f doctor.Finding) string {
		return strings.TrimSpace(ended(f.Says) + " " + f.Do)
	}},
}

// ended ends what is said with a full stop, if something follows it.
func ended(text string) string {
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

func doctorCommand(s *shared) *cobra.Command {
	repair := false
	c := &cobra.Command{
		Use: "doctor", Short: "Look for what is wrong, or soon will be, and say what to do",
		Long: "Looks at the configuration, the database and its clock, time zones, each outgoing account step by step and its\n" +
			"certificate, the DNS records that others check our mail by, the port, disk space and who may read which file.\n" +
			"It sends nothing, and changes nothing unless asked to repair. It ends with 2 if the configuration is wrong, with 5 if the database or\n" +
			"a mail server does not answer, and with 1 if something else has failed.",
		Example: "  notifier doctor\n  notifier doctor -o json | jq '.data[] | select(.verdict != \"ok\")'",
		RunE: func(c *cobra.Command, _ []string) error {
			config, r, err := s.read()
			says := notElsewhere("notifier doctor")
			if err != nil {
				if says != "" {
					note(c, "%s", says)
				}
				return fmt.Errorf("%w\nThe rest is looked at when the configuration can be read", err)
			}
			e := &examination{config: config, reader: r, dns: net.DefaultResolver, repair: repair}
			if says != "" {
				what, do, _ := strings.Cut(says, ". ")
				e.add(doctor.Finding{Check: "environment", Verdict: doctor.Warning, Says: what, Do: do})
			}
			e.all(c.Context())
			if e.store != nil {
				defer e.store.Close()
			}
			if err := c.Context().Err(); err != nil {
				return err
			}
			return errors.Join(s.printFindings(c, e.found), e.verdict())
		},
	}
	c.Flags().BoolVar(&repair, "repair", false, "correct what can be corrected safely while the service runs: how often attachments are used")
	return s.prints(c)
}

func (s *shared) printFindings(c *cobra.Command, all []doctor.Finding) error {
	var page listing.Page
	for _, f := range all {
		raw, err := json.Marshal(f)
		if err != nil {
			return err
		}
		page.Data = append(page.Data, raw)
	}
	return listing.List(s.printer(c), page, findingColumns)
}

// examination is what doctor finds.
type examination struct {
	config      settings.Config
	reader      *settings.Reader
	dns         doctor.DNS
	found       []doctor.Finding
	unreachable bool
	repair      bool
	store       *store.Store // nil: it does not answer
	grants      mail.Grants  // what token servers gave; nil: it cannot be known
}

func (e *examination) add(all ...doctor.Finding) { e.found = append(e.found, all...) }

// verdict is the error of the worst that was found.
func (e *examination) verdict() error {
	failed := 0
	for _, f := range e.found {
		if f.Verdict == doctor.Failed {
			failed++
		}
	}
	switch {
	case failed == 0:
		return nil
	case e.unreachable:
		return unreachedError{fmt.Errorf("%s failed", count(failed, "check"))}
	}
	return fmt.Errorf("%s failed", count(failed, "check"))
}

func (e *examination) all(ctx context.Context) {
	e.configuration()
	e.database(ctx)
	e.zones()
	e.accounts(ctx)
	e.senders(ctx)
	e.add(doctor.Port(ctx, e.config.HTTP.Listen))
	e.add(doctor.Told(ctx, e.config.HTTP.Listen)...)
	if e.config.Links.Cases != "" {
		e.link(ctx, "links.cases", e.config.Links.Cases, "People reach their cases by it from mails: see whether it is right.")
	}
	if e.config.HTTP.PublicURL != "" {
		e.link(ctx, "http.public_url", e.config.HTTP.PublicURL, "People reach our pages by it from mails: see whether it is right, the service runs, and what stands before it sends on to it.")
	}
	if file, is := e.config.SQLiteFile(); is {
		e.add(doctor.Disk(file))
	}
}

func (e *examination) configuration() {
	const check = "configuration"
	for _, w := range e.reader.Warnings {
		e.add(doctor.Finding{Check: check, Verdict: doctor.Warning, Says: w.String()})
	}
	if e.reader.HoldsSecret() {
		e.add(doctor.Modes("file modes", e.reader.File))
	}
	if file, is := e.config.SQLiteFile(); is {
		if _, err := os.Stat(file); err == nil {
			e.add(doctor.Modes("file modes", file))
		}
	}
	e.add(doctor.OK(check, "it can be read"))
}

func (e *examination) database(ctx context.Context) {
	const check = "database"
	failed := func(err error, do string) {
		e.unreachable = e.unreachable || errors.Is(err, message.ErrUnavailable)
		e.add(doctor.Finding{Check: check, Verdict: doctor.Failed, Says: err.Error(), Do: do})
	}
	if file, is := e.config.SQLiteFile(); is {
		if e.config.Present() != nil {
			e.add(doctor.Finding{Check: check, Verdict: doctor.Warning, Says: "there is none yet at " + file, Do: "Write: notifier migrate. serve makes it, too."})
			return
		}
	}
	database, err := store.Open(ctx, e.config.Database, zap.NewNop())
	if err != nil {
		failed(err, "Start it, or correct database.url.")
		e.unreachable = true
		return
	}
	e.store = database
	has, knows, err := database.SchemaVersion(ctx)
	switch {
	case err != nil:
		failed(err, "")
		return
	case has < knows:
		failed(fmt.Errorf("its schema is at version %d, this program needs %d", has, knows), "Write: notifier migrate")
	case has > knows:
		c := service.NewerSchema(has, knows)
		failed(errors.New(c.Says), c.Do)
	default:
		e.add(doctor.OK(check, "it answers, and its schema is at version %d", has))
	}
	theirs, err := database.Clock(ctx)
	if err != nil {
		failed(err, "")
		return
	}
	e.add(doctor.Clock(theirs, time.Now()))
	if has == knows {
		e.grants = service.GrantsOf(e.config, database)
		e.attachments(ctx, database)
		e.add(service.Findings(ctx, e.config, database, time.Now())...)
	}
}

func (e *examination) zones() {
	const check = "time zones"
	zones := []string{e.config.Timezone}
	for site := range e.config.Sites {
		zones = append(zones, e.config.TimezoneOf(site))
	}
	for _, zone := range zones {
		if _, err := wallclock.Zone(zone); err != nil {
			e.add(doctor.Finding{Check: check, Verdict: doctor.Failed, Says: err.Error()})
			return
		}
	}
	e.add(doctor.OK(check, "%d are known; the site's is %s", len(wallclock.Names()), e.config.Timezone))
}

// accounts tries each account, and looks at its certificate.
func (e *examination) accounts(ctx context.Context) {
	all := e.config.Configured()
	if len(all) == 0 {
		e.add(doctor.Finding{Check: "account", Verdict: doctor.Warning, Says: "no SMTP server is configured: mail waits", Do: "Set smtp.host and smtp.from in config.yaml."})
	}
	for _, name := range all.Names() {
		settings := all[name].Mail(name, mail.Keys{}, e.grants)
		if e.usesUp(all[name], name) {
			continue
		}
		courier, err := mail.New(settings, zap.NewNop())
		if err != nil {
			e.add(doctor.Finding{Check: "account " + name, Verdict: doctor.Failed, Says: err.Error()})
			continue
		}
		address, safety := courier.Server()
		said, f := courier.Try(ctx)
		if err := courier.Close(); err != nil {
			e.add(doctor.Finding{Check: "account " + name, Verdict: doctor.Warning, Says: err.Error()})
		}
		if f != nil {
			e.unreachable = true
			says, remedy := f.Words("en", message.Outlook{Final: true})
			e.add(doctor.Finding{
				Check: "account " + name, Verdict: doctor.Failed, Says: fmt.Sprintf("%s (after %s: %s)", strings.TrimSuffix(says, "."), lastSaid(said, address), f),
				Do: remedy + " notifier account test " + name + " shows the conversation.",
			})
			continue
		}
		e.add(doctor.OK("account "+name, "%s takes mail from %s (%s)", address, settings.From.Email, steps(said)))
		if safety != "none" {
			e.add(doctor.Certificate(ctx, doctor.Server{Name: name, Address: address, TLS: safety, Config: cmp.Or(settings.TLSConfig, &tls.Config{}), Hello: settings.Hello}, time.Now()))
		}
	}
}

// usesUp tells whether to log in would use up the account's refresh token, and says so.
func (e *examination) usesUp(a account.Settings, name string) bool {
	if e.grants != nil || a.OAuth2.TokenURL == "" || a.OAuth2.RefreshToken == "" {
		return false
	}
	f := doctor.Finding{
		Check: "account " + name, Verdict: doctor.Warning, Says: "it was not tried: the newest refresh token is in the database, which cannot be read",
		Do: "Have the database answer, with its schema up to date.",
	}
	if e.config.Secrets.Key == "" {
		f.Says = "it was not tried: without secrets.key only the running service knows its newest refresh token. Where the server gives another one with each use, a restart loses it and a second replica makes it invalid"
		f.Do = "Set secrets.key_file. notifier account test " + name + " has the service try it."
	}
	e.add(f)
	return true
}

// lastSaid is how far a conversation came.
func lastSaid(said []message.Said, address string) string {
	for _, line := range slices.Backward(said) {
		if line.Who == "we" {
			return line.Text
		}
	}
	return "connecting to " + address
}

// steps are the commands of a conversation.
func steps(said []message.Said) string {
	var all []string
	for _, line := range said {
		if word, _, _ := strings.Cut(line.Text, " "); line.Who == "we" && !slices.Contains(all, word) {
			all = append(all, word)
		}
	}
	return strings.Join(all, ", ")
}

// senders looks at what the DNS says of the domains that mail comes from.
func (e *examination) senders(ctx context.Context) {
	var keys []doctor.Key
	for domain, k := range e.config.DKIMKeys() {
		keys = append(keys, doctor.Key{Domain: domain, Selector: k.Selector, Public: k.Signer.Public()})
	}
	domains := map[string]bool{}
	for _, a := range e.config.Configured() {
		if from, err := a.Sender(); err == nil {
			_, domain, _ := strings.Cut(from.Email, "@")
			domains[message.DomainIdentity(domain)] = true
		}
	}
	for _, domain := range slices.Sorted(maps.Keys(domains)) {
		e.add(doctor.Sender(ctx, e.dns, domain, keys)...)
	}
}

// link tells whether an address that mails lead to answers.
func (e *examination) link(ctx context.Context, check, address, do string) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
	if err == nil {
		var answer *http.Response
		if answer, err = http.DefaultClient.Do(r); err == nil {
			_ = answer.Body.Close()
			e.add(doctor.OK(check, "%s answers", address))
			return
		}
	}
	e.add(doctor.Finding{Check: check, Verdict: doctor.Warning, Says: err.Error(), Do: do})
}

func healthcheckCommand(s *shared) *cobra.Command {
	var address string
	c := &cobra.Command{
		Use: "healthcheck", Short: "Ask the service on this machine whether it is ready, as containers do",
		Long:    "Asks /readyz of the service at http.listen. It ends with 0 if it is ready, and with 5 if not.",
		Example: "  notifier healthcheck\n  notifier healthcheck --address 127.0.0.1:8025",
		RunE: func(c *cobra.Command, _ []string) error {
			if address == "" {
				config, err := s.load()
				if err != nil {
					return err
				}
				address = config.HTTP.Listen
			}
			ctx, cancel := context.WithTimeout(c.Context(), 5*time.Second)
			defer cancel()
			if err := doctor.Ready(ctx, address); err != nil {
				return unreachedError{fmt.Errorf("it is not ready: %w. Its log says why", err)}
			}
			fmt.Fprintln(c.OutOrStdout(), "ready")
			return nil
		},
	}
	c.Flags().StringVar(&address, "address", "", "`address` of the service (default: http.listen)")
	return c
}
