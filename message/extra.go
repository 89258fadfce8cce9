package message

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"mime"
	"net/textproto"
	"path"
	"slices"
	"strings"
	"time"

	"notifier/fault"
	"notifier/language"
)

// Extra is what only some messages have.
type Extra struct {
	Template string            `json:"template,omitempty"` // that it was made of
	Sender   Address           `json:"sender,omitzero"`    // zero: the account's
	Headers  []Header          `json:"headers,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
	// Attachments come without their content, except on their way in and out.
	Attachments []Attachment `json:"attachments,omitempty"`
	SendAt      time.Time    `json:"send_at,omitzero"`  // that was asked for; zero: at once
	Process     string       `json:"process,omitempty"` // of the event
}

// Attachment is a file that a mail brings along, or an image inside its HTML.
type Attachment struct {
	Filename    string `json:"filename"`
	ContentType string `json:"content_type"`
	ContentID   string `json:"content_id,omitempty" doc:"The HTML shows it as cid: and this."`
	Size        int    `json:"size" doc:"In bytes."`
	Hash        string `json:"sha256"`
	Content     []byte `json:"-"`
}

// File is an attachment as a caller hands it in.
type File struct {
	Filename    string `json:"filename" doc:"Its name, without a folder." maxLength:"150" example:"contract.pdf"`
	ContentType string `json:"content_type,omitempty" doc:"Its media type; by the end of its name if absent." example:"application/pdf"`
	Content     []byte `json:"content" doc:"The file in base64."`
	ContentID   string `json:"content_id,omitempty" doc:"Makes it an image inside the HTML, which names it as cid: and this." maxLength:"100" example:"logo"`
}

// The most that a message may bring along.
const (
	MaxAttachments    = 20
	MaxAttachmentSize = 10 << 20 // of all together, in bytes
	maxFilename       = 150      // in bytes
	maxContentID      = 100
	maxTags           = 20
	maxTag            = 60
)

// Attachment is the file as a message keeps it.
func (f File) Attachment() Attachment {
	sum := sha256.Sum256(f.Content)
	a := Attachment{Filename: f.Filename, ContentType: f.ContentType, ContentID: f.ContentID, Size: len(f.Content), Hash: hex.EncodeToString(sum[:]), Content: f.Content}
	if a.ContentType == "" {
		a.ContentType = mediaTypes[strings.ToLower(path.Ext(f.Filename))]
	}
	if a.ContentType == "" {
		a.ContentType = "application/octet-stream"
	}
	return a
}

// mediaTypes are those of the files that workflows send; the same on every machine.
var mediaTypes = map[string]string{
	".csv": "text/csv", ".doc": "application/msword", ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".gif": "image/gif", ".htm": "text/html", ".html": "text/html", ".ics": "text/calendar", ".jpeg": "image/jpeg", ".jpg": "image/jpeg",
	".json": "application/json", ".odt": "application/vnd.oasis.opendocument.text", ".pdf": "application/pdf", ".png": "image/png",
	".svg": "image/svg+xml", ".txt": "text/plain", ".webp": "image/webp", ".xls": "application/vnd.ms-excel",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xml": "application/xml", ".zip": "application/zip",
}

// Check tells what is wrong with the attachment's description as *fault.Invalid, with pointers
// below it, or nil.
func (a Attachment) Check() error {
	var bad fault.Invalid
	switch {
	case a.Filename == "":
		bad.Add("/filename", "missing", "an attachment needs a name, as in contract.pdf")
	case len(a.Filename) > maxFilename:
		bad.Add("/filename", "bad_text", "the name has %d bytes; at most %d are taken. Shorten it", len(a.Filename), maxFilename)
	case strings.ContainsAny(a.Filename, `/\`), a.Filename == ".", a.Filename == "..":
		bad.Add("/filename", "bad_text", "%q names a folder. Write the file's name alone", a.Filename)
	}
	bad.Check("/filename", "bad_text", fault.CheckName(a.Filename, maxFilename))
	a.checkType(&bad)
	if a.ContentID != "" && (len(a.ContentID) > maxContentID || strings.ContainsFunc(a.ContentID, notInContentID)) {
		bad.Add("/content_id", "bad_text", "%q is no id of a part. Write letters, digits, dots and hyphens, as in logo", fault.Truncate(a.ContentID, 60))
	}
	return bad.Err()
}

// checkType looks at the media type as a parser reads it (RFC 2045 §5.1). A name of the file in
// it would be a second one that mail programs may prefer: it can only repeat the first.
func (a Attachment) checkType(bad *fault.Invalid) {
	media, parameters, err := mime.ParseMediaType(a.ContentType)
	kind, _, _ := strings.Cut(media, "/")
	switch {
	case err != nil || !strings.Contains(media, "/") || len(a.ContentType) > maxFilename || strings.ContainsFunc(a.ContentType, notPrintable):
		bad.Add("/content_type", "bad_text", "%q is no media type. Write it as application/pdf", fault.Truncate(a.ContentType, 60))
		return
	case kind == "multipart" || kind == "message":
		bad.Add("/content_type", "not_allowed", "%s cannot be attached. Attach the file as application/octet-stream", media)
	}
	for _, key := range slices.Sorted(maps.Keys(parameters)) {
		value := parameters[key]
		switch {
		case key == "name" || key == "filename":
			if value != a.Filename {
				bad.Add("/content_type", "not_allowed", "the media type has another name in it, %q. Write the file's name in filename alone", fault.Truncate(value, 60))
			}
		case strings.ContainsFunc(value, notPrintable) || strings.Contains(value, "=?"):
			bad.Add("/content_type", "bad_text", "the parameter %s of the media type takes printable ASCII without =? alone. Write it so, or leave it out", key)
		}
	}
}

func notInContentID(r rune) bool { return notInName(r) && !strings.ContainsRune("._@+", r) }

func (d Draft) checkExtra(bad *fault.Invalid) {
	if d.Sender != nil {
		d.Sender.check(bad, "/sender")
	}
	if d.Priority != "" && !slices.Contains(ranks, d.Priority) {
		bad.Add("/priority", "bad_word", "%q is no priority. Write high, normal or low", fault.Truncate(string(d.Priority), 60))
	}
	_, err := language.Canonical(d.Language)
	bad.Check("/language", "bad_language", err)
	d.checkHeaders(bad)
	if len(d.Tags) > maxTags {
		bad.Add("/tags", "too_many", "at most %d tags are taken, these are %d. Leave some out", maxTags, len(d.Tags))
		d.Tags = nil // what each of them is like does not matter then
	}
	for _, name := range slices.Sorted(maps.Keys(d.Tags)) {
		bad.Check("/tags/"+fault.Escape(name), "bad_text", fault.CheckLine(name, maxTag))
		bad.Check("/tags/"+fault.Escape(name), "bad_text", fault.CheckLine(d.Tags[name], MaxLine))
	}
	d.checkAttachments(bad)
}

func (d Draft) checkHeaders(bad *fault.Invalid) {
	n := 0
	for _, values := range d.Headers {
		n += len(values)
	}
	if n > maxHeaders {
		bad.Add("/headers", "too_many", "at most %d headers are taken, these are %d. Leave some out", maxHeaders, n)
		return
	}
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(d.Headers)) {
		at := "/headers/" + fault.Escape(name)
		bad.Check(at, "not_allowed", checkHeader(name, d.Headers[name]))
		if key := strings.ToLower(name); seen[key] {
			bad.Add(at, "key_twice", "the header %s comes twice. Leave one out", name)
		} else {
			seen[key] = true
		}
	}
}

func (d Draft) checkAttachments(bad *fault.Invalid) {
	if len(d.Attachments) > MaxAttachments {
		bad.Add("/attachments", "too_many", "at most %d attachments are taken, these are %d. Send one archive, or link to the files", MaxAttachments, len(d.Attachments))
		return
	}
	size, inside := 0, map[string]bool{}
	for i, f := range d.Attachments {
		at := fmt.Sprintf("/attachments/%d", i)
		size += len(f.Content)
		if invalid, ok := f.Attachment().Check().(*fault.Invalid); ok {
			bad.Take(at, invalid)
		}
		if len(f.Content) == 0 {
			bad.Add(at+"/content", "missing", "the attachment is empty. Give its content in base64")
		}
		if f.ContentID == "" {
			continue
		}
		if d.HTML == "" && d.Template == nil {
			bad.Add(at+"/content_id", "not_allowed", "there is no HTML that could show it. Leave content_id out to attach it beside the text")
		}
		if inside[f.ContentID] {
			bad.Add(at+"/content_id", "key_twice", "another attachment has the same content_id. Choose another")
		}
		inside[f.ContentID] = true
	}
	if size > MaxAttachmentSize {
		bad.Add("/attachments", "too_large", "the attachments have %.1f MB together, %d MB are taken. Link to what is large", float64(size)/(1<<20), MaxAttachmentSize>>20)
	}
}

// Extra is what a draft's messages have beside the rest; their sender is to be looked up.
func (d Draft) Extra() Extra {
	e := Extra{Tags: d.Tags}
	if d.Template != nil {
		e.Template = d.Template.Name
	}
	for _, name := range slices.Sorted(maps.Keys(d.Headers)) {
		for _, value := range d.Headers[name] {
			e.Headers = append(e.Headers, Header{textproto.CanonicalMIMEHeaderKey(name), value})
		}
	}
	for _, f := range d.Attachments {
		e.Attachments = append(e.Attachments, f.Attachment())
	}
	return e
}

// Empty tells whether there is nothing in it.
func (e Extra) Empty() bool {
	return e.Sender == (Address{}) && e.SendAt.IsZero() && len(e.Process)+len(e.Template)+len(e.Headers)+len(e.Tags)+len(e.Attachments) == 0
}

// Has tells whether a caller has set that field.
func (e Extra) Has(name string) bool {
	return slices.ContainsFunc(e.Headers, func(h Header) bool { return h.Name == name })
}

// Header is the value of the first field of that name that a caller has set; empty if none.
func (e Extra) Header(name string) string {
	if i := slices.IndexFunc(e.Headers, func(h Header) bool { return h.Name == name }); i >= 0 {
		return e.Headers[i].Value
	}
	return ""
}
