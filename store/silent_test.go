package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/message"
	"notifier/request"
	"notifier/series"
	"notifier/store"
	"notifier/store/storetest"
)

// hole is a link to the database that swallows what goes over it, when it is told to, and
// says nothing: neither side hears that the other has gone.
type hole struct {
	net.Listener
	upstream       string
	old, new       atomic.Bool // swallow on connections that are there, and on new ones
	up, down       atomic.Bool // only one way; both if neither is set
	mu             sync.Mutex
	conns          []net.Conn
	generation     atomic.Int64
	swallowedAfter atomic.Int64           // connections made before this generation are old
	after          atomic.Pointer[string] // begins to swallow after this has been said
}

func dig(t *testing.T, address string) (*hole, string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &hole{Listener: l, upstream: u.Host}
	go h.serve()
	t.Cleanup(func() {
		l.Close()
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, c := range h.conns {
			c.Close()
		}
	})
	u.Host = l.Addr().String()
	return h, u.String()
}

func (h *hole) serve() {
	for {
		near, err := h.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", h.upstream)
		if err != nil {
			near.Close()
			continue
		}
		h.mu.Lock()
		h.conns = append(h.conns, near, far)
		h.mu.Unlock()
		born := h.generation.Add(1)
		go h.carry(far, near, born, &h.up)
		go h.carry(near, far, born, &h.down)
	}
}

// carry copies one way. What is swallowed is read, so that the kernel acknowledges it.
func (h *hole) carry(to, from net.Conn, born int64, way *atomic.Bool) {
	defer to.Close()
	defer from.Close()
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if n > 0 && !h.swallows(born, way) {
			if last := h.after.Load(); last != nil && way == &h.up && bytes.Contains(b[:n], []byte(*last)) {
				h.after.Store(nil)
				h.opens(true, false)
			}
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
		if err == io.EOF && h.swallows(born, way) { // nor is a farewell passed on
			<-time.After(time.Minute)
			return
		}
		if err != nil {
			return
		}
	}
}

func (h *hole) swallows(born int64, way *atomic.Bool) bool {
	on := h.new.Load()
	if born <= h.swallowedAfter.Load() {
		on = h.old.Load()
	}
	return on && (way.Load() || !h.up.Load() && !h.down.Load())
}

// opens makes it swallow on the connections that are there, and perhaps on new ones.
func (h *hole) opens(old, new bool) {
	h.swallowedAfter.Store(h.generation.Load())
	h.old.Store(old)
	h.new.Store(new)
}

// TestALinkThatSwallowsIsLeft is L2 and O4: whoever asks the database over a link on which
// nothing comes back, in one direction or both, hears so within a bound, and is served again
// as soon as new connections get through.
func TestALinkThatSwallowsIsLeft(t *testing.T) {
	direct := storetest.URL(t, "postgres")
	for _, row := range []struct {
		name           string
		up, down, anew bool
	}{
		{name: "both ways, on all connections", anew: true},
		{name: "both ways, on those that are there"},
		{name: "what we say", up: true},
		{name: "what the database says", down: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			h, address := dig(t, direct)
			s, err := store.Open(t.Context(), store.Settings{URL: address, Connections: 4}, zap.NewNop())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			if _, err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			var all sync.WaitGroup
			for range 4 { // so that there are connections that rest
				all.Go(func() { _, _ = s.Sites(t.Context()) })
			}
			all.Wait()
			h.up.Store(row.up)
			h.down.Store(row.down)
			h.opens(true, row.anew)
			begun := time.Now()
			if _, err := s.Sites(context.WithoutCancel(t.Context())); row.anew && !errors.Is(err, message.ErrUnavailable) {
				t.Errorf("over a link that swallows Sites ended with %v", err)
			}
			if took := time.Since(begun); took > 40*time.Second {
				t.Errorf("it took %s to be told", took)
			}
			h.opens(true, false)
			begun = time.Now()
			for {
				_, err := s.Sites(context.WithoutCancel(t.Context()))
				if err == nil {
					break
				}
				if !errors.Is(err, message.ErrUnavailable) {
					t.Errorf("Sites ended with %v", err)
				}
				if time.Since(begun) > 45*time.Second {
					t.Fatalf("after 45 s with a link that carries again: %v", err)
				}
				time.Sleep(50 * time.Millisecond)
			}
			t.Logf("served again %s after the link carried again", time.Since(begun).Round(time.Millisecond))
		})
	}
}

// TestAStatementThatIsWorkedOnIsWaitedFor is L2: a host that works for long is not taken for one that has gone.
func TestAStatementThatIsWorkedOnIsWaitedFor(t *testing.T) {
	s := storetest.Open(t, storetest.URL(t, "postgres"))
	if err := s.Sleep(t.Context(), 8*time.Second); err != nil {
		t.Errorf("a statement that takes 8 s ended with %v", err)
	}
}

// TestAHalfOpenListenerIsNoticed is L2: a connection that listens and is cut off without a
// word is made anew, so that what another process makes pending wakes this one again.
func TestAHalfOpenListenerIsNoticed(t *testing.T) {
	t.Parallel()
	direct := storetest.URL(t, "postgres")
	h, address := dig(t, direct)
	others := storetest.Open(t, direct)
	mine, err := store.Open(t.Context(), store.Settings{URL: address}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer mine.Close()
	if err := others.AddSite(t.Context(), site, "UTC", noon); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var woken atomic.Int64
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		mine.Watch(ctx, func() { woken.Add(1) }, func() {})
	}()
	defer func() { cancel(); <-watching }()
	until(t, "it listens", func() bool { return woken.Load() == 1 })
	h.opens(true, false)
	for begun := time.Now(); woken.Load() < 2; time.Sleep(50 * time.Millisecond) { // it listens anew, and looks at what came before
		if time.Since(begun) > 90*time.Second {
			t.Fatal("after 90 s it still listens to a connection that says nothing")
		}
	}
	before := woken.Load()
	push(t, others)
	until(t, "woken", func() bool { return woken.Load() > before })
}

// TestWhatBecameOfACommitIsNotGuessed is L2: where the answer to what was stored is lost,
// whoever asked is told that nobody knows, and the same request with its key finds out.
func TestWhatBecameOfACommitIsNotGuessed(t *testing.T) {
	t.Parallel()
	h, address := dig(t, storetest.URL(t, "postgres"))
	h.down.Store(true)
	s := storetest.Open(t, address)
	if err := s.AddSite(t.Context(), site, "UTC", noon); err != nil {
		t.Fatal(err)
	}
	tray := func(key string, n int) request.Tray {
		m := direct(n)
		m.Subject = fmt.Sprintf("subject %d", n)
		tray := request.Tray{Site: site, Messages: []message.Message{m}}
		if key != "" {
			tray.Key = &request.Key{Key: key, Hash: "h", Answer: []byte(`{"first":true}`)}
		}
		return tray
	}
	for _, row := range []struct {
		name, key, swallowed string
		unknown              bool
	}{
		{"the answer to COMMIT", "a", "commit", true},
		{"the answer to what comes before", "marked", "marked", false},
		{"the answer to a statement that is a transaction of its own", "", "subject 1", true},
	} {
		if _, err := again(t, s, tray(strings.Repeat("0", len(row.key)), 0)); err != nil { // there is a connection, and its statements are known
			t.Fatal(err)
		}
		h.after.Store(&row.swallowed)
		hurried, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		begun := time.Now()
		_, err := s.Accept(hurried, noon, tray(row.key, 1))
		cancel()
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("%s: it took %s to be told", row.name, took)
		}
		h.opens(false, false)
		if trouble, ok := errors.AsType[*message.Trouble](err); !ok || trouble.Unknown != row.unknown || !errors.Is(err, message.ErrUnavailable) {
			t.Errorf("%s is lost: %v, want a trouble, unknown %t", row.name, err, row.unknown)
		}
		if row.key == "" {
			continue
		}
		answered, err := again(t, s, tray(row.key, 2))
		if err != nil || (answered != nil) != row.unknown {
			t.Errorf("%s was lost; the same request again is answered %q, %v", row.name, answered, err)
		}
	}
}

// TestCountsWhoseAnswerIsLostCountOnce is L1: the answer to the COMMIT of a batch of counts is
// lost, the batch comes again, and the sums are exact.
func TestCountsWhoseAnswerIsLostCountOnce(t *testing.T) {
	t.Parallel()
	h, address := dig(t, storetest.URL(t, "postgres"))
	h.down.Store(true)
	s := storetest.Open(t, address)
	var c series.Counter
	one := message.Message{Site: site, Type: message.Direct}
	handOver := func(ctx context.Context) error {
		return c.Hand(func(b series.Batch) error { return s.AddSeries(ctx, b) })
	}
	for _, swallowed := range []string{"", "commit", "commit"} {
		c.Settled(one, message.Outcome{Move: message.Accept, At: noon})
		if swallowed == "" { // there is a connection
			if err := handOver(t.Context()); err != nil {
				t.Fatal(err)
			}
			continue
		}
		h.after.Store(&swallowed)
		hurried, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		err := handOver(hurried)
		cancel()
		h.opens(false, false)
		if trouble, ok := errors.AsType[*message.Trouble](err); !ok || !trouble.Unknown {
			t.Errorf("the answer was lost: %v, want a trouble that says so", err)
		}
		until(t, "the database is there again", func() bool { return handOver(t.Context()) == nil })
	}
	q := series.Query{Metric: series.Sent, Since: noon, Until: noon.Add(time.Hour), Step: time.Minute}
	if got, want := counted(t, s, site, q), "12:00 direct/0 3"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// again asks until the database is there again: for some seconds a silent host is left alone.
func again(t *testing.T, s *store.Store, tray request.Tray) (answered []byte, err error) {
	t.Helper()
	for begun := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		answered, err = s.Accept(t.Context(), noon, tray)
		if !errors.Is(err, message.ErrUnavailable) || time.Since(begun) > 2*time.Minute {
			return answered, err
		}
	}
}

// TestAnotherProcessKeepsTheFile is L2 for SQLite: whoever has little patience hears within
// it that another process has the database, and whoever has more waits for it.
func TestAnotherProcessKeepsTheFile(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t, "sqlite")
	s := storetest.Open(t, url)
	other, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	conn, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	hurried, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	begun := time.Now()
	if err := s.AddSite(hurried, site, "UTC", noon); !errors.Is(err, message.ErrUnavailable) {
		t.Errorf("while another has the file it ends with %v", err)
	}
	if took := time.Since(begun); took > 6*time.Second {
		t.Errorf("whoever has two seconds of patience waited %s", took)
	}
	freed := make(chan error, 1)
	time.AfterFunc(3*time.Second, func() {
		_, err := conn.ExecContext(context.Background(), "ROLLBACK")
		freed <- err
	})
	if err := s.AddSite(t.Context(), site, "UTC", noon); err != nil {
		t.Errorf("when the other has done with it: %v", err)
	}
	if err := <-freed; err != nil {
		t.Error(err)
	}
}
