package cli

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"notifier/settings"
)

// instructions are those of a Dockerfile: their words, with lines that go on put together.
func instructions(t *testing.T, file string) (all [][2]string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(strings.ReplaceAll(string(b), "\\\n", " ")) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			name, rest, _ := strings.Cut(line, " ")
			all = append(all, [2]string{name, rest})
		}
	}
	return all
}

// What the image starts and asks for its health exists; it is the program alone, by the Go
// that go.mod names, and nobody's root.
func TestTheImageStartsWhatThereIs(t *testing.T) {
	module, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	last := map[string]string{} // of the last stage, which is the image
	var from []string
	for _, i := range instructions(t, "../deploy/Dockerfile") {
		if i[0] == "FROM" {
			from, last = append(from, i[1]), map[string]string{}
		}
		last[i[0]] = i[1]
	}
	if len(from) != 2 || from[1] != "scratch" || !strings.Contains(string(module), "\ngo "+strings.TrimSuffix(strings.TrimPrefix(from[0], "golang:"), " AS build")) {
		t.Errorf("the image is built from %q", from)
	}
	if user, _, _ := strings.Cut(last["USER"], ":"); user == "" || user == "0" || strings.ContainsFunc(user, func(r rune) bool { return r < '0' || r > '9' }) {
		t.Errorf("USER is %q: Kubernetes believes that a number is nobody's root, and no name", last["USER"])
	}
	_, health, _ := strings.Cut(last["HEALTHCHECK"], "CMD ")
	for name, words := range map[string]string{"CMD": last["CMD"], "HEALTHCHECK": health} {
		var command []string
		if err := json.Unmarshal([]byte(words), &command); err != nil {
			t.Errorf("%s %s: %v", name, words, err)
			continue
		}
		if name == "HEALTHCHECK" {
			command = command[1:]
		}
		if c, rest, err := rootCommand("dev").Find(command); err != nil || !c.Runnable() || c.HasAvailableSubCommands() || len(rest) > 0 {
			t.Errorf("%s: there is no command %q: %v", name, words, err)
		}
	}
	if _, err := settings.Load("/dev/null", strings.Fields(last["ENV"])); err != nil {
		t.Errorf("ENV: %v", err)
	}
}

// composed is as much of a compose file as is looked at here.
type composed struct {
	Services map[string]struct {
		Build       struct{ Context, Dockerfile string }
		Environment map[string]string
		Volumes     []string
		ReadOnly    bool                                  `yaml:"read_only"`
		DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
		Healthcheck struct{ Test []string }
	}
	Volumes map[string]any
}

// substituted is a variable of a compose file, with what it is if nobody says.
var substituted = regexp.MustCompile(`\$\{([A-Z_]+)(:[-?])?([^}]*)\}`)

// What the compose files set are settings that the program has, and their volumes exist.
func TestTheComposeFilesFit(t *testing.T) {
	volumes, postgres := map[string]any{}, false
	for _, file := range []string{"compose.yaml", "compose.postgres.yaml"} {
		b, err := os.ReadFile("../deploy/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var c composed
		if err := yaml.Unmarshal(b, &c); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		environment := []string{}
		for name, value := range c.Services["notifier"].Environment {
			environment = append(environment, name+"="+substituted.ReplaceAllStringFunc(value, func(v string) string {
				m := substituted.FindStringSubmatch(v)
				if m[2] == ":-" {
					return m[3]
				}
				return map[string]string{"NOTIFIER_SMTP__FROM": "Workflow <workflow@example.com>"}[m[1]] + map[bool]string{true: "x"}[m[1] != "NOTIFIER_SMTP__FROM"]
			}))
		}
		config, err := settings.Load("/dev/null", environment)
		if err != nil || len(environment) == 0 {
			t.Errorf("%s: %v", file, err)
		}
		postgres = postgres || strings.HasPrefix(config.Database.URL, "postgres://notifier:x@postgres:5432/")
		for name, v := range c.Volumes {
			volumes[name] = v
		}
		for name, s := range c.Services {
			for _, v := range s.Volumes {
				if volume, _, _ := strings.Cut(v, ":"); !hasKey(volumes, volume) {
					t.Errorf("%s: %s needs the volume %s, which there is not", file, name, volume)
				}
			}
			for other, how := range s.DependsOn {
				if how.Condition == "service_healthy" && len(c.Services[other].Healthcheck.Test) == 0 {
					t.Errorf("%s: %s waits for the health of %s, which has none", file, name, other)
				}
			}
		}
		if built := c.Services["notifier"].Build; built.Dockerfile != "" {
			if _, err := os.Stat("../deploy/" + built.Context + "/" + built.Dockerfile); err != nil || !c.Services["notifier"].ReadOnly {
				t.Errorf("%s: %+v: %v", file, built, err)
			}
			if !slices.Contains(c.Services["notifier"].Volumes, "data:/data") {
				t.Errorf("%s: the database is in no volume", file)
			}
		}
	}
	if !postgres {
		t.Error("the second file leads to no Postgres")
	}
}

func hasKey(m map[string]any, key string) bool { _, has := m[key]; return has }
