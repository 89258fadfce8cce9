package mail

import (
	"errors"
	"slices"

	"notifier/message"
	"notifier/rescue"
)

// broke ends all that the lane has in hand after a panic, so that nobody waits for an answer
// that never comes: what may have left is uncertain, the rest was not tried. The connection
// is given up, and the lane goes on with another.
func (l *lane) broke() {
	carried := &message.Failure{
		Category: message.Unknown, Temporary: true,
		Text: "the program failed while it carried this mail, which may have gone out; the log says where",
	}
	var ended []*delivery
	for _, t := range l.hand {
		if t == nil || !t.d.receipt.EndedAt.IsZero() {
			continue
		}
		t.d.receipt.Uncertain = true
		t.d.refuse(carried, t.undecided()...)
		ended = append(ended, t.d)
	}
	waiting := l.backlog
	if l.current != nil {
		waiting = append(waiting, l.current)
	}
	for _, d := range waiting {
		if !slices.Contains(ended, d) && d.receipt.EndedAt.IsZero() {
			ended = append(ended, d)
		}
	}
	untried := networkFailure(message.ConnectFailed, errors.New("the program failed before it carried this mail; the log says where"))
	for _, d := range ended {
		d.stop(untried)
	}
	ended = append(ended, l.settled...)
	l.backlog, l.settled, l.current, l.hand = nil, nil, nil, [2]*transaction{}
	for _, d := range ended {
		if d != nil {
			_ = rescue.Try(l.c.log, "telling what became of a mail", func() error { d.end(); return nil })
		}
	}
	if l.conn != nil {
		l.drop("the program failed")
	}
}

// undecided are the addresses of a transaction of which the receipt says nothing.
func (t *transaction) undecided() (all []recipient) {
	r := t.d.receipt
	for _, to := range t.to {
		decided := slices.Contains(r.Accepted, to.address) || slices.Contains(r.Rejected, to.address) || slices.Contains(r.Pending, to.address)
		if !decided && !slices.Contains(t.d.todo, to) {
			all = append(all, to)
		}
	}
	return all
}
