package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"notifier/message"
	"notifier/message/search"
	"notifier/wallclock/timekeeper"
)

// numbers are how a site stands.
type numbers struct {
	Due      int       `json:"messages"`
	Deferred int       `json:"deferred"`
	Errors   int       `json:"errors"`
	Oldest   time.Time `json:"-"` // since when the oldest that is due waits
}

// tally keeps the numbers of sites for a moment: many pages ask at once.
type tally struct {
	turn  chan struct{} // holds something while somebody asks the database
	known map[string]numbers
	at    map[string]time.Time
}

// fresh is how old numbers may be.
const fresh = 400 * time.Millisecond

func (c *console) numbers(ctx context.Context, site string, at time.Time) (n numbers, err error) {
	select { // behind a database that says nothing, nobody stands in a queue
	case c.tally.turn <- struct{}{}:
	case <-ctx.Done():
		return n, ctx.Err()
	}
	defer func() { <-c.tally.turn }()
	if at.Sub(c.tally.at[site]) < fresh {
		return c.tally.known[site], nil
	}
	if n.Due, n.Errors, n.Oldest, err = c.Search.Counts(ctx, site, at, true); err != nil {
		return n, err
	}
	deferred, err := c.Search.Count(ctx, site, message.Filter{Status: message.Deferred}, true)
	if err != nil {
		return n, err
	}
	n.Deferred = deferred.N
	c.tally.known[site], c.tally.at[site] = n, at
	return n, nil
}

// beat is what a stream tells: how the site stands, how many messages the page does not
// show yet, and how far operations have come.
type beat struct {
	numbers
	New        int         `json:"new"`
	Operations []operation `json:"operations,omitempty"`
}

type operation struct {
	ID   message.ID `json:"id"`
	Done int        `json:"done"`
	All  int        `json:"all"`
	Text string     `json:"text"`
	// Stage is where it stands; a page that shows another gets it anew.
	Stage string `json:"stage"`
	Over  bool   `json:"over"`
}

// How often a stream looks, says at least that it lives, and asks whether its reader is still signed in.
const (
	every     = 500 * time.Millisecond
	heartbeat = 15 * time.Second
	recheck   = 2 * time.Second
)

// mostStreams is how many streams a session has at once; other pages ask now and then.
const mostStreams = 5

// streams counts those that are open, by session.
type streams struct {
	mu   sync.Mutex
	open map[string]int
}

// enter is false if the session has as many as it may; leave is for one that has ended.
func (s *streams) enter(session string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[string]int{}
	}
	if s.open[session] >= mostStreams {
		return false
	}
	s.open[session]++
	return true
}

func (s *streams) leave(session string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[session]--; s.open[session] == 0 {
		delete(s.open, session)
	}
}

// stream tells what is new until the reader goes or is no longer signed in, as server-sent events; once, if it is
// asked so by a page that gets no stream. Whoever comes back and names what was heard last
// is not told the same again.
func (c *console) stream(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if r.URL.Query().Has("once") {
		text, _ := c.standing(r)
		h.Set("Content-Type", "application/json")
		fmt.Fprint(w, text)
		return
	}
	session := c.login.Session(r)
	if !c.streams.enter(session) {
		http.Error(w, fmt.Sprintf("A session has at most %d streams at once. Close another page, or ask with once=1.", mostStreams), http.StatusTooManyRequests)
		return
	}
	defer c.streams.leave(session)
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(w)
	fmt.Fprint(w, "retry: 3000\n\n")
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	said, saidAt, checked := r.Header.Get("Last-Event-ID"), time.Now(), time.Now()
	for {
		if now := time.Now(); now.Sub(checked) >= recheck {
			if !c.login.Still(r) {
				return
			}
			checked = now
		}
		text, id := c.standing(r)
		switch now := time.Now(); {
		case id != said:
			fmt.Fprintf(w, "id: %s\ndata: %s\n\n", id, text)
			said, saidAt = id, now
		case now.Sub(saidAt) >= heartbeat:
			fmt.Fprint(w, ": still here\n\n")
			saidAt = now
		}
		if out.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-c.o.Stop:
			return
		case <-ticker.C:
		}
	}
}

// standing is how it stands, as JSON, and a name of that.
func (c *console) standing(r *http.Request) (text, id string) {
	text = `{"down":true}`
	if b, err := c.beat(r); err == nil {
		bytes, _ := json.Marshal(b)
		text = string(bytes)
	}
	name := fnv.New64a()
	_, _ = name.Write([]byte(text))
	return text, strconv.FormatUint(name.Sum64(), 36)
}

// most is how many new messages are counted, and how many operations told of.
const most = 100

// atOnce is how many operations a page shows.
const atOnce = 20

func bytesOf(id message.ID) []byte { b := id.Bytes(); return b[:] }

func (c *console) beat(r *http.Request) (b beat, err error) {
	query, now := r.URL.Query(), timekeeper.Now(r.Context())
	if b.numbers, err = c.numbers(r.Context(), site(r), now); err != nil {
		return b, err
	}
	if after := message.ID(query.Get("after")); query.Has("after") {
		f, err := search.Filter(query.Get("q"), "q", now)
		if err != nil {
			return b, nil // the page has said so
		}
		if _, err := f.On(site(r), "q", nil); err != nil {
			return b, nil
		}
		f.Limit = most
		found, err := c.Search.Find(r.Context(), site(r), f)
		if err != nil {
			return b, err
		}
		for _, m := range found.Messages {
			if after == "" || slices.Compare(bytesOf(m.ID), bytesOf(after)) > 0 {
				b.New++
			}
		}
	}
	for _, id := range query["operation"][:min(len(query["operation"]), atOnce)] {
		o, err := c.watched.operation(r.Context(), c.Operations, site(r), message.ID(id), now)
		if errors.Is(err, message.ErrNotFound) {
			continue
		}
		if err != nil {
			return b, err
		}
		v := operationOf(c.base(r, "", ""), o)
		b.Operations = append(b.Operations, operation{o.ID, o.Done, o.Total, v.Text, v.Stage, v.Over()})
	}
	return b, nil
}
