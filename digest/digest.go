// Package digest makes one message of many.
//
// It looks at nothing but the messages: a digest tells what happened, not how things stand now.
package digest

import (
	"cmp"
	"slices"
	"time"

	"notifier/letter"
	"notifier/message"
)

// Mixed is the reason of a digest whose items had several.
const Mixed = message.ByPreference + "digest"

// Merge is the digest of these messages, which are one user's and at least one. It is
// addressed as the one that was written last. Kind, Setting and Reason are the items'
// where they have one in common; otherwise Kind and Setting are empty and Reason is Mixed.
func Merge(w letter.Writer, items []message.Message, at time.Time) message.Message {
	return merge(w, message.NewID(message.DigestIDs), items, at)
}

// merge has no luck in it: the same items become the same digest.
func merge(w letter.Writer, id message.ID, items []message.Message, at time.Time) message.Message {
	all := pointers(items)
	if !slices.IsSortedFunc(all, order) {
		slices.SortFunc(all, order)
	}
	last := slices.MaxFunc(all, func(a, b *message.Message) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), order(a, b))
	})
	d := message.Message{
		ID: id, Type: message.Digest, Status: message.Pending,
		Site: last.Site, UserID: last.UserID, Envelope: last.Envelope,
		Timezone: last.Timezone, Language: last.Language, Domain: last.Domain,
		Kind: last.Kind, Setting: last.Setting, Reason: last.Reason,
		OccurredAt: at, CreatedAt: at, QueuedAt: at, DueAt: at, UpdatedAt: at,
	}
	for _, m := range all {
		if m.Kind != d.Kind {
			d.Kind = ""
		}
		if m.Setting != d.Setting {
			d.Setting = ""
		}
		if m.Reason != d.Reason {
			d.Reason = Mixed
		}
	}
	if d.Reason == "" {
		d.Reason = Mixed
	}
	return compose(w, d, gather(w, all))
}

// order is by the time of the event, and at one instant by arrival, as our ids are. The
// caller's id says nothing about it: e99 came before e100.
func order(a, b *message.Message) int {
	return cmp.Or(a.OccurredAt.Compare(b.OccurredAt), cmp.Compare(a.ID, b.ID))
}

func pointers(ms []message.Message) []*message.Message {
	all := make([]*message.Message, len(ms))
	for i := range ms {
		all[i] = &ms[i]
	}
	return all
}
