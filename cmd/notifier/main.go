// Command notifier decides when mail leaves a workflow system.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"notifier/message"
	"notifier/simulate"
)

// Exit codes of all commands.
const (
	exitFailed      = 1
	exitUsage       = 2 // wrong usage, configuration or input
	exitNotFound    = 3
	exitUnreachable = 5
	exitStopped     = 130
)

// version is set when a release is built.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// run is the command line, with its exit code.
func run(ctx context.Context, arguments []string) int {
	root := rootCommand()
	root.SetArgs(arguments)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, err)
	return exitCode(err)
}

// usageError is a mistake in how a command was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func exitCode(err error) int {
	var config *configError
	var line *simulate.LineError
	var invalid *message.Invalid
	var usage usageError
	switch {
	case errors.As(err, &config), errors.As(err, &line), errors.As(err, &invalid), errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, message.ErrNotFound):
		return exitNotFound
	case errors.Is(err, message.ErrUnavailable):
		return exitUnreachable
	case errors.Is(err, context.Canceled):
		return exitStopped
	}
	return exitFailed
}

// shared are the flags that all commands have.
type shared struct{ config string }

func rootCommand() *cobra.Command {
	var s shared
	root := &cobra.Command{
		Use:           "notifier",
		Short:         "Sends the right mail at the right time: right away, or merged into one digest an hour, a day or a week – as each person chose.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.PersistentFlags().StringVarP(&s.config, "config", "c", "", "configuration file (default config.yaml, if there is one)")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w. See notifier %s --help", err, c.Name())}
	})
	root.AddCommand(serveCommand(&s), devCommand(), sendCommand(&s), sendQueueCommand(&s), retryQueueCommand(&s),
		simulateCommand(&s), replayCommand(&s), migrateCommand(&s), configCommand(&s), versionCommand())
	for _, c := range root.Commands() {
		refuseArguments(c)
	}
	return root
}

// refuseArguments makes a stray argument a mistake of usage.
func refuseArguments(c *cobra.Command) {
	c.Args = func(c *cobra.Command, arguments []string) error {
		if len(arguments) > 0 {
			return usageError{fmt.Errorf("%q is not expected here. See %s --help", arguments[0], c.CommandPath())}
		}
		return nil
	}
	for _, sub := range c.Commands() {
		refuseArguments(sub)
	}
}

// load reads the configuration.
func (s *shared) load() (Config, error) { return loadConfig(s.config, os.Environ()) }

// openHouse opens the service for a command that ends by itself. A site narrows what the
// command does to that site.
func (s *shared) openHouse(ctx context.Context, site string) (*house, error) {
	c, err := s.load()
	if err != nil {
		return nil, err
	}
	if site != "" {
		c.Site, c.only = site, site
	}
	c.Log.Level, c.Log.Format = "warn", "console" // the command's own words matter
	log, err := newLogger(c.Log)
	if err != nil {
		return nil, err
	}
	h, err := open(ctx, c, log)
	if err != nil {
		return nil, err
	}
	if err := h.migrate(ctx); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

// newLogger logs to standard error. Nothing is sampled: each move of a message counts.
func newLogger(s logSettings) (*zap.Logger, error) {
	level, err := zapcore.ParseLevel(s.Level)
	if err != nil {
		return nil, err
	}
	c := zap.NewProductionConfig()
	c.Level, c.Sampling, c.Encoding = zap.NewAtomicLevelAt(level), nil, s.Format
	c.DisableStacktrace, c.DisableCaller = true, true
	c.EncoderConfig.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	if s.Format == "console" {
		c.EncoderConfig.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05.000")
		c.EncoderConfig.EncodeLevel = zapcore.CapitalLevelEncoder
	}
	return c.Build()
}
