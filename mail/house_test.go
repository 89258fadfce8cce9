package mail_test

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"notifier/mail"
	"notifier/mail/mailtest"
	"notifier/message"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if postfix.p != nil {
		postfix.p.Stop()
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

var workflow = message.Address{Name: "Workflow", Email: "workflow@example.org"}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// note is a message to these addresses.
func note(to ...string) message.Message {
	m := message.Message{
		ID: message.NewID(message.MessageIDs), Type: message.Direct, Domain: "example.org",
		Subject: "Contract ready", Text: "The contract is ready.\n", Reason: message.BySender, QueuedAt: noon,
	}
	for _, a := range to {
		m.To = append(m.To, message.Address{Email: a})
	}
	return m
}

func relay(t testing.TB, o mailtest.Options) *mailtest.Relay {
	t.Helper()
	r, err := mailtest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// quick are timeouts after which a test may give up.
var quick = mail.Timeouts{
	Connect: 2 * time.Second, Command: 300 * time.Millisecond, Data: 300 * time.Millisecond,
	Body: 300 * time.Millisecond, Dot: 300 * time.Millisecond, Mail: 5 * time.Second,
}

// courier carries to that port of this machine.
func courier(t testing.TB, port int, s mail.Settings) *mail.Courier {
	t.Helper()
	s.Name, s.Host, s.Port, s.From = "main", cmp.Or(s.Host, "127.0.0.1"), port, workflow
	c, err := mail.New(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// want compares the addresses of a receipt, each list with blanks between.
func want(t *testing.T, r message.Receipt, accepted, rejected, pending string) {
	t.Helper()
	got := [3]string{strings.Join(r.Accepted, " "), strings.Join(r.Rejected, " "), strings.Join(r.Pending, " ")}
	if got != [3]string{accepted, rejected, pending} {
		t.Errorf("receipt = %q (%s; %v), want %q, %q, %q", got, r.Response, r.Failure, accepted, rejected, pending)
	}
}

// wantFailure compares a receipt's failure: category, codes, and whether it is temporary.
func wantFailure(t *testing.T, f *message.Failure, c message.Category, code string, temporary bool) {
	t.Helper()
	if f == nil {
		t.Errorf("failure = nil, want %s %s", c, code)
	} else if f.Category != c || f.Code != code || f.Temporary != temporary {
		t.Errorf("failure = %+v, want %s %q temporary=%t", *f, c, code, temporary)
	}
}

// postfix is one for all tests: starting it takes a second.
var postfix struct {
	once sync.Once
	p    *mailtest.Postfix
	err  error
}

func startPostfix(t testing.TB) *mailtest.Postfix {
	t.Helper()
	postfix.once.Do(func() {
		postfix.p, postfix.err = mailtest.StartPostfix("", mailtest.PostfixOptions{TLS: true})
	})
	if postfix.err != nil {
		t.Fatal(postfix.err)
	}
	return postfix.p
}

func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// The answers of a stub that are not text.
const (
	hangUp  = "(hang up)"
	silence = "(silence)"
)

// stub is a server that misbehaves as no library lets us: each answer is told.
type stub struct {
	port  int
	lines chan string // what clients said

	mu          sync.Mutex
	connections int
}

// serve starts a stub. answer is given the number of the connection, from 1, and a line,
// or "." for a mail, or "" for the greeting; if it returns "", the usual answer is given.
func serve(t *testing.T, answer func(connection int, line string) string) *stub {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &stub{port: l.Addr().(*net.TCPAddr).Port, lines: make(chan string, 10000)}
	var open sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.connections++
			n := s.connections
			s.mu.Unlock()
			open.Go(func() {
				stop := context.AfterFunc(ctx, func() { c.Close() })
				defer stop()
				defer c.Close()
				s.talk(ctx, c, func(line string) string { return answer(n, line) })
			})
		}
	})
	t.Cleanup(func() { cancel(); l.Close(); open.Wait() })
	return s
}

func (s *stub) talk(ctx context.Context, c net.Conn, answer func(string) string) {
	r := bufio.NewReader(c)
	inMail := false
	for line := ""; ; {
		told := answer(line)
		switch told {
		case hangUp:
			return
		case silence:
			<-ctx.Done()
			return
		case "":
			told = usual(line)
		}
		inMail = strings.HasPrefix(told, "354")
		if _, err := fmt.Fprintf(c, "%s\r\n", told); err != nil || strings.HasPrefix(told, "221") || strings.HasPrefix(told, "421") {
			return
		}
		for {
			text, err := r.ReadString('\n')
			if err != nil {
				return
			}
			line = strings.TrimRight(text, "\r\n")
			if !inMail || line == "." {
				break
			}
		}
		s.lines <- line
	}
}

func usual(line string) string {
	verb, _, _ := strings.Cut(line, " ")
	switch verb {
	case "":
		return "220 stub.test ESMTP"
	case "EHLO":
		return "250-stub.test\r\n250-PIPELINING\r\n250 SIZE 1000000"
	case "DATA":
		return "354 go on"
	case "QUIT":
		return "221 2.0.0 bye"
	case ".":
		return "250 2.0.0 queued as 4F2A"
	}
	return "250 2.0.0 ok"
}

// said is what clients have said so far, without QUIT.
func (s *stub) said() []string {
	var all []string
	for {
		select {
		case line := <-s.lines:
			if line != "QUIT" {
				all = append(all, line)
			}
		default:
			return all
		}
	}
}

func (s *stub) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}
