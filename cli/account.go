package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notifier/account"
	"notifier/listing"
	"notifier/message"
)

var accountColumns = []listing.Column[message.Account]{
	{Title: "Account", Value: func(a message.Account) string { return a.Name }},
	{Title: "Server", Value: func(a message.Account) string { return a.Server }},
	{Title: "From", Value: func(a message.Account) string { return a.From }},
	{Title: "Stands", Value: accountStanding, Tint: func(a message.Account) listing.Tint {
		if a.Paused != nil {
			return listing.Red
		}
		return listing.Green
	}},
	{Title: "Budgets", Value: func(a message.Account) string {
		var spent []string
		for _, b := range a.Budgets {
			spent = append(spent, fmt.Sprintf("%d of %d a %s", b.Used, b.Max, b.Per))
		}
		return strings.Join(spent, ", ")
	}},
}

func accountStanding(a message.Account) string {
	if p := a.Paused; p != nil {
		return fmt.Sprintf("paused until %s: %s %s", p.Until.UTC().Format(time.TimeOnly+"Z"), p.Says, p.Remedy)
	}
	return "works"
}

func accountCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "account", Short: "Look at the outgoing accounts, and try them", RunE: showHelp}
	list := s.verb("list", "List the outgoing accounts and how they stand", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
		page, err := d.list(ctx, apiRequest{method: http.MethodGet, path: "/accounts"}, 0)
		if err != nil {
			return err
		}
		return listing.List(s.printer(c), page, accountColumns)
	})
	test := s.verb("test [ACCOUNT]", "Try an account: prints the conversation with its mail server", func(ctx context.Context, c *cobra.Command, d *door, arguments []string) error {
		name := account.Default
		if len(arguments) == 1 {
			name = arguments[0]
		}
		trial, raw, err := ask[message.Trial](ctx, d, apiRequest{method: http.MethodPost, path: path("accounts", name, "test")})
		if err != nil {
			return err
		}
		return s.printTrial(c, name, trial, raw)
	})
	test.Long = "Connects to the account's mail server, makes the connection safe, logs in and asks whether it would take a\n" +
		"mail, and prints what was said, without secrets. Nothing is sent. An account that works is paused no longer."
	test.Example = "  notifier account test\n  notifier account test backup"
	test.Args = func(_ *cobra.Command, arguments []string) error {
		if len(arguments) > 1 {
			return usageError{fmt.Errorf("one account is tried at a time. Name one, as in notifier account test backup")}
		}
		return nil
	}
	c.AddCommand(list, test)
	return s.reaches(c)
}

func (s *shared) printTrial(c *cobra.Command, name string, trial message.Trial, raw []byte) error {
	err := listing.One(s.printer(c), raw, func(out io.Writer) error {
		marks := map[string]string{"we": "→", "server": "←", "note": "·"}
		for _, line := range trial.Conversation {
			fmt.Fprintf(out, "%s %s\n", marks[line.Who], line.Text)
		}
		if trial.Works {
			fmt.Fprintf(out, "The account %s works.\n", name)
		}
		return nil
	})
	if err != nil || trial.Works {
		return err
	}
	return &message.Failure{Category: trial.Category, Text: fmt.Sprintf("%s %s (%s)", trial.Says, trial.Remedy, trial.Message)}
}
