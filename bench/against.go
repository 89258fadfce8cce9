package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

// side is a checkout that takes part in a comparison.
type side struct{ bench, notifier string }

// enoughRounds are as many as a judgement needs.
const enoughRounds = 7

// against holds this checkout against another: both do each work in turn, each driven by its
// own bench. What counts is the median of the ratios of the rounds.
func (m *machine) against(dir string, out io.Writer) error {
	before, err := m.other(dir)
	if err != nil {
		return err
	}
	sides := [2]side{before, {m.self, m.notifier}}
	var broken []string
	w := tabwriter.NewWriter(out, 2, 0, 2, ' ', 0)
	fmt.Fprintf(out, "Against %s, %d rounds; ratios are of this checkout to that, median [min–max]\n", dir, m.rounds)
	fmt.Fprintln(w, "  work\tCPU s/1k before\tnow\tratio\twall s/1k before\tnow\tratio")
	for _, work := range m.worksAgainst() {
		var rounds [2][]spent
		for i := range m.rounds {
			for _, k := range [2]int{i % 2, 1 - i%2} { // who is first has no advantage
				got, err := m.round(sides[k], work)
				if err != nil {
					return fmt.Errorf("%s: %w", work, err)
				}
				rounds[k] = append(rounds[k], got)
			}
		}
		line := "  " + work
		for _, figure := range []struct {
			name      string
			of        func(spent) float64
			allowance float64
		}{
			{"CPU", func(s spent) float64 { return s.CPU + s.Database }, m.cpuAllowance},
			{"wall time", func(s spent) float64 { return s.Wall }, m.wallAllowance},
		} {
			ratio, text := compareRounds(rounds, figure.of)
			line += "\t" + text
			if most := 1 + figure.allowance/100; !(ratio <= most) {
				broken = append(broken, fmt.Sprintf("%s: %s is %.3f of before, may be %.3f", work, figure.name, ratio, most))
			}
		}
		fmt.Fprintln(w, line)
	}
	w.Flush()
	fmt.Fprintln(out, describe())
	if m.rounds < enoughRounds {
		fmt.Fprintf(out, "(%d rounds judge nothing yet: at least %d do, on a machine that does nothing else)\n", m.rounds, enoughRounds)
	}
	if len(broken) > 0 && !m.lenient {
		return errors.New("more is taken than allowed:\n  " + strings.Join(broken, "\n  "))
	}
	for _, b := range broken {
		fmt.Fprintln(out, "  BROKEN:", b)
	}
	return nil
}

// worksAgainst are the works that were asked for; W2 is two of them.
func (m *machine) worksAgainst() (all []string) {
	for work := range strings.SplitSeq(m.work, ",") {
		all = append(all, work)
		if work == "w2" {
			all = append(all, "w2-batches")
		}
	}
	return all
}

// compareRounds is the median of the ratios, and its columns.
func compareRounds(rounds [2][]spent, of func(spent) float64) (ratio float64, columns string) {
	var all, before, now []float64
	for i := range rounds[0] {
		b, n := of(rounds[0][i]), of(rounds[1][i])
		before, now, all = append(before, b), append(now, n), append(all, n/b)
	}
	if slices.ContainsFunc(all, math.IsNaN) {
		return math.NaN(), "–\t–\t–"
	}
	ratio = median(all)
	return ratio, fmt.Sprintf("%.4f\t%.4f\t%.3f [%.3f–%.3f]", median(before), median(now), ratio, slices.Min(all), slices.Max(all))
}

// round has one side do one round.
func (m *machine) round(s side, work string) (got spent, err error) {
	m.postgres.databases += 10
	c := exec.CommandContext(m.ctx, s.bench, "round", "-work", work, "-scale", fmt.Sprint(m.scale), "-notifier", s.notifier,
		"-postgres", m.postgres.url, "-pid", fmt.Sprint(m.postgres.command.Process.Pid), "-sink", fmt.Sprint(m.sink.port), "-database", fmt.Sprint(m.postgres.databases))
	c.Dir = m.dir
	var said, failed bytes.Buffer
	c.Stdout, c.Stderr = &said, &failed
	if err := c.Run(); err != nil {
		return got, fmt.Errorf("%s: %w\n%s", s.bench, err, failed.String())
	}
	return got, json.Unmarshal(said.Bytes(), &got)
}

// other builds the program and the bench of another checkout.
func (m *machine) other(dir string) (s side, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return s, err
	}
	s = side{bench: filepath.Join(m.dir, "bench-before"), notifier: filepath.Join(m.dir, "notifier-before")}
	if err := m.buildIn(dir, s.notifier, "./cmd/notifier"); err != nil {
		return s, err
	}
	from := filepath.Join(dir, "bench")
	if _, err := os.Stat(filepath.Join(from, "round.go")); err == nil {
		return s, m.buildIn(from, s.bench, ".")
	}
	overlay, err := m.lend(from)
	if err != nil {
		return s, err
	}
	return s, m.buildIn(from, s.bench, "-overlay", overlay, ".")
}

//go:embed round.go
var roundSource []byte

//go:embed before/program.go.txt
var programBefore []byte

// lend writes an overlay for a bench that is older than rounds: it does them, with its own
// way to load, to store and to serve.
func (m *machine) lend(bench string) (overlay string, err error) {
	source, err := os.ReadFile(filepath.Join(bench, "main.go"))
	if err != nil {
		return "", err
	}
	const begins = "func main() {\n"
	const rounds = `func main() {
	if err := roundMain(os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func benchMain() {
`
	replace := map[string]string{}
	for name, content := range map[string][]byte{
		"main.go": bytes.Replace(source, []byte(begins), []byte(rounds), 1), "round.go": roundSource, "program.go": programBefore,
	} {
		file := filepath.Join(m.dir, "before-"+name)
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return "", err
		}
		replace[filepath.Join(bench, name)] = file
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(m.dir, "before.json")
	return overlay, os.WriteFile(overlay, text, 0o644)
}

// buildIn builds a package of a module as programs are released.
func (m *machine) buildIn(dir, into string, arguments ...string) error {
	c := exec.CommandContext(m.ctx, "go", append([]string{"build", "-trimpath", "-ldflags", "-s -w", "-o", into}, arguments...)...)
	c.Dir = dir
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("go build in %s: %w\n%s", dir, err, out)
	}
	return nil
}
