package console

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-message/mail"

	"notifier/fault"
	"notifier/message"
)

// letter is a caught mail as people read it.
type letter struct {
	ID                  int
	Message             message.ID // which message it is; empty if it does not say so
	To, From, Subject   string
	Reason, Date        string
	At                  time.Time
	Text, HTML, Preview string
	Source              string
	Headers             []field
	Attached            []string // names of files, with their sizes
	Broken              string   // why it cannot be read, or not all of it
}

// field is one header.
type field struct{ Name, Value string }

// matches tells whether a recipient, the sender or the subject has these words.
func (l letter) matches(words string) bool {
	return strings.Contains(strings.ToLower(l.To+" "+l.From+" "+l.Subject), strings.ToLower(words))
}

// read takes a mail apart. What cannot be read is said in Broken.
func read(c Caught) letter {
	l := letter{ID: c.ID, To: strings.Join(c.To, ", "), At: c.At, Source: string(c.Data)}
	reader, err := mail.CreateReader(bytes.NewReader(c.Data))
	if err != nil {
		l.Subject, l.Broken = "–", err.Error()
		return l
	}
	l.Subject, _ = reader.Header.Subject()
	l.From, _ = reader.Header.Text("From")
	l.Date = reader.Header.Get("Date")
	l.Reason = reader.Header.Get("X-Notifier-Reason")
	l.Message = message.ID(reader.Header.Get("X-Notifier-Id"))
	for fields := reader.Header.Fields(); fields.Next(); {
		text, err := fields.Text()
		if err != nil {
			text = fields.Value()
		}
		l.Headers = append(l.Headers, field{fields.Key(), text})
	}
	l.parts(reader)
	l.Preview = fault.Truncate(strings.Join(strings.Fields(l.Text), " "), 120)
	return l
}

// parts reads what a mail is made of.
func (l *letter) parts(reader *mail.Reader) {
	var images []string // what the HTML calls each, and the image
	for {
		part, err := reader.NextPart()
		if err != nil {
			break
		}
		body, err := io.ReadAll(io.LimitReader(part.Body, message.MaxAttachmentSize))
		if err != nil {
			l.Broken = err.Error()
			break
		}
		if file, is := part.Header.(*mail.AttachmentHeader); is {
			name, _ := file.Filename()
			l.Attached = append(l.Attached, fmt.Sprintf("%s (%d bytes)", name, len(body)))
			continue
		}
		header, _ := part.Header.(*mail.InlineHeader)
		if header == nil {
			continue
		}
		id := strings.Trim(header.Get("Content-Id"), "<>")
		switch kind, _, _ := header.ContentType(); {
		case id != "" && strings.HasPrefix(kind, "image/"):
			images = append(images, "cid:"+id, "data:"+kind+";base64,"+base64.StdEncoding.EncodeToString(body))
		case kind == "text/html":
			l.HTML = string(body)
		case kind == "text/plain":
			l.Text = string(body)
		}
	}
	l.HTML = strings.NewReplacer(images...).Replace(l.HTML)
}
