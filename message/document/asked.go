package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"strings"

	"notifier/fault"
	"notifier/message"
)

// Asked is the mail that a document asks for.
type Asked struct {
	draft message.Draft
	uids  map[string][]string // by toUids, ccUids, bccUids
	// LeftOut lists what a mail of ours has not.
	LeftOut []string
}

// uidFields are the lists of user ids, each beside a list of addresses (TE-11).
var uidFields = []string{"toUids", "ccUids", "bccUids"}

// Read says what mail the document asks for; *fault.Invalid if it cannot be said.
func Read(fields []byte) (Asked, error) {
	r := reader{Asked: Asked{uids: map[string][]string{}}}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(fields, &all); err != nil {
		return r.Asked, err
	}
	d := &r.draft
	d.OneMail = true // all stand in one mail
	d.To, d.Cc, d.Bcc = r.addresses("to", all["to"]), r.addresses("cc", all["cc"]), r.addresses("bcc", all["bcc"])
	for _, field := range uidFields {
		r.uids[field] = r.texts(field, all[field])
	}
	d.Sender, d.ReplyTo = r.one("from", all["from"]), r.addresses("replyTo", all["replyTo"])
	r.headers("headers", all["headers"])
	r.message(all["message"])
	r.template(all["template"])
	for _, field := range []string{"subject", "text", "html", "attachments", "icalEvent"} {
		if given(all[field]) {
			r.leave(field, "it is read inside of message")
		}
	}
	for _, field := range []string{"sendGrid", "categories"} {
		if given(all[field]) {
			r.leave(field, "it is for another mail service")
		}
	}
	if !given(all["message"]) && !given(all["template"]) {
		r.bad.Add("", "missing", "Neither message nor template is given. Write a message with a subject and a text or html, or name a template")
	}
	return r.Asked, r.bad.Err()
}

// UIDs are the ids of all users that the document names.
func (a Asked) UIDs() []string {
	var all []string
	for _, field := range uidFields {
		all = append(all, a.uids[field]...)
	}
	return all
}

// Draft is the mail with the users of whom there is an address. The others are left out,
// on record. Nobody left is an error, in Trigger Email's words (TE-11).
func (a Asked) Draft(reachable map[string]bool) (message.Draft, []string, error) {
	d, left := a.draft, slices.Clone(a.LeftOut)
	into := map[string]*[]message.Recipient{"toUids": &d.To, "ccUids": &d.Cc, "bccUids": &d.Bcc}
	for _, field := range uidFields {
		list := slices.Clone(*into[field])
		for _, id := range a.uids[field] {
			if !reachable[id] {
				left = append(left, fmt.Sprintf("%s: there is no address of a user %q", field, fault.Truncate(id, 60)))
				continue
			}
			list = append(list, message.Recipient{ID: id})
		}
		*into[field] = list
	}
	if len(d.To)+len(d.Cc)+len(d.Bcc) == 0 {
		var bad fault.Invalid
		bad.Add("", "nobody", "Expected at least 1 recipient.")
		return d, left, &bad
	}
	return d, left, nil
}

// reader notes all that is wrong on its way through a document.
type reader struct {
	Asked
	bad fault.Invalid
}

func given(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

// texts are a text or a list of texts; empty ones are none.
func (r *reader) texts(at string, raw json.RawMessage) []string {
	if !given(raw) {
		return nil
	}
	var one string
	var many []string
	if json.Unmarshal(raw, &one) == nil {
		many = []string{one}
	} else if json.Unmarshal(raw, &many) != nil {
		r.bad.Add("/"+at, "bad_type", "it must be a text, or a list of texts")
		return nil
	}
	return slices.DeleteFunc(many, func(s string) bool { return strings.TrimSpace(s) == "" })
}

// text is a text, or nothing.
func (r *reader) text(at string, raw json.RawMessage) (s string) {
	if given(raw) && json.Unmarshal(raw, &s) != nil {
		r.bad.Add("/"+at, "bad_type", "it must be a text. Write it in quotes")
	}
	return s
}

// addresses are texts with an address each, or several with commas between them, or objects with
// address and name.
func (r *reader) addresses(at string, raw json.RawMessage) []message.Recipient {
	var items []json.RawMessage
	if !given(raw) || json.Unmarshal(raw, &items) != nil {
		items = []json.RawMessage{raw}
	}
	var all []message.Recipient
	for _, item := range items {
		var one struct{ Name, Address string }
		if bytes.HasPrefix(bytes.TrimSpace(item), []byte("{")) && json.Unmarshal(item, &one) == nil && strings.TrimSpace(one.Address) != "" {
			all = append(all, message.Recipient{Address: message.Address{Email: strings.TrimSpace(one.Address), Name: one.Name}})
			continue
		}
		faults := len(r.bad.Faults)
		for _, text := range r.texts(at, item) {
			if n := strings.Count(text, ",") + len(all); n > fault.MaxList {
				r.bad.Add("/"+at, "too_many", "at most %d recipients are taken at once, these are %d. Send the rest in another document", fault.MaxList, n+1)
				return nil
			}
			parsed, err := mail.ParseAddressList(text)
			if err != nil { // whoever checks the draft says why
				parsed = []*mail.Address{{Address: strings.TrimSpace(text)}}
			}
			for _, a := range parsed {
				all = append(all, message.Recipient{Address: message.Address{Email: a.Address, Name: a.Name}})
			}
		}
		if len(r.bad.Faults) > faults {
			break // one sentence says it of all
		}
	}
	return all
}

// one is a single address, or nil.
func (r *reader) one(at string, raw json.RawMessage) *message.Recipient {
	all := r.addresses(at, raw)
	if len(all) > 1 {
		r.bad.Add("/"+at, "too_many", "one address is taken here, these are %d. Leave the others out", len(all))
	}
	if len(all) == 0 {
		return nil
	}
	return &all[0]
}

func (r *reader) object(at string, raw json.RawMessage) map[string]json.RawMessage {
	var all map[string]json.RawMessage
	if given(raw) && json.Unmarshal(raw, &all) != nil {
		r.bad.Add("/"+at, "bad_type", "it must be an object. Write it in braces")
	}
	return all
}

// leave notes what a mail of ours has not, and why.
func (r *reader) leave(at, why string) {
	r.LeftOut = append(r.LeftOut, strings.ReplaceAll(at, "/", ".")+": "+why)
}

func (r *reader) template(raw json.RawMessage) {
	if !given(raw) {
		return
	}
	t := r.object("template", raw)
	f := message.Filling{Name: r.text("template/name", t["name"])}
	if f.Name == "" {
		r.bad.Add("/template/name", "missing", "which template? Write its name")
	}
	for _, name := range slices.Sorted(maps.Keys(t)) {
		if name != "name" && name != "data" && given(t[name]) {
			r.leave("template/"+name, "a template has a name and data")
		}
	}
	if given(t["data"]) && f.Data.UnmarshalJSON(t["data"]) != nil {
		r.bad.Add("/template/data", "bad_type", "it must be an object, with what the template shows")
	}
	r.draft.Template = &f
}
