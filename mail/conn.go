package mail

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"notifier/message"
	"notifier/network"
	"notifier/rescue"
)

const (
	// chunk is how much of a mail leaves in one write. What is not longer fits into the
	// buffers between us and the server, so that writing it cannot block for both.
	chunk = 64 << 10
	// grace is how long a server is listened to that has hung up, or answered too early.
	grace = time.Second
	// maxKeptBuffer is how much memory a connection keeps from one mail to the next.
	maxKeptBuffer = 1 << 20
)

// conn is a connection on which a server has said hello.
type conn struct {
	raw    net.Conn
	r      *bufio.Reader
	out    []byte // the commands, or the mail, that leave next
	limits Timeouts
	secure bool // TLS is on

	// What the server offers. maxSize is 0 if it names no limit.
	pipelining, offersTLS, sized bool
	maxSize                      int64
	mechanisms                   []string
	// maxRecipients is how many addresses it takes for one mail.
	maxRecipients int

	overheard func(who, line string) // nil unless somebody wants to know
	hushed    bool                   // what we say is a secret

	kept   bool // it was used or has rested: the server may have closed it meanwhile
	dirty  bool // a mail was begun and given up; RSET must come before the next
	broken bool // nothing more can be sent

	mu      sync.Mutex
	owner   *delivery // whose end of patience ends the connection
	watched context.Context
	unwatch func() bool
	aborted bool
	hurry   time.Time // if set, the latest deadline for writing
}

func newConn(raw net.Conn, limits Timeouts) *conn {
	return &conn{raw: raw, r: bufio.NewReaderSize(raw, maxReplyLine), limits: limits, maxRecipients: 100, unwatch: func() bool { return true }}
}

// guard lets the end of d's context end the connection until release is called.
func (c *conn) guard(d *delivery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.owner = d
	switch ctx := d.ctx; {
	case c.watched != ctx: // one context may be that of many deliveries
		c.unwatch()
		c.watched, c.unwatch = ctx, rescue.Upon(ctx, nil, "the end of a conversation", func() { c.abort(ctx) })
	case ctx.Err() != nil:
		c.interrupt()
	}
}

func (c *conn) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.owner = nil
}

// abort wakes up whoever waits for the server on behalf of a delivery with that context.
func (c *conn) abort(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.owner != nil && c.owner.ctx == ctx {
		c.interrupt()
	}
}

func (c *conn) interrupt() {
	c.aborted = true
	c.raw.SetDeadline(time.Unix(1, 0))
}

func (c *conn) readBy(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.aborted {
		c.raw.SetReadDeadline(t)
	}
}

func (c *conn) writeBy(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.hurry.IsZero() && t.After(c.hurry) {
		t = c.hurry
	}
	if !c.aborted {
		c.raw.SetWriteDeadline(t)
	}
}

// hurryUntil lets a write that is under way, and all after it, end by t.
func (c *conn) hurryUntil(t time.Time) {
	c.mu.Lock()
	c.hurry = t
	c.mu.Unlock()
	c.writeBy(t)
}

func within(d time.Duration, until time.Time) time.Time {
	if t := time.Now().Add(d); t.Before(until) {
		return t
	}
	return until
}

// read waits for one answer.
func (c *conn) read(d time.Duration, until time.Time) (reply, error) {
	c.readBy(within(d, until))
	r, err := readReply(c.r)
	if err == nil {
		c.heard()
	}
	if c.overheard != nil && err == nil {
		c.overheard(theServer, r.String())
	}
	return r, err
}

// heard tells the run that the delivery belongs to that its server has said something.
func (c *conn) heard() {
	c.mu.Lock()
	owner := c.owner
	c.mu.Unlock()
	if owner != nil {
		message.Heard(owner.ctx)
	}
}

// flush sends what was put together.
func (c *conn) flush(until time.Time) error {
	c.writeBy(within(c.limits.Body, until))
	_, err := c.raw.Write(c.out)
	c.out = c.out[:0]
	return err
}

// ask sends one command and waits for its answer.
func (c *conn) ask(command string, until time.Time) (reply, error) {
	c.speak(command)
	c.out = append(append(c.out[:0], command...), '\r', '\n')
	if err := c.flush(until); err != nil {
		return reply{}, err
	}
	return c.read(c.limits.Command, until)
}

// push sends the mail that was put together, with what follows it, and waits for the
// answer to its final dot, which ends at dot. whole tells whether that dot went out:
// after that, nobody but the server knows whether it took the mail.
func (c *conn) push(dot int, until time.Time) (r reply, whole bool, err error) {
	defer func() {
		if cap(c.out) > maxKeptBuffer {
			c.out = nil
		}
	}()
	if len(c.out) > chunk {
		return c.pushChunks(dot, until)
	}
	c.writeBy(within(c.limits.Body, until))
	n, err := c.raw.Write(c.out)
	if err == nil {
		r, err = c.read(c.limits.Dot, until)
		return r, true, err
	}
	c.broken = true
	if r, unheard := c.read(grace, until); unheard == nil { // it may have said why it hung up
		return r, n >= dot, nil
	}
	return reply{}, n >= dot, err
}

// pushChunks is push for a long mail. It listens meanwhile: a server that has seen enough
// answers early, and may not read the rest.
func (c *conn) pushChunks(dot int, until time.Time) (r reply, whole bool, err error) {
	type result struct {
		n   int
		err error
	}
	written := make(chan result, 1)
	c.readBy(until)
	// A server may read a long mail slowly: the deadline of each write bounds that.
	network.Allow(c.raw, c.limits.Body)
	defer network.Allow(c.raw, network.Silence)
	rescue.Go(nil, "writing a mail", func() {
		var w result
		for w.n < len(c.out) && w.err == nil {
			var n int
			c.writeBy(within(c.limits.Body, until))
			n, w.err = c.raw.Write(c.out[w.n:min(w.n+chunk, len(c.out))])
			w.n += n
		}
		wait := c.limits.Dot
		if w.err != nil {
			wait = grace
		}
		c.readBy(within(wait, until))
		written <- w
	}, func(err error) { written <- result{err: err} })
	r, err = readReply(c.r)
	var w result
	select {
	case w = <-written:
	default:
		c.hurryUntil(time.Now().Add(grace))
		w = <-written
		c.hurryUntil(time.Time{})
	}
	if w.err != nil {
		c.broken = true
		if err != nil {
			err = w.err
		}
	}
	return r, w.n >= dot, err
}

var reAuthEquals = regexp.MustCompile(`^\s*AUTH\s*=\s*`)

// heed notes what the server offers in its answer to EHLO.
func (c *conn) heed(r reply) {
	c.pipelining, c.offersTLS, c.sized, c.maxSize, c.mechanisms = false, false, false, 0, nil
	for line := range strings.SplitSeq(r.text, "\n") {
		// Old servers write AUTH=PLAIN LOGIN, some of them beside AUTH PLAIN LOGIN, for the sake of old
		// mail programs: every keyword may come twice, and all lines of it count.
		words := strings.Fields(reAuthEquals.ReplaceAllString(strings.ToUpper(line), "AUTH "))
		if len(words) == 0 {
			continue
		}
		switch words[0] {
		case "PIPELINING":
			c.pipelining = true
		case "STARTTLS":
			c.offersTLS = true
		case "AUTH":
			for _, w := range words[1:] {
				if !slices.Contains(c.mechanisms, w) {
					c.mechanisms = append(c.mechanisms, w)
				}
			}
		case "SIZE":
			c.sized = true
			if len(words) > 1 {
				n, err := strconv.ParseInt(words[1], 10, 64)
				if err == nil && n > 0 && (c.maxSize == 0 || n < c.maxSize) {
					c.maxSize = n
				}
			}
		case "LIMITS": // RFC 9422
			for _, w := range words[1:] {
				value, found := strings.CutPrefix(w, "RCPTMAX=")
				if n, err := strconv.Atoi(value); found && err == nil && n > 0 {
					c.maxRecipients = min(c.maxRecipients, n)
				}
			}
		}
	}
}

// quit takes leave and hangs up.
func (c *conn) quit() {
	if !c.broken {
		if _, err := c.ask("QUIT", time.Now().Add(grace)); err == nil {
			c.readBy(time.Now().Add(grace))
			c.r.ReadByte() // the server hangs up first, so that it never counts one too many
		}
	}
	c.hangUp()
}

// hangUp closes the connection at once, without the farewell of TLS: a server that does
// not read any more would keep us waiting for it.
func (c *conn) hangUp() {
	c.mu.Lock()
	c.unwatch()
	c.mu.Unlock()
	if safe, ok := c.raw.(*tls.Conn); ok {
		safe.NetConn().Close()
		return
	}
	c.raw.Close()
}
