package chaos

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"notifier/message"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// allEnds is how long SIGTERM may take, whatever hangs: the drain, and 30 s.
const allEnds = 31 * time.Second

// terminate ends the service, and tells how long that took.
func terminate(t *testing.T, s *service) {
	t.Helper()
	begun := time.Now()
	if err := s.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err != nil {
		t.Logf("it ended with %v", err)
	}
	took := time.Since(begun)
	if took > allEnds {
		t.Errorf("SIGTERM took %s\n%s", took, s.out.String())
	}
	t.Logf("SIGTERM %s", took.Round(time.Millisecond))
}

// onceEach lets another service, where nothing hangs, send the rest: each message came once.
func onceEach(t *testing.T, s *store.Store, database string, n int) {
	t.Helper()
	r := relay(t)
	service := serve(t, database, r.Addr())
	patiently(t, "everything sent", func() bool { return len(sent(t, s)) == n })
	service.end()
	if r.Count() != n {
		t.Errorf("%d mails of %d messages came", r.Count(), n)
	}
}

// listener hands each connection to a goroutine of its own, until the test ends.
func listener(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var all []net.Conn
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			all = append(all, c)
			mu.Unlock()
			go serve(c)
		}
	}()
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		defer mu.Unlock()
		for _, c := range all {
			c.Close()
		}
	})
	return l.Addr().String()
}

// TestTheRelayStopsReading is row 65: a mail server that says 354 and reads no more. SIGTERM
// ends the service all the same, and each mail is sent once, by whoever comes next.
func TestTheRelayStopsReading(t *testing.T) {
	database := storetest.URL(t, "postgres")
	s := storetest.Open(t, database)
	var begun atomic.Int64
	address := listener(t, func(c net.Conn) {
		fmt.Fprint(c, "220 relay\r\n")
		for lines := bufio.NewReader(c); ; {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			if strings.HasPrefix(strings.ToUpper(line), "DATA") {
				fmt.Fprint(c, "354 go on\r\n")
				begun.Add(1)
				return // and it stays open
			}
			fmt.Fprint(c, "250 ok\r\n")
		}
	})
	const n = 8
	now := time.Now().UTC().Truncate(time.Microsecond)
	if err := s.AddSite(t.Context(), "default", "UTC", now); err != nil {
		t.Fatal(err)
	}
	all := make([]message.Message, n)
	for i := range all { // more than the kernel holds for a connection
		all[i] = message.Message{
			ID: message.NewID(message.MessageIDs), Site: "default", Type: message.Direct, Domain: "example.org", Subject: fmt.Sprint(i), Text: strings.Repeat("A long line of text.\n", 400_000),
			Envelope:  message.Envelope{To: []message.Address{{Email: fmt.Sprintf("user%d@example.net", i)}}},
			CreatedAt: now, UpdatedAt: now, QueuedAt: now, DueAt: now, Status: message.Pending,
		}
	}
	if _, err := s.Accept(t.Context(), now, request.Tray{Site: "default", Messages: all}); err != nil {
		t.Fatal(err)
	}
	service := serve(t, database, address)
	patiently(t, "a mail begun", func() bool { return begun.Load() > 0 })
	terminate(t, service)
	onceEach(t, s, database, n)
}

// TestAWebhookThatNeverEnds is row 66: a receiver answers 200 and goes on for ever. Mail
// leaves, and SIGTERM ends the service.
func TestAWebhookThatNeverEnds(t *testing.T) {
	database := storetest.URL(t, "postgres")
	s, r := storetest.Open(t, database), relay(t)
	var asked atomic.Int64
	stop := make(chan struct{})
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		asked.Add(1)
		_, _ = io.Copy(io.Discard, request.Body)
		for {
			select {
			case <-stop:
				return
			case <-request.Context().Done():
				return
			case <-time.After(100 * time.Millisecond):
				if asked.Load()%2 == 0 { // some say nothing at all
					_, _ = fmt.Fprint(w, strings.Repeat("x", 1000))
					_ = http.NewResponseController(w).Flush()
				}
			}
		}
	}))
	t.Cleanup(func() { close(stop); endless.Close() })
	service := serve(t, database, r.Addr(), "NOTIFIER_CALLBACKS__ALLOW=127.0.0.0/8")
	post(t, service, "/api/v1/webhooks", fmt.Sprintf(`{"url":%q}`, endless.URL))
	const n = 200
	for i := range n {
		post(t, service, "/api/v1/messages", fmt.Sprintf(`{"to":["user%d@example.net"],"subject":"x","text":"x"}`, i))
	}
	patiently(t, "the webhook called", func() bool { return asked.Load() > 0 })
	patiently(t, "everything sent", func() bool { return len(sent(t, s)) == n })
	terminate(t, service)
	if r.Count() != n {
		t.Errorf("%d mails of %d messages came", r.Count(), n)
	}
}

// post asks for something until the service takes it.
func post(t *testing.T, s *service, path, body string) {
	t.Helper()
	patiently(t, path+" taken", func() bool {
		call, err := http.NewRequest(http.MethodPost, "http://"+s.listen+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		call.Header.Set("Authorization", "Bearer "+apiKey)
		call.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(call)
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		said, _ := io.ReadAll(answer.Body)
		if answer.StatusCode/100 == 4 {
			t.Fatalf("%s: %s: %s", path, answer.Status, said)
		}
		return answer.StatusCode/100 == 2
	})
}

// TestTokensAndSignInHang is rows 59 and 67: neither the token server of an account nor the
// OIDC provider answers. Requests are answered within 5 s, SIGTERM ends the service, and
// nothing is lost.
func TestTokensAndSignInHang(t *testing.T) {
	database := storetest.URL(t, "postgres")
	s, r := storetest.Open(t, database), relay(t)
	var asked atomic.Int64
	silent := "http://" + listener(t, func(net.Conn) { asked.Add(1) })
	const n = 20
	enqueue(t, s, n)
	service := serve(t, database, r.Addr(), "NOTIFIER_SMTP__OAUTH2__TOKEN_URL="+silent+"/token", "NOTIFIER_SMTP__OAUTH2__CLIENT_ID=c", "NOTIFIER_SMTP__OAUTH2__REFRESH_TOKEN=r",
		"NOTIFIER_SMTP__USERNAME=u", "NOTIFIER_OIDC__ISSUER="+silent, "NOTIFIER_OIDC__CLIENT_ID=c", "NOTIFIER_OIDC__CLIENT_SECRET=s", "NOTIFIER_HTTP__PUBLIC_URL=http://127.0.0.1:8025",
		"NOTIFIER_SECRETS__KEY="+base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32)))
	patiently(t, "the service", func() bool {
		answer, err := http.Get("http://" + service.listen + "/healthz")
		if err != nil {
			return false
		}
		answer.Body.Close()
		return true
	})
	begun := time.Now()
	answer, err := http.Get("http://" + service.listen + "/login/oidc")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if took := time.Since(begun); took > 6*time.Second {
		t.Errorf("signing in took %s", took)
	}
	patiently(t, "a server asked", func() bool { return asked.Load() > 0 })
	terminate(t, service)
	onceEach(t, s, database, n)
}

// TestListenIsHalfOpen is row 42: the connection that listens hears nothing any more, and
// nobody says so. What another process makes pending leaves all the same, long before a tick.
func TestListenIsHalfOpen(t *testing.T) {
	direct := storetest.URL(t, "postgres")
	u, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	s, r := storetest.Open(t, direct), relay(t)
	upstream := u.Host
	var listening atomic.Int64
	var swallow atomic.Bool
	u.Host = listener(t, func(near net.Conn) {
		far, err := net.Dial("tcp", upstream)
		if err != nil {
			near.Close()
			return
		}
		var mine atomic.Bool // it is the one that listens, and was there when it began
		carry := func(to, from net.Conn, up bool) {
			defer to.Close()
			b := make([]byte, 32<<10)
			for {
				k, err := from.Read(b)
				if up && !swallow.Load() && bytes.Contains(bytes.ToLower(b[:k]), []byte("listen ")) {
					mine.Store(true)
					listening.Add(1)
				}
				if mine.Load() && swallow.Load() {
					k = 0
				}
				if _, failed := to.Write(b[:k]); failed != nil || err != nil {
					return
				}
			}
		}
		go carry(near, far, false)
		carry(far, near, true)
	})
	service := serve(t, u.String(), r.Addr(), "NOTIFIER_JOBS__NOTIFICATIONS__EVERY=1h")
	patiently(t, "it listens", func() bool { return listening.Load() > 0 })
	enqueue(t, s, 1)
	patiently(t, "it was woken", func() bool { return len(sent(t, s)) == 1 })
	swallow.Store(true)
	begun := time.Now()
	enqueue(t, s, 10)
	patiently(t, "everything sent", func() bool { return len(sent(t, s)) == 11 })
	t.Logf("sent after %s", time.Since(begun).Round(time.Millisecond))
	terminate(t, service)
	if r.Count() != 11 {
		t.Errorf("%d mails of 11 messages came", r.Count())
	}
}
