package cli

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"

	"notifier/mail/mailbox"
	"notifier/schedule"
	"notifier/service"
	"notifier/settings"
	"notifier/web/console"
)

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
	listener, err := service.Listen(address, "End it, or give --listen another address")
	if err != nil {
		return err
	}
	defer listener.Close()
	mails, err := catchMail(smtp)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, mails.Close()) }()
	mails.RefuseOnce(service.DemoRefused)
	config, r, err := service.DevConfig(dir, address, mails.Addr())
	if err != nil {
		return err
	}
	log, err := service.NewLogger(config.Log)
	if err != nil {
		return err
	}
	config.Version = c.Root().Version
	h, err := service.Open(c.Context(), config, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	if err := h.Migrate(c.Context()); err != nil {
		return err
	}
	if err := h.Demo(c.Context(), time.Now()); err != nil {
		return fmt.Errorf("set up the demo: %w", err)
	}
	greet(c.OutOrStdout(), address, mails.Addr())
	if settings.ListensToAll(address) {
		note(c, "WARNING: whoever reaches %s is let in: the demo's key and password are known to everybody, and its mailbox asks for none. Use it in a network that you trust, or leave --listen out.", address)
	}
	if err := h.DemoAdmin(c.Context()); err != nil {
		return err
	}
	h.Stand(r)
	pages := h.Console(c.Context().Done(), console.Mailbox{Box: box{mails}, Site: config.Site})
	return h.Serve(c.Context(), listener, pages)
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

`, listen, service.DevKey, relay, schedule.UserNotifications+" every 10s", "http://"+listen+"/mailbox", "http://"+listen+"/api/v1", "http://"+listen, service.DemoEmail, service.DemoPassword)
}
