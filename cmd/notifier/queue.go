package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notifier/message"
	"notifier/webhook"
)

func queueCommand(s *shared) *cobra.Command {
	c := &cobra.Command{
		Use: "queue", Short: "Look into the queue, and act on its messages",
		RunE: showHelp,
	}
	c.AddCommand(
		listCommand(s), showCommand(s),
		actCommand(s, message.ActRetry, "Try messages in error again", "  notifier queue retry msg_06h0prh7pszbf77z6njd186bh8\n  notifier queue retry --category mailbox_full"),
		actCommand(s, message.ActCancel, "Withdraw messages that have not left", "  notifier queue cancel --status pending --case A-1"),
		actCommand(s, message.ActRelease, "Let manual messages go", "  notifier queue release --case A-1"),
	)
	return c
}

func showCommand(s *shared) *cobra.Command {
	var site string
	c := &cobra.Command{
		Use: "show MESSAGE", Short: "Tell the whole story of a message",
		Long: "Prints how a message stands and all that became of it: when it was written and why, each try to hand it\n" +
			"over with what the mail server said, and each retry that a person asked for. Times are UTC.",
		Example: "  notifier queue show msg_06h0prh7pszbf77z6njd186bh8",
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) != 1 {
				return usageError{errors.New("which message? Write its id, as in notifier queue show msg_06h0prh7pszbf77z6njd186bh8")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, arguments []string) error {
			return s.withHouse(c, site, func(ctx context.Context, h *house, call message.Call) error {
				return h.tellStory(ctx, c.OutOrStdout(), call.Site, message.ID(arguments[0]))
			})
		},
	}
	c.Flags().StringVar(&site, "site", "", "`site` (default: that of the configuration)")
	return c
}

// tellStory prints a message and its history. One that was merged fares as its digest.
func (h *house) tellStory(ctx context.Context, out io.Writer, site string, id message.ID) error {
	m, err := h.store.Message(ctx, site, id)
	if errors.Is(err, message.ErrNotFound) {
		return fmt.Errorf("there is no message %q: %w", message.Truncate(string(id), 60), err)
	}
	if err != nil {
		return err
	}
	attempts, err := h.store.Attempts(ctx, m)
	if err != nil {
		return err
	}
	retries, err := h.store.Retries(ctx, m)
	if err != nil {
		return err
	}
	callbacks, err := h.store.Callbacks(ctx, m)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s  %s  %s  %s\n", m.ID, m.Status, cmp.Or(m.Recipients(), m.UserID), m.Subject)
	for _, e := range story(m, attempts, retries, callbacks) {
		fmt.Fprintf(out, "  %s  %s\n", e.at.UTC().Format("2006-01-02 15:04:05"), e.what)
	}
	if m.Error != nil {
		fmt.Fprintf(out, "%s %s\n", m.Error.Category.Says(), m.Error.Category.Remedy())
	}
	return nil
}

// episode is one thing that happened to a message.
type episode struct {
	at   time.Time
	what string
}

func story(m message.Message, attempts []message.Attempt, retries []message.Retried, callbacks []webhook.Callback) []episode {
	written := "written"
	if m.Setting != "" {
		written += ", the setting was " + m.Setting
	}
	all := []episode{{m.CreatedAt, written}}
	for _, a := range attempts {
		all = append(all, episode{a.EndedAt, tried(a)})
	}
	for _, r := range retries {
		again := "asked for again"
		if r.Error != nil {
			again += "; before: " + r.Error.Error()
		}
		all = append(all, episode{r.At, again})
	}
	for _, c := range callbacks {
		all = append(all, episode{c.At, fmt.Sprintf("webhook %s is told %s: %s", c.Endpoint, c.Event(m.Type), called(c))})
	}
	if len(attempts) == 0 || m.Status.Final() && m.Status != message.Sent && m.Status != message.Error || m.Status == message.Sending {
		all = append(all, episode{m.UpdatedAt, stands(m)})
	}
	slices.SortStableFunc(all, func(a, b episode) int { return a.at.Compare(b.at) })
	if next := m.DueAt; !next.IsZero() {
		all = append(all, episode{next, "due"})
	}
	return all
}

// stands says what a message came to without an attempt, and why.
func stands(m message.Message) string {
	what := string(m.Status)
	if m.Reason != "" {
		what += ": " + string(m.Reason)
	}
	if m.Digest != "" {
		what += " into " + string(m.Digest)
	}
	return what
}

// tried says what an attempt was and what it led to.
func tried(a message.Attempt) string {
	var parts []string
	for _, list := range []struct {
		what      string
		addresses []string
	}{{"accepted", a.Accepted}, {"refused", a.Rejected}, {"refused for now", a.Pending}} {
		if len(list.addresses) > 0 {
			parts = append(parts, list.what+" "+strings.Join(list.addresses, ", "))
		}
	}
	said := a.Response
	if said == "" && a.Failure != nil {
		said = a.Failure.Text
	}
	what := fmt.Sprintf("attempt %d", a.Claim)
	if a.Server != "" {
		what += " at " + a.Server
	}
	if a.Uncertain {
		parts = append(parts, "it may have gone out")
	}
	return strings.TrimSuffix(fmt.Sprintf("%s → %s: %s (%s)", what, a.LedTo, said, strings.Join(parts, "; ")), " ()")
}
