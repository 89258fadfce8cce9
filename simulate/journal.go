package simulate

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/go-json-experiment/json/jsontext"

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
	Process     *preferences.Process
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
	tokens *jsontext.Decoder
}

// NewJournal reads a journal from there.
func NewJournal(in io.Reader) *Journal {
	return &Journal{in: bufio.NewReaderSize(in, 1<<16), tokens: jsontext.NewDecoder(bytes.NewReader(nil))}
}

// maxLine is the longest line that is read, in bytes: two bodies of a mail at their limit.
const maxLine = 4 << 20

// mark is what some editors write at the beginning of a file.
var mark = []byte("\uFEFF")

// Next is the next operation; io.EOF after the last one. What is wrong with a line comes
// back as a *LineError; any other error is that of the reader.
func (j *Journal) Next() (Line, error) {
	for {
		raw, err := j.read()
		if err != nil {
			return Line{}, err
		}
		if len(raw) == 0 {
			continue
		}
		line, err := j.parse(raw)
		if err != nil {
			return Line{}, &LineError{Number: j.number, Err: err}
		}
		line.Number, j.last = j.number, line.At
		return line, nil
	}
}

func (j *Journal) parse(raw []byte) (Line, error) {
	if j.number == 1 && bytes.HasPrefix(raw, mark) {
		return Line{}, errors.New("the file begins with a byte order mark. Save it as UTF-8 without one")
	}
	line, err := parse(raw, j.tokens)
	if err != nil {
		return Line{}, err
	}
	if line.At.Before(j.last) {
		return Line{}, fmt.Errorf("%s is earlier than the line before it. A journal is in time order: sort it by at", line.At.Format(time.RFC3339Nano))
	}
	return line, nil
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
			return nil, &LineError{Number: j.number + 1, Err: fmt.Errorf("the line is longer than %d bytes. Shorten its text or html", maxLine)}
		}
		j.long = append(j.long, raw...)
		raw = j.long
	}
	if err != nil && (!errors.Is(err, io.EOF) || len(raw) == 0) {
		return nil, err
	}
	j.number++
	return bytes.TrimSpace(raw), nil
}
