package simulate

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
)

// Lines are the operations of a journal, in time order: one that is read, or a history.
type Lines interface {
	// Next is the next operation; io.EOF after the last one.
	Next() (Line, error)
}

// WriteJournal writes operations as a journal that NewJournal reads.
func WriteJournal(w io.Writer, lines Lines) (n int, err error) {
	out := bufio.NewWriterSize(w, 1<<16)
	for {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return n, out.Flush()
		}
		var b []byte
		if err == nil {
			b, err = line.MarshalJSON()
		}
		if err == nil {
			_, err = out.Write(append(b, '\n'))
		}
		if err != nil {
			return n, errors.Join(err, out.Flush())
		}
		n++
	}
}

// givenBack has a null for what a person gives back to the directory.
func (c Chosen) givenBack() map[string]any {
	back := map[string]any{}
	if c.Back.Timezone {
		back["timezone"] = nil
	}
	if c.Back.Language {
		back["language"] = nil
	}
	return back
}

// MarshalJSON writes the line of a journal, without an end of line.
func (l Line) MarshalJSON() ([]byte, error) {
	type named struct {
		User string `json:"user"`
	}
	var do string
	var parts []any
	switch {
	case l.Event != nil:
		do, parts = "notify", []any{l.Event}
	case l.Draft != nil:
		do, parts = "send_message", []any{l.Draft}
	case l.Deadline != nil:
		do, parts = "set_deadline", []any{l.Deadline}
	case l.User != nil:
		do, parts = "set_user", []any{named{l.User.ID}, l.User}
	case l.Process != nil:
		do, parts = "set_process", []any{l.Process}
	case l.Preferences != nil:
		do, parts = "set_preferences", []any{named{l.Preferences.User}, l.Preferences.Preferences, l.Preferences.givenBack()}
	default:
		do, parts = "clear_deadline", []any{map[string]string{"key": l.Cleared}}
	}
	b := append([]byte(`{"at":"`), l.At.UTC().Format("2006-01-02T15:04:05.000000Z")...)
	b = append(append(b, `","do":"`...), do+`"`...)
	for _, part := range parts {
		inner, err := json.Marshal(part)
		if err != nil {
			return nil, err
		}
		if len(inner) > len("{}") {
			b = append(append(b, ','), inner[1:len(inner)-1]...)
		}
	}
	return append(b, '}'), nil
}
