package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"notifier/message"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version",
		Run: func(c *cobra.Command, _ []string) { fmt.Fprintln(c.OutOrStdout(), "notifier", version) },
	}
}

func migrateCommand(s *shared) *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "Bring the database's schema up to date",
		RunE: func(c *cobra.Command, _ []string) error {
			h, err := s.openHouse(c.Context(), "")
			if err != nil {
				return err
			}
			has, _, err := h.store.SchemaVersion(c.Context())
			if err == nil {
				fmt.Fprintf(c.OutOrStdout(), "The schema is at version %d.\n", has)
			}
			return errors.Join(err, h.close())
		},
	}
}

func configCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Look at the configuration"}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	c.AddCommand(&cobra.Command{
		Use: "check", Short: "Find what is wrong with config.yaml and the environment",
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := s.load()
			var bad *configError
			if errors.As(err, &bad) {
				return fmt.Errorf("%w\n%s", err, count(len(bad.Problems), "problem"))
			}
			if err == nil {
				fmt.Fprintln(c.OutOrStdout(), "The configuration is fine.")
			}
			return err
		},
	})
	return c
}

func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

func sendCommand(s *shared) *cobra.Command {
	var to, cc, bcc []string
	var d message.Draft
	var key, site string
	var flush bool
	c := &cobra.Command{
		Use: "send", Short: "Send a message now, whatever its recipients have chosen",
		Example: `  notifier send --to anna@example.org --subject "Hello" --text "It works"`,
		RunE: func(c *cobra.Command, _ []string) error {
			d.To, d.Cc, d.Bcc = parseRecipients(to), parseRecipients(cc), parseRecipients(bcc)
			if d.Text == "-" {
				text, err := io.ReadAll(io.LimitReader(c.InOrStdin(), message.MaxBody+1))
				if err != nil {
					return err
				}
				d.Text = string(text)
			}
			return s.withHouse(c, site, func(ctx context.Context, h *house, call message.Call) error {
				call.Key = key
				taken, _, err := h.desk.SendMessage(ctx, call, d)
				if err != nil {
					return err
				}
				if flush {
					if err := h.flushOnce(c); err != nil {
						return err
					}
				}
				return h.printTickets(c, call.Site, taken.Messages)
			})
		},
	}
	f := c.Flags()
	f.StringSliceVar(&to, "to", nil, "user id, address, or Name <address>; may be repeated")
	f.StringSliceVar(&cc, "cc", nil, "copies, visible to all")
	f.StringSliceVar(&bcc, "bcc", nil, "copies, hidden")
	f.BoolVar(&d.OneMail, "one-mail", false, "one mail for all recipients")
	f.StringVar(&d.Subject, "subject", "", "subject")
	f.StringVar(&d.Text, "text", "", "text; - reads standard input")
	f.StringVar(&d.HTML, "html", "", "HTML")
	f.StringVar(&key, "idempotency-key", "", "makes the command safe to repeat")
	f.StringVar(&site, "site", "", "site (default: that of the configuration)")
	f.BoolVar(&flush, "flush", false, "flush the queue at once instead of leaving that to the service")
	return c
}

func parseRecipients(texts []string) []message.Recipient {
	var all []message.Recipient
	for _, t := range texts {
		all = append(all, message.ParseRecipient(t))
	}
	return all
}

// printTickets says how the messages stand.
func (h *house) printTickets(c *cobra.Command, site string, tickets []message.Ticket) error {
	for _, t := range tickets {
		m, err := h.store.Message(c.Context(), site, t.ID)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "%s  %s  %s\n", m.ID, m.Status, t.To)
	}
	return nil
}

func sendQueueCommand(s *shared) *cobra.Command {
	var site string
	c := &cobra.Command{
		Use: "send-queue", Short: "Send what is pending, once, and exit",
		RunE: func(c *cobra.Command, _ []string) error {
			return s.withHouse(c, site, func(_ context.Context, h *house, _ message.Call) error { return h.flushOnce(c) })
		},
	}
	c.Flags().StringVar(&site, "site", "", "only this site (default: all)")
	return c
}

func retryQueueCommand(s *shared) *cobra.Command {
	var site string
	c := &cobra.Command{
		Use: "retry-queue", Short: "Try every message in error again, once, and exit",
		RunE: func(c *cobra.Command, _ []string) error {
			return s.withHouse(c, site, func(ctx context.Context, h *house, call message.Call) error {
				n, err := h.desk.RetryAll(ctx, call)
				if err != nil {
					return err
				}
				fmt.Fprintf(c.OutOrStdout(), "retried   %d\n", n)
				return h.flushOnce(c)
			})
		},
	}
	c.Flags().StringVar(&site, "site", "", "site (default: that of the configuration)")
	return c
}

// withHouse does something with the service, and closes it.
func (s *shared) withHouse(c *cobra.Command, site string, do func(ctx context.Context, h *house, call message.Call) error) error {
	h, err := s.openHouse(c.Context(), site)
	if err != nil {
		return err
	}
	err = do(c.Context(), h, message.Call{Site: h.config.Site, At: time.Now().UTC().Truncate(time.Microsecond)})
	return errors.Join(err, h.close())
}

// flushOnce sends what is pending and prints what became of it.
func (h *house) flushOnce(c *cobra.Command) error {
	now := time.Now()
	if _, err := h.flush.Sweep(c.Context(), now); err != nil {
		return err
	}
	counts, err := h.flush.Run(c.Context(), now)
	for _, line := range []struct{ move, words string }{
		{string(message.Accept), "sent"},
		{string(message.Postpone), "postponed"},
		{string(message.Limit), "rate limited"},
		{string(message.Fail), "failed"},
		{string(message.Expire), "expired"},
		{string(message.Skip), "skipped"},
	} {
		if n := counts[line.move]; n > 0 || line.move == string(message.Accept) {
			fmt.Fprintf(c.OutOrStdout(), "%-9s %d\n", line.words, n)
		}
	}
	return err
}

// openInput opens a file, or standard input for "-".
func openInput(c *cobra.Command, name string) (io.ReadCloser, int64, error) {
	if name == "-" {
		return io.NopCloser(c.InOrStdin()), 0, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, usageError{err}
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}
