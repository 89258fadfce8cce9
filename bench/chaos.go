package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"notifier/mail/mailtest"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	_ "modernc.org/sqlite" // the same driver as the program's
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
		{"promotion under kills, preferences change", (*chaos).promoting},
		{"Postgres stopped, and started again", (*chaos).stoppingPostgres},
		{"primary killed, standby promoted", (*chaos).failingOver},
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

// below is a random number.
func (c *chaos) below(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.IntN(n)
}

// ledger is what a mail server got.
type ledger struct {
	mu      sync.Mutex
	first   map[string]arrival
	again   []arrival
	changed int
	bodies  [][]byte // of the first copies, where they are kept
	keep    bool
}

type arrival struct {
	id   string
	hash [32]byte
	at   time.Time
}

func messageID(data []byte) string {
	_, rest, _ := bytes.Cut(data, []byte("Message-ID: <"))
	id, _, _ := bytes.Cut(rest, []byte("@"))
	return string(id)
}

func (l *ledger) note(m mailtest.Mail) {
	a := arrival{messageID(m.Data), sha256.Sum256(m.Data), time.Now()}
	l.mu.Lock()
	defer l.mu.Unlock()
	if before, found := l.first[a.id]; found {
		l.again = append(l.again, a)
		if before.hash != a.hash {
			l.changed++
		}
		return
	}
	l.first[a.id] = a
	if l.keep {
		l.bodies = append(l.bodies, bytes.Clone(m.Data))
	}
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.first)
}

// relay starts a mail server that answers some mails late.
func (c *chaos) relay(listen string, keep bool) (*mailtest.Relay, *ledger, error) {
	l := &ledger{first: map[string]arrival{}, keep: keep}
	r, err := c.relayWith(listen, l)
	return r, l, err
}

func (c *chaos) relayWith(listen string, l *ledger) (*mailtest.Relay, error) {
	return mailtest.Start(mailtest.Options{Listen: listen, Keep: 1, OnMail: func(m mailtest.Mail) {
		l.note(m)
		if c.below(20) == 0 {
			time.Sleep(time.Duration(c.below(20)) * time.Millisecond)
		}
	}})
}

// fleet are replicas that are started again when they die.
type fleet struct {
	*chaos
	url         string
	environment []string
	mu          sync.Mutex
	all         []*service
}

func (c *chaos) fleet(url string, n int, relay *mailtest.Relay, environment ...string) (*fleet, error) {
	f := &fleet{chaos: c, url: url, environment: append([]string{
		fmt.Sprintf("NOTIFIER_SMTP__PORT=%d", relay.Port()), "NOTIFIER_SMTP__CONNECTIONS=4", "NOTIFIER_RETRY__LEASE=2s", "NOTIFIER_RETRY__BASE=1s",
		"NOTIFIER_JOBS__NOTIFICATIONS__EVERY=1s", "NOTIFIER_LOG__LEVEL=error",
	}, environment...)}
	for range n {
		s, err := f.start()
		if err != nil {
			f.stop()
			return nil, err
		}
		f.all = append(f.all, s)
	}
	return f, nil
}

func (f *fleet) start() (*service, error) {
	return f.serve(f.url, f.environment...)
}

// service is one of them.
func (f *fleet) service(i int) *service {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.all[i%len(f.all)]
}

// again ends one with a signal and starts another in its place.
func (f *fleet) again(i int, how os.Signal) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	i %= len(f.all)
	_ = f.all[i].command.Process.Signal(how)
	err := f.all[i].command.Wait()
	if how == syscall.SIGTERM && err != nil {
		return fmt.Errorf("a replica that was told to stop ended with %w", err)
	}
	s, err := f.start()
	if err != nil {
		return err
	}
	f.all[i] = s
	return nil
}

func (f *fleet) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.all {
		s.stop()
	}
}

// post sends a request to one of the replicas, and to the next if that does not answer.
func (f *fleet) post(i int, method, path string, body any, into any, key string) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	for try := range 600 {
		if err := f.ctx.Err(); err != nil {
			return err
		}
		status, answer, err := f.once(f.service(i+try), method, path, b, key)
		switch {
		case err == nil && status/100 == 2:
			if into != nil {
				return json.Unmarshal(answer, into)
			}
			return nil
		case err == nil && status != http.StatusServiceUnavailable && status != http.StatusInternalServerError:
			return fmt.Errorf("%s %s: %d %s", method, path, status, answer)
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.New("nobody answered for a minute")
}

func (f *fleet) once(s *service, method, path string, body []byte, key string) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(f.ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+apiKey)
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	return answer.StatusCode, b, err
}

// send sends n messages, in batches with keys, and returns the ids that were acknowledged.
// Before each batch pace is told how many were sent.
func (f *fleet) send(n int, pace func(sent int)) (map[string]bool, error) {
	acknowledged := map[string]bool{}
	for from := 0; from < n; from += 100 {
		pace(from)
		var all []map[string]any
		for i := from; i < min(from+100, n); i++ {
			all = append(all, map[string]any{"to": []string{fmt.Sprintf("user%d@example.net", i)}, "subject": fmt.Sprintf("Message %d", i), "text": "It is here."})
		}
		var answer struct {
			Data []struct {
				Status int
				Taken  struct{ Messages []struct{ ID string } }
			}
		}
		for done := false; !done; {
			if err := f.post(from/100, http.MethodPost, "/api/v1/messages/batch", all, &answer, fmt.Sprintf("batch-%d", from)); err != nil {
				return nil, err
			}
			done = true
			for _, one := range answer.Data {
				if one.Status != http.StatusAccepted {
					done = false // its place in the batch is its key: it is asked again
				}
			}
		}
		for _, one := range answer.Data {
			for _, m := range one.Taken.Messages {
				acknowledged[strings.TrimPrefix(m.ID, "msg_")] = true
			}
		}
	}
	return acknowledged, nil
}

// database makes one of either sort.
func (c *chaos) database(onPostgres bool) (string, error) {
	if onPostgres {
		return c.postgres.database(c.ctx)
	}
	return "sqlite:" + filepath.Join(c.dir, fmt.Sprintf("chaos%d.db", time.Now().UnixNano())), nil
}

// ended counts how messages stand, by status.
func (c *chaos) ended(url string) (map[string]int, error) {
	driver, address := "pgx", url
	if file, is := strings.CutPrefix(url, "sqlite:"); is {
		driver, address = "sqlite", file
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.QueryContext(c.ctx, "SELECT q.status, count(*) FROM queue q LEFT JOIN windows w ON w.site = q.site AND w.id = q.window_id WHERE w.digest_id IS NULL OR w.digest_id = '' GROUP BY q.status")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	counts := map[string]int{}
	for rows.Next() {
		var status string
		var n int
		if err := rows.Scan(&status, &n); err != nil {
			return nil, err
		}
		counts[status] = n
	}
	return counts, rows.Err()
}

// come waits until nothing is under way any more.
func (c *chaos) come(url string) (counts map[string]int, err error) {
	for until := time.Now().Add(3 * time.Minute); time.Now().Before(until); time.Sleep(200 * time.Millisecond) {
		if counts, err = c.ended(url); err != nil {
			continue // a lock, or a server that comes back
		}
		if counts["pending"]+counts["sending"]+counts["rate_limited"]+counts["deferred"] == 0 {
			return counts, nil
		}
	}
	return counts, errors.Join(fmt.Errorf("after three minutes messages are still under way: %v", counts), err)
}

// most is how many mails of one process may be told twice: as many as it has under way.
const most = 64

// killing sends messages while replicas are killed, stopped or frozen.
func (c *chaos) killing(onPostgres bool, how string, messages, faults int) (v verdict, err error) {
	url, err := c.database(onPostgres)
	if err != nil {
		return v, err
	}
	relay, l, err := c.relay("", false)
	if err != nil {
		return v, err
	}
	defer relay.Close()
	var environment []string
	if how == "ask" {
		environment = append(environment, "NOTIFIER_SMTP__ON_LOST_LEASE=ask")
	}
	n := 1
	if onPostgres {
		n = 3
	}
	f, err := c.fleet(url, n, relay, environment...)
	if err != nil {
		return v, err
	}
	defer f.stop()
	var acknowledged map[string]bool
	var sending error
	var done atomic.Int64 // faults
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		acknowledged, sending = f.send(messages, func(sent int) {
			// Something is left to send for each of the faults, and after the last.
			for until := time.Now().Add(30 * time.Second); sent >= messages*(int(done.Load())+1)/(faults+1) && time.Now().Before(until); {
				time.Sleep(5 * time.Millisecond)
			}
		})
	}()
	did := 0
	for i := range faults {
		// The next one comes when some more mails have arrived, so that something is under way.
		wait := min(l.count()+1+c.below(max(messages/faults, 1)), messages*(i+1)/(faults+1))
		for until := time.Now().Add(10 * time.Second); l.count() < min(wait, messages-1) && time.Now().Before(until); {
			time.Sleep(time.Millisecond)
		}
		did++
		done.Add(1)
		switch how {
		case "stop":
			err = f.again(c.below(n), syscall.SIGTERM)
		case "freeze":
			one := f.service(i).command.Process
			_ = one.Signal(syscall.SIGSTOP)
			time.Sleep(5 * time.Second)
			_ = one.Signal(syscall.SIGCONT)
		default:
			err = f.again(c.below(n), syscall.SIGKILL)
		}
		if err != nil {
			return v, err
		}
	}
	<-sent
	if sending != nil {
		return v, sending
	}
	counts, err := c.come(url)
	if err != nil {
		return v, err
	}
	v = verdict{accepted: len(acknowledged), arrived: l.count(), twice: len(l.again), most: did * most, faults: fmt.Sprintf("%d × %s", did, how)}
	for id := range acknowledged {
		if _, found := l.first[id]; !found {
			v.lost++
		}
	}
	if l.changed > 0 {
		v.breaks("%d copies differ from the first", l.changed)
	}
	switch how {
	case "stop":
		v.most = 0
	case "ask":
		v.most = 0
		// What may have gone out waits for a person; nothing else may be missing.
		asked := counts["error"]
		v.faults += fmt.Sprintf(", %d ask", asked)
		if v.lost > asked {
			v.breaks("%d mails did not arrive, %d messages ask what to do", v.lost, asked)
		}
		v.lost = 0
	}
	if v.lost > 0 {
		v.breaks("%d acknowledged messages never arrived", v.lost)
	}
	if v.twice > v.most {
		v.breaks("%d mails came twice, at most %d were under way", v.twice, v.most)
	}
	if bad := len(acknowledged) - counts["sent"]; bad != 0 && how != "ask" {
		v.breaks("%d of %d messages are not sent: %v", bad, len(acknowledged), counts)
	}
	if len(acknowledged) != messages {
		v.breaks("%d messages were acknowledged, %d asked for", len(acknowledged), messages)
	}
	if did < max(faults/2, 1) {
		v.breaks("only %d of %d faults found something to break: give it more messages", did, faults)
	}
	return v, nil
}

// promoting makes digests of deferred messages on five replicas that are killed, while
// preferences change: each event is in exactly one mail, and no digest is empty.
func (c *chaos) promoting() (v verdict, err error) {
	url, err := c.postgres.database(c.ctx)
	if err != nil {
		return v, err
	}
	events := max(c.messages/10/10*10, 100)
	if err := c.defers(url, events); err != nil {
		return v, err
	}
	relay, l, err := c.relay("", true)
	if err != nil {
		return v, err
	}
	defer relay.Close()
	f, err := c.fleet(url, 5, relay, "NOTIFIER_JOBS__USER_NOTIFICATIONS__EVERY=1s", "NOTIFIER_JOBS__USER_NOTIFICATIONS__CRON=")
	if err != nil {
		return v, err
	}
	defer f.stop()
	var over atomic.Bool
	flipped := make(chan error, 1)
	go func() {
		for i := 0; !over.Load(); i++ {
			frequency := []string{"immediately", "hourly", "daily", "weekly"}[c.below(4)]
			err := f.post(i, http.MethodPut, fmt.Sprintf("/api/v1/users/u%d/preferences", c.below(events/10)), map[string]string{"case_changed": frequency}, nil, "")
			if err != nil {
				flipped <- err
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
		flipped <- nil
	}()
	kills := max(c.kills/10, 2)
	for range kills {
		time.Sleep(time.Duration(100+c.below(400)) * time.Millisecond)
		if err := f.again(c.below(5), syscall.SIGKILL); err != nil {
			return v, err
		}
	}
	over.Store(true)
	if err := <-flipped; err != nil {
		return v, err
	}
	// What was put off to a later hour is due once everybody hears at once.
	for i := range events / 10 {
		if err := f.post(i, http.MethodPut, fmt.Sprintf("/api/v1/users/u%d/preferences", i), map[string]string{"case_changed": "immediately"}, nil, ""); err != nil {
			return v, err
		}
	}
	if _, err := c.come(url); err != nil {
		return v, err
	}
	seen := map[int]int{}
	for _, mail := range l.bodies {
		found := map[int]bool{} // an event may stand in the subject, the text and the HTML
		for _, part := range strings.Split(strings.ReplaceAll(string(mail), "=\r\n", ""), "Comment number ")[1:] {
			digits := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' })
			if n, err := strconv.Atoi(part[:max(digits, 0)]); err == nil {
				found[n] = true
			}
		}
		for n := range found {
			seen[n]++
		}
		if len(found) == 0 {
			v.breaks("a mail has no event in it")
		}
	}
	v.accepted, v.arrived, v.twice, v.most, v.faults = events, len(seen), len(l.again), kills*most, fmt.Sprintf("%d × kill", kills)
	for i := range events {
		switch {
		case seen[i] == 0:
			v.lost++
		case seen[i] > 1:
			v.breaks("event %d is in %d mails", i, seen[i])
		}
		if len(v.wrong) > 10 {
			break
		}
	}
	if v.lost > 0 {
		v.breaks("%d events are in no mail", v.lost)
	}
	if v.twice > v.most || l.changed > 0 {
		v.breaks("%d mails came twice, %d of them changed", v.twice, l.changed)
	}
	return v, nil
}

// stoppingPostgres ends the database at once while messages are sent, and starts it again.
func (c *chaos) stoppingPostgres() (v verdict, err error) {
	url, err := c.postgres.database(c.ctx)
	if err != nil {
		return v, err
	}
	relay, l, err := c.relay("", false)
	if err != nil {
		return v, err
	}
	defer relay.Close()
	f, err := c.fleet(url, 3, relay)
	if err != nil {
		return v, err
	}
	defer f.stop()
	messages := max(c.messages/10, 200)
	var acknowledged map[string]bool
	sent := make(chan error, 1)
	go func() {
		var err error
		acknowledged, err = f.send(messages, func(int) {})
		sent <- err
	}()
	for l.count() < messages/10 {
		time.Sleep(time.Millisecond)
	}
	if err := c.postgres.crash(); err != nil {
		return v, err
	}
	away := min(time.Minute, time.Duration(c.kills)*300*time.Millisecond)
	begun, refused, slow := time.Now(), 0, time.Duration(0)
	for time.Since(begun) < away {
		asked := time.Now()
		status, _, err := f.once(f.service(0), http.MethodPost, "/api/v1/messages", []byte(`{"to":["a@example.net"],"subject":"x","text":"x","manual":true}`), "")
		if err != nil || status != http.StatusServiceUnavailable {
			v.breaks("without a database the API answers %d, %v", status, err)
			break
		}
		refused++
		slow = max(slow, time.Since(asked))
		time.Sleep(50 * time.Millisecond)
	}
	if err := c.postgres.start(c.ctx); err != nil {
		return v, err
	}
	if err := <-sent; err != nil {
		return v, err
	}
	counts, err := c.come(url)
	if err != nil {
		return v, err
	}
	// The outcomes of what was under way wait in memory, and are written when it is back.
	v.accepted, v.arrived, v.twice, v.most = len(acknowledged), l.count(), len(l.again), 3*most
	v.faults = fmt.Sprintf("away for %s, %d × 503, the slowest after %s", away.Round(time.Second), refused, slow.Round(time.Millisecond))
	for id := range acknowledged {
		if _, found := l.first[id]; !found {
			v.lost++
		}
	}
	if v.lost > 0 || counts["sent"] != len(acknowledged) {
		v.breaks("%d acknowledged messages never arrived; %v", v.lost, counts)
	}
	if v.twice > v.most || l.changed > 0 {
		v.breaks("%d mails came twice, %d of them changed", v.twice, l.changed)
	}
	if slow > time.Second {
		v.breaks("a 503 took %s", slow)
	}
	return v, nil
}

// failingOver kills the primary while messages are sent, and promotes its synchronous standby.
func (c *chaos) failingOver() (v verdict, err error) {
	primary, err := startPostgres(c.ctx)
	if err != nil {
		return v, err
	}
	defer primary.stop()
	standby, err := primary.standby(c.ctx)
	if err != nil {
		return v, err
	}
	defer standby.stop()
	one, err := primary.database(c.ctx)
	if err != nil {
		return v, err
	}
	host := func(url string) string { return strings.TrimPrefix(url, "postgres://notifier@") }
	name := one[strings.LastIndex(one, "/"):]
	url := "postgres://notifier@" + host(primary.url) + "," + host(standby.url) + name + "?target_session_attrs=read-write&connect_timeout=2"
	relay, l, err := c.relay("", false)
	if err != nil {
		return v, err
	}
	defer relay.Close()
	f, err := c.fleet(url, 3, relay)
	if err != nil {
		return v, err
	}
	defer f.stop()
	messages := max(c.messages/10, 200)
	var acknowledged map[string]bool
	sent := make(chan error, 1)
	go func() {
		var err error
		acknowledged, err = f.send(messages, func(int) {})
		sent <- err
	}()
	for l.count() < messages/10 {
		time.Sleep(time.Millisecond)
	}
	if err := primary.crash(); err != nil {
		return v, err
	}
	begun := time.Now()
	if err := standby.exec(c.ctx, "postgres", "SELECT pg_promote()"); err != nil {
		return v, err
	}
	if err := <-sent; err != nil {
		return v, err
	}
	took := time.Since(begun)
	counts, err := c.come(standby.url + name)
	if err != nil {
		return v, err
	}
	v = verdict{accepted: len(acknowledged), arrived: l.count(), twice: len(l.again), most: 3 * most, faults: fmt.Sprintf("all acknowledged %s after the kill", took.Round(time.Millisecond))}
	for id := range acknowledged {
		if _, found := l.first[id]; !found {
			v.lost++
		}
	}
	if v.lost > 0 || counts["sent"] < len(acknowledged) {
		v.breaks("%d acknowledged messages never arrived; %v", v.lost, counts)
	}
	if v.twice > v.most || l.changed > 0 {
		v.breaks("%d mails came twice, %d of them changed", v.twice, l.changed)
	}
	return v, nil
}

// diskFull fills the disk that SQLite writes to: what is not stored is refused, and all goes
// on when there is room again.
func (c *chaos) diskFull() (v verdict, err error) {
	disk := filepath.Join(c.dir, "small")
	if err := os.Mkdir(disk, 0o755); err != nil {
		return v, err
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=16m"); err != nil {
		v.faults = "left out: no small disk can be made here (" + err.Error() + ")"
		return v, nil
	}
	defer syscall.Unmount(disk, syscall.MNT_DETACH)
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 8<<20), 0o644); err != nil {
		return v, err
	}
	url := "sqlite:" + filepath.Join(disk, "notifier.db")
	relay, l, err := c.relay("", false)
	if err != nil {
		return v, err
	}
	defer relay.Close()
	f, err := c.fleet(url, 1, relay)
	if err != nil {
		return v, err
	}
	defer f.stop()
	acknowledged := map[string]bool{}
	body := map[string]any{"to": []string{"user@example.net"}, "subject": "Message", "text": strings.Repeat("It is here. ", 2000)}
	b, _ := json.Marshal(body)
	send := func() (ok bool, status int, err error) {
		status, answer, err := f.once(f.service(0), http.MethodPost, "/api/v1/messages", b, "")
		if err != nil || status != http.StatusAccepted {
			return false, status, err
		}
		var taken struct{ Messages []struct{ ID string } }
		if err := json.Unmarshal(answer, &taken); err != nil {
			return false, status, err
		}
		acknowledged[strings.TrimPrefix(taken.Messages[0].ID, "msg_")] = true
		return true, status, nil
	}
	refused := 0
	for i := 0; refused < 20 && i < 5000; i++ {
		ok, status, err := send()
		if err != nil {
			return v, fmt.Errorf("on a full disk the program does not answer: %w", err)
		}
		if !ok {
			refused++
			if status != http.StatusServiceUnavailable && status != http.StatusInternalServerError {
				v.breaks("on a full disk the API answers %d", status)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	if err := os.Remove(ballast); err != nil {
		return v, err
	}
	begun := time.Now()
	for ok := false; !ok; {
		if ok, _, err = send(); err != nil || time.Since(begun) > time.Minute {
			return v, fmt.Errorf("with room again nothing is taken: %w", err)
		}
	}
	if _, err := c.come(url); err != nil {
		return v, err
	}
	db, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:"))
	if err != nil {
		return v, err
	}
	defer db.Close()
	var whole string
	if err := db.QueryRowContext(c.ctx, "PRAGMA integrity_check").Scan(&whole); err != nil || whole != "ok" {
		v.breaks("the database says of itself: %s %v", whole, err)
	}
	v.accepted, v.arrived, v.twice, v.most = len(acknowledged), l.count(), len(l.again), most
	v.faults = fmt.Sprintf("%d refused, taken again after %s", refused, time.Since(begun).Round(time.Millisecond))
	for id := range acknowledged {
		if _, found := l.first[id]; !found {
			v.lost++
		}
	}
	if v.lost > 0 || v.twice > v.most || refused == 0 {
		v.breaks("%d acknowledged messages never arrived, %d came twice, %d were refused", v.lost, v.twice, refused)
	}
	return v, nil
}

// relayDown queues messages while the mail server is away, and counts who comes at its return.
func (c *chaos) relayDown() (v verdict, err error) {
	url, err := c.postgres.database(c.ctx)
	if err != nil {
		return v, err
	}
	relay, l, err := c.relay("", false)
	if err != nil {
		return v, err
	}
	address := relay.Addr()
	f, err := c.fleet(url, 3, relay)
	if err != nil {
		return v, err
	}
	defer f.stop()
	if err := relay.Close(); err != nil {
		return v, err
	}
	messages := max(c.messages/5, 200)
	acknowledged, err := f.send(messages, func(int) {})
	if err != nil {
		return v, err
	}
	away := min(2*time.Minute, time.Duration(c.kills)*300*time.Millisecond)
	time.Sleep(away)
	if relay, err = c.relayWith(address, l); err != nil {
		return v, err
	}
	defer relay.Close()
	for until := time.Now().Add(6 * time.Minute); l.count() < messages && time.Now().Before(until); {
		time.Sleep(50 * time.Millisecond)
	}
	peak := relay.Traffic().Peak
	if _, err := c.come(url); err != nil {
		return v, err
	}
	v.accepted, v.arrived, v.twice = len(acknowledged), l.count(), len(l.again)
	v.faults = fmt.Sprintf("away for %s, then at most %d connections", away.Round(time.Second), peak)
	v.lost = len(acknowledged) - v.arrived
	if v.lost != 0 || v.twice != 0 {
		v.breaks("%d never arrived, %d came twice", v.lost, v.twice)
	}
	if peak > 3*4 {
		v.breaks("%d connections came at once; 3 replicas may have 4 each", peak)
	}
	return v, nil
}

// soaking sends evenly for a while: what a process holds must not grow.
func (c *chaos) soaking() (v verdict, err error) {
	if c.soak == 0 {
		v.faults = "left out"
		return v, nil
	}
	url, err := c.postgres.database(c.ctx)
	if err != nil {
		return v, err
	}
	relay, l, err := c.relay("", false)
	if err != nil {
		return v, err
	}
	defer relay.Close()
	f, err := c.fleet(url, 2, relay)
	if err != nil {
		return v, err
	}
	defer f.stop()
	var first, last holds
	begun := time.Now()
	for i := 0; time.Since(begun) < c.soak; i++ {
		for range 10 {
			body := map[string]any{"to": []string{"user@example.net"}, "subject": "Message", "text": "It is here."}
			if err := f.post(i, http.MethodPost, "/api/v1/messages", body, nil, ""); err != nil {
				return v, err
			}
			v.accepted++
		}
		if last, err = f.holds(0); err != nil {
			return v, err
		}
		if time.Since(begun) < c.soak/5 {
			first = holds{max(first.goroutines, last.goroutines), max(first.files, last.files), max(first.rss, last.rss)}
		}
		time.Sleep(50 * time.Millisecond)
	}
	if _, err := c.come(url); err != nil {
		return v, err
	}
	v.arrived, v.twice = l.count(), len(l.again)
	v.lost = v.accepted - v.arrived
	v.faults = fmt.Sprintf("%.0f → %.0f goroutines, %.0f → %.0f files, %.0f → %.0f MB", first.goroutines, last.goroutines, first.files, last.files, first.rss/1e6, last.rss/1e6)
	if v.lost != 0 || v.twice != 0 {
		v.breaks("%d never arrived, %d came twice", v.lost, v.twice)
	}
	if last.goroutines > first.goroutines*1.2+10 || last.files > first.files*1.2+10 || last.rss > first.rss*1.3 {
		v.breaks("a replica holds more and more: %s", v.faults)
	}
	return v, nil
}

// holds is what a process has at a time.
type holds struct{ goroutines, files, rss float64 }

func (f *fleet) holds(i int) (h holds, err error) {
	status, b, err := f.once(f.service(i), http.MethodGet, "/metrics", nil, "")
	if err != nil || status != http.StatusOK {
		return h, fmt.Errorf("/metrics: %d %w", status, err)
	}
	for line := range strings.Lines(string(b)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, _ := strconv.ParseFloat(value, 64)
		switch name {
		case "go_goroutines":
			h.goroutines = n
		case "process_open_fds":
			h.files = n
		case "process_resident_memory_bytes":
			h.rss = n
		}
	}
	return h, nil
}
