package mail

import (
	"container/list"
	"context"
	"errors"
	"strconv"
	"time"

	"notifier/message"
)

// recipient is an address as the message has it, and as it goes over the wire.
type recipient struct{ address, path string }

// delivery is one mail on its way, from the call of Carry until done is told. One without a
// mail asks for a connection only.
type delivery struct {
	ctx     context.Context
	mail    []byte
	from    string      // as it goes over the wire
	todo    []recipient // those that nothing was decided about
	receipt message.Receipt
	until   time.Time // set when it is its turn; all must be over by then

	parted   bool // the rest was tried again without an address that ended the connection
	restarts int  // how often it was begun again because a kept connection was gone

	place *list.Element // in the courier's queue, if it waits there
	done  func(message.Receipt)
}

// maxRestarts bounds how often a server may hang up at MAIL, connection after connection.
const maxRestarts = 3

func (d *delivery) begin(limit time.Duration) {
	if d.until.IsZero() {
		d.until = time.Now().Add(limit)
	}
}

// end tells whoever asked.
func (d *delivery) end() {
	if d.receipt.EndedAt.IsZero() {
		d.receipt.EndedAt = time.Now()
	}
	d.done(d.receipt)
}

// over tells whether whoever asked does not wait any longer.
func (d *delivery) over() bool { return d.ctx.Err() != nil || !time.Now().Before(d.until) }

// heard notes a reply as the last one that said something about the mail.
func (d *delivery) heard(r reply) {
	d.receipt.Code, d.receipt.Response = r.code, r.String()
}

func (d *delivery) accept(list []recipient) {
	d.receipt.Tried = true
	for _, a := range list {
		d.receipt.Accepted = append(d.receipt.Accepted, a.address)
	}
}

// refuse notes that these addresses did not get the mail.
func (d *delivery) refuse(f *message.Failure, list ...recipient) {
	d.receipt.Tried = true
	if r := &d.receipt; f.Next == message.WaitAccount && (r.AccountFailure == nil || f.Quota()) {
		r.AccountFailure = f
		for _, a := range list {
			r.AccountRefused = append(r.AccountRefused, a.address)
		}
	}
	for _, a := range list {
		if f.Temporary {
			d.receipt.Pending = append(d.receipt.Pending, a.address)
		} else {
			d.receipt.Rejected = append(d.receipt.Rejected, a.address)
			if f.Gone {
				d.receipt.Bounces = append(d.receipt.Bounces, a.address)
			}
		}
	}
	old := d.receipt.Failure
	if old == nil || old.Temporary && (!f.Temporary || f.NotBefore > old.NotBefore) {
		d.receipt.Failure = f
	}
}

// stop ends the delivery for a reason that has nothing to do with the message: what was
// not decided stays so.
func (d *delivery) stop(f *message.Failure) {
	for _, a := range d.todo {
		d.receipt.Pending = append(d.receipt.Pending, a.address)
	}
	d.todo = nil
	if d.receipt.Tried {
		// A refused login is for good, but not for the addresses that are left.
		again := *f
		again.Temporary = true
		f = &again
	}
	if d.receipt.Failure == nil {
		d.receipt.Failure = f
	}
	if d.receipt.Code == 0 && len(f.Code) >= 3 {
		d.receipt.Code, _ = strconv.Atoi(f.Code[:3])
		d.receipt.Response = f.Code + " " + f.Text
	}
}

// impatience is why a delivery is over.
func (d *delivery) impatience() *message.Failure {
	return d.broken(errors.New("the mail took too long"))
}

// broken is what is said of a conversation that ended with err: it may have been us.
func (d *delivery) broken(err error) *message.Failure {
	if d.ctx.Err() != nil {
		err = d.ctx.Err()
	}
	return networkFailure(message.ConnectFailed, err)
}

// transaction is one MAIL … final dot: a delivery needs one, rarely more.
type transaction struct {
	d        *delivery
	to       []recipient
	accepted []recipient
	// later are addresses that the server wants to have in a mail of their own.
	later        []recipient
	laterFailure *message.Failure
	refused      bool // MAIL was
	elsewhere    bool // the server takes no more mails over this connection, but may over another
	reset        bool // RSET comes first
	sent         bool // the commands have left
	ahead        bool // they left behind the mail before
}

// plan takes the next addresses of a delivery.
func (c *conn) plan(d *delivery) *transaction {
	n := min(len(d.todo), c.maxRecipients)
	t := &transaction{d: d, to: d.todo[:n:n], reset: c.dirty}
	d.todo = d.todo[n:]
	c.dirty = false
	return t
}

// commands is how many there are: RSET if need be, MAIL, one RCPT each, DATA.
func (t *transaction) commands() int {
	n := len(t.to) + 2
	if t.reset {
		n++
	}
	return n
}

// step says what the i-th command is; n is the address of a RCPT.
func (t *transaction) step(i int) (at stage, n int) {
	if t.reset {
		if i == 0 {
			return atConnect, 0
		}
		i--
	}
	switch {
	case i == 0:
		return atMail, 0
	case i <= len(t.to):
		return atRcpt, i - 1
	}
	return atData, 0
}

// appendCommand writes the i-th command. The paths were checked: they hold no blank, no
// angle bracket and no line break.
func (t *transaction) appendCommand(b []byte, i int, sized bool) []byte {
	switch at, n := t.step(i); at {
	case atMail:
		b = append(append(append(b, "MAIL FROM:<"...), t.d.from...), '>')
		if sized {
			b = strconv.AppendInt(append(b, " SIZE="...), int64(len(t.d.mail)), 10)
		}
	case atRcpt:
		b = append(append(append(b, "RCPT TO:<"...), t.to[n].path...), '>')
	case atData:
		b = append(b, "DATA"...)
	default:
		b = append(b, "RSET"...)
	}
	return append(b, '\r', '\n')
}
