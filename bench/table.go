package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
)

// measure is one round of one system.
type measure struct {
	Rate     float64 `json:"rate"`                   // of what the table counts, a second; of a latency its milliseconds
	CPU      float64 `json:"cpu_s_per_1k,omitempty"` // of the sender's process
	Database float64 `json:"database_cpu_s_per_1k,omitempty"`
	RSS      float64 `json:"peak_rss_mb,omitempty"`
	WAL      float64 `json:"wal_bytes_each,omitempty"`
}

// table is what one piece of work came to.
type table struct {
	Work    string               `json:"work"`
	Unit    string               `json:"unit"`
	Systems []string             `json:"systems"`
	Rounds  map[string][]measure `json:"rounds"`
	Bounds  []*bound             `json:"bounds"`
}

// bound is what a ratio or a figure must be.
type bound struct {
	What  string  `json:"what"`
	Least float64 `json:"at_least,omitempty"`
	Most  float64 `json:"at_most,omitempty"`
	Got   float64 `json:"got"`
	Met   bool    `json:"met"`
	of    func(t *table) float64
}

func (b *bound) must() string {
	if b.Least > 0 {
		return fmt.Sprintf("%.2f at least", b.Least)
	}
	return fmt.Sprintf("%.2f at most", b.Most)
}

func newTable(work, unit string, bounds ...*bound) *table {
	return &table{Work: work, Unit: unit, Rounds: map[string][]measure{}, Bounds: bounds}
}

func (t *table) add(system string, m measure) {
	if t.Rounds[system] == nil {
		t.Systems = append(t.Systems, system)
	}
	t.Rounds[system] = append(t.Rounds[system], m)
}

// of are a figure of all rounds of a system.
func (t *table) of(system string, figure func(measure) float64) []float64 {
	var all []float64
	for _, m := range t.Rounds[system] {
		all = append(all, figure(m))
	}
	return all
}

func rate(m measure) float64 { return m.Rate }

func cost(m measure) float64 { return m.CPU + m.Database }

func rss(m measure) float64 { return m.RSS }

// ratio is the median of a figure of one system over that of another, round by round.
func (t *table) ratio(one, other string, figure func(measure) float64) float64 {
	a, b := t.of(one, figure), t.of(other, figure)
	var all []float64
	for i := range min(len(a), len(b)) {
		if b[i] > 0 {
			all = append(all, a[i]/b[i])
		}
	}
	return median(all)
}

// atLeast bounds how much faster one system is than another.
func atLeast(least float64, one, other string) *bound {
	return &bound{What: fmt.Sprintf("%s / %s", one, other), Least: least, of: func(t *table) float64 { return t.ratio(one, other, rate) }}
}

// atMost bounds a figure of a system.
func atMost(most float64, what, system string, figure func(measure) float64) *bound {
	return &bound{What: what + " of " + system, Most: most, of: func(t *table) float64 { return median(t.of(system, figure)) }}
}

func (t *table) judge() {
	for _, b := range t.Bounds {
		b.Got = b.of(t)
		b.Met = b.Got > 0 && (b.Least == 0 || b.Got >= b.Least) && (b.Most == 0 || b.Got <= b.Most)
	}
}

func (t *table) print(out io.Writer) {
	fmt.Fprintf(out, "%s, %s\n", t.Work, t.Unit)
	w := tabwriter.NewWriter(out, 2, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  system\tmedian [min–max]\tCPU s/1k\tdatabase CPU s/1k\tpeak RSS MB\tWAL B each\tours is × per round")
	for _, system := range t.Systems {
		rates := t.of(system, rate)
		figure := func(of func(measure) float64, format string) string {
			if v := median(t.of(system, of)); v > 0 {
				return fmt.Sprintf(format, v)
			}
			return "–"
		}
		var against []string
		ours := t.of(t.Systems[0], rate)
		for i := range min(len(ours), len(rates)) {
			if system != t.Systems[0] {
				against = append(against, fmt.Sprintf("%.2f", ours[i]/rates[i]))
			}
		}
		fmt.Fprintf(w, "  %s\t%s [%s–%s]\t%s\t%s\t%s\t%s\t%s\n", system, short(median(rates)), short(slices.Min(rates)), short(slices.Max(rates)),
			figure(func(m measure) float64 { return m.CPU }, "%.3f"), figure(func(m measure) float64 { return m.Database }, "%.3f"),
			figure(rss, "%.0f"), figure(func(m measure) float64 { return m.WAL }, "%.0f"), strings.Join(against, " "))
	}
	w.Flush()
	for _, b := range t.Bounds {
		mark := "met"
		if !b.Met {
			mark = "BROKEN"
		}
		fmt.Fprintf(out, "  %s: %s is %.2f, must be %s\n", mark, b.What, b.Got, b.must())
	}
}

func short(v float64) string {
	switch {
	case v >= 10000:
		return fmt.Sprintf("%.1fk", v/1000)
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// describe is what this was measured on.
func describe() string {
	cpu, _ := os.ReadFile("/proc/cpuinfo")
	model := "a processor"
	for line := range strings.Lines(string(cpu)) {
		if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
			break
		}
	}
	version := "Postgres"
	if path, err := postgresProgram("postgres"); err == nil {
		if out, err := exec.Command(path, "--version").Output(); err == nil {
			version = strings.TrimSpace(string(out))
		}
	}
	return fmt.Sprintf("%d × %s, %s, %s", runtime.NumCPU(), model, runtime.Version(), version)
}
