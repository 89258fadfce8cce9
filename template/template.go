// Package template fills mails that were written once in with the data of each.
//
// The language is Handlebars, as Firebase's Trigger Email has it (TE-14), without helpers of
// one's own. It is read and filled here rather than by a library so that what a template may
// compute has bounds; docs/decisions/007-templates.md says more.
package template

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"notifier/fault"
	"notifier/message"
)

// The longest that is taken, in bytes.
const (
	MaxSource = 256 << 10 // of one part
	MaxData   = 256 << 10
	maxFiles  = 1 << 20 // of the attachments together
)

// Template is a mail to be filled in, or a part of others.
type Template struct {
	Name    string `json:"name"`
	Subject string `json:"subject,omitempty" doc:"Handlebars; what it makes must be one line. Empty: the message's."`
	Text    string `json:"text,omitempty" doc:"Handlebars. Empty: the message's."`
	HTML    string `json:"html,omitempty" doc:"Handlebars, with what the data says escaped. Empty: the message's."`
	Partial bool   `json:"partial,omitempty" doc:"A part of other templates, which include it as {{> name}}: its subject in their subjects, its text in their texts, its HTML in their HTML."`
	Strict  bool   `json:"strict,omitempty" doc:"Refuse data in which something is missing that is to be printed. Otherwise nothing is printed there."`
	// Attachments replace those of the message.
	Attachments []Enclosure `json:"attachments,omitempty" doc:"Instead of those of the message." maxItems:"20"`
	UpdatedAt   time.Time   `json:"updated_at"`
}

// Enclosure is a file that comes with every mail of a template: a fixed one, or one to be
// filled in.
type Enclosure struct {
	Filename    string `json:"filename" doc:"Handlebars." example:"{{case.id}}.ics"`
	ContentType string `json:"content_type,omitempty" doc:"Its media type; by the end of its name if absent." example:"text/calendar"`
	ContentID   string `json:"content_id,omitempty" doc:"Makes it an image inside the HTML, which names it as cid: and this." maxLength:"100"`
	Text        string `json:"text,omitempty" doc:"Handlebars: what is in the file. Either this or content."`
	Content     []byte `json:"content,omitempty" doc:"What is in the file, in base64, as it is."`
}

// Mail is what a template makes of data. What is empty is left to the message.
type Mail struct {
	Subject     string         `json:"subject,omitempty"`
	Text        string         `json:"text,omitempty"`
	HTML        string         `json:"html,omitempty"`
	Attachments []message.File `json:"attachments,omitempty"`
}

var reIncludes = regexp.MustCompile(`\{\{~?#?>`)

var reName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$`)

// CheckName tells what is wrong with a template's name, or nil.
func CheckName(name string) error {
	if !reName.MatchString(name) {
		return fmt.Errorf("%q is no name of a template. Write letters, digits, _, - and dots, as in contract_ready", fault.Truncate(name, 60))
	}
	return nil
}

// Check tells all that is wrong with the template as *fault.Invalid, or nil. Whether the
// partials that it names exist is seen when it is filled in.
func (t Template) Check() error {
	var bad fault.Invalid
	bad.Check("/name", "bad_text", CheckName(t.Name))
	if t.Subject == "" && t.Text == "" && t.HTML == "" {
		bad.Add("", "missing", "there is nothing in the template. Give it a subject, a text or html")
	}
	bad.Check("/subject", "bad_template", checkSource(t.Subject))
	bad.Check("/text", "bad_template", checkSource(t.Text))
	bad.Check("/html", "bad_template", checkSource(t.HTML))
	if len(t.Attachments) > message.MaxAttachments {
		bad.Add("/attachments", "too_many", "at most %d attachments are taken, these are %d. Leave some out, or link to them", message.MaxAttachments, len(t.Attachments))
		return &bad
	}
	if t.Partial && len(t.Attachments) > 0 {
		bad.Add("/attachments", "not_allowed", "a partial has no attachments of its own. Give them to the template that includes it")
	}
	size := 0
	for i, a := range t.Attachments {
		at := fmt.Sprintf("/attachments/%d", i)
		size += len(a.Text) + len(a.Content)
		if a.Filename == "" {
			bad.Add(at+"/filename", "missing", "an attachment needs a name, as in contract.pdf")
		}
		if (a.Text == "") == (len(a.Content) == 0) {
			bad.Add(at, "missing", "an attachment has either a text, to be filled in, or a content, as it is. Leave one out")
		}
		// What it is does not come of the data, so it can be checked now.
		if err := (message.File{Filename: "x", ContentType: a.ContentType, ContentID: a.ContentID}).Attachment().Check(); err != nil {
			var wrong *fault.Invalid
			if errors.As(err, &wrong) {
				bad.Take(at, wrong)
			}
		}
		bad.Check(at+"/filename", "bad_template", checkSource(a.Filename))
		bad.Check(at+"/text", "bad_template", checkSource(a.Text))
	}
	if size > maxFiles {
		bad.Add("/attachments", "too_large", "the attachments have %.1f MB together, %d MB are taken. Link to what is large", float64(size)/(1<<20), maxFiles>>20)
	}
	return bad.Err()
}

func checkSource(source string) error {
	if err := fault.CheckBody(source, MaxSource); err != nil {
		return err
	}
	_, err := parse(source)
	return err
}

// Includes tells whether the template names partials.
func (t Template) Includes() bool {
	all := t.Subject + t.Text + t.HTML
	for _, a := range t.Attachments {
		all += a.Filename + a.Text
	}
	return reIncludes.MatchString(all)
}

// Fill writes a mail. What cannot be is a *fault.Invalid whose pointers lead into the
// template; those of the data begin with /data.
func (t Template) Fill(data []byte, partials map[string]Template) (Mail, error) {
	var bad fault.Invalid
	if t.Partial {
		bad.Add("/name", "not_allowed", "%q is a partial: a part of other templates. Name one of those", t.Name)
		return Mail{}, bad.Err()
	}
	if len(data) == 0 {
		data = []byte("{}")
	}
	if len(data) > MaxData {
		bad.Add("/data", "too_large", "the data has %d bytes; at most %d are taken. Leave out what the template does not show", len(data), MaxData)
		return Mail{}, bad.Err()
	}
	root, err := read(data)
	if _, is := root.(*object); err == nil && !is && root != nil {
		err = errors.New("an object is expected here")
	}
	if err != nil {
		bad.Check("/data", "bad_value", err)
		return Mail{}, bad.Err()
	}
	steps := 0
	fill := func(pointer, source string, most int, escape bool, part func(Template) string) string {
		if source == "" || len(bad.Faults) > 0 {
			return ""
		}
		w := &writer{escape: escape, strict: t.Strict, root: root, steps: &steps, left: most, out: &strings.Builder{}}
		w.partials = readers(partials, part)
		p, err := parse(source)
		if err == nil {
			begin := scope{unit: &unit{}}
			err = w.within(p, begin, begin.look(root))
		}
		if err != nil {
			bad.Add(pointer, string(message.TemplateFailed), "the template %q could not be filled: %s", t.Name, err.Error())
		}
		return w.out.String()
	}
	subject := func(t Template) string { return t.Subject }
	text := func(t Template) string { return t.Text }
	m := Mail{
		Subject: strings.TrimSpace(fill("/subject", t.Subject, message.MaxBody, false, subject)), // a file's line break
		Text:    fill("/text", t.Text, message.MaxBody, false, text),
		HTML:    fill("/html", t.HTML, message.MaxBody, true, func(t Template) string { return t.HTML }),
	}
	for i, a := range t.Attachments {
		at := fmt.Sprintf("/attachments/%d", i)
		f := message.File{
			Filename: fill(at+"/filename", a.Filename, message.MaxBody, false, subject), ContentType: a.ContentType, ContentID: a.ContentID, Content: a.Content,
		}
		if a.Text != "" {
			f.Content = []byte(fill(at+"/text", a.Text, message.MaxBody, false, text))
		}
		m.Attachments = append(m.Attachments, f)
	}
	if err := bad.Err(); err != nil {
		return Mail{}, err
	}
	return m, nil
}

// noPartial says that there is none of that name.
type noPartial string

func (n noPartial) Error() string {
	if n == "@partial-block" {
		return "{{> @partial-block}} stands where no block was handed to the partial. Include the partial as {{#> name}}…{{/name}}"
	}
	return fmt.Sprintf("there is no partial %q. Add it with PUT /api/v1/templates/%s and partial: true", string(n), string(n))
}

func (noPartial) Is(target error) bool { return target == errNoPartial }

// readers finds partials by their names, and reads each once.
func readers(partials map[string]Template, part func(Template) string) func(name string) (*program, error) {
	known := map[string]*program{}
	return func(name string) (*program, error) {
		if p, is := known[name]; is {
			return p, nil
		}
		one, is := partials[name]
		if !is {
			return nil, noPartial(fault.Truncate(name, 60))
		}
		source := part(one)
		if source == "" {
			return nil, fmt.Errorf("the partial %q has nothing for this part. Give it a subject, a text or html, as the template has", name)
		}
		p, err := parse(source)
		if err != nil {
			return nil, fmt.Errorf("the partial %q cannot be read: %w", name, err)
		}
		known[name] = p
		return p, nil
	}
}
