// Package cli is the command line: it reads what was typed, asks the service, and prints the answer.
//
// A command asks the API, in this process or of a service elsewhere. What is only done beside the
// database it asks of the service itself.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"notifier/access"
	"notifier/account"
	"notifier/fault"
	"notifier/listing"
	"notifier/message"
	"notifier/request"
	"notifier/rescue"
	"notifier/service"
	"notifier/settings"
	"notifier/simulate"
)

// Exit codes of all commands.
const (
	exitFailed      = 1
	exitUsage       = 2 // wrong usage, configuration or input
	exitNotFound    = 3
	exitRefused     = 4 // by the state that something is in
	exitUnreachable = 5 // database or mail server
	exitPartly      = 6
	exitStopped     = 130
)

const exitCodes = `  0    done
  1    failed
  2    wrong usage, configuration or input
  3    there is no such thing
  4    refused: something does not stand as it would have to
  5    the database or the mail server does not answer
  6    done in part: some messages failed
  130  stopped by Ctrl-C`

// Main does what the command line of this process says, until that is done or the process is told to
// end. It returns the exit code.
func Main(version string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	rescue.Upon(ctx, nil, "Ctrl-C", stop) // a second Ctrl-C ends the process at once
	root := rootCommand(version)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	code := exitCode(err)
	if code == exitStopped {
		err = errors.New("stopped")
	}
	fmt.Fprintln(os.Stderr, listing.Printable(err.Error()))
	if errors.Is(err, message.ErrUnavailable) {
		fmt.Fprintln(os.Stderr, "notifier doctor looks for what is wrong.")
	}
	return code
}

// usageError is a mistake in how a command was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// errPartly is why a flush of which a part failed does not end well.
var errPartly = errors.New("the rest was sent")

func exitCode(err error) int {
	var config *settings.Error
	var line *simulate.LineError
	var invalid *fault.Invalid
	var usage usageError
	var move *message.MoveError
	var relay *message.Failure
	var answered *refusal
	var unreached unreachedError
	var missing settings.NoDatabaseError
	switch {
	case errors.As(err, &answered):
		return answered.exitCode()
	case errors.As(err, &config), errors.As(err, &line), errors.As(err, &invalid), errors.As(err, &usage), errors.Is(err, account.ErrNone):
		return exitUsage
	case errors.Is(err, message.ErrNotFound):
		return exitNotFound
	case errors.As(err, &move), errors.Is(err, request.ErrKeyReused), errors.Is(err, message.ErrManual), errors.Is(err, errRefused),
		errors.Is(err, errNo), errors.Is(err, errCleared), errors.Is(err, service.ErrStale), errors.As(err, &missing),
		errors.Is(err, access.ErrRevoked), errors.Is(err, access.ErrExpired):
		return exitRefused
	case errors.Is(err, context.Canceled):
		return exitStopped
	case errors.Is(err, message.ErrUnavailable), errors.As(err, &relay), errors.As(err, &unreached):
		return exitUnreachable
	case errors.Is(err, errPartly):
		return exitPartly
	}
	return exitFailed
}

// shared are the flags that all commands have.
type shared struct {
	config                string
	server, keyFile, site string
	output                string
	json, noColor         bool
	version               string // of the program
}

func rootCommand(version string) *cobra.Command {
	s := shared{version: version}
	root := &cobra.Command{
		Use:   "notifier",
		Short: "Sends the right mail at the right time",
		Long: "Sends the right mail at the right time: right away, or merged into one digest an hour, a day or a week –\n" +
			"as each person chose. Deadlines always get through.",
		Example: `  notifier dev                       try it: nothing else is needed
  notifier serve                     run the service by config.yaml
  notifier send --to anna@example.org --subject "Hello" --text "It works"`,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          refuse,
		RunE:          showHelp,
	}
	root.SetVersionTemplate("notifier {{.Version}}\n")
	root.PersistentFlags().StringVarP(&s.config, "config", "c", "", "configuration `file` (default: config.yaml, if there is one)")
	root.SetFlagErrorFunc(wrongFlag)
	for _, g := range []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{"service", "The service:", []*cobra.Command{serveCommand(&s), devCommand(), migrateCommand(&s), secretsCommand(&s), configCommand(&s), jobCommand(&s), doctorCommand(&s), healthcheckCommand(&s)}},
		{"mail", "Mail:", []*cobra.Command{sendCommand(&s), sendQueueCommand(&s), retryQueueCommand(&s), queueCommand(&s), templateCommand(&s), accountCommand(&s), suppressionCommand(&s), outboxCommand(&s), webhookCommand(&s), statsCommand(&s)}},
		{"workflow", "The workflow:", []*cobra.Command{eventCommand(&s), deadlineCommand(&s), processCommand(&s), userCommand(&s), groupCommand(&s), prefsCommand(&s)}},
		{"people", "Who may do what:", []*cobra.Command{siteCommand(&s), keyCommand(&s), staffCommand(&s), auditCommand(&s), clockCommand(&s)}},
		{"what-if", "Why, and what if:", []*cobra.Command{whyCommand(&s), simulateCommand(&s), replayCommand(&s), journalCommand(&s), digestCommand(&s)}},
		{"more", "More:", []*cobra.Command{versionCommand()}},
	} {
		root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		for _, c := range g.commands {
			c.GroupID = g.id
			refuseArguments(c)
			root.AddCommand(c)
		}
	}
	root.SetHelpCommand(helpCommand())
	root.SetHelpCommandGroupID("more")
	root.SetCompletionCommandGroupID("more")
	root.AddCommand(topics()...)
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error {
		tellOfServer(c)
		return s.checkOutput()
	}
	return root
}

// load reads the configuration.
func (s *shared) load() (settings.Config, error) {
	c, _, err := s.read()
	return c, err
}

// read reads the configuration, and where it says what.
func (s *shared) read() (settings.Config, *settings.Reader, error) {
	c, r, err := settings.Read(s.config, os.Environ())
	c.Version = s.version
	return c, r, err
}

// openService opens the service for a command that ends by itself. A site narrows what the
// command does to that site, which must exist. It makes no database, and leaves the schema as
// it is: that is for serve, dev and migrate.
func (s *shared) openService(ctx context.Context, site string) (*service.Service, error) {
	c, err := s.load()
	if err != nil {
		return nil, err
	}
	if err := c.Present(); err != nil {
		return nil, err
	}
	c.Only = site
	c.Log.Level, c.Log.Format = "warn", "console" // the command's own words matter
	log, err := service.NewLogger(c.Log)
	if err != nil {
		return nil, err
	}
	h, err := service.Open(ctx, c, log)
	if err != nil {
		return nil, err
	}
	if err := h.Ready(ctx, site); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}
