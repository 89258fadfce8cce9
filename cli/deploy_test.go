package cli

import (
	"os"
	"strings"
	"testing"
)

// What deploy/notifier.service starts exists, and tells systemd what it waits for.
func TestTheUnitStartsWhatThereIs(t *testing.T) {
	b, err := os.ReadFile("../deploy/notifier.service")
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	section := ""
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		key, value, pair := strings.Cut(line, "=")
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[' && line[len(line)-1] == ']':
			section = line
		case !pair || section == "":
			t.Errorf("%q is neither a section nor a setting", line)
		default:
			values[key] = value
		}
	}
	for _, key := range []string{"ExecStartPre", "ExecStart"} {
		words := strings.Fields(values[key])
		if len(words) < 2 || words[0] != "/usr/local/bin/notifier" {
			t.Fatalf("%s is %q", key, values[key])
		}
		c, rest, err := rootCommand("dev").Find(words[1:])
		if err != nil || !c.Runnable() || c.HasAvailableSubCommands() {
			t.Errorf("%s: there is no command %q: %v", key, values[key], err)
			continue
		}
		if err := c.ParseFlags(rest); err != nil || c.Flags().NArg() > 0 {
			t.Errorf("%s: %v, %v", key, err, c.Flags().Args())
		}
	}
	for key, want := range map[string]string{"Type": "notify", "ExecReload": "/bin/kill -HUP $MAINPID", "KillSignal": "SIGTERM"} {
		if values[key] != want {
			t.Errorf("%s is %q, want %q", key, values[key], want)
		}
	}
	if values["WatchdogSec"] == "" {
		t.Error("there is no WatchdogSec")
	}
}
