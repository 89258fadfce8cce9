package intake

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"notifier/fault"
	"notifier/letter"
	"notifier/message"
	"notifier/request"
)

// SendMessage takes a direct message: preferences are never asked (AMODIT-10 to -12).
// There is one message per recipient, or one mail for all with cc, bcc or one_mail.
func (d *Desk) SendMessage(ctx context.Context, c request.Call, draft message.Draft) (taken request.Taken, replayed bool, err error) {
	taken, replayed, err = d.send(ctx, c, draft)
	draft.Shorten()
	if _, refused := errors.AsType[*fault.Invalid](err); refused && d.before(ctx, c, draft.Identified(), &taken) {
		return taken, true, nil
	}
	return taken, replayed, err
}

func (d *Desk) send(ctx context.Context, c request.Call, draft message.Draft) (taken request.Taken, replayed bool, err error) {
	shortened := draft.Shorten()
	asked := draft // what a repetition is compared with
	if err := draft.Check(c.At); err != nil {
		return taken, false, err
	}
	if draft, err = d.fillIn(ctx, c, draft); err != nil {
		return taken, false, err
	}
	people, err := d.resolve(ctx, c, draft)
	if err != nil {
		return taken, false, err
	}
	if draft.Account, err = d.o.Route(c.Site, draft.Account, people.sender); err != nil {
		return taken, false, err
	}
	in, err := d.sites.InForce(ctx, c.Site)
	if err != nil {
		return taken, false, err
	}
	messages := d.split(c, draft, people, in.Timezone)
	taken.ID, taken.Shortened, taken.DryRun = message.NewID(message.RequestIDs), shortened, c.DryRun
	for _, m := range messages {
		taken.Messages = append(taken.Messages, d.ticket(m))
	}
	if draft.ForAll() && len(messages) > 0 && messages[0].UserID == "" {
		taken.Messages[0].Users = people.users()
	}
	if c.DryRun {
		taken.ID = ""
		for i := range taken.Messages {
			taken.Messages[i].ID, taken.Messages[i].URL = "", ""
		}
	}
	kept, err := tray(c, asked.Identified(), taken)
	if err != nil {
		return taken, false, err
	}
	kept.Messages = messages
	replayed, err = d.accept(ctx, c, kept, &taken)
	return taken, replayed, err
}

// ticket names the message, and the user where there is no address to name.
func (d *Desk) ticket(m message.Message) request.Ticket {
	t := request.Ticket{ID: m.ID, To: m.Recipients(), User: m.UserID, Status: m.Status, URL: d.o.PageOf(m.ID)}
	if m.Status == message.Pending || m.Status == message.Scheduled {
		if next := d.o.NextFlush(m.DueAt); !next.IsZero() {
			t.ExpectedBy = &next
		}
	}
	if m.Status == message.Skipped {
		t.To, t.Reason = m.UserID, m.Reason
	}
	return t
}

// recipients are a draft's lists with every id looked up.
type recipients struct {
	to, cc, bcc []message.Person
	replyTo     message.Mailboxes
	sender      message.Address
	unknown     map[string]bool // ids that are neither a user's nor a group's
}

// users are the ids of those among the recipients that are users with an address.
func (r recipients) users() (all []string) {
	for _, p := range slices.Concat(r.to, r.cc, r.bcc) {
		if p.ID != "" && p.Email != "" && !slices.Contains(all, p.ID) {
			all = append(all, p.ID)
		}
	}
	return all
}

// split makes the messages of a draft. Whoever has no address gets a record that says so,
// also where the others share one mail.
func (d *Desk) split(c request.Call, draft message.Draft, r recipients, zone string) []message.Message {
	var messages []message.Message
	whole := d.direct(c, draft)
	whole.Sender, whole.ReplyTo = r.sender, r.replyTo
	own := r.to // who gets a message of his own
	if draft.ForAll() {
		m := whole
		m.ID, m.Timezone, m.Language = message.NewID(message.MessageIDs), zone, draft.Language
		m.Envelope = message.Envelope{To: addresses(r.to), Cc: addresses(r.cc), Bcc: addresses(r.bcc), ReplyTo: r.replyTo}
		addCase(&m, draft)
		if len(m.Everyone()) > 0 {
			messages = append(messages, m)
		}
		own = slices.DeleteFunc(slices.Concat(r.to, r.cc, r.bcc), func(p message.Person) bool { return p.Email != "" })
	}
	seen := map[string]bool{}
	for _, p := range own {
		key := message.Identity(p.Email)
		if key == "" {
			key = p.ID
		}
		if seen[key] {
			continue
		}
		seen[key] = true
		if p.Timezone == "" {
			p.Timezone = zone
		}
		if draft.Language != "" {
			p.Language = draft.Language
		}
		m := p.Address(whole)
		m.ID = message.NewID(message.MessageIDs)
		addCase(&m, draft)
		m.Language = draft.Language // of the caller's words, not of the reader
		if p.Email == "" {
			m.Status, m.Reason, m.DueAt, m.QueuedAt = message.Skipped, message.NoAddress, time.Time{}, time.Time{}
		}
		if r.unknown[p.ID] {
			m = unknownRecipient(m)
		}
		messages = append(messages, m)
	}
	return messages
}

// addCase names the case in the subject and links to it, unless the draft says no (AMODIT-29).
func addCase(m *message.Message, draft message.Draft) {
	if draft.AddCaseID == nil || *draft.AddCaseID {
		m.Subject = letter.AddCaseID(m.Subject, m.Case)
	}
	if draft.AddURL == nil || *draft.AddURL {
		m.Text, m.HTML = letter.AddCaseLink(m.Text, m.HTML, m.Case, m.Language)
	}
}

func addresses(people []message.Person) []message.Address {
	var list []message.Address
	for _, p := range people {
		if p.Email != "" {
			list = append(list, message.Address{Email: p.Email, Name: p.Name})
		}
	}
	return list
}

// direct is a draft's message before it has a recipient.
func (d *Desk) direct(c request.Call, draft message.Draft) message.Message {
	m := message.Message{
		Site: c.Site, Type: message.Direct, Reference: draft.Reference,
		Subject: draft.Subject, Text: draft.Text, HTML: draft.HTML, Domain: d.o.Domain, Manual: draft.Manual, Account: draft.Account,
		Priority: message.Ranked(draft.Priority.Rank()), Extra: draft.Extra(),
		CreatedAt: c.At, UpdatedAt: c.At, Status: message.Pending, Reason: message.BySender, DueAt: c.At, QueuedAt: c.At,
	}
	if draft.Case != nil {
		m.Case = *draft.Case
	}
	if draft.ExpiresAt != nil {
		m.ExpiresAt = *draft.ExpiresAt
	}
	switch {
	case draft.Manual:
		m.Status, m.DueAt, m.QueuedAt = message.PendingManual, time.Time{}, time.Time{}
	case draft.SendAt != nil && draft.SendAt.After(c.At):
		m.Status, m.DueAt, m.QueuedAt = message.Scheduled, *draft.SendAt, *draft.SendAt
		m.SendAt = *draft.SendAt
	}
	return m
}

// meant is the draft with a user wherever a text is exactly the id of one, though it looks like an
// address. An id whose user is erased is nobody's: it must not become an address again.
func (d *Desk) meant(ctx context.Context, site string, draft message.Draft) (message.Draft, error) {
	lists := []*[]message.Recipient{&draft.To, &draft.Cc, &draft.Bcc, (*[]message.Recipient)(&draft.ReplyTo)}
	var sender []message.Recipient
	if draft.Sender != nil {
		sender = append(sender, *draft.Sender)
	}
	lists = append(lists, &sender)
	var bare []string
	for _, list := range lists {
		for _, r := range *list {
			if r.Bare {
				bare = append(bare, r.Email)
			}
		}
	}
	erased, err := d.people.AddressIDs(ctx, site, bare)
	if err != nil || erased == nil {
		return draft, err
	}
	users, err := d.people.Users(ctx, site, bare)
	if err != nil {
		return draft, err
	}
	for _, list := range lists {
		*list = slices.Clone(*list)
		for i, r := range *list {
			if _, known := users[r.Email]; r.Bare && (known || erased[r.Email]) {
				(*list)[i] = message.Recipient{ID: r.Email}
			}
		}
	}
	if draft.Sender != nil {
		draft.Sender = &sender[0]
	}
	return draft, nil
}

// resolve looks up the users and groups that a draft names.
func (d *Desk) resolve(ctx context.Context, c request.Call, draft message.Draft) (recipients, error) {
	draft, err := d.meant(ctx, c.Site, draft)
	if err != nil {
		return recipients{}, err
	}
	var ids []string
	for _, list := range [][]message.Recipient{draft.To, draft.Cc, draft.Bcc} {
		for _, r := range list {
			if r.ID != "" {
				ids = append(ids, r.ID)
			}
		}
	}
	single := draft.ReplyTo
	if draft.Sender != nil {
		single = append(slices.Clone(single), *draft.Sender)
	}
	for _, one := range single {
		if one.ID != "" {
			ids = append(ids, one.ID)
		}
	}
	people, err := d.look(ctx, c.Site, ids)
	if err != nil {
		return recipients{}, err
	}
	var bad fault.Invalid
	if c.Strict || !anybody(draft, people) {
		refuseUnknown(&bad, draft, people)
	}
	if bad.Err() != nil && draft.ReplyTo == nil && draft.Sender == nil {
		return recipients{}, &bad
	}
	r := listed(draft, people)
	for i, one := range draft.ReplyTo {
		r.replyTo = append(r.replyTo, mailbox(&bad, draft.ReplyTo.At(i), one, people))
	}
	if draft.Sender != nil {
		r.sender = mailbox(&bad, "/sender", *draft.Sender, people)
	}
	if err := bad.Err(); err != nil {
		return r, err
	}
	return r, r.check(draft.ForAll())
}

// lists are those of a draft whose members get its mail, by their keys.
func lists(draft message.Draft) (names []string, all [][]message.Recipient) {
	return []string{"to", "cc", "bcc"}, [][]message.Recipient{draft.To, draft.Cc, draft.Bcc}
}

// anybody tells whether a draft goes to anybody who is known: an address, a user, or a group
// even if nobody is in it, which is told in words of its own.
func anybody(draft message.Draft, people map[string][]message.Person) bool {
	_, all := lists(draft)
	for _, list := range all {
		for _, one := range list {
			if _, known := people[one.ID]; known || one.ID == "" {
				return true
			}
		}
	}
	return false
}

// refuseUnknown notes each id that is neither a user's nor a group's.
func refuseUnknown(bad *fault.Invalid, draft message.Draft, people map[string][]message.Person) {
	names, all := lists(draft)
	for n, list := range all {
		for i, one := range list {
			if _, known := people[one.ID]; known || one.ID == "" {
				continue
			}
			if len(bad.Faults) >= fault.MaxFaults { // the others are only counted
				bad.More++
				continue
			}
			bad.Add(fmt.Sprintf("/%s/%d", names[n], i), "unknown_user",
				"%q is neither a user nor a group. Add it with PUT /api/v1/users/%s, or give an address", one.ID, url.PathEscape(one.ID))
		}
	}
}

// listed are the lists of a draft with the people behind their ids.
func listed(draft message.Draft, people map[string][]message.Person) (r recipients) {
	r.unknown = map[string]bool{}
	_, all := lists(draft)
	for n, into := range []*[]message.Person{&r.to, &r.cc, &r.bcc} {
		for _, one := range all[n] {
			found, known := people[one.ID]
			switch {
			case one.ID == "":
				found = []message.Person{{Email: one.Email, Name: one.Name}}
			case !known:
				found, r.unknown[one.ID] = []message.Person{{ID: one.ID}}, true
			}
			*into = append(*into, found...)
		}
	}
	return r
}

// mailbox is the one address of a sender, or that answers go to.
func mailbox(bad *fault.Invalid, at string, of message.Recipient, people map[string][]message.Person) message.Address {
	if of.ID == "" {
		return of.Address
	}
	found, known := people[of.ID]
	switch {
	case !known:
		bad.Add(at, "unknown_user", "there is no user %q. Add it with PUT /api/v1/users/%s, or give an address", of.ID, url.PathEscape(of.ID))
	case len(found) != 1 || found[0].ID != of.ID:
		bad.Add(at, "not_a_user", "%q is a group, and one address is needed here. Name a user, or give an address", of.ID)
	case found[0].Email == "":
		bad.Add(at, "no_address", "%q has no address. Give the user one, or give another address", of.ID)
	default:
		return message.Address{Email: found[0].Email, Name: found[0].Name}
	}
	return message.Address{}
}

// check tells what is wrong with the recipients once groups have become their users.
func (r recipients) check(forAll bool) error {
	var bad fault.Invalid
	switch n := len(r.to) + len(r.cc) + len(r.bcc); {
	case n == 0:
		bad.Add("/to", "nobody", "the groups named here have no users. Add some with PUT /api/v1/groups/ID, or name other recipients")
	case forAll && n > message.MaxVisible:
		bad.Add("/to", "too_many", "one mail for all has at most %d recipients, with the users of its groups these are %d. Leave out one_mail, cc and bcc to write one mail each", message.MaxVisible, n)
	case n > fault.MaxList:
		bad.Add("/to", "too_many", "at most %d recipients are taken at once, with the users of the groups these are %d. Send the rest in another request", fault.MaxList, n)
	}
	return bad.Err()
}

// look finds the people behind ids of users and groups.
func (d *Desk) look(ctx context.Context, site string, ids []string) (map[string][]message.Person, error) {
	found := map[string][]message.Person{}
	if len(ids) == 0 {
		return found, nil
	}
	users, err := d.people.Users(ctx, site, ids)
	if err != nil {
		return nil, err
	}
	var rest []string
	for _, id := range ids {
		if u, known := users[id]; known {
			found[id] = []message.Person{u.Person()}
		} else {
			rest = append(rest, id)
		}
	}
	groups, err := d.groups.Groups(ctx, site, rest)
	if err != nil || len(groups) == 0 {
		return found, err
	}
	for id, members := range groups {
		users, err := d.people.Users(ctx, site, members)
		if err != nil {
			return nil, err
		}
		found[id] = []message.Person{}
		for _, member := range members {
			if u, known := users[member]; known {
				found[id] = append(found[id], u.Person())
			}
		}
	}
	return found, nil
}
