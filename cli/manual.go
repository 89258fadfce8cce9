package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"notifier/message"
	"notifier/message/search"
	"notifier/settings"
)

// topics are what help tells besides commands.
func topics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "exit-codes", Short: "What the number means with which a command ends", Long: "Commands end with\n\n" + exitCodes},
		{
			Use: "environment", Short: "The variables that go over config.yaml",
			Long: "Each key of config.yaml can also be given by the environment, which wins. Lists are written with commas.\n\n  " +
				strings.Join(settings.VariableNames(), "\n  "),
		},
		{Use: "statuses", Short: "What the statuses of messages mean", Long: "A message is\n\n" + statusLines()},
		{Use: "filters", Short: "How messages are narrowed down", Long: filterLines()},
	}
}

// aboutConfig is what help tells of the configuration.
const aboutConfig = "The default of a key counts unless the file says otherwise, and the file unless the environment does. The\n" +
	"file is config.yaml in the working directory, or the one of --config. What somebody sets of a job's schedule\n" +
	"with notifier job set is kept in the database and wins over all three, until notifier job set --reset."

// meanings say what each status means.
var meanings = map[message.Status]string{
	message.Scheduled:     "has a later time to be sent",
	message.Deferred:      "waits for its user's digest",
	message.PendingManual: "waits for a person to release it",
	message.Pending:       "is in the outgoing queue",
	message.Sending:       "is being handed over",
	message.RateLimited:   "waits because a server or a budget says slow down; tried again by itself",
	message.Sent:          "was taken by the mail server for at least one address",
	message.Delivered:     "has a receipt",
	message.Error:         "was given up; a person may try it again",
	message.Merged:        "went into a digest",
	message.Skipped:       "was not sent, because a rule said so",
	message.Cancelled:     "was withdrawn before it was sent",
	message.Expired:       "was not sent in time",
}

func statusLines() string {
	var b strings.Builder
	for _, s := range message.Statuses() {
		fmt.Fprintf(&b, "  %-15s %s\n", s, meanings[s])
	}
	return strings.TrimRight(b.String(), "\n")
}

func filterLines() string {
	var b strings.Builder
	b.WriteString("queue list, export, retry, cancel and release take the same words as the API and the console: as flags, or in one\n" +
		"line with -q. All that are given must hold.\n\n")
	for _, q := range search.Qualifiers() {
		fmt.Fprintf(&b, "  %-28s messages %s\n", q.Example, q.Says)
	}
	b.WriteString("\n  notifier queue list -q \"status:error code:552 since:24h\"\n  notifier queue list --status error --code 552 --since 24h")
	return b.String()
}

// manCommand writes manual pages.
func manCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "man", Short: "Write the manual pages",
		Long:    "Writes a manual page for each command into a folder, as packages put them into /usr/share/man/man1.",
		Example: "  notifier help man --dir man1\n  man ./man1/notifier.1",
		Args:    refuse,
		RunE: func(c *cobra.Command, _ []string) error {
			if dir == "" {
				return usageError{fmt.Errorf("where to? Write notifier help man --dir man1")}
			}
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return usageError{err}
			}
			root := c.Root()
			root.DisableAutoGenTag = true
			header := &doc.GenManHeader{Title: "NOTIFIER", Section: "1", Source: "notifier " + c.Root().Version, Manual: "notifier"}
			if err := doc.GenManTree(root, header, dir); err != nil {
				return fmt.Errorf("write the manual pages: %w", err)
			}
			pages, err := filepath.Glob(filepath.Join(dir, "notifier*.1"))
			if err == nil {
				fmt.Fprintf(c.OutOrStdout(), "%s written to %s\n", count(len(pages), "page"), dir)
			}
			return err
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "`folder` that they are written to")
	return c
}

// commandReference is docs/cli.md: every command and topic.
func commandReference() string {
	var b strings.Builder
	b.WriteString(`# Command line

<!-- Written from the program by: go test ./cli -run Reference -update -->

`)
	b.WriteString(habits)
	root := rootCommand("dev")
	b.WriteString("\n## Commands\n")
	eachCommand(root, func(c *cobra.Command) {
		if c == root || c.HasAvailableSubCommands() {
			return
		}
		fmt.Fprintf(&b, "\n### %s\n\n%s.\n", c.CommandPath(), c.Short)
		if c.Long != "" {
			fmt.Fprintf(&b, "\n%s\n", strings.ReplaceAll(strings.TrimSpace(c.Long), "\n\t", "\n    "))
		}
		fmt.Fprintf(&b, "\n    %s\n", c.UseLine())
		if c.Example != "" {
			fmt.Fprintf(&b, "\n%s\n", strings.ReplaceAll("\n"+c.Example, "\n", "\n  ")[1:])
		}
		if flags := c.LocalNonPersistentFlags(); flags.HasAvailableFlags() {
			fmt.Fprintf(&b, "\n%s\n", indented(flags.FlagUsages()))
		}
	})
	b.WriteString("\n## Topics\n")
	for _, c := range topics() {
		fmt.Fprintf(&b, "\n### notifier help %s\n\n%s.\n\n%s\n", c.Name(), c.Short, indented(c.Long))
	}
	return b.String()
}

func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimRight(text, "\n")) {
		if line = strings.TrimRight(line, " \n"); line != "" {
			line = "    " + line
		}
		b.WriteString(line + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

// eachCommand visits a command and all below it.
func eachCommand(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			eachCommand(sub, visit)
		}
	}
}

// habits are what holds for all commands.
const habits = `## Here or elsewhere

Commands about messages, people, deadlines, jobs and all that belongs to them reach the service in two ways, with the same flags and the
same answers:

- **here**: on the database that the configuration names (` + "`--config`" + `, or ` + "`config.yaml`" + `), whether or not the service runs;
- **elsewhere**: by the API of a service that runs, which ` + "`--server URL`" + ` or ` + "`NOTIFIER_SERVER`" + ` names. The key comes from the file that
  ` + "`--key-file`" + ` names or from ` + "`NOTIFIER_KEY`" + `, never from a flag's value, which others on the machine could see. Its scopes and its site count.

` + "`--config`" + ` goes over ` + "`NOTIFIER_SERVER`" + `. ` + "`serve`, `dev`, `migrate`, `send-queue`, `retry-queue`, `doctor`, `simulate` and `replay`" + ` work here alone, and say so where
` + "`NOTIFIER_SERVER`" + ` is set. Only ` + "`serve`, `dev` and `migrate`" + ` make a database or change its schema; every other command says that there is none, and ends with 4.

## What is printed

Data goes to standard output, everything else to standard error. On a terminal a list is a table with a head and colours (none with
` + "`--no-color`" + ` or ` + "`NO_COLOR`" + `), cut to its width; elsewhere it is the same lines without a head, uncut. ` + "`-o table|json|ndjson|csv|yaml`" + `
asks for one form everywhere, ` + "`--json`" + ` is short for ` + "`-o json`" + `: the JSON of the API, to the letter. Progress is drawn on a terminal;
elsewhere a line comes every ten seconds.

## Asking first

What changes many messages at once tells how many there are and asks, on a terminal. ` + "`--yes`" + ` says that it is meant, ` + "`--dry-run`" + ` only tells
what would be done. Where nobody can be asked, commands that cannot be undone need ` + "`--yes`" + `, and say so.

## How commands end

| code | means |
|---|---|
| 0 | done |
| 1 | failed |
| 2 | wrong usage, configuration or input |
| 3 | there is no such thing |
| 4 | refused: something does not stand as it would have to |
| 5 | the database, the mail server or the service does not answer |
| 6 | done in part |
| 130 | stopped by Ctrl-C |

` + "`-`" + ` in place of a file reads standard input. Ctrl-C stops a command; what goes on by itself, as an operation does, goes on.

## Completion and manual pages

    notifier completion bash >/etc/bash_completion.d/notifier
    notifier completion zsh >"${fpath[1]}/_notifier"
    notifier completion fish >~/.config/fish/completions/notifier.fish
    notifier help man --dir /usr/local/share/man/man1
`
