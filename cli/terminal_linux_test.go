package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"notifier/mail/mailtest"
)

// terminal is a pseudo terminal of 100 columns with a program at it, as a person has it.
type terminal struct {
	t       *testing.T
	master  *os.File
	command *exec.Cmd
	mu      sync.Mutex
	seen    bytes.Buffer
	more    chan struct{} // told when there is more to see
	ended   chan struct{}
}

func atTerminal(t *testing.T, dir string, env []string, arguments ...string) *terminal {
	t.Helper()
	name, err := program()
	if err != nil {
		t.Fatal(err)
	}
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 100}); err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	c := exec.Command(name, arguments...)
	c.Dir, c.Stdin, c.Stdout, c.Stderr = dir, slave, slave, slave
	c.Env = append(append(os.Environ(), "TERM=xterm", "NO_COLOR="), env...)
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	x := &terminal{t: t, master: master, command: c, more: make(chan struct{}, 1), ended: make(chan struct{})}
	go x.look()
	t.Cleanup(func() {
		_ = c.Process.Kill() // of one that has ended nothing comes
		_ = master.Close()
		<-x.ended
	})
	return x
}

// look reads what is written until nobody writes any more.
func (x *terminal) look() {
	defer close(x.ended)
	b := make([]byte, 4096)
	for {
		n, err := x.master.Read(b)
		x.mu.Lock()
		x.seen.Write(b[:n])
		x.mu.Unlock()
		select {
		case x.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (x *terminal) screen() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.seen.String()
}

// shows waits until something can be seen.
func (x *terminal) shows(want string) {
	x.t.Helper()
	late := time.After(2 * time.Minute)
	for !regexp.MustCompile(want).MatchString(x.screen()) {
		select {
		case <-x.more:
		case <-late:
			x.t.Fatalf("%v shows\n%q\nwant %q", x.command.Args[1:], x.screen(), want)
		}
	}
}

func (x *terminal) types(text string) {
	x.t.Helper()
	if _, err := x.master.WriteString(text); err != nil {
		x.t.Fatal(err)
	}
}

// ends waits for the end with that exit code.
func (x *terminal) ends(want int) {
	x.t.Helper()
	_ = x.command.Wait()
	if got := x.command.ProcessState.ExitCode(); got != want {
		x.t.Errorf("%v ended with %d, want %d:\n%s", x.command.Args[1:], got, want, x.screen())
	}
}

// What a person sees at a terminal, and types there.
func TestAtATerminal(t *testing.T) {
	t.Parallel()
	relay, err := mailtest.Start(mailtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer relay.Close()
	relay.Refuse("full@example.org", 552, 552, 552, 552)
	dir := t.TempDir()
	env := []string{
		"NOTIFIER_DATABASE__URL=sqlite:" + filepath.Join(dir, "notifier.db"), "NOTIFIER_SMTP__HOST=127.0.0.1",
		fmt.Sprintf("NOTIFIER_SMTP__PORT=%d", relay.Port()), "NOTIFIER_SMTP__FROM=workflow@example.org",
	}
	at := func(arguments ...string) *terminal { return atTerminal(t, dir, env, arguments...) }

	at("migrate").ends(0)
	x := at("send", "--to", "full@example.org,a@example.org", "--subject", "A subject that is so long that it does not fit", "--text", "x", "--flush")
	x.ends(6)
	x.shows(`MESSAGE +STATUS +TO +WHY`)

	x = at("queue", "list")
	x.ends(0)
	x.shows(`MESSAGE +SINCE +STATUS +TO +SUBJECT`)
	x.shows("\x1b\\[31merror\x1b\\[0m")
	x.shows("\x1b\\[32msent\x1b\\[0m")
	for line := range strings.Lines(regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(x.screen(), "")) {
		if n := len([]rune(strings.TrimRight(line, "\r\n"))); n > 100 {
			t.Errorf("a line has %d columns: %s", n, line)
		}
	}
	x = at("queue", "list", "--no-color")
	x.ends(0)
	if strings.Contains(x.screen(), "\x1b[31m") {
		t.Errorf("--no-color shows colours: %q", x.screen())
	}

	x = at("queue", "retry", "--category", "mailbox_full")
	x.shows(`1 message matches\. Retry them\? \[y/N\] `)
	x.types("\n")
	x.ends(4)
	x.shows("nothing was done")
	x = at("queue", "retry", "--category", "mailbox_full")
	x.shows(`\[y/N\] `)
	x.types("y\n")
	x.ends(0)
	x.shows(`retry +1`)
	x = at("queue", "retry", "--status", "error", "--dry-run")
	x.ends(0)
	x.shows(`0 messages would be asked to retry`)

	x = at("migrate", "down")
	x.shows(`1 migration undone from version \d+ on, and what is kept in them is lost\. \[y/N\] `)
	x.types("\x03")
	x.ends(130)
	x.shows("stopped")

	x = at("queue", "watch", "--every", "50ms")
	x.shows("\r\x1b\\[K..:..:..Z  pending 1.*\r\x1b\\[K..:..:..Z  pending 1")
	x.types("\x03")
	x.ends(130)
}

// Where nobody looks, progress is a line now and then, and nothing is drawn.
func TestProgress(t *testing.T) {
	var out bytes.Buffer
	began := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	p := &progress{out: &out, doing: "retrying", total: 17, began: began, told: began}
	for s := range 31 {
		p.at(s/2, "  1 failed", began.Add(time.Duration(s)*time.Second))
	}
	p.end()
	if want := "retrying  5/17  1 failed  ~24s\nretrying  10/17  1 failed  ~14s\nretrying  15/17  1 failed  ~4s\n"; out.String() != want {
		t.Errorf("in a pipe:\n%s\nwant\n%s", out.String(), want)
	}
	out.Reset()
	p = &progress{out: &out, terminal: true, doing: "retrying", total: 20, began: began, told: began}
	p.at(10, "", began.Add(50*time.Millisecond))
	p.at(10, "", began.Add(2*time.Second))
	p.end()
	if want := "\r\x1b[Kretrying  " + strings.Repeat("█", 10) + strings.Repeat("░", 10) + "  10/20  ~2s\r\x1b[K"; out.String() != want {
		t.Errorf("on a terminal: %q, want %q", out.String(), want)
	}
}
