package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"notifier/message"
)

func accountCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "account", Short: "Look at the outgoing accounts, and try them", RunE: showHelp}
	c.AddCommand(&cobra.Command{
		Use: "list", Short: "List the outgoing accounts and how they stand",
		RunE: func(c *cobra.Command, _ []string) error {
			return s.withHouse(c, "", func(ctx context.Context, h *house, _ message.Call) error {
				all, err := h.Accounts(ctx)
				if err != nil {
					return err
				}
				return printAccounts(c.OutOrStdout(), all)
			})
		},
	}, tryCommand(s))
	return c
}

func tryCommand(s *shared) *cobra.Command {
	return &cobra.Command{
		Use: "test [ACCOUNT]", Short: "Try an account: prints the conversation with its mail server",
		Long: "Connects to the account's mail server, makes the connection safe, logs in and asks whether it would take a\n" +
			"mail, and prints what was said, without secrets. Nothing is sent. An account that works is paused no longer.",
		Example: "  notifier account test\n  notifier account test backup",
		Args:    func(*cobra.Command, []string) error { return nil },
		RunE: func(c *cobra.Command, arguments []string) error {
			name := defaultAccount
			if len(arguments) > 1 {
				return usageError{errors.New("one account is tried at a time. Name one, as in notifier account test backup")}
			}
			if len(arguments) == 1 {
				name = arguments[0]
			}
			return s.withHouse(c, "", func(ctx context.Context, h *house, _ message.Call) error {
				trial, err := h.TryAccount(ctx, name)
				if err != nil {
					return err
				}
				return printTrial(c.OutOrStdout(), name, trial)
			})
		},
	}
}

func printAccounts(out io.Writer, all []message.Account) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, a := range all {
		stands := "works"
		if p := a.Paused; p != nil {
			stands = fmt.Sprintf("paused until %s: %s %s", p.Until.UTC().Format(time.TimeOnly+"Z"), p.Says, p.Remedy)
		}
		var spent []string
		for _, b := range a.Budgets {
			spent = append(spent, fmt.Sprintf("%d of %d a %s", b.Used, b.Max, b.Per))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", a.Name, a.Server, a.From, stands, strings.Join(spent, ", "))
	}
	return w.Flush()
}

func printTrial(out io.Writer, name string, trial message.Trial) error {
	marks := map[string]string{"we": "→", "server": "←", "note": "·"}
	for _, line := range trial.Conversation {
		fmt.Fprintf(out, "%s %s\n", marks[line.Who], line.Text)
	}
	if trial.Works {
		fmt.Fprintf(out, "The account %s works.\n", name)
		return nil
	}
	return &message.Failure{Category: trial.Category, Text: fmt.Sprintf("%s %s (%s)", trial.Says, trial.Remedy, trial.Message)}
}

// Accounts lists the outgoing accounts in the order of their names.
func (h *house) Accounts(ctx context.Context) ([]message.Account, error) {
	pauses, err := h.store.Pauses(ctx, h.outgoing.config.Site)
	if err != nil {
		return nil, err
	}
	var all []message.Account
	for _, name := range h.outgoing.config.accountNames() {
		a, err := h.account(ctx, name, pauses)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

func (h *house) account(ctx context.Context, name string, pauses []message.Pause) (message.Account, error) {
	settings := h.outgoing.config.configured()[name]
	a := message.Account{Name: name, Login: settings.Username != "", From: settings.From, Senders: settings.Senders, Sites: settings.Sites, Fallback: settings.Fallback}
	a.Server, a.TLS = h.outgoing.couriers[name].Server()
	for _, p := range pauses {
		if p.Account == name {
			a.Paused = p.Show()
		}
	}
	for _, b := range h.outgoing.accounts[name].Budgets {
		used, err := h.store.Used(ctx, b, time.Now())
		if err != nil {
			return a, err
		}
		a.Budgets = append(a.Budgets, b.Usage(used))
	}
	return a, nil
}

// TryAccount has a conversation with the account's server that sends nothing.
func (h *house) TryAccount(ctx context.Context, name string) (message.Trial, error) {
	courier := h.outgoing.couriers[name]
	if courier == nil {
		if len(h.outgoing.couriers) == 0 {
			return message.Trial{}, errNobody
		}
		return message.Trial{}, fmt.Errorf("there is no account %q.%s: %w", message.Truncate(name, 60),
			message.Suggest(name, h.outgoing.config.accountNames()), message.ErrNotFound)
	}
	said, f := courier.Try(ctx)
	if f != nil {
		return message.Trial{
			Conversation: said, Category: f.Category, Says: f.Category.Says(), Remedy: f.Category.Remedy(),
			Message: strings.TrimSpace(f.Code + " " + f.Text),
		}, nil
	}
	return message.Trial{Works: true, Conversation: said}, h.store.Resume(ctx, h.outgoing.config.Site, name)
}
