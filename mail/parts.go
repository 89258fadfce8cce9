package mail

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"mime/multipart"
	"net/textproto"

	"notifier/message"
)

// withParts wraps a body with the images that it shows and the files that come along.
func withParts(c content, m message.Message) (content, error) {
	var inside, beside []message.Attachment
	for _, a := range m.Attachments {
		if len(a.Content) != a.Size || a.Size == 0 {
			return c, fmt.Errorf("the attachment %q is not there any more", a.Filename)
		}
		if a.ContentID != "" {
			inside = append(inside, a)
		} else {
			beside = append(beside, a)
		}
	}
	var err error
	if len(inside) > 0 {
		c, err = multi(c, "related", "=_r"+string(m.ID), "inline", inside)
	}
	if err == nil && len(beside) > 0 {
		c, err = multi(c, "mixed", "=_m"+string(m.ID), "attachment", beside)
	}
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
	media, parameters, err := mime.ParseMediaType(a.ContentType)
	if err != nil {
		return fmt.Errorf("the media type of %q: %w", a.Filename, err)
	}
	head := textproto.MIMEHeader{
		"Content-Type":              {mime.FormatMediaType(media, parameters)},
		"Content-Disposition":       {mime.FormatMediaType(disposition, map[string]string{"filename": a.Filename})},
		"Content-Transfer-Encoding": {"base64"},
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
	for left := a.Content; len(left) > 0; {
		n := min(perLine, len(left))
		line = append(base64.StdEncoding.AppendEncode(line[:0], left[:n]), '\r', '\n')
		if _, err := part.Write(line); err != nil {
			return err
		}
		left = left[n:]
	}
	return nil
}
