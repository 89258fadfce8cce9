package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// spent is what one round took for 1,000 messages, in seconds.
type spent struct {
	CPU      float64 `json:"cpu"`      // of the sender, or of whoever takes in
	Database float64 `json:"database"` // of Postgres' processes
	Wall     float64 `json:"wall"`     // of W5 the median from the call to the relay instead
}

// roundMain is "bench round": one round of one work, on servers that run already. Two
// checkouts are compared by having each drive its own program in turn.
func roundMain(arguments []string) error {
	flags := flag.NewFlagSet("round", flag.ExitOnError)
	work := flags.String("work", "", "w1, w2, w2-batches or w5")
	scale := flags.Float64("scale", 1, "how much of the full sizes")
	notifier := flags.String("notifier", "", "the program")
	server := flags.String("postgres", "", "the address of the Postgres server")
	pid := flags.Int("pid", 0, "its process")
	relay := flags.Int("sink", 0, "the port of a server that takes all mail")
	number := flags.Int("database", 0, "the number of the first database to make")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	dir, err := os.MkdirTemp("", "notifier-round-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	process, err := os.FindProcess(*pid)
	if err != nil {
		return err
	}
	m := &machine{
		ctx: ctx, dir: dir, notifier: *notifier, options: options{scale: *scale}, sink: &sink{port: *relay},
		postgres: &postgres{url: *server, command: &exec.Cmd{Process: process}, databases: *number},
	}
	works := map[string]func() (spent, error){
		"w1": m.roundOfFlush, "w2": m.roundOfCallers, "w2-batches": m.roundOfBatches, "w5": m.roundOfLatency,
	}
	run, known := works[*work]
	if !known {
		return fmt.Errorf("no work %q can be held against another checkout; w1, w2, w2-batches and w5 can", *work)
	}
	got, err := run()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(got)
}

// roundOfFlush is W1: 30,000 mails of 1 KB.
func (m *machine) roundOfFlush() (spent, error) {
	got, err := m.ours(m.n(30000), body(1000))
	if err != nil {
		return spent{}, err
	}
	return spent{CPU: got.CPU, Database: got.Database, Wall: 1000 / got.Rate}, nil
}

// roundOfCallers is W2: 16 callers of the store, a message each.
func (m *machine) roundOfCallers() (spent, error) { return m.roundOfIntake(m.n(20000), callers, 1) }

// roundOfBatches is W2 with batches of 1,000.
func (m *machine) roundOfBatches() (spent, error) {
	return m.roundOfIntake(max(m.n(60000), 1000), 1, 1000)
}

func (m *machine) roundOfIntake(n, callers, batch int) (got spent, err error) {
	url, err := m.postgres.database(m.ctx)
	if err != nil {
		return got, err
	}
	defer func() { err = errors.Join(err, m.postgres.drop(m.ctx, url)) }()
	s, err := m.open(url)
	if err != nil {
		return got, err
	}
	defer s.Close()
	if err := m.postgres.settle(m.ctx, url); err != nil {
		return got, err
	}
	text := body(1000)
	watch := m.watch(os.Getpid())
	rate, err := atOnce(n/batch, callers, func(int) error { return m.accept(s, batch, text) })
	got = watch(n / batch * batch)
	got.Wall = 1000 / (rate * float64(batch))
	return got, err
}

// roundOfLatency is W5: 50 messages a second, over the API of one of two replicas.
func (m *machine) roundOfLatency() (got spent, err error) {
	url, err := m.postgres.database(m.ctx)
	if err != nil {
		return got, err
	}
	defer func() { err = errors.Join(err, m.postgres.drop(m.ctx, url)) }()
	a := &arrivals{when: map[string]time.Time{}}
	port, closeRelay, err := catcher(a)
	if err != nil {
		return got, err
	}
	defer func() { err = errors.Join(err, closeRelay()) }()
	var pids []int
	var first *service
	for range 2 {
		s, err := m.serve(url, fmt.Sprintf("NOTIFIER_SMTP__PORT=%d", port))
		if err != nil {
			return got, err
		}
		defer s.stop()
		if pids = append(pids, s.command.Process.Pid); first == nil {
			first = s
		}
	}
	time.Sleep(time.Second) // they have just started
	watch := m.watch(pids...)
	begun, err := paced(max(m.n(500), 200), func(i int, subject string) error { return m.post(first, i, subject) })
	if err != nil {
		return got, err
	}
	p50, _, err := a.wait(m.ctx, begun)
	got = watch(len(begun))
	got.Wall = p50 / 1000
	return got, err
}

// watch begins to count the processor time of processes and of Postgres.
func (m *machine) watch(pids ...int) (until func(n int) spent) {
	of := func() (own float64) {
		for _, pid := range pids {
			own += processorTime(pid)
		}
		return own
	}
	own, database := of(), m.postgres.cpu()
	return func(n int) spent {
		k := float64(n) / 1000
		return spent{CPU: (of() - own) / k, Database: (m.postgres.cpu() - database) / k}
	}
}

// processorTime is what a process that runs has had, in seconds.
func processorTime(pid int) (seconds float64) {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(b), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	for _, f := range fields[11:13] { // user and system
		ticks, _ := strconv.ParseFloat(f, 64)
		seconds += ticks / 100
	}
	return seconds
}

// paced does something n times, 50 times a second, and says when each began by its subject.
func paced(n int, do func(i int, subject string) error) (map[string]time.Time, error) {
	begun := map[string]time.Time{}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var all sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		<-tick.C
		subject := fmt.Sprintf("Message %d", i)
		begun[subject] = time.Now()
		all.Go(func() { errs[i] = do(i, subject) })
	}
	all.Wait()
	return begun, errors.Join(errs...)
}

// post sends a message by the API.
func (m *machine) post(to *service, i int, subject string) error {
	b, _ := json.Marshal(map[string]any{"to": []string{fmt.Sprintf("user%d@example.net", i)}, "subject": subject, "text": body(1000)})
	r, err := http.NewRequestWithContext(m.ctx, http.MethodPost, to.url+"/api/v1/messages", bytes.NewReader(b))
	if err != nil {
		return err
	}
	authorize(r)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	if err == nil && answer.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("the API says %s", answer.Status)
	}
	return err
}
