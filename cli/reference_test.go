package cli

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"notifier/message"
	"notifier/settings"
)

var update = flag.Bool("update", false, "write the references in docs anew")

// current makes sure that a file of docs is what the program says.
func current(t *testing.T, file, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != want {
		t.Errorf("%s is not current (%v): go test ./cli -run Reference -update writes it anew", file, err)
	}
}

func TestTheReferenceOfTheConfigurationIsCurrent(t *testing.T) {
	current(t, "../docs/config.md", settings.Reference())
}

func TestTheReferenceOfCommandsIsCurrent(t *testing.T) {
	current(t, "../docs/cli.md", commandReference())
}

// Whoever reads help finds out what a command is for, and every status and filter.
func TestHelpIsWhole(t *testing.T) {
	eachCommand(rootCommand("dev"), func(c *cobra.Command) {
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: the short help is %q", c.CommandPath(), c.Short)
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" {
				t.Errorf("%s: --%s has no help", c.CommandPath(), f.Name)
			}
			if slices.Contains([]string{"password", "key", "secret", "token"}, f.Name) {
				t.Errorf("%s: --%s takes a secret as its value, which others on the machine can see", c.CommandPath(), f.Name)
			}
		})
	})
	for _, s := range message.Statuses() {
		if meanings[s] == "" {
			t.Errorf("help statuses does not know %s", s)
		}
	}
}
