package account

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"go.uber.org/zap"

	"notifier/jobs/notifications"
	"notifier/mail"
	"notifier/message"
)

// ErrNone is why mail waits where no account is configured.
var ErrNone = errors.New("no SMTP server is configured. Set smtp.host and smtp.from in config.yaml")

// Options are what all accounts are opened with.
type Options struct {
	Site     string // whose budgets those of accounts are
	Keys     mail.Keys
	KeyPrint string      // differs when Keys do
	Grants   mail.Grants // nil: tokens stay in this process
}

// Outgoing are the accounts, opened.
type Outgoing struct {
	configured Configured
	accounts   map[string]*notifications.Account
	couriers   map[string]*mail.Courier
	prints     map[string]string // what each was opened with
}

// Open opens the accounts; those that are as they were before are kept. They are not connected yet.
func Open(all Configured, with Options, before *Outgoing, log *zap.Logger) (*Outgoing, error) {
	o := &Outgoing{configured: all, accounts: map[string]*notifications.Account{}, couriers: map[string]*mail.Courier{}, prints: map[string]string{}}
	for name, s := range all {
		o.prints[name] = s.fingerprint(with)
		if before != nil && before.prints[name] == o.prints[name] {
			o.couriers[name], o.accounts[name] = before.couriers[name], before.accounts[name]
			continue
		}
		courier, err := mail.New(s.Mail(name, with.Keys, with.Grants), log)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open the SMTP account: %w", err), o.Close())
		}
		from, _ := s.Sender()
		o.couriers[name] = courier
		o.accounts[name] = &notifications.Account{
			Name: name, Courier: s.guarded(courier, name, with.Grants), From: from.Email, AskAfterLostLease: s.OnLostLease == "ask",
			Budgets: s.Limits.Budgets(with.Site, message.PerAccount, name),
		}
	}
	return o, nil
}

// Unopened are accounts for whoever only asks which of them a message leaves by.
func Unopened(all Configured) *Outgoing { return &Outgoing{configured: all} }

// fingerprint tells whether an account has changed, with what its files hold.
func (s Settings) fingerprint(with Options) string {
	roots, _ := os.ReadFile(s.CAFile) // what cannot be read was told of
	s.Roots = nil
	return fmt.Sprintf("%+v %s %s%s", s, roots, with.Site, with.KeyPrint)
}

// Configured are the settings that the accounts were opened with.
func (o *Outgoing) Configured() Configured { return o.configured }

// Courier is that of an account; nil if there is no such account.
func (o *Outgoing) Courier(name string) *mail.Courier { return o.couriers[name] }

// Budgets are those of an account alone.
func (o *Outgoing) Budgets(name string) []message.Budget { return o.accounts[name].Budgets }

// Routes lists the accounts for a lane: the one that it names or the site's, and those
// that stand in for it.
func (o *Outgoing) Routes(lane message.Lane) []*notifications.Account {
	name := lane.Account
	if name == "" {
		name = o.configured.Of(lane.Site)
	}
	if name == "" {
		return []*notifications.Account{{Name: Default, Courier: nobody{}}}
	}
	var route []*notifications.Account
	for _, next := range append([]string{name}, o.configured[name].Fallback...) {
		if a := o.accounts[next]; a != nil && !slices.Contains(route, a) {
			route = append(route, a)
		}
	}
	return route
}

// Close ends all connections.
func (o *Outgoing) Close() error {
	var errs []error
	for _, c := range o.couriers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// Test is the account of test keys, which keeps their mails on a shelf. What it keeps goes on to a
// courier, as in the demo, whose mail server catches all; with nil to nobody.
func Test(smtp Settings, shelf mail.Shelf, also *mail.Courier) *notifications.Account {
	from, _ := smtp.Sender()
	return &notifications.Account{Name: "test", Courier: mail.NewKeeper(shelf, from, also), From: from.Email, Free: true}
}

// nobody carries mail when no account is configured: it waits (AMODIT-1).
type nobody struct{}

func (nobody) Ready(context.Context) error { return ErrNone }
func (nobody) Carry(_ context.Context, _ message.Message, done func(message.Receipt)) {
	done(message.Receipt{Failure: &message.Failure{Category: message.ConnectFailed, Text: ErrNone.Error(), Temporary: true}})
}
