package document

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/textproto"
	"slices"
	"strings"

	"notifier/fault"
	"notifier/message"
)

// leftOut are fields of nodemailer's message that a mail of ours goes without, each with the reason.
var leftOut = map[string]string{
	"alternatives":         "mails have a text, HTML and an invitation",
	"amp":                  "mails have a text and HTML",
	"attachDataUrls":       "give images as attachments with a cid",
	"date":                 "the date is that of the mail's way into the queue",
	"disableFileAccess":    "files are never read",
	"disableUrlAccess":     "web addresses are never fetched",
	"dkim":                 "mails are signed with the keys of config.yaml",
	"dsn":                  "the account decides which receipts it asks for",
	"encoding":             "all texts leave in UTF-8",
	"envelope":             "the envelope is made of from, to, cc and bcc",
	"messageId":            "the Message-ID is made here, and told in info",
	"normalizeHeaderKey":   "names of headers are written as they are usual",
	"raw":                  "a mail is not taken as it is. Give its subject, text and html",
	"sender":               "a mail has one sender, from",
	"textEncoding":         "a text is encoded as it needs",
	"watchHtml":            "mails have a text and HTML",
	"xMailer":              "set headers.X-Mailer",
	"disableConversion":    "nothing is converted",
	"attachDataUrlsFolder": "give images as attachments with a cid",
}

// message reads what the extension hands on to nodemailer. Each field is used, or it is on record
// why not.
func (r *reader) message(raw json.RawMessage) {
	m := r.object("message", raw)
	d := &r.draft
	d.Subject, d.Text, d.HTML = r.text("message/subject", m["subject"]), r.text("message/text", m["text"]), r.text("message/html", m["html"])
	r.attachments(m["attachments"])
	for _, name := range slices.Sorted(maps.Keys(m)) {
		at, value := "message/"+name, m[name]
		if !given(value) {
			continue
		}
		switch name {
		case "subject", "text", "html", "attachments":
		case "to", "cc", "bcc", "replyTo":
			r.unlessGiven(at, value, map[string]*[]message.Recipient{"to": &d.To, "cc": &d.Cc, "bcc": &d.Bcc, "replyTo": (*[]message.Recipient)(&d.ReplyTo)}[name])
		case "from":
			if d.Sender != nil {
				r.leave(at, "the document has from beside message, which holds")
			} else {
				d.Sender = r.one(at, value)
			}
		case "headers":
			r.headers(at, value)
		case "inReplyTo":
			r.messageIDs(at, "In-Reply-To", value)
		case "references":
			r.messageIDs(at, "References", value)
		case "priority":
			r.priority(at, value)
		case "list":
			r.lists(at, value)
		case "icalEvent":
			r.invitation(at, value)
		default:
			why, known := leftOut[name]
			if !known {
				why = "no field of a mail that is known here"
			}
			r.leave("message/"+fault.Truncate(name, 60), why)
		}
	}
}

// unlessGiven reads addresses that stand inside message, where a document without them beside
// message means these.
func (r *reader) unlessGiven(at string, raw json.RawMessage, into *[]message.Recipient) {
	if len(*into) > 0 {
		_, name, _ := strings.Cut(at, "/")
		r.leave(at, "the document has "+name+" beside message, which holds")
		return
	}
	*into = r.addresses(at, raw)
}

// headers are those that a caller may add, as an object or a list of objects with key and value.
// The Message-ID is the service's.
func (r *reader) headers(at string, raw json.RawMessage) {
	var pairs []struct {
		Key   string          `json:"key"`
		Value json.RawMessage `json:"value"`
	}
	if given(raw) && json.Unmarshal(raw, &pairs) == nil {
		for i, p := range pairs {
			r.header(fmt.Sprintf("%s/%d", at, i), p.Key, p.Value)
		}
		return
	}
	all := r.object(at, raw)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		r.header(at+"/"+name, name, all[name])
	}
}

func (r *reader) header(at, name string, raw json.RawMessage) {
	var values message.Values
	switch err := json.Unmarshal(raw, &values); {
	case strings.EqualFold(name, "Message-ID"):
		r.leave(at, "the Message-ID is made here, and told in info")
	case strings.EqualFold(name, "Reply-To") && len(r.draft.ReplyTo) == 0:
		r.draft.ReplyTo = r.addresses(at, raw)
	case err != nil:
		r.bad.Add("/"+at, "bad_type", "it must be a text or a number, or a list of these")
	case len(values) > 0:
		r.addHeader(at, name, values)
	}
}

// addHeader sets a header unless the document has set it elsewhere.
func (r *reader) addHeader(at, name string, values message.Values) {
	for set := range r.draft.Headers {
		if textproto.CanonicalMIMEHeaderKey(set) == textproto.CanonicalMIMEHeaderKey(name) && strings.HasPrefix(at, "message/") {
			r.leave(at, "the document sets the header "+set+" elsewhere, which holds")
			return
		}
	}
	if r.draft.Headers == nil {
		r.draft.Headers = map[string]message.Values{}
	}
	r.draft.Headers[name] = append(r.draft.Headers[name], values...)
}

// messageIDs are one or more ids, with or without angle brackets.
func (r *reader) messageIDs(at, name string, raw json.RawMessage) {
	var ids []string
	for _, text := range r.texts(at, raw) {
		for _, id := range strings.Fields(text) {
			ids = append(ids, "<"+strings.Trim(id, "<>")+">")
		}
	}
	if len(ids) > 0 {
		r.addHeader(at, name, message.Values{strings.Join(ids, " ")})
	}
}

func (r *reader) priority(at string, raw json.RawMessage) {
	switch said := message.Priority(strings.ToLower(r.text(at, raw))); said {
	case message.High, message.Normal, message.Low:
		r.draft.Priority = said
	case "":
	default:
		r.bad.Add("/"+at, "bad_word", "%q is no priority. Write high, normal or low", fault.Truncate(string(said), 60))
	}
}

// lists are the List-… headers, by their names without List-.
func (r *reader) lists(at string, raw json.RawMessage) {
	all := r.object(at, raw)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		name := textproto.CanonicalMIMEHeaderKey("List-" + key)
		switch below := at + "/" + key; name {
		case "List-Archive", "List-Help", "List-Owner", "List-Unsubscribe":
			if values := r.listed(below, all[key]); len(values) > 0 {
				r.addHeader(below, name, message.Values{strings.Join(values, ", ")})
			}
		default:
			r.leave(at+"/"+fault.Truncate(key, 60), "of the headers of a list archive, help, owner and unsubscribe are taken")
		}
	}
}

// listed are addresses in angle brackets. Each is a text, or an object with url and comment.
func (r *reader) listed(at string, raw json.RawMessage) (values []string) {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		items = []json.RawMessage{raw}
	}
	for i, item := range items {
		var one struct{ URL, Comment string }
		if json.Unmarshal(item, &one.URL) != nil && json.Unmarshal(item, &one) != nil || one.URL == "" {
			r.bad.Add(fmt.Sprintf("/%s/%d", at, i), "bad_type", "it must be an address, or an object with url and comment")
			continue
		}
		address := strings.Trim(one.URL, "<> ")
		if !strings.Contains(address, ":") && strings.Contains(address, "@") {
			address = "mailto:" + address
		} else if !strings.Contains(address, ":") {
			address = "http://" + address
		}
		if address = "<" + address + ">"; one.Comment != "" {
			address += " (" + one.Comment + ")"
		}
		values = append(values, address)
	}
	return values
}

// invitation is an event of a calendar: its content, or an object with method and content.
func (r *reader) invitation(at string, raw json.RawMessage) {
	var content string
	fields := map[string]json.RawMessage{"content": raw}
	if json.Unmarshal(raw, &content) != nil {
		fields = r.object(at, raw)
	}
	text := func(name string) string { return r.text(at+"/"+name, fields[name]) }
	method := strings.ToUpper(text("method"))
	if method == "" {
		method = "PUBLISH" // as nodemailer has it
	}
	if strings.ContainsFunc(method, func(c rune) bool { return c < 'A' || c > 'Z' }) {
		r.bad.Add("/"+at+"/method", "bad_word", "%q is no method. Write REQUEST, CANCEL, REPLY or PUBLISH", fault.Truncate(method, 60))
		return
	}
	a := attachment{
		Filename: text("filename"), Content: text("content"), Path: text("path"), Href: text("href"), Encoding: text("encoding"),
		ContentType: "text/calendar; charset=utf-8; method=" + method,
	}
	if a.Filename == "" {
		a.Filename = "invite.ics"
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains([]string{"method", "filename", "content", "path", "href", "encoding"}, name) && given(fields[name]) {
			r.leave(at+"/"+fault.Truncate(name, 60), "an invitation has method, filename, content and encoding")
		}
	}
	f, err := a.file(len(r.draft.Attachments))
	if err != nil {
		r.bad.Check("/"+at, "bad_attachment", err)
		return
	}
	r.draft.Attachments = append(r.draft.Attachments, f)
}
