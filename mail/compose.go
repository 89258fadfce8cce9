// Package mail writes messages as mails and carries them to a relay over SMTP.
//
// It neither waits nor tries again later: what becomes of a refused message is the
// queue's business. Its courier says who took a mail, who did not, and why.
package mail

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/jordan-wright/email"

	"notifier/fault"
	"notifier/message"
)

// The longest values that a header is given, in characters.
const (
	maxSubject = 998
	maxReason  = 300
	maxID      = 60
)

// maxLine is the longest line of a mail, without its end (RFC 5322 §2.1.1).
const maxLine = message.MaxHeaderLine

// Compose writes the message as a mail. The same message gives the same bytes on every
// attempt. Each value is checked once more: a stored row, too, may hold what a header
// must not.
func Compose(m message.Message, from message.Address) ([]byte, error) {
	m, from = neutral(m, from)
	if err := check(m, from); err != nil {
		return nil, fmt.Errorf("compose %q: %w", m.ID, err)
	}
	c, err := contentOf(m)
	if err != nil {
		return nil, fmt.Errorf("compose %s: %w", m.ID, err)
	}
	if len(m.Attachments) > 0 {
		if c, err = withParts(c, m); err != nil {
			return nil, fmt.Errorf("compose %s: %w", m.ID, err)
		}
	}
	h := header{b: make([]byte, 0, 1024+len(c.body))}
	if err := h.message(m, from); err != nil {
		return nil, fmt.Errorf("compose %s: %w", m.ID, err)
	}
	h.words("Content-Type", strings.Fields(c.mediaType))
	if c.encoding != "" {
		h.text("Content-Transfer-Encoding", c.encoding)
	}
	b := append(h.b, "\r\n"...)
	b = append(b, c.body...)
	if !bytes.HasSuffix(b, []byte("\r\n")) {
		b = append(b, "\r\n"...)
	}
	return b, nil
}

// neutral takes out of a stored message what is refused today, and was not when the message, or
// the person's name, was stored: controls of the writing direction in names, and structured fields
// that are none.
func neutral(m message.Message, from message.Address) (message.Message, message.Address) {
	shown := func(list []message.Address) []message.Address {
		list = slices.Clone(list)
		for i := range list {
			list[i].Name = fault.WithoutBidi(list[i].Name)
		}
		return list
	}
	if hasBidi(m.To) || hasBidi(m.Cc) || hasBidi(m.ReplyTo) {
		m.To, m.Cc, m.ReplyTo = shown(m.To), shown(m.Cc), shown(m.ReplyTo)
	}
	from.Name = fault.WithoutBidi(from.Name)
	for i, a := range m.Attachments {
		if name := fault.WithoutBidi(a.Filename); name != a.Filename {
			m.Attachments = slices.Clone(m.Attachments)
			m.Attachments[i].Filename = cmp.Or(name, "attachment")
		}
	}
	if slices.ContainsFunc(m.Headers, malformed) {
		m.Headers = slices.DeleteFunc(slices.Clone(m.Headers), malformed)
	}
	return m, from
}

func hasBidi(list []message.Address) bool {
	return slices.ContainsFunc(list, func(a message.Address) bool { return fault.WithoutBidi(a.Name) != a.Name })
}

func malformed(h message.Header) bool {
	return h.Structured() && h.Check() != nil && h.CheckName() == nil
}

// check refuses what must not come near a header.
func check(m message.Message, from message.Address) error {
	if _, bare, _ := strings.Cut(string(m.ID), "_"); bare == "" || len(m.ID) > maxID || strings.ContainsFunc(string(m.ID), notInID) {
		return errors.New("an id is letters and digits after an underscore")
	}
	if m.Text == "" && m.HTML == "" {
		return errors.New("the message has neither text nor HTML")
	}
	if m.QueuedAt.IsZero() && m.CreatedAt.IsZero() {
		return errors.New("the message has no date")
	}
	var bad fault.Invalid
	bad.Check("/from", "invalid", from.Check())
	for _, list := range [][]message.Address{m.To, m.Cc} {
		for _, a := range list {
			bad.Check("/to", "invalid", a.Check())
		}
	}
	for _, a := range m.ReplyTo {
		bad.Check("/reply_to", "invalid", a.Check())
	}
	bad.Check("/domain", "invalid", message.CheckEmail("id@"+m.Domain))
	bad.Check("/subject", "invalid", fault.CheckLine(m.Subject, maxSubject))
	bad.Check("/reason", "invalid", fault.CheckLine(reason(m), maxReason))
	bad.Check("/language", "invalid", fault.CheckLine(m.Language, maxID))
	bad.Check("/text", "invalid", fault.CheckBody(m.Text, math.MaxInt))
	bad.Check("/html", "invalid", fault.CheckBody(m.HTML, math.MaxInt))
	bad.Check("/case", "invalid", fault.CheckLine(m.Case.ID, maxSubject))
	for _, field := range m.Headers {
		bad.Check("/headers", "invalid", field.Check())
	}
	for _, a := range m.Attachments {
		bad.Check("/attachments", "invalid", a.Check())
	}
	return bad.Err()
}

func notInID(r rune) bool {
	return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r == '-')
}

// message writes all fields but those that belong to the body.
func (h *header) message(m message.Message, from message.Address) error {
	date := m.QueuedAt
	if date.IsZero() {
		date = m.CreatedAt
	}
	domain, err := asciiDomain(m.Domain)
	if err != nil {
		return err
	}
	m.Domain = domain
	h.text("Date", date.UTC().Format(time.RFC1123Z))
	err = h.addresses("From", []message.Address{from})
	if len(m.ReplyTo) > 0 {
		err = errors.Join(err, h.addresses("Reply-To", m.ReplyTo))
	}
	switch {
	case len(m.To) > 0:
		err = errors.Join(err, h.addresses("To", m.To))
	case len(m.Cc) == 0:
		h.text("To", "undisclosed-recipients:;")
	}
	if len(m.Cc) > 0 {
		err = errors.Join(err, h.addresses("Cc", m.Cc))
	}
	h.text("Subject", m.Subject)
	h.words("Message-ID", []string{m.MessageID()})
	h.text("Auto-Submitted", "auto-generated")
	h.text("X-Auto-Response-Suppress", "All")
	h.words("X-Notifier-Id", []string{string(m.ID)})
	h.text("X-Notifier-Reason", reason(m))
	h.words("List-Id", []string{"<" + listName(m) + "." + m.Domain + ">"})
	h.thread(m)
	h.extra(m)
	if m.Language != "" && !strings.ContainsFunc(m.Language, notInTag) {
		h.text("Content-Language", m.Language)
	}
	h.text("MIME-Version", "1.0")
	return err
}

// extra writes what the caller added, and how urgent the mail is.
func (h *header) extra(m message.Message) {
	if urgency, found := urgencies[m.Priority]; found && !m.Has("X-Priority") {
		h.text("X-Priority", urgency[0])
		if !m.Has("Importance") {
			h.text("Importance", urgency[1])
		}
	}
	for _, field := range m.Headers {
		if field.Structured() {
			h.words(field.Name, strings.Fields(field.Value))
		} else {
			h.text(field.Name, field.Value)
		}
	}
}

// urgencies are a priority as mail programs know it: one number and one word.
var urgencies = map[message.Priority][2]string{message.High: {"1", "high"}, message.Low: {"5", "low"}}

// listName is what a filter knows the mails of a kind by (RFC 2919).
func listName(m message.Message) string {
	name := cmp.Or(string(m.Kind), string(m.Type), "message")
	return fault.Truncate(strings.Map(func(r rune) rune {
		if notInID(r) {
			return '-'
		}
		return r
	}, name), maxID)
}

// thread writes the fields by which mail programs show the mails of a case together. Some look at
// In-Reply-To alone: it names the first of the case.
func (h *header) thread(m message.Message) {
	if m.Case.ID == "" || m.Type == message.Digest {
		return
	}
	root := caseID(m)
	if !m.Has("References") {
		h.words("References", []string{root})
	} else if ids := strings.Fields(m.Header("References")); len(ids) > 0 {
		root = ids[0]
	}
	if !m.Has("In-Reply-To") {
		h.words("In-Reply-To", []string{root})
	}
}

// caseID is the id that all mails about a case refer to.
func caseID(m message.Message) string {
	sum := sha256.Sum256([]byte(m.Site + "\x00" + m.Case.ID))
	return "<case." + hex.EncodeToString(sum[:10]) + "@" + m.Domain + ">"
}

func notInTag(r rune) bool { return r == '_' || notInID(r) }

// reason says in a header why the person gets the mail. It is made of what stays as it is:
// the reason of a message's status is another one at each step of its life.
func reason(m message.Message) string {
	why := string(m.Kind)
	if why == "" {
		why = string(m.Type)
	}
	if why == "" {
		why = "message"
	}
	if m.Setting != "" {
		why += "; setting=" + m.Setting
	}
	return why
}

// content is the body of a mail and how it is encoded.
type content struct {
	mediaType, encoding string // encoding is empty where the parts have their own
	body                []byte
}

// contentOf lets the library encode the text and the HTML. Its header block is left out:
// it has no order, is not folded, and undoes the encoding of some names. Its boundary is
// replaced, because it is another one each time.
func contentOf(m message.Message) (content, error) {
	text, html := canonical(m.Text), canonical(m.HTML)
	if html == "" && plain(text) {
		return content{"text/plain; charset=utf-8", "7bit", []byte(text)}, nil
	}
	e := email.Email{Text: []byte(text), HTML: []byte(html), Headers: spared}
	raw, err := e.Bytes()
	if err != nil {
		return content{}, err
	}
	head, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	switch {
	case html == "":
		return content{"text/plain; charset=utf-8", "quoted-printable", body}, nil
	case text == "":
		return content{"text/html; charset=utf-8", "quoted-printable", body}, nil
	}
	_, theirs, found := bytes.Cut(head, []byte("boundary="))
	theirs, _, _ = bytes.Cut(theirs, []byte("\r\n"))
	if !found || len(theirs) == 0 {
		return content{}, errors.New("the library wrote no boundary")
	}
	// Quoted-printable never has "=_" in it, so no text can end the part before its time.
	ours := "=_" + string(m.ID)
	body = bytes.ReplaceAll(body, append([]byte("--"), theirs...), []byte("--"+ours))
	return content{mediaType: `multipart/alternative; boundary="` + ours + `"`, body: body}, nil
}

// spared are fields that the library would otherwise make up at some cost.
var spared = textproto.MIMEHeader{"From": {""}, "Date": {""}, "Message-Id": {""}}

// canonical ends each line with CR and LF, whatever ended it before. A lone CR or LF is
// what one server takes for the end of a mail and another does not (SMTP smuggling).
func canonical(s string) string {
	if ends := strings.Count(s, "\r\n"); ends == strings.Count(s, "\n") && ends == strings.Count(s, "\r") {
		return s // which it is already
	}
	return string(appendLines(make([]byte, 0, len(s)+len(s)/32+16), []byte(s), false))
}

// appendLines appends s with canonical line ends and, for the transport, with a dot more
// before each line that begins with one (RFC 5321 §4.5.2).
func appendLines(b, s []byte, stuff bool) []byte {
	cr, lf := -1, -1 // the next of each
	for i := 0; i < len(s); {
		if cr < i {
			cr = indexFrom(s, i, '\r')
		}
		if lf < i {
			lf = indexFrom(s, i, '\n')
		}
		if stuff && s[i] == '.' {
			b = append(b, '.')
		}
		end := min(cr, lf)
		b = append(b, s[i:end]...)
		if end == len(s) {
			return b
		}
		b = append(b, '\r', '\n')
		if lf == cr+1 {
			end = lf
		}
		i = end + 1
	}
	return b
}

func indexFrom(s []byte, i int, c byte) int {
	if n := bytes.IndexByte(s[i:], c); n >= 0 {
		return i + n
	}
	return len(s)
}

// plain tells whether a canonical text may go out as it is, in seven bits.
func plain(s string) bool {
	length := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\n':
			length = 0
		case c == '\r':
		case c >= 0x7f || c < ' ' && c != '\t' || length == maxLine:
			return false
		default:
			length++
		}
	}
	return true
}

// asciiAddress is the address as it goes over the wire. Only its domain may have letters
// beyond ASCII; mail servers know it by its ASCII form (RFC 5891).
func asciiAddress(address string) (string, error) {
	if err := message.CheckEmail(address); err != nil {
		return "", err
	}
	return onTheWire(address)
}

// onTheWire is asciiAddress of an address that was checked.
func onTheWire(address string) (string, error) {
	if isASCII(address) {
		return address, nil
	}
	local, domain, _ := strings.Cut(address, "@")
	domain, err := asciiDomain(domain)
	return local + "@" + domain, err
}

func asciiDomain(domain string) (string, error) {
	if isASCII(domain) {
		return domain, nil
	}
	ascii := message.DomainIdentity(domain)
	if err := message.CheckEmail("x@" + ascii); err != nil || !isASCII(ascii) {
		return "", fmt.Errorf("the domain %q has no ASCII form: %w", domain, err)
	}
	return ascii, nil
}
