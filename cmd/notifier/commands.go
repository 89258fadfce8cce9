package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"notifier/message"
	"notifier/store"
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
		Long: "Brings the schema of the database that the configuration names up to date. serve does the same when it\n" +
			"starts, unless told not to. It is safe to run twice, and on several machines at once.",
		RunE: func(c *cobra.Command, _ []string) (err error) {
			config, err := s.load()
			if err != nil {
				return err
			}
			database, err := store.Open(c.Context(), config.Database, zap.NewNop())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, database.Close()) }()
			ran, err := database.Migrate(c.Context())
			if err != nil {
				return err
			}
			if err := database.AddSite(c.Context(), config.Site, config.timezoneOf(config.Site), time.Now()); err != nil {
				return err
			}
			has, _, err := database.SchemaVersion(c.Context())
			if err == nil {
				fmt.Fprintf(c.OutOrStdout(), "The schema is at version %d: %s run.\n", has, count(len(ran), "migration"))
			}
			return err
		},
	}
}

func configCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Look at the configuration", RunE: showHelp}
	c.AddCommand(&cobra.Command{
		Use: "check", Short: "Find what is wrong with config.yaml and the environment",
		Long: "Reads config.yaml and the environment as serve does and lists all problems, each with its line. The\n" +
			"database and the mail server are not asked.",
		Example: "  notifier config check\n  notifier config check --config /etc/notifier/config.yaml",
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

// sending is what send is asked to send.
type sending struct {
	to, cc, bcc []string
	draft       message.Draft
	replyTo     string
	sender      string
	template    string
	data        string
	attach      []string
	key, site   string
	flush       bool
}

func sendCommand(s *shared) *cobra.Command {
	var m sending
	c := &cobra.Command{
		Use: "send", Short: "Send a message, whatever its recipients have chosen",
		Long: "Puts a message into the queue, one for each recipient, and prints its id and how it stands. The service\n" +
			"sends it with its next flush. With --flush this command does, and ends when it has.",
		Example: `  notifier send --to anna@example.org --subject "Hello" --text "It works"
  notifier send --to anna,jan --cc "Ola <ola@example.org>" --subject "Minutes" --text - <minutes.txt
  notifier send --to anna --template contract_ready --data '{"number": 17}'
  notifier send --to anna@example.org --subject "Hello" --text "It works" --idempotency-key hello-1 --flush`,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := m.read(c); err != nil {
				return err
			}
			return s.withHouse(c, m.site, func(ctx context.Context, h *house, call message.Call) error {
				call.Key = m.key
				taken, _, err := h.desk.SendMessage(ctx, call, m.draft)
				if err != nil {
					return err
				}
				if m.flush {
					_, err = h.flushOnce(ctx)
				}
				return errors.Join(h.printTickets(c, call.Site, taken.Messages), err)
			})
		},
	}
	f := c.Flags()
	f.StringArrayVar(&m.to, "to", nil, "user id, address, or Name <address> of a `recipient`; may be repeated, or a list with commas")
	f.StringArrayVar(&m.cc, "cc", nil, "as --to: a `recipient` of a copy, visible to all")
	f.StringArrayVar(&m.bcc, "bcc", nil, "as --to: a `recipient` of a copy, hidden")
	f.StringVar(&m.replyTo, "reply-to", "", "`address` or user id that answers go to")
	f.BoolVar(&m.draft.OneMail, "one-mail", false, "one mail for all recipients")
	f.StringVar(&m.draft.Subject, "subject", "", "subject, on one `line`")
	f.StringVar(&m.draft.Text, "text", "", "plain `text`; - reads standard input")
	f.StringVar(&m.draft.HTML, "html", "", "`HTML`, instead of the text or beside it")
	f.StringVar(&m.template, "template", "", "`template` that makes the subject, the text or the HTML")
	f.StringVar(&m.data, "data", "", "`JSON` that the template is filled in with; - reads standard input")
	f.StringVar(&m.draft.Account, "account", "", "outgoing `account` (default: that of the site, or of the sender)")
	f.StringVar(&m.sender, "sender", "", "`address` or user id that it comes from, which an account must allow")
	f.StringVar((*string)(&m.draft.Priority), "priority", "", "`priority`: high leaves first, low last")
	f.StringVar(&m.draft.Language, "language", "", "`language` of what we add, as in pl")
	f.StringToStringVar(&m.draft.Headers, "header", nil, "another `header`, as in X-Process=lease; may be repeated")
	f.StringToStringVar(&m.draft.Tags, "tag", nil, "`tag` for your own use, as in process=lease; may be repeated")
	f.StringArrayVar(&m.attach, "attach", nil, "`file` to attach; may be repeated")
	f.StringVar(&m.key, "idempotency-key", "", "`key` that makes the command safe to repeat")
	f.StringVar(&m.site, "site", "", "`site` (default: that of the configuration)")
	f.BoolVar(&m.flush, "flush", false, "flush the queue at once instead of leaving that to the service")
	return c
}

// read completes the draft and checks it, before anything is opened.
func (m *sending) read(c *cobra.Command) error {
	m.draft.To, m.draft.Cc, m.draft.Bcc = parseRecipients(m.to), parseRecipients(m.cc), parseRecipients(m.bcc)
	if m.replyTo != "" {
		to := message.ParseRecipient(m.replyTo)
		m.draft.ReplyTo = &to
	}
	if m.sender != "" {
		from := message.ParseRecipient(m.sender)
		m.draft.Sender = &from
	}
	if m.data != "" && m.template == "" {
		return usageError{errors.New("--data is what a template is filled in with. Name one with --template")}
	}
	if m.template != "" {
		data, err := readData(c, m.data)
		if err != nil {
			return err
		}
		m.draft.Template = &message.Filling{Name: m.template, Data: data}
	}
	for _, name := range m.attach {
		file, err := readAttachment(name)
		if err != nil {
			return err
		}
		m.draft.Attachments = append(m.draft.Attachments, file)
	}
	if m.draft.Text == "-" {
		in := interruptible(c.Context(), c.InOrStdin())
		text, err := io.ReadAll(io.LimitReader(in, message.MaxBody+1))
		if err := errors.Join(err, in.Close()); err != nil {
			return fmt.Errorf("read the text: %w", err)
		}
		m.draft.Text = string(text)
	}
	return m.draft.Check(time.Now())
}

// readAttachment reads no more of a file than can be sent.
func readAttachment(name string) (message.File, error) {
	f, err := os.Open(name)
	if err != nil {
		return message.File{}, usageError{fmt.Errorf("the attachment cannot be read: %w", err)}
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, message.MaxAttachmentSize+1))
	if err != nil {
		return message.File{}, usageError{fmt.Errorf("the attachment cannot be read: %w", err)}
	}
	return message.File{Filename: filepath.Base(name), Content: content}, nil
}

// parseRecipients takes lists with commas apart; a name in quotes may hold one.
func parseRecipients(texts []string) []message.Recipient {
	var all []message.Recipient
	for _, text := range texts {
		if strings.Contains(text, `"`) {
			all = append(all, message.ParseRecipient(text))
			continue
		}
		for one := range strings.SplitSeq(text, ",") {
			if one = strings.TrimSpace(one); one != "" {
				all = append(all, message.ParseRecipient(one))
			}
		}
	}
	return all
}

// printTickets says how the messages stand. Those that failed are its error.
func (h *house) printTickets(c *cobra.Command, site string, tickets []message.Ticket) error {
	failed := 0
	for _, t := range tickets {
		m, err := h.store.Message(context.WithoutCancel(c.Context()), site, t.ID)
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%s  %s  %s", m.ID, m.Status, t.To)
		if m.Status == message.Error {
			failed++
		}
		switch {
		case m.Error != nil:
			line += fmt.Sprintf("  %s %s (%s)", m.Error.Category.Says(), m.Error.Category.Remedy(), m.Error)
		case m.Status == message.Skipped:
			line += "  " + string(m.Reason)
		}
		fmt.Fprintln(c.OutOrStdout(), line)
	}
	return failures(failed, len(tickets)-failed)
}

func sendQueueCommand(s *shared) *cobra.Command {
	var site string
	c := &cobra.Command{
		Use: "send-queue", Short: "Send what is pending, once, and exit",
		Long: "Flushes the queue once, as the job Notifications does, and prints what became of the messages. It may run\n" +
			"while the service does. It ends with 6 if some messages failed; see help exit-codes.",
		Example: "  notifier send-queue\n  notifier send-queue --site default",
		RunE: func(c *cobra.Command, _ []string) error {
			return s.withHouse(c, site, func(ctx context.Context, h *house, _ message.Call) error { return h.flushAndTell(c) })
		},
	}
	c.Flags().StringVar(&site, "site", "", "only this `site` (default: all)")
	return c
}

func retryQueueCommand(s *shared) *cobra.Command {
	var site string
	c := &cobra.Command{
		Use: "retry-queue", Short: "Try every message in error again, once, and exit",
		Long: "Asks for another try of every message that is in error, flushes the queue once, and prints what became of\n" +
			"the messages. Messages that a person released are left to people. It ends with 6 if some failed again.",
		Example: "  notifier retry-queue\n  notifier retry-queue --site default",
		RunE: func(c *cobra.Command, _ []string) error {
			return s.withHouse(c, site, func(ctx context.Context, h *house, call message.Call) error {
				n, err := h.desk.RetryAll(ctx, call)
				if err != nil {
					return err
				}
				tell(c, "retried", n)
				return h.flushAndTell(c)
			})
		},
	}
	c.Flags().StringVar(&site, "site", "", "`site` (default: that of the configuration)")
	return c
}

// withHouse does something with the service, and closes it.
func (s *shared) withHouse(c *cobra.Command, site string, do func(ctx context.Context, h *house, call message.Call) error) error {
	h, err := s.openHouse(c.Context(), site)
	if err != nil {
		return err
	}
	err = do(c.Context(), h, message.Call{Site: h.config.Site, At: time.Now().UTC().Truncate(time.Microsecond), By: whoami()})
	return errors.Join(err, h.close())
}

// whoami is how changes of a command are noted: by whose account on this machine.
func whoami() string {
	u, err := user.Current()
	if err != nil {
		return "command line"
	}
	return "command line: " + message.Truncate(u.Username, 40)
}

// flushOnce sends what is pending and counts what became of it, by move.
func (h *house) flushOnce(ctx context.Context) (map[string]int, error) {
	now := time.Now()
	if err := h.store.AskAgain(ctx, h.outgoing.config.Site, now); err != nil { // whoever calls wants it now
		return nil, err
	}
	total, err := h.flush.Sweep(ctx, now)
	if err != nil {
		return nil, err
	}
	if total == nil {
		total = map[string]int{}
	}
	counts, err := h.flush.Run(ctx, now)
	for move, n := range counts {
		total[move] += n
	}
	return total, errors.Join(err, ctx.Err())
}

// flushAndTell flushes and prints what became of the messages. Failures of messages are
// its error.
func (h *house) flushAndTell(c *cobra.Command) error {
	counts, err := h.flushOnce(c.Context())
	for _, line := range []struct {
		move  message.Move
		words string
	}{
		{message.Accept, "sent"},
		{message.Postpone, "postponed"},
		{message.Limit, "rate limited"},
		{message.Fail, "failed"},
		{message.Lose, "failed"},
		{message.Expire, "expired"},
		{message.Skip, "skipped"},
	} {
		if n := counts[string(line.move)]; n > 0 || line.move == message.Accept {
			tell(c, line.words, n)
		}
	}
	if err != nil {
		return err
	}
	return failures(counts[string(message.Fail)]+counts[string(message.Lose)], counts[string(message.Accept)])
}

// failures is the error that so many messages failed, and others did not.
func failures(failed, sent int) error {
	switch {
	case failed == 0:
		return nil
	case sent == 0:
		return fmt.Errorf("%s failed. GET /api/v1/messages?status=error tells why", count(failed, "message"))
	}
	return fmt.Errorf("%s failed, %w. GET /api/v1/messages?status=error tells why", count(failed, "message"), errPartly)
}

func tell(c *cobra.Command, what string, n int) {
	fmt.Fprintf(c.OutOrStdout(), "%-12s  %d\n", what, n)
}

// openInput opens a file, or standard input for "-".
func openInput(c *cobra.Command, name string) (io.ReadCloser, int64, error) {
	if name == "-" {
		return interruptible(c.Context(), c.InOrStdin()), 0, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, usageError{err}
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = usageError{fmt.Errorf("%s is a folder. Name a file", name)}
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return stoppable{f, c.Context()}, info.Size(), nil
}

// stoppable is a file that ends with its context.
type stoppable struct {
	*os.File
	ctx context.Context
}

func (s stoppable) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.File.Read(b)
}

// interruptible reads from where perhaps nobody writes, until ctx ends. A read that still
// waits then is left behind: it ends with the process.
func interruptible(ctx context.Context, in io.Reader) io.ReadCloser {
	reader, writer := io.Pipe()
	context.AfterFunc(ctx, func() { writer.CloseWithError(ctx.Err()) })
	go func() {
		_, err := io.Copy(writer, in)
		writer.CloseWithError(err)
	}()
	return reader
}
