package message

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"notifier/fault"
)

// The longest texts and lists that are taken; texts in characters.
const (
	MaxLine    = 200
	MaxSubject = 250
	MaxSummary = 500
	MaxURL     = 2000
	// MaxVisible is how many addresses one mail may name: they all stand in its head.
	MaxVisible = 100
	maxReplyTo = 10
	// MaxBody is the longest text, and the longest HTML, of a mail in bytes.
	MaxBody = 1 << 20
	// ClockSkew is how far ahead of us the clock of a caller may be.
	ClockSkew = 5 * time.Minute
)

// Check tells all that is wrong with the draft at that time as *fault.Invalid, or nil. What a
// template makes is for others to say.
func (d Draft) Check(at time.Time) error {
	var bad fault.Invalid
	bad.Check("/id", "bad_text", fault.CheckLine(d.Reference, MaxLine))
	bad.Check("/account", "bad_text", fault.CheckLine(d.Account, MaxLine))
	bad.Check("/subject", "bad_text", fault.CheckLine(d.Subject, MaxSubject))
	if strings.TrimSpace(d.Subject) == "" && d.Template == nil {
		bad.Add("/subject", "missing", "a mail needs a subject")
	}
	if d.Text == "" && d.HTML == "" && d.Template == nil {
		bad.Add("/text", "missing", "a mail needs a text, or html, or both")
	}
	bad.Check("/text", "bad_text", fault.CheckBody(d.Text, MaxBody))
	bad.Check("/html", "bad_text", fault.CheckBody(d.HTML, MaxBody))
	if d.Case != nil {
		d.Case.check(&bad)
	}
	d.checkRecipients(&bad)
	d.checkTimes(&bad, at)
	d.checkExtra(&bad)
	return bad.Err()
}

// ForAll tells whether the draft becomes one mail for all its recipients (AMODIT-28).
func (d Draft) ForAll() bool { return d.OneMail || len(d.Cc)+len(d.Bcc) > 0 }

func (d Draft) checkRecipients(bad *fault.Invalid) {
	if len(d.To)+len(d.Cc)+len(d.Bcc) == 0 {
		bad.Add("/to", "missing", "a mail needs at least one recipient: a user id, an address, or an object with email and name")
	}
	if len(d.To) > fault.MaxList {
		bad.Add("/to", "too_many", "at most %d recipients are taken at once, these are %d. Send the rest in another request", fault.MaxList, len(d.To))
		return // what each of them is like does not matter then
	}
	if n := len(d.To) + len(d.Cc) + len(d.Bcc); d.ForAll() && n > MaxVisible {
		bad.Add("/to", "too_many", "one mail for all has at most %d recipients, these are %d. Leave out one_mail, cc and bcc to write one mail each", MaxVisible, n)
		return
	}
	for _, list := range []struct {
		name string
		all  []Recipient
	}{{"to", d.To}, {"cc", d.Cc}, {"bcc", d.Bcc}} {
		for i, r := range list.all {
			r.check(bad, fmt.Sprintf("/%s/%d", list.name, i))
		}
	}
	if len(d.ReplyTo) > maxReplyTo {
		bad.Add("/reply_to", "too_many", "answers go to at most %d addresses, these are %d. Leave some out", maxReplyTo, len(d.ReplyTo))
	}
	for i, r := range d.ReplyTo {
		r.check(bad, d.ReplyTo.At(i))
	}
}

func (r Recipient) check(bad *fault.Invalid, at string) {
	if r.ID != "" {
		bad.Check(at, "bad_text", CheckUserID(r.ID))
		return
	}
	bad.Check(at, "bad_address", r.Check())
}

func (d Draft) checkTimes(bad *fault.Invalid, at time.Time) {
	bad.CheckTime("/send_at", d.SendAt)
	bad.CheckTime("/expires_at", d.ExpiresAt)
	if d.Manual && d.SendAt != nil {
		bad.Add("/send_at", "not_allowed", "a manual message leaves when a person releases it. Leave out send_at, or manual")
	}
	if d.ExpiresAt == nil {
		return
	}
	if !d.ExpiresAt.After(at) {
		bad.Add("/expires_at", "in_the_past", "expires_at lies in the past. Give a later time, or leave it out")
	}
	if d.SendAt != nil && !d.ExpiresAt.After(*d.SendAt) {
		bad.Add("/expires_at", "before_send_at", "expires_at lies before send_at: the mail could never leave. Give a later time")
	}
}

// Check tells all that is wrong with the event at that time as *fault.Invalid, or nil. Whether
// its kind and users are known is for others to say.
func (e Event) Check(at time.Time) error {
	var bad fault.Invalid
	if len(e.Users) == 0 {
		bad.Add("/users", "missing", "an event needs at least one user id")
	}
	if len(e.Users) > fault.MaxList {
		bad.Add("/users", "too_many", "at most %d users are taken at once, these are %d. Send the rest in another request", fault.MaxList, len(e.Users))
	} else {
		e.checkUsers(&bad)
	}
	bad.Check("/id", "bad_text", fault.CheckLine(e.Reference, MaxLine))
	bad.Check("/actor", "bad_text", fault.CheckLine(e.Actor, MaxLine))
	bad.Check("/process", "bad_text", fault.CheckLine(e.Process, MaxLine))
	if wrong, is := errors.AsType[*fault.Invalid](e.Summary.Check(MaxKept)); is {
		bad.Take("/summary", wrong)
	}
	e.Case.check(&bad)
	bad.CheckTime("/occurred_at", e.OccurredAt)
	if e.OccurredAt != nil && e.OccurredAt.After(at.Add(ClockSkew)) {
		bad.Add("/occurred_at", "in_the_future", "occurred_at lies in the future. Publish the event when it has happened")
	}
	return bad.Err()
}

func (e Event) checkUsers(bad *fault.Invalid) {
	for i, id := range e.Users {
		at := fmt.Sprintf("/users/%d", i)
		if id == "" {
			bad.Add(at, "missing", "a user id is empty. Leave it out, or write the id")
			continue
		}
		bad.Check(at, "bad_text", CheckUserID(id))
	}
}

// CheckUserID tells why no user can have that id, or nil. Ids are what a directory calls people:
// addresses and paths among them. They are percent-encoded in the paths of the API.
func CheckUserID(id string) error {
	switch id {
	case "":
		return fmt.Errorf("a user needs an id. Write the one that the workflow system uses, for example anna")
	case ".", "..", "/":
		return fmt.Errorf("%q cannot be an id: browsers and proxies fold it into another path. Choose another id", id)
	}
	return fault.CheckLine(id, MaxLine)
}

// Occurred is when the event happened, by a caller's clock that may be a little ahead.
func (e Event) Occurred(at time.Time) time.Time {
	if e.OccurredAt != nil && e.OccurredAt.Before(at) {
		return e.OccurredAt.UTC().Truncate(time.Microsecond)
	}
	return at
}

// Check tells all that is wrong with the case as *fault.Invalid, with pointers below /case, or nil.
func (c Case) Check() error {
	var bad fault.Invalid
	c.check(&bad)
	return bad.Err()
}

func (c Case) check(bad *fault.Invalid) {
	bad.Check("/case/id", "bad_text", fault.CheckLine(c.ID, MaxLine))
	bad.Check("/case/title", "bad_text", fault.CheckLine(c.Title, MaxKept))
	bad.Check("/case/stage", "bad_text", fault.CheckLine(c.Stage, MaxKept))
	bad.Check("/case/owner", "bad_text", fault.CheckLine(c.Owner, MaxKept))
	if c.URL == "" {
		return
	}
	bad.Check("/case/url", "bad_text", fault.CheckLine(c.URL, MaxURL))
	if u, err := url.Parse(c.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		bad.Add("/case/url", "bad_url", "%q is not a web address. Write it as https://bpm.example.org/c/1181", fault.Truncate(c.URL, 100))
	}
}
