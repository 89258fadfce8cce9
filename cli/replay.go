package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"notifier/account"
	"notifier/jobs/notifications"
	"notifier/mail"
	"notifier/message"
	"notifier/service"
	"notifier/settings"
	"notifier/simulate"
)

func replayCommand(s *shared) *cobra.Command {
	var p planFlags
	var database, relay string
	c := &cobra.Command{
		Use: "replay", Short: "Run a journal through the real store and jobs, in virtual time",
		Long: "Runs a journal through the real store and the real jobs, in virtual time. The database is a new one:\n" +
			"a SQLite file that is deleted afterwards, or an empty one that --database names. Mail goes nowhere, or\n" +
			"to the relay that --smtp names. What is printed equals what simulate prints.",
		Example: `  notifier replay --journal journal.ndjson --until 2012-02-01T00:00:00Z --out mails.ndjson`,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			config, err := s.load()
			if err != nil {
				return err
			}
			o, err := p.options(config, p.set)
			if err != nil {
				return err
			}
			if database == "" {
				dir, err := os.MkdirTemp("", "notifier-replay-")
				if err != nil {
					return err
				}
				defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
				database = "sqlite:" + filepath.Join(dir, "replay.db")
			}
			config.Database.URL = database
			carrier, err := replayCourier(config, relay)
			if err != nil {
				return err
			}
			r, err := service.NewReplay(c.Context(), config, carrier)
			if errors.Is(err, service.ErrNotEmpty) {
				err = usageError{err}
			}
			if err != nil {
				return errors.Join(err, carrier.Close())
			}
			r.Strict = p.strict
			mails, err := runReplay(c, r, p, o)
			if err := errors.Join(err, r.Close(), carrier.Close()); err != nil {
				return p.named(err)
			}
			if p.out == "" {
				return simulate.Compare(c.OutOrStdout(), planned{mails, r.Unknown}.column("replayed"))
			}
			return p.write(c, planned{mails, r.Unknown})
		},
	}
	p.add(c)
	c.Flags().StringVar(&database, "database", "", "an empty database to use, as in postgres://user@host/database")
	c.Flags().StringVar(&relay, "smtp", "", "a relay to hand the mails to, as in 127.0.0.1:2525")
	return c
}

// runReplay takes the journal of the flags, and shows how far it has come.
func runReplay(c *cobra.Command, r *service.Replay, p planFlags, o simulate.Options) ([]simulate.Mail, error) {
	in, size, err := openInput(c, p.journal)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	bar := newBar(size, "replaying")
	defer bar.end()
	return r.Run(c.Context(), io.TeeReader(in, bar), o)
}

// courier is what carries mail, and is closed at the end.
type courier interface {
	notifications.Courier
	Close() error
}

// replayCourier carries to the relay, or takes everything itself.
func replayCourier(c settings.Config, relay string) (courier, error) {
	if relay == "" {
		return sink{}, nil
	}
	host, port, err := net.SplitHostPort(relay)
	number, notNumber := strconv.Atoi(port)
	if err != nil || notNumber != nil {
		return nil, usageError{fmt.Errorf("--smtp %q is not a relay. Write host:port, as in 127.0.0.1:2525", relay)}
	}
	settings := c.SMTP.Mail(account.Default, c.DKIMKeys(), nil)
	settings.Host, settings.Port = host, number
	if settings.Tokens != nil { // a token of the account is not for this relay, and asking may use the refresh token up
		settings.Auth, settings.Tokens, settings.Username = "", nil, ""
	}
	if c.SMTP.Host == "" { // the account of the configuration is not meant for this relay
		settings.TLS, settings.Username = "none", ""
	}
	if settings.From.Email == "" {
		settings.From = message.Address{Name: "Workflow", Email: "workflow@example.org"}
	}
	return mail.New(settings, zap.NewNop())
}

// sink takes every mail.
type sink struct{}

func (sink) Ready(context.Context) error { return nil }
func (sink) Close() error                { return nil }
func (sink) Carry(_ context.Context, m message.Message, done func(message.Receipt)) {
	now := time.Now()
	done(message.Receipt{StartedAt: now, EndedAt: now, Tried: true, Accepted: m.Outstanding(), Code: 250, Response: "250 2.0.0 replayed"})
}
