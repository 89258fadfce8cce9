package simulate

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"notifier/deadlines"
	"notifier/fault"
	"notifier/message"
	"notifier/preferences"
)

// What a line may do.
var operations = []string{"set_user", "set_preferences", "notify", "send_message", "set_deadline", "clear_deadline", "set_process"}

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
	chosenLine struct {
		head
		ID string `json:"user"`
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
	processLine struct {
		head
		preferences.Process
	}
	clearLine struct {
		head
		Key string `json:"key"`
	}
)

// parse reads a line; tokens is a decoder to use.
func parse(raw []byte, tokens *jsontext.Decoder) (Line, error) {
	do, err := operation(raw, tokens)
	if err != nil {
		return Line{}, err
	}
	var line Line
	var h head
	switch do {
	case "notify":
		var l eventLine
		err = fault.Decode(raw, &l)
		h, line.Event = l.head, &l.Event
	case "send_message":
		var l draftLine
		err = fault.Decode(raw, &l)
		h, line.Draft = l.head, &l.Draft
	case "set_deadline":
		var l deadlineLine
		err = fault.Decode(raw, &l)
		h, line.Deadline = l.head, &l.Deadline
	case "clear_deadline":
		var l clearLine
		err = fault.Decode(raw, &l)
		if err == nil && l.Key == "" {
			err = errors.New(`key is missing. Write the key of the deadline that is cleared, as in "key": "C-1"`)
		}
		h, line.Cleared = l.head, l.Key
	case "set_process":
		var l processLine
		err = fault.Decode(raw, &l)
		h, line.Process = l.head, &l.Process
	case "set_user":
		var l userLine
		err = fault.Decode(raw, &l)
		l.User.ID = l.ID
		h, line.User = l.head, &l.User
	default:
		h, line.Preferences, err = parseChosen(raw)
	}
	line.At = instant(h.At)
	if err == nil && h.At.IsZero() {
		err = errors.New(`at is missing. Write it as "at": "2011-10-11T11:45:40.276Z"`)
	}
	return line, onOneLine(err)
}

// operation is what the line says in do.
func operation(raw []byte, tokens *jsontext.Decoder) (string, error) {
	tokens.Reset(bytes.NewBuffer(raw))
	do, err := findDo(tokens)
	if err != nil {
		return "", onOneLine(fault.Decode(raw, &map[string]jsontext.Value{}))
	}
	if do == "" {
		return "", fmt.Errorf("do is missing: what happened?%s", fault.Suggest("", operations))
	}
	if slices.Contains(operations, do) {
		return do, nil
	}
	return "", fmt.Errorf("there is no operation %q.%s", fault.Truncate(do, 60), fault.Suggest(do, operations))
}

// findDo reads no further than it must: do stands near the beginning of most lines.
func findDo(line *jsontext.Decoder) (string, error) {
	if open, err := line.ReadToken(); err != nil || open.Kind() != '{' {
		return "", errors.New("not an object")
	}
	for line.PeekKind() == '"' {
		key, err := line.ReadToken()
		if err != nil {
			return "", err
		}
		if key.String() == "do" {
			do, err := line.ReadValue()
			if err != nil || do.Kind() != '"' {
				return string(do), err
			}
			word, err := jsontext.AppendUnquote(nil, do)
			return string(word), err
		}
		if err := line.SkipValue(); err != nil {
			return "", err
		}
	}
	_, err := line.ReadToken() // the end, or what is wrong
	return "", err
}

// parseChosen reads preferences, whose keys are the kinds of the installation.
func parseChosen(raw []byte) (head, *Chosen, error) {
	var keys map[string]jsontext.Value
	if err := fault.Decode(raw, &keys); err != nil {
		return head{}, nil, err
	}
	own := map[string]jsontext.Value{}
	for _, key := range []string{"at", "do", "user"} {
		if value, given := keys[key]; given {
			own[key] = value
			delete(keys, key)
		}
	}
	var l chosenLine
	c := &Chosen{}
	err := fault.Join(decode(own, &l), decode(keys, &c.Preferences))
	if c.User = l.ID; err == nil && l.ID == "" {
		err = errors.New(`user is missing. Write the user's id, as in "user": "anna"`)
	}
	return l.head, c, err
}

func decode(keys map[string]jsontext.Value, into any) error {
	object, err := json.Marshal(keys)
	if err != nil {
		return err
	}
	return fault.Decode(object, into)
}

// onOneLine leaves out of an error the number that a line has by itself: it is always 1.
func onOneLine(err error) error {
	var invalid *fault.Invalid
	if errors.As(err, &invalid) {
		for i, f := range invalid.Faults {
			invalid.Faults[i].Detail = strings.Replace(f.Detail, "(line 1, column ", "(column ", 1)
		}
	}
	return err
}

// instant is a time as the service keeps it.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
