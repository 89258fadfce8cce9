package main

import (
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"notifier/message"
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
		t.Errorf("%s is not current (%v): go test ./cmd/notifier -run Reference -update writes it anew", file, err)
	}
}

func TestTheReferenceOfTheConfigurationIsCurrent(t *testing.T) {
	current(t, "../../docs/config.md", reference())
}

func TestTheReferenceOfCommandsIsCurrent(t *testing.T) {
	current(t, "../../docs/cli.md", commandReference())
}

// Whoever reads help finds out what a command is for, and every status and filter.
func TestHelpIsWhole(t *testing.T) {
	eachCommand(rootCommand(), func(c *cobra.Command) {
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

func TestEveryKeyIsExplained(t *testing.T) {
	says := explanations()
	var explained func(path string) bool
	explained = func(path string) bool {
		above, _, found := cutLast(path)
		return says[path] != "" || found && explained(above)
	}
	d := defaults()
	for _, l := range referenced("", reflect.ValueOf(&d).Elem()) {
		if !explained(l.path) {
			t.Errorf("%s has no comment in config.yaml, and neither has its section", l.path)
		}
	}
}

// Each word that the schema offers is taken, and no other is.
func TestTheSchemaOffersWhatIsTaken(t *testing.T) {
	for path, all := range words {
		if strings.Contains(path, "NAME") {
			continue
		}
		variable := prefix + strings.ToUpper(strings.ReplaceAll(path, ".", "__"))
		for _, word := range append(all, "nonsense") {
			_, err := loadConfig(os.DevNull, []string{variable + "=" + word})
			wrong := err != nil && strings.Contains(err.Error(), `"`+word+`" is not possible here`)
			if (word == "nonsense") != wrong {
				t.Errorf("%s = %q: %v", path, word, err)
			}
		}
	}
	raw, err := configSchema()
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties map[string]struct {
			Default any `json:"default"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(raw, &schema); err != nil {
		t.Fatal(err)
	}
	if got := schema.Properties["timezone"].Default; got != "UTC" {
		t.Errorf("the default of timezone is %v", got)
	}
}
