package mail

import (
	"context"
	"errors"
	"fmt"
	"time"

	"notifier/message"
)

// Shelf keeps mails that are not to leave the house.
type Shelf interface {
	Keep(ctx context.Context, k message.Kept) error
}

// Keeper is a courier that carries nothing away: it writes the mail as another would, and
// puts it on a shelf, where people can read it.
type Keeper struct {
	shelf Shelf
	from  message.Address
	// also gets the mail, too, once it is kept; nil: nobody.
	also interface {
		Carry(ctx context.Context, m message.Message, done func(message.Receipt))
	}
}

// testSender is whom a kept mail comes from where no account is configured.
var testSender = message.Address{Email: "test@localhost", Name: "Test"}

// NewKeeper makes a keeper that writes mails as from that sender; also is a courier that
// gets each, too, or nil.
func NewKeeper(shelf Shelf, from message.Address, also *Courier) *Keeper {
	if from.Email == "" {
		from = testSender
	}
	k := &Keeper{shelf: shelf, from: from}
	if also != nil {
		k.also = also
	}
	return k
}

// Ready is nil: a shelf is always there.
func (k *Keeper) Ready(context.Context) error { return nil }

// Carry keeps the mail and tells done that all have got it.
func (k *Keeper) Carry(ctx context.Context, m message.Message, done func(message.Receipt)) {
	r := message.Receipt{StartedAt: time.Now(), Account: "test", Server: "test mailbox", Tried: true}
	to := m.Outstanding()
	switch failure := k.keep(ctx, m, to); {
	case failure != nil && failure.Temporary:
		r.Tried, r.Pending, r.Failure = false, to, failure
	case failure != nil:
		r.Rejected, r.Failure = to, failure
	case k.also != nil:
		k.also.Carry(ctx, m, done)
		return
	default:
		r.Accepted, r.Code, r.Response = to, 250, "250 kept in the test mailbox"
	}
	r.EndedAt = time.Now()
	done(r)
}

func (k *Keeper) keep(ctx context.Context, m message.Message, to []string) *message.Failure {
	from := k.from
	if m.Sender.Email != "" {
		from = m.Sender
	}
	raw, err := Compose(m, from)
	if err != nil {
		return &message.Failure{Category: message.TemplateFailed, Text: err.Error()}
	}
	err = k.shelf.Keep(ctx, message.Kept{
		Site: m.Site, ID: message.NewID(message.KeptIDs), Message: m.ID, From: from.String(), To: to, Subject: m.Subject,
		At: time.Now().UTC().Truncate(time.Microsecond), Text: m.Text, HTML: m.HTML, Raw: string(raw),
	})
	if err != nil {
		text := fmt.Sprintf("the test mailbox: %s", err)
		if errors.Is(err, message.ErrUnavailable) {
			text = "the test mailbox does not answer"
		}
		return &message.Failure{Category: message.ConnectFailed, Text: text, Temporary: true}
	}
	return nil
}
