package simulate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"unicode/utf8"
)

// Write writes one line a mail (RULES: journal and simulate).
func Write(w io.Writer, mails []Mail) error {
	out := bufio.NewWriterSize(w, 1<<16)
	line := make([]byte, 0, 256)
	for _, m := range mails {
		line = append(line[:0], `{"at": "`...)
		line = m.At.UTC().AppendFormat(line, "2006-01-02T15:04:05.000Z")
		line = append(line, `", "to": `...)
		line = appendText(line, m.To)
		line = append(line, `, "type": `...)
		line = appendText(line, string(m.Type))
		line = append(line, `, "items": [`...)
		for i, item := range m.Items {
			if i > 0 {
				line = append(line, ", "...)
			}
			line = appendText(line, item)
		}
		line = append(line, "]}\n"...)
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

// appendText appends a text as JSON, with no more escapes than JSON wants.
func appendText(line []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return appendUnusual(line, s)
		}
	}
	line = append(line, '"')
	line = append(line, s...)
	return append(line, '"')
}

func appendUnusual(line []byte, s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a text can always be written, and a buffer takes it
	return append(line, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}
