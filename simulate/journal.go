package simulate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"notifier/deadlines"
	"notifier/message"
	"notifier/preferences"
)

// Line is one operation of a journal: when, and exactly one of the others.
type Line struct {
	Number int
	At     time.Time

	User        *preferences.User
	Preferences *Chosen
	Event       *message.Event
	Draft       *message.Draft
	Deadline    *deadlines.Deadline
	Cleared     string // the key of a deadline
}

// Chosen is what a user chose.
type Chosen struct {
	User string
	preferences.Preferences
}

// LineError says which line of a journal cannot be taken, and why.
type LineError struct {
	Number int
	Err    error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Number, e.Err) }
func (e *LineError) Unwrap() error { return e.Err }

// Journal reads operations, one JSON object a line, in time order (RULES: journal).
type Journal struct {
	in     *bufio.Reader
	number int
	last   time.Time
	long   []byte
}

// NewJournal reads a journal from there.
func NewJournal(in io.Reader) *Journal {
	return &Journal{in: bufio.NewReaderSize(in, 1<<16)}
}

// maxLine is the longest line that is read, in bytes: two bodies of a mail at their limit.
const maxLine = 4 << 20

// Next is the next operation; io.EOF after the last one. Any other error is a *LineError.
func (j *Journal) Next() (Line, error) {
	for {
		raw, err := j.read()
		if err != nil {
			return Line{}, err
		}
		if len(raw) == 0 {
			continue
		}
		line, err := parse(raw)
		if err == nil && line.At.Before(j.last) {
			err = fmt.Errorf("%s is earlier than the line before it. A journal is in time order: sort it by at", line.At.Format(time.RFC3339Nano))
		}
		if err != nil {
			return Line{}, &LineError{Number: j.number, Err: err}
		}
		line.Number, j.last = j.number, line.At
		return line, nil
	}
}

// read is the next line without white space around it; io.EOF after the last one.
func (j *Journal) read() ([]byte, error) {
	raw, err := j.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		j.long = j.long[:0]
		for errors.Is(err, bufio.ErrBufferFull) && len(j.long) < maxLine {
			j.long = append(j.long, raw...)
			raw, err = j.in.ReadSlice('\n')
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			return nil, &LineError{Number: j.number + 1, Err: fmt.Errorf("the line is longer than %d bytes", maxLine)}
		}
		raw = append(j.long, raw...)
	}
	if err != nil && (!errors.Is(err, io.EOF) || len(raw) == 0) {
		return nil, err
	}
	j.number++
	return bytes.TrimSpace(raw), nil
}

// What a line may do.
var operations = []string{"set_user", "set_preferences", "notify", "send_message", "set_deadline", "clear_deadline"}

// head is what every line has.
type head struct {
	At time.Time `json:"at"`
	Do string    `json:"do"`
}

// The lines, each with the fields of the HTTP call that does the same.
type (
	userLine struct {
		head
		ID string `json:"user"`
		preferences.User
	}
	eventLine struct {
		head
		message.Event
	}
	draftLine struct {
		head
		message.Draft
	}
	deadlineLine struct {
		head
		deadlines.Deadline
	}
	clearLine struct {
		head
		Key string `json:"key"`
	}
)

func parse(raw []byte) (Line, error) {
	var h head
	if err := json.Unmarshal(raw, &h); err != nil {
		return Line{}, message.Decode(raw, &h)
	}
	line := Line{At: h.At.UTC().Truncate(time.Microsecond)}
	if h.At.IsZero() {
		return line, errors.New(`at is missing. Write it as "at": "2011-10-11T11:45:40.276Z"`)
	}
	var err error
	switch h.Do {
	case "notify":
		var l eventLine
		err = message.Decode(raw, &l)
		line.Event = &l.Event
	case "send_message":
		var l draftLine
		err = message.Decode(raw, &l)
		line.Draft = &l.Draft
	case "set_deadline":
		var l deadlineLine
		err = message.Decode(raw, &l)
		line.Deadline = &l.Deadline
	case "clear_deadline":
		var l clearLine
		err = message.Decode(raw, &l)
		line.Cleared = l.Key
		if err == nil && l.Key == "" {
			err = errors.New("key is missing: which deadline is cleared?")
		}
	case "set_user":
		var l userLine
		err = message.Decode(raw, &l)
		line.User = &l.User
		line.User.ID = l.ID
	case "set_preferences":
		line.Preferences, err = parseChosen(raw)
	default:
		err = fmt.Errorf("there is no operation %q.%s", h.Do, message.Suggest(h.Do, operations))
	}
	return line, err
}

// parseChosen reads preferences, whose keys are the kinds of the installation.
func parseChosen(raw []byte) (*Chosen, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(raw, &keys); err != nil {
		return nil, err
	}
	var c Chosen
	if err := json.Unmarshal(keys["user"], &c.User); err != nil || c.User == "" {
		return nil, errors.New(`user is missing. Write the user's id, as in "user": "anna"`)
	}
	for _, key := range []string{"at", "do", "user"} {
		delete(keys, key)
	}
	chosen, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	return &c, message.Decode(chosen, &c.Preferences)
}
