package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"notifier/fault"
	"notifier/listing"
	"notifier/settings"
)

// noun is what an argument stands for: how it is asked for, and how it looks.
type noun struct{ ask, example string }

var nouns = map[string]noun{
	"MESSAGE":   {"which message? Write its id", "msg_06h0prh7pszbf77z6njd186bh8"},
	"ADDRESS":   {"which address? Write one", "jan@example.net"},
	"WEBHOOK":   {"which webhook? notifier webhook list has the ids: write it as notifier webhook %s WEBHOOK", ""},
	"URL":       {"which address is to be told? Write one", "https://bpm.example.org/mail"},
	"CALLBACK":  {"which call? notifier webhook deliveries has the ids", "evt_06h0prh7pszbf77z6njd186bh8"},
	"ROLE":      {"which role? There are viewer, support and admin. Write one", "support"},
	"FOLDER":    {"which folder? Write one", "templates"},
	"FILE":      {"which file? Name one, or - for standard input", "events.ndjson"},
	"TEMPLATE":  {"which template? Write its name", "contract_ready"},
	"OPERATION": {"which operation? Write its id", "op_06h0prh7pszbf77z6njd186bh8"},
	"KEY":       {"which deadline? Write its key", "OFA-1181"},
	"USER":      {"which user? Write an id", "anna"},
	"GROUP":     {"which group? Write its id", "clerks"},
	"PROCESS":   {"which process? Write its name, as events do", "lease"},
	"SITE":      {"which site? Name it", "acme"},
	"NAME":      {"who uses the key? Name it", "bpm-prod"},
	"APIKEY":    {"which key? Write its id, as notifier key list shows it", "key_06h0prh7pszbf77z6njd186bh8"},
	"JOB":       {"which job? There are notifications, user_notifications and reminders. Write one", "reminders"},
}

// verb makes a command that reaches the service. Its use says which arguments it wants: a
// NOUN is needed, a [NOUN] is not, and of a [NOUN…] there may be several.
func (s *shared) verb(use, short string, do func(ctx context.Context, c *cobra.Command, d *door, arguments []string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: wants(strings.Fields(use)[1:]),
		RunE: func(c *cobra.Command, arguments []string) error {
			return s.withDoor(c, func(ctx context.Context, d *door) error { return do(ctx, c, d, arguments) })
		},
	}
}

// wants checks arguments against their nouns.
func wants(names []string) cobra.PositionalArgs {
	return func(c *cobra.Command, arguments []string) error {
		needed, most := 0, 0
		for _, name := range names {
			if !strings.HasPrefix(name, "[") {
				needed++
			}
			if most++; strings.HasSuffix(name, "…]") {
				most = len(arguments) + 1
			}
		}
		switch {
		case len(arguments) < needed:
			return usageError{errors.New(question(c, names))}
		case len(arguments) > most:
			return usageError{fmt.Errorf("%q is one argument too many. Write it as %s. See %s --help", fault.Truncate(arguments[most], 60), c.UseLine(), c.CommandPath())}
		}
		return nil
	}
}

// question asks for what is missing.
func question(c *cobra.Command, names []string) string {
	if len(names) > 1 {
		return "something is missing: write it as " + c.CommandPath() + " " + strings.Join(names, " ")
	}
	n := nouns[names[0]]
	if strings.Contains(n.ask, "%s") {
		return fmt.Sprintf(n.ask, c.Name())
	}
	return fmt.Sprintf("%s, as in %s %s", n.ask, c.CommandPath(), n.example)
}

// reaches gives a command and those below it the flags that say where the service is, and
// for whom.
func (s *shared) reaches(c *cobra.Command) *cobra.Command {
	f := c.PersistentFlags()
	f.StringVar(&s.site, "site", "", "`site` (default: that of the configuration)")
	f.StringVar(&s.server, "server", "", "`URL` of a service that runs elsewhere (default: $"+settings.ServerVariable+", or else the database of the configuration)")
	f.StringVar(&s.keyFile, "key-file", "", "`file` with the API key for --server (default: $"+settings.KeyVariable+")")
	return s.prints(c)
}

// prints gives a command and those below it the flags that say how to print.
func (s *shared) prints(c *cobra.Command) *cobra.Command {
	f := c.PersistentFlags()
	f.StringVarP(&s.output, "output", "o", "", "how to print: `table`, json, ndjson, csv or yaml (default: table on a terminal, its lines elsewhere)")
	f.BoolVar(&s.json, "json", false, "short for -o json")
	f.BoolVar(&s.noColor, "no-color", false, "no colours, as where $NO_COLOR is set")
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(listing.Formats(), cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	return c
}

func (s *shared) checkOutput() error {
	if s.json {
		if s.output != "" && s.output != string(listing.JSON) {
			return usageError{fmt.Errorf("--json and -o %s are both given. Leave one out", s.output)}
		}
		s.output = string(listing.JSON)
	}
	if s.output != "" && !slices.Contains(listing.Formats(), s.output) {
		return usageError{fmt.Errorf("%q is no way to print.%s", fault.Truncate(s.output, 60), fault.Suggest(s.output, listing.Formats()))}
	}
	return nil
}

// printer prints as was asked for.
func (s *shared) printer(c *cobra.Command) listing.Printer {
	p := listing.Printer{Out: c.OutOrStdout(), Format: listing.Format(s.output)}
	if f, isFile := p.Out.(*os.File); isFile && term.IsTerminal(int(f.Fd())) && !p.Format.Structured() {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			p.Width = width
		}
		p.Color = !s.noColor && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	return p
}

// document prints what has no form for people as JSON.
func (s *shared) document(c *cobra.Command) listing.Printer {
	p := s.printer(c)
	if !p.Format.Structured() {
		p.Format = listing.JSON
	}
	return p
}

// plain tells whether people read along on standard output.
func (s *shared) plain() bool { return !listing.Format(s.output).Structured() }

// note says something beside the data.
func note(c *cobra.Command, format string, arguments ...any) {
	fmt.Fprintf(c.ErrOrStderr(), format+"\n", arguments...)
}

// asked is how a command makes sure that it is meant.
type asked struct{ yes, dryRun bool }

func (a *asked) flags(c *cobra.Command) {
	c.Flags().BoolVarP(&a.yes, "yes", "y", false, "do not ask whether it is meant")
	c.Flags().BoolVar(&a.dryRun, "dry-run", false, "only say what would be done")
}

// errNo is the answer of somebody who changed his mind.
var errNo = errors.New("nothing was done")

// sure asks on the terminal whether something is meant. Where there is none, --yes has to
// say so.
func (a *asked) sure(c *cobra.Command, question string) error {
	if a.yes {
		return nil
	}
	if !onTerminal(c) {
		return usageError{fmt.Errorf("%s Nobody can be asked here. Add --yes if it is meant, or --dry-run to see what it is", question)}
	}
	return consent(c, question)
}

// consent asks a person.
func consent(c *cobra.Command, question string) error {
	fmt.Fprintf(c.ErrOrStderr(), "%s [y/N] ", question)
	in := interruptible(c.Context(), c.InOrStdin())
	line, err := bufio.NewReader(in).ReadString('\n')
	if c.Context().Err() != nil {
		return c.Context().Err()
	}
	if answer := strings.ToLower(strings.TrimSpace(line)); answer == "y" || answer == "yes" {
		return nil
	}
	if err != nil {
		fmt.Fprintln(c.ErrOrStderr())
	}
	return errNo
}

// onTerminal tells whether a person can be asked.
func onTerminal(c *cobra.Command) bool {
	in, isFile := c.InOrStdin().(*os.File)
	return isFile && term.IsTerminal(int(in.Fd())) && term.IsTerminal(int(os.Stderr.Fd()))
}
