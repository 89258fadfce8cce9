package mail

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"mime/multipart"
	"net/textproto"
	"slices"
	"strings"
	"unicode/utf8"

	"notifier/message"
)

// withParts wraps a body with the images that it shows and the files that come along.
func withParts(c content, m message.Message) (content, error) {
	shown := shownIn(m)
	var inside, beside []message.Attachment
	for _, a := range m.Attachments {
		if len(a.Content) != a.Size || a.Size == 0 {
			return c, fmt.Errorf("the attachment %q is not there any more", a.Filename)
		}
		if a.ContentID != "" && shown[a.ContentID] {
			inside = append(inside, a)
			continue
		}
		// Mail programs hide an attachment that has an id, unless the HTML links to it.
		if _, linked := shown[a.ContentID]; !linked {
			a.ContentID = ""
		}
		beside = append(beside, a)
	}
	var err error
	if i := slices.IndexFunc(m.Attachments, isInvitation); i >= 0 {
		c, err = withInvitation(c, string(m.ID), m.Attachments[i])
	}
	if err == nil && len(inside) > 0 {
		c, err = multi(c, "related", "=_r"+string(m.ID), "inline", inside)
	}
	if err == nil && len(beside) > 0 {
		c, err = multi(c, "mixed", "=_m"+string(m.ID), "attachment", beside)
	}
	return c, err
}

// isInvitation tells whether a file says to a calendar what to do with it (RFC 6047 §2.4).
func isInvitation(a message.Attachment) bool {
	media, parameters, err := mime.ParseMediaType(a.ContentType)
	return err == nil && media == "text/calendar" && parameters["method"] != ""
}

// withInvitation puts an invitation beside the text and the HTML, too: mail programs offer to
// accept or decline only what stands there.
func withInvitation(c content, id string, a message.Attachment) (content, error) {
	a.Filename, a.ContentID = "", ""
	boundary := "=_" + id
	if !strings.HasPrefix(c.mediaType, "multipart/alternative") {
		return multi(c, "alternative", boundary, "", []message.Attachment{a})
	}
	end := []byte("--" + boundary + "--")
	before := bytes.LastIndex(c.body, end)
	if before < 0 {
		return c, fmt.Errorf("the parts have no end %q", end)
	}
	b := bytes.NewBuffer(make([]byte, 0, len(c.body)+a.Size*3/2+1024))
	b.Write(c.body[:before])
	w := multipart.NewWriter(b)
	err := w.SetBoundary(boundary)
	if err == nil {
		err = addPart(w, "", a)
	}
	if err == nil {
		err = w.Close()
	}
	c.body = b.Bytes()
	return c, err
}

// multi is a body with parts behind it. Neither quoted-printable nor base64 has "=_" in it,
// and what goes out in seven bits is looked at.
func multi(c content, sort, boundary, disposition string, parts []message.Attachment) (content, error) {
	if bytes.Contains(c.body, []byte("--"+boundary)) {
		return c, fmt.Errorf("the text has %q in it, which ends its part", "--"+boundary)
	}
	size := len(c.body) + 1024
	for _, a := range parts {
		size += a.Size*3/2 + 1024
	}
	b := bytes.NewBuffer(make([]byte, 0, size))
	w := multipart.NewWriter(b)
	if err := w.SetBoundary(boundary); err != nil {
		return c, err
	}
	first := textproto.MIMEHeader{"Content-Type": {c.mediaType}}
	if c.encoding != "" {
		first.Set("Content-Transfer-Encoding", c.encoding)
	}
	body, err := w.CreatePart(first)
	if err == nil {
		_, err = body.Write(c.body)
	}
	for _, a := range parts {
		if err == nil {
			err = addPart(w, disposition, a)
		}
	}
	if err == nil {
		err = w.Close()
	}
	media := "multipart/" + sort + `; boundary="` + boundary + `"`
	if sort == "related" {
		media += `; type="` + mediaOnly(c.mediaType) + `"`
	}
	return content{mediaType: media, body: b.Bytes()}, err
}

func mediaOnly(s string) string {
	media, _, _ := mime.ParseMediaType(s)
	return media
}

func addPart(w *multipart.Writer, disposition string, a message.Attachment) error {
	media, content, err := mediaOf(a)
	if err != nil {
		return fmt.Errorf("the media type of %q: %w", a.Filename, err)
	}
	head := textproto.MIMEHeader{"Content-Type": {media}, "Content-Transfer-Encoding": {"base64"}}
	if disposition != "" {
		head.Set("Content-Disposition", disposition+parameter("filename", a.Filename))
	}
	if a.ContentID != "" {
		head.Set("Content-Id", "<"+a.ContentID+">")
	}
	part, err := w.CreatePart(head)
	if err != nil {
		return err
	}
	const perLine = 57 // 76 characters (RFC 2045 §6.8)
	line := make([]byte, 0, 78)
	for left := content; len(left) > 0; {
		n := min(perLine, len(left))
		line = append(base64.StdEncoding.AppendEncode(line[:0], left[:n]), '\r', '\n')
		if _, err := part.Write(line); err != nil {
			return err
		}
		left = left[n:]
	}
	return nil
}

// mediaOf is the media type of a part and its content. A text in UTF-8 says so, and its lines end
// as those of texts in mails do (RFC 2046 §4.1.1). Other media types, and texts in charsets that are
// not made of ASCII's bytes, are taken for what they are, byte for byte.
func mediaOf(a message.Attachment) (media string, content []byte, err error) {
	kind, parameters, err := mime.ParseMediaType(a.ContentType)
	if err != nil {
		return "", nil, err
	}
	delete(parameters, "name") // ours is written below, as the file is called
	delete(parameters, "filename")
	content = a.Content
	if strings.HasPrefix(kind, "text/") {
		charset := strings.ToLower(parameters["charset"])
		if charset == "" && isUTF8(content) {
			charset = "utf-8"
			parameters["charset"] = charset
		}
		if charset == "binary" { // the sender says that this is none
			delete(parameters, "charset")
		}
		if likeASCII(charset) && !bytes.ContainsRune(content, 0) {
			content = appendLines(make([]byte, 0, len(content)+len(content)/32+16), content, false)
		}
	}
	media = mime.FormatMediaType(kind, parameters)
	if media == "" {
		return "", nil, fmt.Errorf("%q cannot be written", a.ContentType)
	}
	if !isASCII(a.Filename) {
		// Old Outlook knows no RFC 2231. What stands here is no valid parameter, and is read by all.
		media += `; name="` + strings.Join(encodedWords(a.Filename, foldAt-len(" name=")-2), "\r\n ") + `"`
	}
	return media, content, nil
}

// isUTF8 tells whether a text is one in UTF-8. With an escape character it may be one of the seven-bit
// charsets of East Asia, with NUL it is no text.
func isUTF8(b []byte) bool { return utf8.Valid(b) && !bytes.ContainsAny(b, "\x00\x1b") }

// likeASCII tells whether CR and LF are the same bytes in that charset as in ASCII.
func likeASCII(charset string) bool {
	for _, prefix := range []string{"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-", "windows-125", "cp125", "koi8-"} {
		if strings.HasPrefix(charset, prefix) {
			return true
		}
	}
	return false
}

// parameter is one of a field, with its semicolon. What is not printable ASCII, or looks like an
// encoded word, which many mail programs would decode, goes in percent signs (RFC 2231). All
// else is quoted: readers take *, ' and % in a bare word for a part of RFC 2231 (W4).
func parameter(name, value string) string {
	if !strings.Contains(value, "=?") && !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "; " + name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
	}
	const digits = "0123456789ABCDEF"
	b := []byte("; " + name + "*=utf-8''")
	for _, c := range []byte(value) {
		if notInID(rune(c)) && c != '.' {
			b = append(b, '%', digits[c>>4], digits[c&15])
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}
