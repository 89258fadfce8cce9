package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The bounds of what vanishes without a word, with half a second for a machine that has other
// work, too: how long a request may take, how soon mail leaves again after the new primary
// accepts writes, and how long SIGTERM takes, whatever hangs.
const (
	longestAsk = 5500 * time.Millisecond
	againIn    = 15 * time.Second
	endingIn   = 30500 * time.Millisecond
)

// freezing stops all processes of the primary while messages are sent, as a machine does
// that hangs while its kernel still answers, and promotes the standby.
func (c *chaos) freezing() (verdict, error) {
	return c.vanishing(func(p *postgres) error { p.signal(syscall.SIGSTOP); return nil })
}

// signal reaches the server and all its processes. They are listed before, because those of a
// server that was killed are nobody's, and after, because one that was stopped begins no more.
func (p *postgres) signal(s syscall.Signal) {
	all := p.processes()
	_ = syscall.Kill(p.command.Process.Pid, s)
	for _, one := range append(all, p.processes()...) {
		_ = syscall.Kill(one, s)
	}
}

// processes are those that the server has begun.
func (p *postgres) processes() (all []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(b), ") ")
		if fields := strings.Fields(rest); len(fields) > 1 && fields[1] == strconv.Itoa(p.command.Process.Pid) {
			if one, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
				all = append(all, one)
			}
		}
	}
	return all
}

// inNamespace marks the process that runs a scenario in a network of its own. It must not
// begin as the variables of the program do, which takes none that it does not know.
const inNamespace = "CHAOS_NAMESPACE"

// dropping has a packet filter drop all that goes to the primary and comes from it, as a
// cable does that is pulled, in a network namespace of its own, and promotes the standby.
func (c *chaos) dropping() (v verdict, err error) {
	if os.Getenv(inNamespace) != "" {
		return c.droppingHere()
	}
	if _, err := exec.LookPath("nft"); err != nil || os.Geteuid() != 0 {
		return verdict{faults: "not run: it wants nft, and root"}, nil
	}
	child := exec.CommandContext(c.ctx, "/proc/self/exe", "chaos", "-only", "dropped", "-messages", strconv.Itoa(c.messages), "-kills", strconv.Itoa(c.kills), "-soak", "0")
	child.Env = append(os.Environ(), inNamespace+"=1")
	child.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGTERM}
	out, err := child.CombinedOutput()
	_, last, found := bytes.Cut(out, []byte(verdictMark))
	if !found {
		return v, fmt.Errorf("in a network of its own: %w\n%s", err, out)
	}
	line, _, _ := bytes.Cut(last, []byte("\n"))
	var told toldVerdict
	if err := json.Unmarshal(line, &told); err != nil {
		return v, err
	}
	return verdict{told.Accepted, told.Arrived, told.Lost, told.Twice, told.Most, told.Faults, told.Wrong}, nil
}

// verdictMark begins the line by which a child tells its verdict.
const verdictMark = "verdict "

type toldVerdict struct {
	Accepted, Arrived, Lost, Twice, Most int
	Faults                               string
	Wrong                                []string
}

func (c *chaos) droppingHere() (v verdict, err error) {
	v, err = c.vanishing(func(p *postgres) error {
		at, err := url.Parse(p.url)
		if err != nil {
			return err
		}
		rules := "table inet chaos {\n chain in { type filter hook input priority 0;\n tcp dport " + at.Port() + " drop\n tcp sport " + at.Port() + " drop\n }\n}\n"
		nft := exec.CommandContext(c.ctx, "nft", "-f", "-")
		nft.Stdin = strings.NewReader(rules)
		if out, err := nft.CombinedOutput(); err != nil {
			return fmt.Errorf("nft: %w\n%s", err, out)
		}
		return nil
	})
	if err != nil {
		return v, err
	}
	b, err := json.Marshal(toldVerdict{v.accepted, v.arrived, v.lost, v.twice, v.most, v.faults, v.wrong})
	fmt.Printf("%s%s\n", verdictMark, b)
	return v, err
}

// enter brings up the loopback of a network of its own.
func enter() error {
	if os.Getenv(inNamespace) == "" {
		return nil
	}
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		return fmt.Errorf("ip: %w\n%s", err, out)
	}
	return nil
}

// pair are a primary, its synchronous standby, and the address of a database on both.
func (c *chaos) pair() (primary, standby *postgres, name, both string, err error) {
	if primary, err = startPostgres(c.ctx); err != nil {
		return nil, nil, "", "", err
	}
	if standby, err = primary.standby(c.ctx); err == nil {
		var one string
		if one, err = primary.database(c.ctx); err == nil {
			host := func(url string) string { return strings.TrimPrefix(url, "postgres://notifier@") }
			name = one[strings.LastIndex(one, "/"):]
			both = "postgres://notifier@" + host(primary.url) + "," + host(standby.url) + name + "?target_session_attrs=read-write"
			return primary, standby, name, both, nil
		}
		standby.stop()
	}
	primary.stop()
	return nil, nil, "", "", err
}

// vanishing has the primary vanish without a word while messages are sent.
func (c *chaos) vanishing(vanish func(*postgres) error) (v verdict, err error) {
	primary, standby, name, both, err := c.pair()
	if err != nil {
		return v, err
	}
	defer standby.stop()
	defer primary.stop()
	defer primary.signal(syscall.SIGKILL) // it must not come back and take messages
	f, l, end, err := c.stage(both, 3)
	if err != nil {
		return v, err
	}
	stopped := false
	defer func() {
		if !stopped {
			end()
		}
	}()
	acknowledged := f.sending(max(c.messages/10, 200), l)
	if err := vanish(primary); err != nil {
		return v, err
	}
	asking := f.ask()
	time.Sleep(2 * time.Second) // somebody has to notice
	if err := standby.exec(c.ctx, "postgres", "SELECT pg_promote()", "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()"); err != nil {
		return v, err
	}
	promoted, before := time.Now(), l.count()
	for l.count() == before && time.Since(promoted) < 2*time.Minute && c.ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	again := time.Since(promoted)
	all, err := acknowledged()
	slow, refused, strange := asking()
	if err != nil {
		return v, err
	}
	counts, err := c.come(standby.url + name)
	if err != nil {
		return v, err
	}
	v.weigh(l, all, 3*most)
	standby.signal(syscall.SIGSTOP) // now nothing answers at all
	time.Sleep(time.Second)
	told := time.Now()
	stopped = true
	end()
	took := time.Since(told)
	standby.signal(syscall.SIGCONT)
	v.faults = fmt.Sprintf("sending again %s after the promotion, %d × 503, the slowest request %s, SIGTERM %s",
		again.Round(time.Millisecond), refused, slow.Round(time.Millisecond), took.Round(time.Millisecond))
	if counts["sent"] < len(all) {
		v.breaks("%d were acknowledged, and ended as %v", len(all), counts)
	}
	for _, wrong := range strange {
		v.breaks("%s", wrong)
	}
	for _, bound := range []struct {
		what      string
		took, max time.Duration
	}{{"mail left again", again, againIn}, {"the slowest request took", slow, longestAsk}, {"three replicas one after the other took to stop", took, 3 * endingIn}} {
		if bound.took > bound.max {
			v.breaks("%s %s, at most %s", bound.what, bound.took.Round(time.Millisecond), bound.max)
		}
	}
	return v, nil
}

// ask asks all replicas for something, again and again, until the returned function is
// called, which tells how long the slowest answer took and how many were a refusal.
func (f *fleet) ask() (end func() (slow time.Duration, refused int, strange []string)) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	var slow time.Duration
	var refused int
	var strange []string
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
			}
			asked := time.Now()
			status, answer, err := f.once(f.service(i), http.MethodPost, "/api/v1/messages", []byte(`{"to":["a@example.net"],"subject":"x","text":"x","manual":true}`), "")
			slow = max(slow, time.Since(asked))
			switch {
			case errors.Is(f.ctx.Err(), err) && err != nil:
				return
			case err != nil:
				strange = append(strange, err.Error())
			case status == http.StatusServiceUnavailable:
				refused++
			case status != http.StatusAccepted:
				strange = append(strange, fmt.Sprintf("%d %s", status, answer))
			}
		}
	}()
	return func() (time.Duration, int, []string) {
		close(stop)
		<-stopped
		return slow, refused, strange[:min(len(strange), 3)]
	}
}
