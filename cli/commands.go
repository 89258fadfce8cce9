package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"

	"github.com/spf13/cobra"

	"notifier/fault"
	"notifier/message"
	"notifier/request"
	"notifier/rescue"
	"notifier/service"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version",
		Run: func(c *cobra.Command, _ []string) { fmt.Fprintln(c.OutOrStdout(), "notifier", c.Root().Version) },
	}
}

func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

func sendQueueCommand(s *shared) *cobra.Command {
	var site string
	c := &cobra.Command{
		Use: "send-queue", Short: "Send what is pending, once, and exit",
		Long: "Flushes the queue once, as the job Notifications does, and prints what became of the messages. It may run\n" +
			"while the service does. It ends with 6 if some messages failed; see help exit-codes.",
		Example: "  notifier send-queue\n  notifier send-queue --site default",
		RunE: func(c *cobra.Command, _ []string) error {
			return s.withService(c, site, func(ctx context.Context, h *service.Service, _ request.Call) error { return flushAndTell(c, h) })
		},
	}
	c.Flags().StringVar(&site, "site", "", "only this `site` (default: all)")
	return c
}

func retryQueueCommand(s *shared) *cobra.Command {
	var site, category string
	var many request.Many
	c := &cobra.Command{
		Use: "retry-queue", Short: "Try every message in error again, once, and exit",
		Long: "Asks for another try of every message that is in error, flushes the queue once, and prints what became of\n" +
			"the messages. Left alone, and counted by reason, are: messages to suppressed addresses; those to addresses that do\n" +
			"not exist, unless --category address_unknown or --all is given; those that were retried less than an hour ago, then\n" +
			"two, four, up to 24; and those that a person released. It ends with 6 if some failed again.",
		Example: "  notifier retry-queue\n  notifier retry-queue --site default\n  notifier retry-queue --category mailbox_full",
		RunE: func(c *cobra.Command, _ []string) error {
			many.Category = message.Category(category)
			if err := many.Check(); err != nil {
				return usageError{err}
			}
			return s.withService(c, site, func(ctx context.Context, h *service.Service, call request.Call) error {
				n, err := h.RetryAll(ctx, call, many)
				if err != nil {
					return err
				}
				tell(c, "retried", n.Retried)
				tellLeft(c, n.LeftAlone)
				return flushAndTell(c, h)
			})
		},
	}
	c.Flags().StringVar(&site, "site", "", "`site` (default: that of the configuration)")
	c.Flags().StringVar(&category, "category", "", "only errors of this `category`, for example address_unknown")
	c.Flags().BoolVar(&many.All, "all", false, "every category, as chora does: also addresses that do not exist")
	return c
}

// withService does something with the service, and closes it.
func (s *shared) withService(c *cobra.Command, site string, do func(ctx context.Context, h *service.Service, call request.Call) error) error {
	h, err := s.openService(c.Context(), site)
	if err != nil {
		return err
	}
	err = do(c.Context(), h, h.Call(whoami()))
	return errors.Join(err, h.Close())
}

// whoami is how changes of a command are noted: by whose account on this machine.
func whoami() string {
	u, err := user.Current()
	if err != nil {
		return "command line"
	}
	return "command line: " + fault.Truncate(u.Username, 40)
}

// flushAndTell flushes and prints what became of the messages. Failures of messages are
// its error.
func flushAndTell(c *cobra.Command, h *service.Service) error {
	counts, err := h.FlushOnce(c.Context())
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
		return fmt.Errorf("%s failed. notifier queue list --status error tells why", count(failed, "message"))
	}
	return fmt.Errorf("%s failed, %w. notifier queue list --status error tells why", count(failed, "message"), errPartly)
}

func tell(c *cobra.Command, what string, n int) {
	fmt.Fprintf(c.OutOrStdout(), "%-12s  %d\n", what, n)
}

// tellLeft prints how many messages a retry of many left alone, by reason.
func tellLeft(c *cobra.Command, left map[request.LeftAlone]int) {
	for _, why := range request.WhyLeftAlone {
		if n := left[why]; n > 0 {
			fmt.Fprintf(c.OutOrStdout(), "%-12s  %d (%s: %s)\n", "left alone", n, string(why), why.Error())
		}
	}
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
	rescue.Upon(ctx, nil, "the end of reading", func() { writer.CloseWithError(ctx.Err()) })
	rescue.Go(nil, "reading", func() {
		_, err := io.Copy(writer, in)
		writer.CloseWithError(err)
	}, func(err error) { writer.CloseWithError(err) })
	return reader
}
