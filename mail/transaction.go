package mail

import (
	"context"
	"errors"
	"net"
	"slices"

	"notifier/message"
)

// announce says whose mail comes and to whom, and tells whether the server waits for it.
func (l *lane) announce(t *transaction) bool {
	c := l.conn
	if c.pipelining && !t.sent {
		c.out = l.appendCommands(c.out[:0], t)
		if err := c.flush(t.d.until); err != nil {
			at, _ := t.step(0)
			l.lost(t, at, 0, t.d.broken(err))
			return false
		}
	}
	var r reply
	for i := range t.commands() {
		at, n := t.step(i)
		if !c.pipelining {
			if at == atRcpt && t.refused || at == atData && len(t.accepted) == 0 {
				c.dirty = true
				return false
			}
			c.out = t.appendCommand(c.out[:0], i, c.sized)
			if err := c.flush(t.d.until); err != nil {
				l.lost(t, at, n, t.d.broken(err))
				return false
			}
		}
		wait := c.limits.Command
		if at == atData {
			wait = c.limits.Data
		}
		var err error
		if r, err = c.read(wait, t.d.until); err != nil {
			l.unanswered(t, at, err)
			l.lost(t, at, n, t.d.broken(err))
			return false
		}
		if r.code == 421 || l.outOfStep(t, at, r) {
			t.d.heard(r)
			f := r.failure(at)
			f.Temporary = true
			l.lost(t, at, n, f)
			return false
		}
		l.note(t, at, n, r)
	}
	if r.code == 354 {
		return true
	}
	c.dirty = true
	if len(t.accepted) > 0 {
		t.d.heard(r)
		t.d.refuse(r.failure(atData), t.accepted...)
	}
	t.postpone(false)
	return false
}

// outOfStep tells whether the server did not have the commands in our order (503): then
// its replies are not in it either, and none of them can be trusted to be about what it
// seems to be. After a refusal, 503 is the right answer to what was sent behind it.
func (l *lane) outOfStep(t *transaction, at stage, r reply) bool {
	after := t.refused && at != atMail || at == atData && len(t.accepted) == 0
	return r.code == 503 && !after && r.failure(at).Category == message.Unknown
}

// appendCommands writes all commands of a transaction in one piece; their answers are read in order.
func (l *lane) appendCommands(b []byte, t *transaction) []byte {
	for i := range t.commands() {
		b = t.appendCommand(b, i, l.conn.sized)
	}
	t.sent = true
	return b
}

// note draws the conclusions from the answer to a command.
func (l *lane) note(t *transaction, at stage, n int, r reply) {
	l.conn.kept = true
	switch {
	case at == atMail && r.ok():
	case at == atMail:
		t.refused = true
		f := r.failure(atMail)
		if f.Next == message.TryAgain && t.d.restarts < maxRestarts {
			t.d.restarts++
			t.elsewhere, t.d.todo = true, append(t.to, t.d.todo...)
			return
		}
		t.d.heard(r)
		if f.Category == message.AuthFailed || f.Category == message.TLSFailed {
			// The account is not let in: that says nothing about the message.
			t.d.todo = append(t.to, t.d.todo...)
			t.d.stop(f)
			return
		}
		t.d.refuse(f, t.to...)
	case at == atRcpt && t.refused:
	case at == atRcpt && r.ok():
		t.accepted = append(t.accepted, t.to[n])
	case at == atRcpt:
		f := r.failure(atRcpt)
		if len(t.accepted) > 0 && tooMany(r) {
			t.later, t.laterFailure = append(t.later, t.to[n]), f
			return
		}
		t.d.heard(r)
		t.d.refuse(f, t.to[n])
	}
}

// tooMany tells whether a refusal after others were accepted is about their number. RFC 5321
// §4.5.3.1.10 wants 452 for that, and knows that servers say 552.
func tooMany(r reply) bool {
	v := r.verdict(atRcpt)
	return v.Next == message.TryAgain || v.Bare && (r.code == 452 || r.code == 552)
}

// postpone gives those another turn whom the server wanted in a mail of their own, if
// this one got through.
func (t *transaction) postpone(through bool) {
	switch {
	case len(t.later) == 0:
	case through:
		t.d.todo = append(t.later, t.d.todo...)
	default:
		t.d.refuse(t.laterFailure, t.later...)
	}
}

// unanswered notes servers that drop what they are sent ahead.
func (l *lane) unanswered(t *transaction, at stage, err error) {
	var e net.Error
	if t.ahead && at == atMail && !t.d.over() && errors.As(err, &e) && e.Timeout() {
		if l.c.overlap.Swap(false) {
			l.c.log.Warn("the server does not answer commands that follow a mail at once: sending them later from now on")
		}
	}
}

// lost decides what an end of the connection before the mail costs whom. n is the address
// that the server was asked about.
func (l *lane) lost(t *transaction, at stage, n int, f *message.Failure) {
	kept := l.conn.kept
	l.drop(f.Text)
	d := t.d
	left := func(from int) []recipient {
		return slices.Concat(t.accepted, t.later, t.to[from:])
	}
	switch {
	case t.refused:
	// A kept connection that ends before the server has said anything about the mail is the rule,
	// not a fault: servers close what rests. The others tell of the relay or of one address.
	case at < atRcpt && kept && !d.over() && d.restarts < maxRestarts:
		// It was gone before the mail came: nothing of it was looked at.
		d.restarts++
		d.todo = append(t.to, d.todo...)
	case at < atRcpt:
		d.todo = append(t.to, d.todo...)
		d.stop(f)
	case at == atRcpt && errors.Is(d.ctx.Err(), context.Canceled):
		d.todo = append(left(n), d.todo...)
		d.stop(f)
	case at == atRcpt && !d.parted:
		// One bad address must not starve the others.
		d.parted = true
		d.refuse(f, t.to[n])
		d.todo = append(left(n+1), d.todo...)
	case at == atRcpt:
		d.refuse(f, left(n)...)
	default:
		d.refuse(f, left(len(t.to))...)
	}
}

// handOver sends the mail, and next's commands behind it, and hears what becomes of it.
func (l *lane) handOver(t, next *transaction) {
	c := l.conn
	c.out = c.out[:0]
	if len(t.accepted) > 0 {
		c.out = appendLines(c.out, t.d.mail, true)
	}
	c.out = append(c.out, ".\r\n"...) // alone, if the server wants a mail for nobody
	dot := len(c.out)
	if next != nil {
		c.out = l.appendCommands(c.out, next)
		next.ahead = true
	}
	r, whole, err := c.push(dot, t.d.until)
	if err == nil && r.code/100 == 3 {
		err = errNotSMTP
	}
	through := err == nil && whole && r.ok()
	// After the final dot only an answer decides. Without one the server may have the mail: that is
	// Uncertain, and the one place where a person may get it twice (decision 004).
	switch {
	case len(t.accepted) == 0:
	case err != nil || r.ok() && !whole:
		if err == nil {
			err = errors.New("the server took the mail before it had all of it")
		}
		t.d.receipt.Uncertain = t.d.receipt.Uncertain || whole
		t.d.refuse(t.d.broken(err), t.accepted...)
	case through:
		t.d.heard(r)
		t.d.accept(t.accepted)
		if len(t.later) > 0 {
			c.maxRecipients = min(c.maxRecipients, len(t.accepted))
		}
	default:
		t.d.heard(r)
		t.d.refuse(r.failure(atDot), t.accepted...)
	}
	t.postpone(through)
	switch {
	case err != nil:
		l.drop(err.Error())
	case c.broken || r.code == 421:
		l.drop(r.String())
	}
}
