package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"notifier/access"
	"notifier/mail/mailbox"
	"notifier/message"
	"notifier/schedule"
	"notifier/settings"
	"notifier/web/console"
)

// devKey is the API key of the demo, which listens on this machine alone.
const devKey = "ntf_test_dev"

// devSecret signs the links of the demo's mails, which nobody else gets.
const devSecret = "bm90aWZpZXIncyBkZW1vIGtlZXBzIG5vIHNlY3JldHM="

func devCommand() *cobra.Command {
	var dir, address, smtp string
	c := &cobra.Command{
		Use: "dev", Short: "Try it: a database in a folder, a mailbox that catches all mail, and a demo",
		Long: "Runs the service on an embedded database with a mail server of its own that catches every mail, and with\n" +
			"a few people and a small workflow whose events have just happened. Nothing leaves this machine.",
		RunE: func(c *cobra.Command, _ []string) error { return dev(c, dir, address, smtp) },
	}
	c.Flags().StringVar(&dir, "dir", "dev", "folder of the database")
	c.Flags().StringVar(&address, "listen", "127.0.0.1:8025", "address of pages and API")
	c.Flags().StringVar(&smtp, "smtp", "127.0.0.1:2525", "address of the mail server that catches all mail")
	return c
}

func dev(c *cobra.Command, dir, address, smtp string) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return usageError{fmt.Errorf("make the folder of the database: %w", err)}
	}
	listener, err := listen(address, "End it, or give --listen another address")
	if err != nil {
		return err
	}
	defer listener.Close()
	mails, err := catchMail(smtp)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, mails.Close()) }()
	mails.RefuseOnce(demoRefused)
	config, r, err := devConfig(dir, address, mails.Addr())
	if err != nil {
		return err
	}
	log, err := newLogger(config.Log)
	if err != nil {
		return err
	}
	h, err := open(c.Context(), config, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	if err := h.migrate(c.Context()); err != nil {
		return err
	}
	if err := h.demo(c.Context(), time.Now()); err != nil {
		return fmt.Errorf("set up the demo: %w", err)
	}
	greet(c.OutOrStdout(), address, mails.Addr())
	if settings.ListensToAll(address) {
		note(c, "WARNING: whoever reaches %s is let in: the demo's key and password are known to everybody, and its mailbox asks for none. Use it in a network that you trust, or leave --listen out.", address)
	}
	if err := h.demoAdmin(c.Context()); err != nil {
		return err
	}
	h.stand(r)
	pages := h.console(c.Context().Done(), console.Mailbox{Box: box{mails}, Site: config.Site})
	return h.serve(c.Context(), listener, pages)
}

// demoRefused is an address that is refused once, so that there is an error to look at and
// to retry.
const demoRefused = "refused@example.net"

// Who signs in to the demo's console.
const (
	demoEmail    = "demo@example.org"
	demoPassword = "let me see the demo"
)

// demoAdmin lets somebody sign in; it is there already if the demo has run before.
func (h *house) demoAdmin(ctx context.Context) error {
	call := message.Call{Site: h.config.Site, At: time.Now().UTC().Truncate(time.Microsecond), By: "demo"}
	_, err := h.staff.AddMember(ctx, call, access.Member{Email: demoEmail, Role: access.Manager}, demoPassword)
	if invalid, is := errors.AsType[*message.Invalid](err); is && invalid.Faults[0].Code == "taken" {
		return nil
	}
	return err
}

// catchMail starts the mail server, on another port if its own is taken.
func catchMail(listen string) (*mailbox.Server, error) {
	mails, err := mailbox.Start(listen)
	if err == nil {
		return mails, nil
	}
	host, _, splitErr := net.SplitHostPort(listen)
	if splitErr != nil {
		return nil, usageError{fmt.Errorf("--smtp %q is not an address. Write 127.0.0.1:2525", listen)}
	}
	return mailbox.Start(net.JoinHostPort(host, "0"))
}

// devConfig is the configuration of the demo. The jobs tick fast, so that what takes an
// hour in earnest is seen in seconds.
func devConfig(dir, listen, relay string) (settings.Config, *settings.Reader, error) {
	host, port, err := net.SplitHostPort(relay)
	if err != nil {
		return settings.Config{}, nil, err
	}
	c, r, err := settings.Read(os.DevNull, append([]string{
		"NOTIFIER_DATABASE__URL=sqlite:" + filepath.Join(dir, "notifier.db"),
		"NOTIFIER_HTTP__LISTEN=" + listen,
		"NOTIFIER_HTTP__KEY=" + devKey,
		"NOTIFIER_HTTP__METRICS_LISTEN=",
		"NOTIFIER_HTTP__PUBLIC_URL=http://" + reachable(listen),
		"NOTIFIER_SECRETS__KEY=" + devSecret,
		"NOTIFIER_SMTP__HOST=" + host,
		"NOTIFIER_SMTP__PORT=" + port,
		"NOTIFIER_SMTP__TLS=none",
		"NOTIFIER_SMTP__FROM=Workflow <workflow@example.org>",
		"NOTIFIER_JOBS__USER_NOTIFICATIONS__EVERY=10s",
		"NOTIFIER_JOBS__REMINDERS__EVERY=10s",
		"NOTIFIER_LINKS__CASES=http://" + listen + "/mailbox",
		"NOTIFIER_LOG__FORMAT=console",
		"NOTIFIER_LOG__LEVEL=warn",
	}, os.Environ()...))
	c.Demo = true
	return c, r, err
}

// reachable is an address on which a browser of this machine finds what listens there.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return listen
}

// box shows the caught mail to the page.
type box struct{ mails *mailbox.Server }

func (b box) Caught() []console.Caught {
	var all []console.Caught
	for _, m := range b.mails.Mails() {
		all = append(all, caught(m))
	}
	return all
}

func (b box) Mail(id int) (console.Caught, bool) {
	m, found := b.mails.Mail(id)
	return caught(m), found
}

func caught(m mailbox.Mail) console.Caught {
	return console.Caught{ID: m.ID, To: m.To, Data: m.Data, At: m.ReceivedAt}
}

// demo plays the journal of the project's own workflow, as if its last line had happened
// now: what was deferred an hour ago is due at once.
func (h *house) demo(ctx context.Context, now time.Time) error {
	lines, err := demoLines()
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		return errors.New("the demo has no lines")
	}
	shift := now.Sub(lines[len(lines)-1].At)
	r := &replay{house: h}
	for _, line := range lines {
		happened := line.At.Add(shift).UTC().Truncate(time.Microsecond)
		if line.Event != nil {
			line.Event.OccurredAt = &happened
		}
		if line.Deadline != nil {
			line.Deadline.DueAt = line.Deadline.DueAt.Add(shift)
		}
		line.At = now.UTC().Truncate(time.Microsecond)
		if err := r.take(ctx, line); err != nil {
			return err
		}
	}
	return nil
}

func greet(w io.Writer, listen, relay string) {
	fmt.Fprintf(w, `
  notifier is running.

  console   %-33[7]s sign in as %[8]s with %[9]q
  mailbox   %-33[5]s the first digest is there within 30 seconds
  API       %-33[6]s key %[2]s
  SMTP      %-33[3]s all mail is caught

  Anna chose "once an hour". Publish an event, and see that it waits:

    curl http://%[1]s/api/v1/events -H "Authorization: Bearer %[2]s" \
      -d '{"kind":"case_changed","users":["anna"],"case":{"id":"A-1","title":"Lease"},"summary":"Jan commented"}'

  Let her have everything right away, and see it come with the next digest run:

    curl -X PUT http://%[1]s/api/v1/users/anna/preferences -H "Authorization: Bearer %[2]s" \
      -d '{"case_received":"immediately","case_changed":"immediately"}'

  Send a message that nobody's choice holds back:

    curl http://%[1]s/api/v1/messages -H "Authorization: Bearer %[2]s" \
      -d '{"to":["ewa","guest@example.net"],"subject":"Contract ready","text":"It lies on your desk."}'

  Ctrl-C ends it. %[4]s is what makes the demo fast; in earnest it is "every hour".

`, listen, devKey, relay, schedule.UserNotifications+" every 10s", "http://"+listen+"/mailbox", "http://"+listen+"/api/v1", "http://"+listen, demoEmail, demoPassword)
}
