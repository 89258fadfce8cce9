package mail

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"notifier/message"
	"notifier/rescue"
)

// Courier carries messages to a relay over a few connections that it keeps. Any number of
// goroutines may use it at once.
type Courier struct {
	settings Settings
	from     string // as it goes over the wire
	log      *zap.Logger
	// overlap is whether commands go out behind a mail, before its answer.
	overlap atomic.Bool
	running sync.WaitGroup
	closing chan struct{}

	mu    sync.Mutex
	queue *list.List // of deliveries for which no lane was free
	idle  []*lane    // with a connection but without work; the last one rests the shortest
	lanes int        // with a goroutine; never more than Settings.Connections
	live  int        // with a connection
	// crowded is until when no more lanes are started: the server did not take another
	// connection beside those that it has.
	crowded time.Time
	closed  bool
}

// New makes a courier for an account. It connects when there is something to carry.
func New(s Settings, log *zap.Logger) (*Courier, error) {
	s, err := s.complete()
	if err != nil {
		return nil, fmt.Errorf("mail account %q: %w", s.Name, err)
	}
	if log == nil {
		log = zap.NewNop()
	}
	from, err := asciiAddress(s.From.Email)
	if err != nil {
		return nil, fmt.Errorf("mail account %q: %w", s.Name, err)
	}
	c := &Courier{settings: s, from: from, log: log.Named("mail"), queue: list.New(), closing: make(chan struct{})}
	c.overlap.Store(true)
	return c, nil
}

// Ready tells whether the relay takes mail now: a connection that is logged in is there,
// or was made and is kept. What is wrong is a *message.Failure.
func (c *Courier) Ready(ctx context.Context) error {
	c.mu.Lock()
	busy := c.live > 0 && len(c.idle) == 0
	c.mu.Unlock()
	if busy {
		return nil
	}
	answered := make(chan *message.Failure, 1)
	d := c.newDelivery(ctx, func(r message.Receipt) { answered <- r.Failure })
	f := c.submit(d)
	if f == nil {
		select {
		case f = <-answered:
		case <-ctx.Done():
			if c.withdraw(d) {
				return d.impatience()
			}
			f = <-answered
		}
	}
	if f != nil {
		return f
	}
	return nil
}

// Carry hands the message to those of its addresses that have not got it yet, and tells
// done what became of it: once, from a goroutine of its own choice, perhaps before Carry
// returns. Each address is on one list of the receipt; all are pending if nothing was said
// about the message. It does not wait for the mails before it.
//
// The end of ctx ends the conversation, but not that about another mail before it on the
// same connection: that one's answer is waited for.
func (c *Courier) Carry(ctx context.Context, m message.Message, done func(message.Receipt)) {
	d := c.newDelivery(ctx, done)
	err := d.load(m, c.settings.From, c.settings.Keys)
	if err != nil {
		// It will never be different: it counts as tried, and as refused for good.
		d.refuse(&message.Failure{Category: message.TemplateFailed, Text: err.Error()}, d.todo...)
	}
	if err != nil || len(d.todo) == 0 {
		d.end()
		return
	}
	if f := c.submit(d); f != nil {
		d.stop(f)
		d.end()
	}
}

func (c *Courier) newDelivery(ctx context.Context, done func(message.Receipt)) *delivery {
	return &delivery{
		ctx: ctx, done: done, from: c.from,
		receipt: message.Receipt{StartedAt: time.Now(), Account: c.settings.Name, Server: c.settings.server()},
	}
}

// load writes the mail and finds out where it goes.
func (d *delivery) load(m message.Message, from message.Address, keys Keys) (err error) {
	outstanding := m.Outstanding()
	d.todo = make([]recipient, 0, len(outstanding))
	for _, address := range outstanding {
		path, err := asciiAddress(address)
		if err != nil {
			d.refuse(&message.Failure{Category: message.AddressUnknown, Text: err.Error()}, recipient{address: address})
			continue
		}
		d.todo = append(d.todo, recipient{address, path})
	}
	if len(outstanding) == 0 {
		return errors.New("the message has no address to go to")
	}
	if m.Sender.Email != "" {
		from = m.Sender
		if d.from, err = asciiAddress(from.Email); err != nil {
			return err
		}
	}
	if d.mail, err = Compose(m, from); err != nil {
		return err
	}
	d.mail, err = keys.sign(d.mail, d.from)
	return err
}

// submit gives d to a lane that rests, or to a new one, or puts it into the queue.
func (c *Courier) submit(d *delivery) *message.Failure {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch n := len(c.idle); {
	case d.ctx.Err() != nil:
		return d.impatience()
	case c.closed:
		return networkFailure(message.ConnectFailed, errors.New("the service is stopping"))
	case n > 0:
		c.idle[n-1].work <- d
		c.idle = c.idle[:n-1]
	case c.lanes < c.settings.Connections && (c.lanes == 0 || !time.Now().Before(c.crowded)):
		c.lanes++
		c.running.Add(1)
		rescue.Go(c.log, "a connection to the mail server", func() { (&lane{c: c, work: make(chan *delivery, 1)}).run(d) })
	default:
		d.place = c.queue.PushBack(d)
	}
	return nil
}

// withdraw takes d out of the queue; false if a lane has it.
func (c *Courier) withdraw(d *delivery) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d.place == nil {
		return false
	}
	c.queue.Remove(d.place)
	d.place = nil
	return true
}

// next takes the delivery that has waited longest; nil if none waits.
func (c *Courier) next() *delivery {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pop()
}

func (c *Courier) pop() *delivery {
	front := c.queue.Front()
	if front == nil {
		return nil
	}
	d := c.queue.Remove(front).(*delivery)
	d.place = nil
	return d
}

// popFor takes the next delivery for a lane; nil if the lane has no connection, will get
// none, and others have one.
func (c *Courier) popFor(l *lane) *delivery {
	if l.conn == nil && c.live > 0 && time.Now().Before(c.crowded) {
		return nil
	}
	return c.pop()
}

// rest waits for work. It is nil when the lane has ended, which has hung up then.
func (c *Courier) rest(l *lane) *delivery {
	defer l.tell()
	c.mu.Lock()
	d := c.popFor(l)
	if d == nil && l.conn != nil && !c.closed {
		l.conn.kept = true
		c.idle = append(c.idle, l)
		c.mu.Unlock()
		l.tell()
		if d = c.wait(l); d != nil {
			return d
		}
		c.mu.Lock()
	}
	if d == nil && l.conn != nil {
		// The lane counts until the connection is gone: there must not be one too many.
		c.live--
		c.mu.Unlock()
		l.conn.quit()
		l.conn = nil
		c.mu.Lock()
		d = c.popFor(l)
	}
	defer c.mu.Unlock()
	if d == nil {
		c.lanes--
	}
	return d
}

// wait rests until there is work, or until it is time to hang up.
func (c *Courier) wait(l *lane) *delivery {
	patience := time.NewTimer(c.settings.Timeouts.Idle)
	defer patience.Stop()
	select {
	case d := <-l.work:
		return d
	case <-patience.C:
	case <-c.closing:
	}
	c.mu.Lock()
	i := slices.Index(c.idle, l)
	if i >= 0 {
		c.idle = slices.Delete(c.idle, i, i+1)
	}
	c.mu.Unlock()
	if i < 0 {
		return <-l.work
	}
	return nil
}

func (c *Courier) connected(change int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live += change
}

// makeDo gives d, for which no connection could be made, to the lanes that have one; false
// if there is none.
func (c *Courier) makeDo(d *delivery) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live == 0 {
		return false
	}
	c.crowded = time.Now().Add(c.settings.Timeouts.Idle)
	if n := len(c.idle); n > 0 {
		c.idle[n-1].work <- d
		c.idle = c.idle[:n-1]
	} else {
		d.place = c.queue.PushFront(d)
	}
	return true
}

// dismiss hands back all that waits: what one lane was told would be told to all.
func (c *Courier) dismiss(f *message.Failure) {
	for d := c.next(); d != nil; d = c.next() {
		d.stop(f)
		d.end()
	}
}

// Close lets what is under way come to its end, hands back what waits, and hangs up.
func (c *Courier) Close() error {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.closing)
	}
	c.mu.Unlock()
	c.dismiss(networkFailure(message.ConnectFailed, errors.New("the service is stopping")))
	c.running.Wait()
	if tokens := c.settings.Tokens; tokens != nil {
		tokens.Wait()
	}
	return nil
}
