package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"notifier/fault"
	"notifier/settings"
)

func showHelp(c *cobra.Command, _ []string) error { return c.Help() }

// refuse makes a stray argument a mistake of usage.
func refuse(c *cobra.Command, arguments []string) error {
	if len(arguments) == 0 {
		return nil
	}
	if c.HasAvailableSubCommands() {
		return usageError{fmt.Errorf("there is no command %q.%s See %s --help", c.CommandPath()+" "+arguments[0],
			settings.Sentence(fault.Suggest(arguments[0], names(c))), c.CommandPath())}
	}
	return usageError{fmt.Errorf("%q is not expected here. See %s --help", arguments[0], c.CommandPath())}
}

// refuseArguments lets only those commands have arguments that say which.
func refuseArguments(c *cobra.Command) {
	if c.Args == nil {
		c.Args = refuse
	}
	for _, sub := range c.Commands() {
		refuseArguments(sub)
	}
}

// names are what may follow the command.
func names(c *cobra.Command) []string {
	var all []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.IsAdditionalHelpTopicCommand() {
			all = append(all, sub.Name())
		}
	}
	return all
}

// wrongFlag says which flag was meant, or that the command before it does not exist.
func wrongFlag(c *cobra.Command, err error) error {
	if arguments := c.Flags().Args(); len(arguments) > 0 && c.HasAvailableSubCommands() {
		return refuse(c, arguments)
	}
	text := err.Error()
	if name, unknown := strings.CutPrefix(text, "unknown flag: "); unknown {
		var flags []string
		c.Flags().VisitAll(func(f *pflag.Flag) { flags = append(flags, "--"+f.Name) })
		text = fmt.Sprintf("there is no flag %s.%s", name, fault.Suggest(name, flags))
	}
	var value *pflag.InvalidValueError
	if errors.As(err, &value) {
		text = wrongValue(value.GetFlag(), value.GetValue(), value.Unwrap())
	}
	return usageError{fmt.Errorf("%s See %s --help", settings.Sentence(text), c.CommandPath())}
}

// wrongValue says what a flag takes, without Go's words for it.
func wrongValue(f *pflag.Flag, value string, err error) string {
	how := ""
	switch f.Value.Type() {
	case "int", "uint", "int64", "uint64", "uint32", "int32":
		how = "a whole number of at most 18 digits. Write digits alone, as in 20"
	case "float64":
		how = "a number. Write one, as in 20 or 0.5"
	case "duration":
		how = "a duration. Write a number and h, m or s, as in 90m"
	case "bool":
		how = "an answer to yes or no. Write true or false"
	default:
		return fmt.Sprintf("--%s: %s", f.Name, err)
	}
	return fmt.Sprintf("--%s: %q is not %s", f.Name, fault.Truncate(value, 60), how)
}

func helpCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "help [command or topic]", Short: "Explain a command or a topic",
		RunE: func(c *cobra.Command, arguments []string) error {
			about, rest, err := c.Root().Find(arguments)
			if err != nil || len(rest) > 0 {
				return refuse(c.Root(), arguments)
			}
			return about.Help()
		},
	}
	c.AddCommand(manCommand())
	return c
}
