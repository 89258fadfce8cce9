// Command bench measures what notifier does beside what others do with the same mail, in
// alternating rounds on one machine, and says where a bound is broken.
//
// Wall times of such runs are noisy, so what counts are ratios within a round, and their
// medians. docs/benchmarks.md says what is measured.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options are those of the command line.
type options struct {
	work   string
	rounds int
	scale  float64
	file   string
	// lenient does not fail for broken bounds: small sizes have other ratios.
	lenient bool
	// statements prints what the database spent its time on.
	statements bool
	// other is another checkout that this one is held against, and the allowances are by how
	// many percent it may be dearer or slower.
	other                       string
	cpuAllowance, wallAllowance float64
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "peer" {
		if err := peer(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench peer:", err)
			os.Exit(1)
		}
		return
	}
	// The servers that we start are told to end when this thread does.
	runtime.LockOSThread()
	if len(os.Args) > 1 && os.Args[1] == "chaos" {
		if err := chaosMain(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "chaos:", err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "round" {
		if err := roundMain(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench round:", err)
			os.Exit(1)
		}
		return
	}
	var o options
	flag.StringVar(&o.work, "work", "", "what to measure, with commas: "+everyWork+"; against another checkout "+workAgainst)
	flag.IntVar(&o.rounds, "rounds", 0, fmt.Sprintf("rounds of each, alternating between the systems: 5; against another checkout %d", enoughRounds))
	flag.Float64Var(&o.scale, "scale", 1, "how much of the full sizes")
	flag.StringVar(&o.file, "json", "", "write the results to this file, too")
	flag.BoolVar(&o.lenient, "lenient", false, "print broken bounds, but do not fail for them")
	flag.BoolVar(&o.statements, "statements", false, "print what the database spent its time on")
	flag.StringVar(&o.other, "against", "", "hold this against another checkout in that folder, as git worktree add makes one")
	flag.Float64Var(&o.cpuAllowance, "cpu-allowance", 5, "how many percent more processor time than the other checkout are allowed")
	flag.Float64Var(&o.wallAllowance, "wall-allowance", 15, "how many percent more time")
	flag.Parse()
	if o.other == "" {
		o.work, o.rounds = cmp.Or(o.work, everyWork), cmp.Or(o.rounds, 5)
	} else {
		o.work, o.rounds = cmp.Or(o.work, workAgainst), cmp.Or(o.rounds, enoughRounds)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// What is measured unless something else is asked for.
const (
	everyWork   = "w1,w1-10k,w1-tls,w1-size,w2,w2-http,w3,w4,w5,w7,replicas,pages"
	workAgainst = "w1,w2,w5"
)

// machine is what all measurements use.
type machine struct {
	ctx      context.Context
	dir      string
	notifier string // the program
	self     string // this one
	postgres *postgres
	sink     *sink
	options
}

// n is a size at the scale of this run.
func (m *machine) n(full int) int { return max(int(float64(full)*m.scale), 100) }

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "notifier-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m := &machine{ctx: ctx, dir: dir, options: o, notifier: filepath.Join(dir, "notifier")}
	if m.self, err = os.Executable(); err != nil {
		return err
	}
	if err := m.build(); err != nil {
		return err
	}
	if m.postgres, err = startPostgres(ctx); err != nil {
		return err
	}
	defer m.postgres.stop()
	if m.sink, err = startSink(); err != nil {
		return err
	}
	defer m.sink.stop()

	if o.other != "" {
		return m.against(o.other, os.Stdout)
	}
	works := map[string]func(*machine) (*table, error){
		"w1-alone": flushAlone,
		"w1":       flush1K, "w1-10k": flush10K, "w1-tls": flushTLS, "w1-size": flushSizes, "w2": intake, "w2-http": intakeHTTP, "w3": promotion, "w4": ticks, "w5": latency, "replicas": replicas, "pages": pages, "w7": sites,
	}
	var tables []*table
	var broken []string
	for name := range strings.SplitSeq(o.work, ",") {
		work, known := works[name]
		if !known {
			return fmt.Errorf("there is no work %q; -h lists them", name)
		}
		begun := time.Now()
		t, err := work(m)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		t.judge()
		t.print(os.Stdout)
		fmt.Printf("(%s)\n\n", time.Since(begun).Round(time.Second))
		tables = append(tables, t)
		for _, b := range t.Bounds {
			if !b.Met {
				broken = append(broken, fmt.Sprintf("%s: %s is %.2f, must be %s", t.Work, b.What, b.Got, b.must()))
			}
		}
	}
	if o.file != "" {
		if err := os.MkdirAll(filepath.Dir(o.file), 0o755); err != nil {
			return err
		}
		b, err := json.MarshalIndent(map[string]any{"date": time.Now().UTC().Format(time.DateOnly), "machine": describe(), "scale": o.scale, "rounds": o.rounds, "works": tables}, "", "  ")
		if err == nil {
			err = os.WriteFile(o.file, append(b, '\n'), 0o644)
		}
		if err != nil {
			return err
		}
	}
	fmt.Println(describe())
	if len(broken) > 0 && !o.lenient {
		return errors.New("these bounds are broken:\n  " + strings.Join(broken, "\n  "))
	}
	return nil
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	if len(v)%2 == 1 {
		return v[len(v)/2]
	}
	return (v[len(v)/2-1] + v[len(v)/2]) / 2
}
