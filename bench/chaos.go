package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// chaos shoots the real program and keeps a ledger: what was acknowledged, what the mail
// server got, and how all ended.
type chaos struct {
	*machine
	messages, kills int
	soak            time.Duration
	random          *rand.Rand
	mu              sync.Mutex // of random
}

// chaosMain is "bench chaos".
func chaosMain(arguments []string) error {
	flags := flag.NewFlagSet("chaos", flag.ExitOnError)
	messages := flags.Int("messages", 100_000, "messages in all, over the scenarios with kills")
	kills := flags.Int("kills", 200, "kills in all")
	soak := flags.Duration("soak", 10*time.Minute, "how long the soak takes; 0: none")
	seed := flags.Uint64("seed", uint64(time.Now().UnixNano()), "of all that is random")
	only := flags.String("only", "", "scenarios, with commas; all if empty")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := enter(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "notifier-chaos-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m := &machine{ctx: ctx, dir: dir, notifier: filepath.Join(dir, "notifier")}
	if err := m.build(); err != nil {
		return err
	}
	if m.postgres, err = startPostgres(ctx); err != nil {
		return err
	}
	defer m.postgres.stop()
	fmt.Printf("seed %d\n", *seed)
	c := &chaos{machine: m, messages: *messages, kills: *kills, soak: *soak, random: rand.New(rand.NewPCG(*seed, 0))}
	broken := 0
	fmt.Printf("%-42s %9s %9s %6s %6s %8s  %s\n", "scenario", "accepted", "arrived", "lost", "twice", "at most", "faults")
	for _, one := range []struct {
		name string
		run  func(*chaos) (verdict, error)
	}{
		{"kill -9, 3 replicas on Postgres", func(c *chaos) (verdict, error) { return c.killing(true, "kill", c.messages*4/10, c.kills*4/10) }},
		{"kill -9, SQLite", func(c *chaos) (verdict, error) { return c.killing(false, "kill", c.messages*3/10, c.kills*4/10) }},
		{"kill -9, on_lost_lease: ask", func(c *chaos) (verdict, error) { return c.killing(true, "ask", c.messages/10, c.kills/10) }},
		{"SIGTERM in a loop", func(c *chaos) (verdict, error) { return c.killing(true, "stop", c.messages/10, c.kills/10) }},
		{"SIGSTOP for longer than a lease, SIGCONT", func(c *chaos) (verdict, error) { return c.killing(true, "freeze", c.messages/10, max(c.kills/40, 1)) }},
		{"kill -9 behind PgBouncer", func(c *chaos) (verdict, error) { return c.throughPgBouncer(c.messages/10, c.kills/10) }},
		{"SQLite, killed at the n-th sync, n = 1, 2, …", func(c *chaos) (verdict, error) { return c.everySync(c.kills / 2) }},
		{"power cut, SQLite", (*chaos).powerCut},
		{"promotion under kills, preferences change", (*chaos).promoting},
		{"Postgres stopped, and started again", (*chaos).stoppingPostgres},
		{"primary killed, standby promoted", (*chaos).failingOver},
		{"frozen primary, standby promoted", (*chaos).freezing},
		{"dropped packets, standby promoted", (*chaos).dropping},
		{"SQLite on a full disk", (*chaos).diskFull},
		{"relay down with a backlog", (*chaos).relayDown},
		{"soak", (*chaos).soaking},
	} {
		if *only != "" && !strings.Contains(*only, strings.Fields(one.name)[0]) {
			continue
		}
		begun := time.Now()
		v, err := one.run(c)
		if err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
		fmt.Printf("%-42s %9d %9d %6d %6d %8d  %s (%s)\n", one.name, v.accepted, v.arrived, v.lost, v.twice, v.most, v.faults, time.Since(begun).Round(time.Second))
		for _, w := range v.wrong {
			fmt.Println("  BROKEN:", w)
		}
		broken += len(v.wrong)
	}
	if broken > 0 {
		return fmt.Errorf("%d promises are broken", broken)
	}
	return nil
}

// verdict is what a scenario came to.
type verdict struct {
	accepted, arrived, lost, twice, most int
	faults                               string
	wrong                                []string
}

func (v *verdict) breaks(format string, arguments ...any) {
	v.wrong = append(v.wrong, fmt.Sprintf(format, arguments...))
}

// weigh compares what was acknowledged with what the mail server got; the ledger is at rest.
func (v *verdict) weigh(l *ledger, acknowledged map[string]bool, most int) {
	v.accepted, v.arrived, v.twice, v.most = len(acknowledged), l.count(), len(l.again), most
	for id := range acknowledged {
		if _, found := l.first[id]; !found {
			v.lost++
		}
	}
	if v.lost > 0 {
		v.breaks("%d acknowledged messages never arrived", v.lost)
	}
	if v.twice > v.most || l.changed > 0 {
		v.breaks("%d mails came twice, %d of them changed", v.twice, l.changed)
	}
}

// below is a random number.
func (c *chaos) below(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.IntN(n)
}
