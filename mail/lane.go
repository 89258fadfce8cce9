package mail

import (
	"fmt"
	"time"

	"go.uber.org/zap"

	"notifier/message"
	"notifier/rescue"
)

// lane is one kept connection and the goroutine that talks on it.
//
// With a server that offers PIPELINING (RFC 2920) two mails are in hand at once, the window of the
// conversation. While the server thinks about mail A, the commands of mail B lie in its buffer:
//
//	lane                                          server
//	MAIL A, RCPT A, RCPT A, DATA      ─────►
//	                                  ◄─────      250, 250, 550, 354       announce A
//	text of A, "."; MAIL B, RCPT B, DATA ──►
//	                                  ◄─────      250 for A                handOver A: A is decided
//	                                  ◄─────      250, 250, 354            announce B, which sends nothing
//	text of B, "."; MAIL C, …         ─────►
//
// So a mail costs one round trip instead of four or more, and never more than the text of one mail
// is under way unanswered. If the connection ends in the middle, A may have been taken (it is
// Uncertain) and B was not, since its text never left: B is begun again elsewhere. What a
// crash can send twice is bounded by the queue, not here (notifications.Options.Workers).
//
// A server that loses what comes behind the final dot is recognised by its silence; the courier then
// sends commands later (Courier.overlap). Without PIPELINING each command waits for its answer.
type lane struct {
	c    *Courier
	conn *conn
	work chan *delivery // what it is given while it rests
	// backlog is what it has taken and must carry itself before anything else.
	backlog []*delivery
	// settled are those that are over but whose callers do not know yet. They are told
	// when the lane is free again, so that it, and not a new one, gets their next mail.
	settled []*delivery
	// What is in hand, for after a panic: a delivery, and the transactions of it and the next.
	current *delivery
	hand    [2]*transaction
}

// run carries until there is nothing to do for a while.
func (l *lane) run(d *delivery) {
	defer l.c.running.Done()
	for ; d != nil; d = l.c.rest(l) {
		l.backlog = append(l.backlog, d)
		if rescue.Try(l.c.log, "a connection to the mail server", l.serve) != nil {
			l.broke()
		}
	}
}

// serve carries all that the lane has taken.
func (l *lane) serve() error {
	for len(l.backlog) > 0 {
		var d *delivery
		d, l.backlog = l.backlog[0], l.backlog[1:]
		l.current = d
		for t := l.begin(d); t != nil; {
			l.hand = [2]*transaction{t, nil}
			t = l.carry(t)
		}
		l.current, l.hand = nil, [2]*transaction{}
	}
	return nil
}

// settle notes that a delivery is over. It is told later: whoever hears of it brings the next mail,
// which this lane can only take once it is free.
func (l *lane) settle(d *delivery) {
	d.receipt.EndedAt = time.Now()
	l.settled = append(l.settled, d)
}

// tell lets the callers of settled deliveries know.
func (l *lane) tell() {
	for i, d := range l.settled {
		l.settled[i] = nil
		if d != nil {
			d.end()
		}
	}
	l.settled = l.settled[:0]
}

// begin makes the lane ready for a delivery; nil if it got no further.
func (l *lane) begin(d *delivery) *transaction {
	l.tell()
	d.begin(l.c.settings.Timeouts.Mail)
	if d.over() {
		d.stop(d.impatience())
		l.settle(d)
		return nil
	}
	if l.conn != nil && d.mail == nil {
		l.conn.guard(d)
		r, err := l.conn.ask("NOOP", d.until)
		l.conn.release()
		if err != nil || !r.ok() {
			l.drop("no answer to NOOP")
		}
	}
	if l.conn == nil && !l.connect(d) {
		return nil
	}
	return l.take(d)
}

// connect makes a connection for d, or decides what becomes of d without one.
func (l *lane) connect(d *delivery) bool {
	conn, f := l.c.settings.dial(d)
	if f == nil {
		l.conn = conn
		l.c.connected(1)
		l.c.log.Debug("connected", zap.String("server", l.c.settings.server()), zap.Bool("pipelining", conn.pipelining))
		return true
	}
	switch {
	case d.over(): // it ran out of time: that says little about the relay
		d.stop(f)
		l.settle(d)
	case l.c.makeDo(d):
	default:
		d.stop(f)
		l.settle(d)
		l.c.dismiss(f)
	}
	return false
}

// drop gives the connection up.
func (l *lane) drop(why string) {
	l.conn.hangUp()
	l.conn = nil
	l.c.connected(-1)
	l.c.log.Debug("connection given up", zap.String("server", l.c.settings.server()), zap.String("why", why))
}

// take plans d's next transaction, or settles it if there is none.
func (l *lane) take(d *delivery) *transaction {
	if limit := l.conn.maxSize; limit > 0 && int64(len(d.mail)) > limit {
		d.refuse(&message.Failure{
			Category: message.TooLarge,
			Text:     fmt.Sprintf("the mail has %d bytes, the server takes at most %d", len(d.mail), limit),
		}, d.todo...)
		d.todo = nil
	}
	if len(d.todo) == 0 {
		l.settle(d)
		return nil
	}
	return l.conn.plan(d)
}

// carry does one transaction. While the mail leaves, the commands of a delivery that
// waits go with it (RFC 2920 §3.1): that transaction is returned.
func (l *lane) carry(t *transaction) (next *transaction) {
	c := l.conn
	c.guard(t.d)
	if l.announce(t) {
		if len(t.d.todo) == 0 {
			next = l.ahead()
			l.hand[1] = next
		}
		l.handOver(t, next)
	}
	c.release()
	if t.elsewhere && l.conn != nil {
		l.drop("the server takes no more mails over this connection")
	}
	switch {
	case len(t.d.todo) == 0:
		l.settle(t.d)
	case t.d.over():
		t.d.stop(t.d.impatience())
		l.settle(t.d)
	default:
		l.backlog = append(l.backlog, t.d)
	}
	if next != nil && l.conn == nil { // its commands are lost: it is begun again
		next.d.todo = append(next.to, next.d.todo...)
		l.backlog = append(l.backlog, next.d)
		next = nil
	}
	if next != nil {
		l.tell()
	}
	return next
}

// ahead is the transaction of a delivery that waits, if the server lets us go ahead.
func (l *lane) ahead() *transaction {
	for l.conn.pipelining && l.c.overlap.Load() {
		var d *delivery
		if len(l.backlog) > 0 {
			d, l.backlog = l.backlog[0], l.backlog[1:]
		} else if d = l.c.next(); d == nil {
			return nil
		}
		d.begin(l.c.settings.Timeouts.Mail)
		if d.over() {
			d.stop(d.impatience())
			l.settle(d)
		} else if t := l.take(d); t != nil {
			return t
		}
		l.tell()
	}
	return nil
}
