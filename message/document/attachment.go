package document

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/url"
	"path"
	"slices"
	"strings"

	"notifier/fault"
	"notifier/message"
)

// attachment is one as Trigger Email takes it (TE-13).
type attachment struct {
	Filename, Content, Path, Href, ContentType, ContentDisposition, CID, Encoding string
}

// attachments are a list, or a single one.
func (r *reader) attachments(raw json.RawMessage) {
	if !given(raw) {
		return
	}
	var all []json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		all = []json.RawMessage{raw}
	}
	if len(all) > message.MaxAttachments {
		r.bad.Add("/message/attachments", "too_many", "at most %d attachments are taken, these are %d. Leave some out, or link to them", message.MaxAttachments, len(all))
		return
	}
	for i, one := range all {
		at := fmt.Sprintf("message/attachments/%d", i)
		fields := r.object(at, one)
		text := func(name string) string { return r.text(at+"/"+name, fields[name]) }
		a := attachment{
			Filename: text("filename"), Content: text("content"), Path: text("path"), Href: text("href"), ContentType: text("contentType"),
			ContentDisposition: text("contentDisposition"), CID: text("cid"), Encoding: text("encoding"),
		}
		r.restOfAttachment(at, fields, a)
		f, err := a.file(i)
		if err != nil {
			r.bad.Check("/"+at, "bad_attachment", err)
			continue
		}
		r.draft.Attachments = append(r.draft.Attachments, f)
	}
}

// restOfAttachment says what becomes of the fields of an attachment that are not read.
func (r *reader) restOfAttachment(at string, fields map[string]json.RawMessage, a attachment) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !given(fields[name]) {
			continue
		}
		switch name {
		case "filename", "content", "path", "href", "contentType", "cid", "encoding":
		case "raw":
			r.bad.Add("/"+at+"/raw", "not_allowed", "a part of a mail is not taken as it is. Give its content, encoding and contentType")
		case "headers":
			r.leave(at+"/headers", "an attachment has none of its own")
		case "contentDisposition":
			if a.ContentDisposition != "attachment" && (a.ContentDisposition != "inline" || a.CID == "") {
				r.leave(at+"/contentDisposition", "what has a cid that the HTML shows is inside, all else is attached")
			}
		case "contentTransferEncoding":
			r.leave(at+"/contentTransferEncoding", "attachments leave in base64")
		default:
			r.leave(at+"/"+fault.Truncate(name, 60), "no field of an attachment that is known here")
		}
	}
}

// file is the attachment as a draft has it. Nothing is fetched for it: whoever can write a
// document could otherwise read this machine's files, and call what only it can reach.
func (a attachment) file(i int) (f message.File, err error) {
	f = message.File{Filename: path.Base(a.Filename), ContentType: a.ContentType, ContentID: strings.Trim(a.CID, "<>")}
	switch {
	case strings.HasPrefix(a.Path, "data:"):
		f.Content, f.ContentType, err = dataURI(a.Path, a.ContentType)
	case a.Path != "" || a.Href != "":
		return f, fmt.Errorf("files and web addresses are not fetched. Give the content itself, with the encoding base64")
	default:
		f.Content, err = decoded(a.Content, a.Encoding)
	}
	if a.Filename == "" {
		f.Filename = fmt.Sprintf("attachment-%d%s", i+1, ending(f.ContentType))
	}
	return f, err
}

func decoded(content, encoding string) ([]byte, error) {
	switch strings.ToLower(encoding) {
	case "", "utf8", "utf-8":
		return []byte(content), nil
	case "base64":
		b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(content), ""))
		if err != nil {
			return nil, fmt.Errorf("the content is not base64. Encode it so, or leave encoding out for a text")
		}
		return b, nil
	case "hex":
		b, err := hex.DecodeString(content)
		if err != nil {
			return nil, fmt.Errorf("the content is not hexadecimal. Encode it so, or leave encoding out for a text")
		}
		return b, nil
	}
	return nil, fmt.Errorf("the encoding %q is not taken. Write base64 or hex, or leave it out for a text", fault.Truncate(encoding, 30))
}

// dataURI reads an attachment that stands in its address (RFC 2397).
func dataURI(address, contentType string) ([]byte, string, error) {
	head, content, found := strings.Cut(strings.TrimPrefix(address, "data:"), ",")
	if !found {
		return nil, contentType, fmt.Errorf("the data: address has no comma. Write it as data:text/plain;base64,SGVsbG8=")
	}
	kind, inBase64 := strings.CutSuffix(head, ";base64")
	if contentType == "" {
		contentType = kind
	}
	if inBase64 {
		b, err := decoded(content, "base64")
		return b, contentType, err
	}
	text, err := url.PathUnescape(content)
	if err != nil {
		return nil, contentType, fmt.Errorf("the data: address has a percent sign without two digits. Write %%25 for one")
	}
	return []byte(text), contentType, nil
}

// ending is how the name of such a file ends.
func ending(contentType string) string {
	if all, err := mime.ExtensionsByType(contentType); err == nil && len(all) > 0 {
		return all[0]
	}
	return ".bin"
}
