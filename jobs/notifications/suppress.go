package notifications

import (
	"context"
	"time"

	"go.uber.org/zap"

	"notifier/message"
)

// Suppressions are the addresses that mail must not go to.
type Suppressions interface {
	// Suppressed finds those of the addresses that are not written to any more, by their
	// lower case.
	Suppressed(ctx context.Context, site string, addresses []string) (map[string]message.Suppression, error)
}

// wanted are the messages without the addresses that are not written to any more; one
// that is for no other address is skipped, on record (CQ-17). claimed is of one site.
func (f *flush) wanted(claimed []message.Message) []message.Message {
	var addresses []string
	for _, m := range claimed {
		if m.Suppressible() {
			addresses = append(addresses, m.Outstanding()...)
		}
	}
	if len(addresses) == 0 {
		return claimed
	}
	now := f.now()
	suppressed, err := f.suppressions.Suppressed(context.WithoutCancel(f.stop), claimed[0].Site, addresses)
	if err != nil {
		f.log.Warn("suppressions cannot be read; the messages wait", zap.Int("messages", len(claimed)), zap.Error(err))
		for _, m := range claimed {
			f.done <- ended{Outcome: f.handBack(m, now)}
		}
		return nil
	}
	if len(suppressed) == 0 {
		return claimed
	}
	var wanted []message.Message
	for _, m := range claimed {
		m, why := m.Without(suppressed)
		if why == nil || len(m.Remaining) > 0 {
			wanted = append(wanted, m)
		} else {
			f.done <- ended{Outcome: skip(m, *why, now)}
		}
	}
	return wanted
}

// skip is the outcome of a message that is for nobody any more. One that has reached
// somebody before stays sent.
func skip(m message.Message, why message.Suppression, now time.Time) message.Outcome {
	o := message.Outcome{
		Site: m.Site, ID: m.ID, Claim: m.Claim, Move: message.Skip, At: now, Reason: why.Reason.Reason(), Rejected: m.Rejected, Reached: m.Reached,
	}
	if m.Reached {
		o.Move, o.Reason = message.Accept, ""
	}
	return o
}
