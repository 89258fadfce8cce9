package message

import (
	"slices"
	"time"

	"notifier/fault"
)

// Filter narrows a list of messages. Its zero value takes everything. Console, command line
// and API narrow by the same words, which are its JSON keys.
type Filter struct {
	ID        ID       `json:"id,omitempty" doc:"The message with this id."`
	Status    Status   `json:"status,omitempty" doc:"Only with this status."`
	Type      Type     `json:"type,omitempty" doc:"Only what such a thing led to: single, digest, deadline or direct."`
	Kind      Kind     `json:"kind,omitempty" doc:"Only events of this kind."`
	To        string   `json:"to,omitempty" doc:"Only to this address."`
	User      string   `json:"user,omitempty" doc:"Only of this user."`
	Case      string   `json:"case,omitempty" doc:"Only of the case with this id."`
	Reference string   `json:"reference,omitempty" doc:"Only with this id of yours, or of the deadline with this key."`
	Event     ID       `json:"event,omitempty" doc:"Only of the event with this id."`
	Category  Category `json:"category,omitempty" doc:"Only with an error of this category."`
	Code      string   `json:"code,omitempty" doc:"Only with an error whose code begins so, as 552 does 552 5.2.2."`
	Account   string   `json:"account,omitempty" doc:"Only by this outgoing account."`
	Tag       string   `json:"tag,omitempty" doc:"Only with this tag: its name, or its name, = and its value."`
	Operation ID       `json:"operation,omitempty" doc:"Only what this operation has moved."`
	// Text is looked for in the subject, the summary, the case's title and the text.
	Text  string    `json:"text,omitempty" doc:"Only with these words in them. It needs since."`
	Since time.Time `json:"since,omitzero" doc:"Only taken at this time or later."`
	Until time.Time `json:"until,omitzero" doc:"Only taken before this time."`
	// Site is another site than that of who asks; a store is asked for one site at a time.
	Site string `json:"site,omitempty" doc:"Only of this site. An operation is for the site of its key."`

	Before ID  `json:"-"` // older than this one
	Limit  int `json:"-"` // 0 means 100
}

// Found is a page of messages, the newest first.
type Found struct {
	Messages []Message
	// Next is where the next page begins, as Before of the filter; empty if this is the
	// last. Of a filter that no index narrows a page covers so much of the past, and may
	// be short, or empty.
	Next ID
}

// Counted is how many messages a filter takes.
type Counted struct {
	N int
	// Guessed tells that it is reckoned from a part of them.
	Guessed bool
}

// Check tells all that is wrong with the filter as *fault.Invalid, or nil.
func (f Filter) Check() error {
	var bad fault.Invalid
	f.check(&bad, "/")
	return bad.Err()
}

func (f Filter) check(bad *fault.Invalid, at string) {
	word(bad, at+"status", f.Status, Statuses())
	word(bad, at+"type", f.Type, []Type{Single, Digest, Reminder, Direct})
	word(bad, at+"category", f.Category, Categories())
	if f.Event != "" {
		_, err := ParseID(EventIDs, string(f.Event))
		bad.Check(at+"event", "bad_id", err)
	}
	if f.Operation != "" {
		_, err := ParseID(OperationIDs, string(f.Operation))
		bad.Check(at+"operation", "bad_id", err)
	}
	if f.ID != "" && f.ID.Bytes() == [16]byte{} {
		bad.Add(at+"id", "bad_id", "%q is not the id of a message. One begins with msg_ or dig_; leave others out", fault.Truncate(string(f.ID), 60))
	}
	for _, t := range []struct {
		name string
		time time.Time
	}{{"since", f.Since}, {"until", f.Until}} {
		if !t.time.IsZero() {
			bad.CheckTime(at+t.name, &t.time)
		}
	}
	if f.Text != "" && f.Since.IsZero() {
		bad.Add(at+"text", "needs_time", "words are looked for within a time. Add since, as in since:7d")
	}
	if !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until) {
		bad.Add(at+"until", "too_early", "until is not after since, so nothing lies between them. Give a later one")
	}
}

// On is the site that the filter is for, where who asks is of that site and may see others
// as sees says (nil: none).
func (f Filter) On(site, at string, sees func(string) bool) (string, error) {
	if f.Site == "" || f.Site == site {
		return site, nil
	}
	var bad fault.Invalid
	switch {
	case sees == nil:
		bad.Add(at, "other_site", "this is for the site %s, and sees no other. Leave site out, or ask with a key of %s", site, fault.Truncate(f.Site, 60))
	case !sees(f.Site):
		bad.Add(at, "unknown_site", "there is no site %q. notifier site list tells what there is", fault.Truncate(f.Site, 60))
	default:
		return f.Site, nil
	}
	return "", &bad
}

func word[T ~string](bad *fault.Invalid, at string, w T, known []T) {
	if w == "" || slices.Contains(known, w) {
		return
	}
	var names []string
	for _, k := range known {
		names = append(names, string(k))
	}
	bad.Add(at, "bad_word", "%q is none of %s", fault.Truncate(string(w), 60), fault.Either(names))
}
