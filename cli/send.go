package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notifier/listing"
	"notifier/message"
	"notifier/request"
	"notifier/schedule"
)

// sending is what send is asked to send.
type sending struct {
	to, cc, bcc []string
	draft       message.Draft
	replyTo     []string
	headers     []string
	sender      string
	template    string
	data        string
	attach      []string
	key         string
	flush, wait bool
	dryRun      bool
	strict      bool
	timeout     time.Duration
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
			return s.withDoor(c, func(ctx context.Context, d *door) error { return s.send(ctx, c, d, &m) })
		},
	}
	f := c.Flags()
	f.StringArrayVar(&m.to, "to", nil, "user id, address, or Name <address> of a `recipient`; may be repeated, or a list with commas")
	f.StringArrayVar(&m.cc, "cc", nil, "as --to: a `recipient` of a copy, visible to all")
	f.StringArrayVar(&m.bcc, "bcc", nil, "as --to: a `recipient` of a copy, hidden")
	f.StringArrayVar(&m.replyTo, "reply-to", nil, "`address` or user id that answers go to; may be repeated")
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
	f.StringArrayVar(&m.headers, "header", nil, "another `header`, as in X-Process=lease; may be repeated")
	f.StringToStringVar(&m.draft.Tags, "tag", nil, "`tag` for your own use, as in process=lease; may be repeated")
	f.StringArrayVar(&m.attach, "attach", nil, "`file` to attach; may be repeated")
	f.StringVar(&m.key, "idempotency-key", "", "`key` that makes the command safe to repeat")
	f.BoolVar(&m.flush, "flush", false, "flush the queue at once instead of leaving that to the service")
	f.BoolVar(&m.wait, "wait", false, "wait until the messages have been sent, or cannot be")
	f.BoolVar(&m.dryRun, "dry-run", false, "only say what would become of it")
	addStrict(f, &m.strict)
	f.DurationVar(&m.timeout, "timeout", 5*time.Minute, "how `long` to wait")
	return s.reaches(c)
}

// send hands the message in, and does with it what the flags say.
func (s *shared) send(ctx context.Context, c *cobra.Command, d *door, m *sending) error {
	began := time.Now()
	if d.beside != nil {
		d.beside.Warn()
	}
	if m.dryRun {
		return s.trySending(ctx, c, d, m)
	}
	taken, _, err := ask[request.Taken](ctx, d, apiRequest{method: http.MethodPost, path: "/messages", query: strictQuery(m.strict), body: m.draft, key: m.key})
	if err != nil {
		return err
	}
	if m.flush {
		err = d.flush(ctx)
	}
	if m.wait && err == nil {
		err = d.settled(ctx, taken.Messages, m.timeout, func(q queued) {
			if s.plain() {
				note(c, "%s  %s in %s", q.ID, q.Status, time.Since(began).Round(100*time.Millisecond))
			}
		})
	}
	return errors.Join(s.printTickets(context.WithoutCancel(ctx), c, d, taken.Messages), err)
}

// trySending tells what would become of a message.
func (s *shared) trySending(ctx context.Context, c *cobra.Command, d *door, m *sending) error {
	query := strictQuery(m.strict)
	query.Set("dry_run", "true")
	tried, raw, err := ask[struct {
		Messages []json.RawMessage `json:"messages"`
	}](ctx, d, apiRequest{method: http.MethodPost, path: "/messages", query: query, body: m.draft})
	if err != nil {
		return err
	}
	note(c, "Nothing was done: this is what would be.")
	p := s.printer(c)
	if p.Format == listing.JSON || p.Format == listing.YAML {
		return listing.One(p, raw, nil)
	}
	return listing.List(p, listing.Page{Data: tried.Messages}, []listing.Column[request.Ticket]{
		{Title: "To", Value: func(t request.Ticket) string { return t.To }},
		{Title: "Status", Value: func(t request.Ticket) string { return string(t.Status) }, Tint: func(t request.Ticket) listing.Tint { return tint(t.Status) }},
		{Title: "Why", Value: func(t request.Ticket) string { return string(t.Reason) }},
		{Title: "Leaves by", Value: func(t request.Ticket) string { return clockOf(t.ExpectedBy) }},
	})
}

// flush sends what is pending: here, or by the service elsewhere.
func (d *door) flush(ctx context.Context) error {
	if d.beside != nil {
		_, err := d.beside.FlushOnce(ctx)
		return err
	}
	r, _, err := ask[schedule.Run](ctx, d, apiRequest{method: http.MethodPost, path: path("jobs", schedule.Notifications, "run")})
	if err == nil {
		_, _, err = d.ended(ctx, r, time.Minute)
	}
	return err
}

// settled waits until nothing more will become of messages by itself, and tells of each
// that has come there.
func (d *door) settled(ctx context.Context, tickets []request.Ticket, timeout time.Duration, tell func(queued)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	for _, t := range tickets {
		for wait := askSoon; ; wait = min(2*wait, askLate) {
			q, _, err := ask[queued](ctx, d, apiRequest{method: http.MethodGet, path: path("messages", string(t.ID))})
			if err != nil {
				return timedOut(ctx, err)
			}
			if q.Status.Final() {
				tell(q)
				break
			}
			if err := pause(ctx, wait); err != nil {
				return timedOut(ctx, err)
			}
		}
	}
	return nil
}

// read completes the draft and checks it, before anything is opened.
func (m *sending) read(c *cobra.Command) error {
	m.draft.To, m.draft.Cc, m.draft.Bcc = parseRecipients(m.to), parseRecipients(m.cc), parseRecipients(m.bcc)
	m.draft.ReplyTo = parseRecipients(m.replyTo)
	for _, header := range m.headers {
		name, value, found := strings.Cut(header, "=")
		if !found {
			return usageError{fmt.Errorf("--header %q has no value. Write it as X-Process=lease", header)}
		}
		if m.draft.Headers == nil {
			m.draft.Headers = map[string]message.Values{}
		}
		m.draft.Headers[name] = append(m.draft.Headers[name], value)
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
func (s *shared) printTickets(ctx context.Context, c *cobra.Command, d *door, tickets []request.Ticket) error {
	failed := 0
	var page listing.Page
	for _, t := range tickets {
		m, raw, err := ask[queued](ctx, d, apiRequest{method: http.MethodGet, path: path("messages", string(t.ID))})
		if err != nil {
			return err
		}
		if m.Status == message.Error {
			failed++
		}
		page.Data = append(page.Data, raw)
	}
	if err := listing.List(s.printer(c), page, ticketColumns); err != nil {
		return err
	}
	return failures(failed, len(tickets)-failed)
}

// ticketColumns tell a sender what became of a message, in plain words.
var ticketColumns = []listing.Column[queued]{
	{Title: "Message", Value: func(m queued) string { return string(m.ID) }},
	{Title: "Status", Value: func(m queued) string { return string(m.Status) }, Tint: func(m queued) listing.Tint { return tint(m.Status) }},
	{Title: "To", Value: func(m queued) string { return cmp.Or(m.To, m.User) }},
	{Title: "Why", Value: func(m queued) string {
		switch {
		case m.Error != nil:
			return fmt.Sprintf("%s %s (%s)", m.Error.Says, m.Error.Remedy, m.Error.failure())
		case m.Status == message.Skipped:
			return string(m.Reason)
		}
		return ""
	}},
}
