package client

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fault is one thing wrong with a request.
type Fault struct {
	Pointer string `json:"pointer"` // where: a JSON pointer into the request
	Code    string `json:"code"`    // what, for programs
	Detail  string `json:"detail"`  // what is wrong and what to write instead
}

// Invalid says that a request cannot be taken, and what is wrong with it.
type Invalid struct{ Faults []Fault }

// Error is a sentence for each fault, with its place.
func (e *Invalid) Error() string {
	var lines []string
	for _, f := range e.Faults {
		where := strings.ReplaceAll(strings.TrimPrefix(f.Pointer, "/"), "/", ".")
		lines = append(lines, where+": "+f.Detail)
	}
	return strings.Join(lines, " ")
}

func (e *Invalid) add(pointer, code, detail string) {
	e.Faults = append(e.Faults, Fault{pointer, code, detail})
}

func (e *Invalid) err() error {
	if len(e.Faults) == 0 {
		return nil
	}
	return e
}

// line notes what is wrong with a text that must stay on one line.
func (e *Invalid) line(pointer, text string) {
	switch {
	case !utf8.ValidString(text):
		e.add(pointer, "bad_text", "the text is not valid UTF-8.")
	case strings.ContainsFunc(text, unicode.IsControl):
		e.add(pointer, "bad_text", "the text has a line break or control character in it. Write it on one line.")
	}
}

// Check tells what is plainly wrong with the draft as an *Invalid, or nil. The service looks
// closer: it knows the users, the templates and the accounts.
func (d Draft) Check() error {
	var bad Invalid
	bad.line("/id", d.Reference)
	bad.line("/subject", d.Subject)
	if strings.TrimSpace(d.Subject) == "" && d.Template == nil {
		bad.add("/subject", "missing", "a mail needs a subject.")
	}
	if d.Text == "" && d.HTML == "" && d.Template == nil {
		bad.add("/text", "missing", "a mail needs a text, or html, or both.")
	}
	if len(d.To)+len(d.Cc)+len(d.Bcc) == 0 {
		bad.add("/to", "missing", "a mail needs at least one recipient: a user id, an address, or an object with email and name.")
	}
	lists := map[string][]Recipient{"to": d.To, "cc": d.Cc, "bcc": d.Bcc, "reply_to": d.ReplyTo}
	for _, name := range []string{"to", "cc", "bcc", "reply_to"} {
		for i, r := range lists[name] {
			at := fmt.Sprintf("/%s/%d", name, i)
			if name == "reply_to" && len(d.ReplyTo) == 1 { // it is written without brackets
				at = "/reply_to"
			}
			r.check(&bad, at)
		}
	}
	if d.ExpiresAt != nil && d.SendAt != nil && !d.ExpiresAt.After(*d.SendAt) {
		bad.add("/expires_at", "before_send_at", "expires_at lies before send_at: the mail could never leave. Give a later time.")
	}
	return bad.err()
}

// check refuses what is no address at all, and what would end a line of a mail's head.
func (r Recipient) check(bad *Invalid, at string) {
	local, domain, found := strings.Cut(r.Email, "@")
	switch {
	case r.ID != "":
		bad.line(at, r.ID)
	case !found || local == "" || domain == "" || strings.ContainsFunc(r.Email, unicode.IsControl):
		bad.add(at, "bad_address", fmt.Sprintf("%q is not an address. Write it as name@example.org.", r.Email))
	default:
		bad.line(at, r.Name)
	}
}

// Check tells what is plainly wrong with the event as an *Invalid, or nil. The service looks
// closer: it knows the users and the kinds.
func (e Event) Check() error {
	var bad Invalid
	if len(e.Users) == 0 {
		bad.add("/users", "missing", "an event needs at least one user id.")
	}
	for i, id := range e.Users {
		if id == "" {
			bad.add(fmt.Sprintf("/users/%d", i), "missing", "a user id is empty. Leave it out, or write the id.")
		}
		bad.line(fmt.Sprintf("/users/%d", i), id)
	}
	bad.line("/id", e.Reference)
	bad.line("/actor", e.Actor)
	bad.line("/process", e.Process)
	return bad.err()
}
