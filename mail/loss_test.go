package mail_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"notifier/mail"
	"notifier/mail/mailtest"
	"notifier/message"
)

func TestALostConnectionCostsOnlyWhomItConcerns(t *testing.T) {
	for _, c := range []struct {
		name, at string // where each connection ends
		tried    bool
		unknown  bool
	}{
		{"at the greeting", "", false, false},
		{"at EHLO", "EHLO", false, false},
		{"at MAIL", "MAIL", false, false},
		{"at RCPT", "RCPT", true, false},
		{"at DATA", "DATA", true, false},
		{"after the mail", ".", true, true},
	} {
		for how, answer := range map[string]string{"hang up": hangUp, "silence": silence, "nonsense": "HTTP/1.1 400 Bad Request"} {
			t.Run(c.name+" "+how, func(t *testing.T) {
				s := serve(t, func(_ int, line string) string {
					if verb, _, _ := strings.Cut(line, " "); verb == c.at {
						return answer
					}
					return ""
				})
				got := courier(t, s.port, mail.Settings{Timeouts: quick}).Deliver(context.Background(), note("anna@example.org"))
				want(t, got, "", "", "anna@example.org")
				wantFailure(t, got.Failure, message.ConnectFailed, "", true)
				if got.Tried != c.tried || got.Uncertain != c.unknown || got.Code != 0 {
					t.Errorf("Deliver = %+v, want tried=%t, uncertain=%t", got, c.tried, c.unknown)
				}
			})
		}
	}
}

func TestA421NeverCostsAMailThatWasNotLookedAt(t *testing.T) {
	for at, tried := range map[string]bool{"": false, "EHLO": false, "MAIL": false, "RCPT": true, "DATA": true, ".": true} {
		s := serve(t, func(_ int, line string) string {
			if verb, _, _ := strings.Cut(line, " "); verb == at {
				return "421 4.3.2 closing"
			}
			return ""
		})
		got := courier(t, s.port, mail.Settings{}).Deliver(context.Background(), note("anna@example.org"))
		want(t, got, "", "", "anna@example.org")
		wantFailure(t, got.Failure, message.ConnectFailed, "421 4.3.2", true)
		if got.Tried != tried || got.Uncertain || got.Code != 421 || got.Response != "421 4.3.2 closing" {
			t.Errorf("at %q: Deliver = %+v, want tried=%t", at, got, tried)
		}
	}
}

func TestABadAddressThatEndsTheConnectionDoesNotStarveTheOthers(t *testing.T) {
	for _, answer := range []string{"421 4.3.2 closing", hangUp} {
		s := serve(t, func(_ int, line string) string {
			if line == "RCPT TO:<bad@example.org>" {
				return answer
			}
			return ""
		})
		c := courier(t, s.port, mail.Settings{})
		want(t, c.Deliver(context.Background(), note("anna@example.org", "bad@example.org", "jan@example.org")),
			"anna@example.org jan@example.org", "", "bad@example.org")
		if s.count() != 2 {
			t.Errorf("%d connections, want 2", s.count())
		}
	}
	s := serve(t, func(_ int, line string) string {
		if strings.HasPrefix(line, "RCPT") {
			return "421 4.3.2 closing"
		}
		return ""
	})
	c := courier(t, s.port, mail.Settings{})
	want(t, c.Deliver(context.Background(), note("a@example.org", "b@example.org", "c@example.org")),
		"", "", "a@example.org b@example.org c@example.org")
	if s.count() != 2 {
		t.Errorf("the rest was tried on %d connections, want 2: once more", s.count())
	}
}

func TestAKeptConnectionThatIsGoneIsReplacedSilently(t *testing.T) {
	r := relay(t, mailtest.Options{})
	c := courier(t, r.Port(), mail.Settings{})
	for i := range 3 {
		got := c.Deliver(context.Background(), note("anna@example.org"))
		want(t, got, "anna@example.org", "", "")
		if got.Failure != nil || r.Traffic().Connections != i+1 {
			t.Errorf("Deliver = %+v, %v after %+v", got, got.Failure, r.Traffic())
		}
		r.Disconnect()
	}
	if err := c.Ready(context.Background()); err != nil {
		t.Errorf("Ready = %v", err)
	}
	r.Disconnect() // it has not carried anything yet
	want(t, c.Deliver(context.Background(), note("anna@example.org")), "anna@example.org", "", "")

	r.Fail(mailtest.AtMail, mailtest.Fault{Code: 451})
	want(t, c.Deliver(context.Background(), note("anna@example.org")), "", "", "anna@example.org")
	r.Disconnect() // RSET would come next
	want(t, c.Deliver(context.Background(), note("anna@example.org")), "anna@example.org", "", "")
}

func TestAServerThatTakesOneMailAConnection(t *testing.T) {
	for _, answer := range []string{hangUp, "421 4.7.0 one is enough"} {
		var mu sync.Mutex
		mails := map[int]int{}
		s := serve(t, func(n int, line string) string {
			mu.Lock()
			defer mu.Unlock()
			if line == "." {
				mails[n]++
			}
			if strings.HasPrefix(line, "MAIL") && mails[n] > 0 {
				return answer
			}
			return ""
		})
		deliverAtOnce(t, courier(t, s.port, mail.Settings{Connections: 2}), 10, 2)
		if s.count() != 20 {
			t.Errorf("%d connections for 20 mails", s.count())
		}
	}
}

func TestAMailLostBehindAnotherIsSentAgain(t *testing.T) {
	// The first connection dies while the answer to one mail is awaited and the commands
	// of the next are on their way: the first is uncertain, the next must not suffer.
	waiting := make(chan struct{})
	s := serve(t, func(n int, line string) string {
		if n == 1 && strings.HasPrefix(line, "RCPT") {
			<-waiting
		}
		if n == 1 && line == "." {
			return hangUp
		}
		return ""
	})
	c := courier(t, s.port, mail.Settings{Connections: 1})
	receipts := make(chan message.Receipt, 2)
	c.Carry(context.Background(), note("first@example.org"), func(r message.Receipt) { receipts <- r })
	for line := range s.lines {
		if strings.HasPrefix(line, "RCPT") {
			break
		}
	}
	c.Carry(context.Background(), note("second@example.org"), func(r message.Receipt) { receipts <- r })
	close(waiting)
	first, second := <-receipts, <-receipts
	want(t, first, "", "", "first@example.org")
	want(t, second, "second@example.org", "", "")
	if !first.Uncertain || !first.Tried || second.Uncertain {
		t.Errorf("first = %+v, second = %+v", first, second)
	}
}

func TestAServerThatLosesWhatIsSentAheadIsNotSentAheadAgain(t *testing.T) {
	// Such a server throws away what has come in when it answers a mail.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var serving sync.WaitGroup
	defer serving.Wait()
	var mu sync.Mutex
	lost := 0
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				b := make([]byte, 1<<16)
				fmt.Fprint(c, "220 hi\r\n")
				for {
					n, err := c.Read(b)
					if err != nil {
						return
					}
					group := b[:n]
					if _, behind, found := bytes.Cut(group, []byte("\r\n.\r\n")); found {
						fmt.Fprint(c, "250 2.0.0 queued\r\n")
						if len(behind) > 0 {
							mu.Lock()
							lost++
							mu.Unlock()
						}
						continue
					}
					for line := range bytes.Lines(group) {
						if bytes.HasPrefix(line, []byte("EHLO")) {
							fmt.Fprint(c, "250-hi\r\n250 PIPELINING\r\n")
						} else if bytes.HasPrefix(line, []byte("DATA")) {
							fmt.Fprint(c, "354 go on\r\n")
						} else {
							fmt.Fprint(c, "250 ok\r\n")
						}
					}
				}
			})
		}
	})
	c := courier(t, l.Addr().(*net.TCPAddr).Port, mail.Settings{Connections: 1, Timeouts: quick})
	deliverAtOnce(t, c, 10, 3)
	c.Close()
	l.Close()
	serving.Wait()
	if lost != 1 {
		t.Errorf("commands were lost %d times, want once", lost)
	}
}

func TestAServerThatHasSeenEnoughIsHeard(t *testing.T) {
	// It answers in the middle of a long mail and reads no further.
	for how, then := range map[string]func(net.Conn){
		"hangs up":         func(c net.Conn) { c.Close() },
		"reads no further": func(net.Conn) {},
	} {
		t.Run(how, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			served := make(chan net.Conn, 1)
			go func() {
				c, err := l.Accept()
				if err != nil {
					return
				}
				served <- c
				b := make([]byte, 4096)
				for _, answer := range []string{"220 hi", "250-hi\r\n250 PIPELINING", "250 ok\r\n250 ok\r\n354 go on"} {
					fmt.Fprint(c, answer, "\r\n")
					c.Read(b)
				}
				fmt.Fprint(c, "552 5.3.4 that is too much\r\n")
				then(c)
			}()
			defer l.Close()
			m := note("anna@example.org")
			m.Text = strings.Repeat("a long story\n", 400<<10)
			got := courier(t, l.Addr().(*net.TCPAddr).Port, mail.Settings{}).Deliver(context.Background(), m)
			(<-served).Close()
			want(t, got, "", "anna@example.org", "")
			wantFailure(t, got.Failure, message.TooLarge, "552 5.3.4", false)
			if got.Uncertain {
				t.Error("uncertain, though the mail was not sent to its end")
			}
		})
	}
}

func TestALongMailArrivesWhole(t *testing.T) {
	r := relay(t, mailtest.Options{})
	c := courier(t, r.Port(), mail.Settings{Connections: 1})
	long := note("anna@example.org")
	long.Text = strings.Repeat("a long story, line by line\n.\n", 30<<10)
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() { want(t, c.Deliver(context.Background(), long), "anna@example.org", "", "") })
	}
	all.Wait()
	for _, g := range r.Got() {
		if string(g.Data) != composed(t, long) {
			t.Errorf("%d bytes arrived, want %d", len(g.Data), len(composed(t, long)))
		}
	}
	if r.Traffic().Connections != 1 {
		t.Errorf("%d connections, want 1", r.Traffic().Connections)
	}
}
