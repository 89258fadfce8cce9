package mail_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"notifier/mail"
	"notifier/message"
)

func TestTheEndOfPatienceEndsTheConversation(t *testing.T) {
	for at, tried := range map[string]bool{"": false, "MAIL": false, "RCPT": false, ".": true} {
		ctx, cancel := context.WithCancel(context.Background())
		s := serve(t, func(_ int, line string) string {
			if verb, _, _ := strings.Cut(line, " "); verb == at {
				cancel()
				return silence
			}
			return ""
		})
		c := courier(t, s.port, mail.Settings{})
		got := c.Deliver(ctx, note("anna@example.org"))
		want(t, got, "", "", "anna@example.org")
		if got.Tried != tried || got.Uncertain != (at == ".") || got.EndedAt.Sub(got.StartedAt) > 5*time.Second {
			t.Errorf("cancelled at %q: Deliver = %+v, want tried=%t", at, got, tried)
		}
		if again := c.Deliver(ctx, note("anna@example.org")); again.Tried || len(again.Pending) != 1 || !errors.Is(ctx.Err(), context.Canceled) {
			t.Errorf("cancelled before: Deliver = %+v", again)
		}
	}
}

func TestAMailThatTakesTooLongIsGivenUp(t *testing.T) {
	limits := quick
	limits.Command, limits.Mail = time.Minute, 300*time.Millisecond
	s := serve(t, func(_ int, line string) string {
		if strings.HasPrefix(line, "RCPT") {
			return silence
		}
		return ""
	})
	got := courier(t, s.port, mail.Settings{Timeouts: limits}).Deliver(context.Background(), note("a@example.org", "b@example.org"))
	want(t, got, "", "", "a@example.org b@example.org")
	if !got.Tried {
		t.Error("it was not counted as tried: a message could hold up the queue for ever")
	}
}

func TestCancellingOneMailDoesNotHurtTheOneBefore(t *testing.T) {
	// The second mail's commands are on their way behind the first mail.
	hold := make(chan struct{})
	s := serve(t, func(_ int, line string) string {
		if line == "." {
			<-hold
		}
		return ""
	})
	c := courier(t, s.port, mail.Settings{Connections: 1})
	ctx, cancel := context.WithCancel(context.Background())
	var both sync.WaitGroup
	var first, second message.Receipt
	both.Go(func() { first = c.Deliver(context.Background(), note("first@example.org")) })
	for line := range s.lines {
		if line == "." {
			break
		}
	}
	both.Go(func() { second = c.Deliver(ctx, note("second@example.org")) })
	cancel()
	close(hold)
	both.Wait()
	want(t, first, "first@example.org", "", "")
	want(t, second, "", "", "second@example.org")
	if second.Tried {
		t.Errorf("second = %+v", second)
	}
	want(t, c.Deliver(context.Background(), note("third@example.org")), "third@example.org", "", "")
}

func TestARelayThatIsDownCostsNobodyAnAttempt(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	c := courier(t, port, mail.Settings{Connections: 2})
	var failure *message.Failure
	if err := c.Ready(context.Background()); !errors.As(err, &failure) {
		t.Errorf("Ready = %v", err)
	}
	wantFailure(t, failure, message.ConnectFailed, "", true)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			got := c.Deliver(context.Background(), note("anna@example.org"))
			want(t, got, "", "", "anna@example.org")
			if got.Tried || got.Failure == nil || got.Failure.Category != message.ConnectFailed {
				t.Errorf("Deliver = %+v", got)
			}
		})
	}
	all.Wait()
}

func TestFewerConnectionsThanWantedAreEnough(t *testing.T) {
	// The server takes one connection only. The others' mail goes over that one.
	s := serve(t, func(n int, line string) string {
		if n > 1 && line == "" {
			return "421 4.7.0 too many connections from your host"
		}
		return ""
	})
	c := courier(t, s.port, mail.Settings{Connections: 8})
	if err := c.Ready(context.Background()); err != nil {
		t.Fatal(err)
	}
	deliverAtOnce(t, c, 50, 4)
	if s.count() > 8 {
		t.Errorf("%d connections were tried: it should have learnt", s.count())
	}
}

func TestAnAnswerWithoutEndIsNotWaitedFor(t *testing.T) {
	for name, part := range map[string]string{
		"half a line": "220 stub", "half a reply": "220-stub.test\r\n", "lines": strings.Repeat("220-stub.test\r\n", 10000),
		"a line": "220 " + strings.Repeat("x", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			var served sync.WaitGroup
			served.Go(func() {
				if c, err := l.Accept(); err == nil {
					c.Write([]byte(part))
					c.Read(make([]byte, 1)) // until the courier hangs up
					c.Close()
				}
			})
			got := courier(t, l.Addr().(*net.TCPAddr).Port, mail.Settings{Timeouts: quick}).Deliver(context.Background(), note("anna@example.org"))
			l.Close()
			served.Wait()
			want(t, got, "", "", "anna@example.org")
			wantFailure(t, got.Failure, message.ConnectFailed, "", true)
			if got.Tried || got.EndedAt.Sub(got.StartedAt) > 5*time.Second {
				t.Errorf("Deliver = %+v", got)
			}
		})
	}
}
