// Package fault says what is wrong with what a caller handed in, and where: the same sentence for
// the API, the command line and the pages. It reads JSON strictly, and checks texts and times.
//
// It knows no request and no message: whoever reads one asks it about each part.
package fault

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Fault is one thing wrong with what a caller handed in. The same sentence is shown
// by the API, the command line and the pages.
type Fault struct {
	Pointer string `json:"pointer" doc:"Where: a JSON pointer into the body." example:"/case_received"`
	Code    string `json:"code" doc:"What, for programs." example:"not_allowed"`
	Detail  string `json:"detail" doc:"What is wrong and what to write instead."`
}

// MaxFaults is how many things that are wrong with one request are told: whoever has made
// one mistake a thousand times needs no thousand sentences, and an answer that grows with
// what it refuses is a weapon.
const MaxFaults = 20

// The longest pointer and sentence of a fault, in bytes: both repeat what a caller wrote.
const (
	maxPointer = 250
	maxDetail  = 500
)

// Invalid says that a request cannot be taken, and what is wrong with it: MaxFaults things,
// and how many more there are. Nothing of such a request is stored.
type Invalid struct {
	Faults []Fault
	More   int
}

func (e *Invalid) Error() string {
	var lines []string
	for _, f := range e.Faults {
		where := strings.ReplaceAll(strings.TrimPrefix(f.Pointer, "/"), "/", ".")
		if where != "" {
			where += ": "
		}
		lines = append(lines, where+f.Detail)
	}
	if e.More > 0 {
		lines = append(lines, AndMore(e.More))
	}
	return strings.Join(lines, " ")
}

// AndMore is the sentence that stands for n faults which are not told.
func AndMore(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return "And " + digits + " more."
}

// Add notes one more fault, as a whole sentence. After MaxFaults they are only counted.
func (e *Invalid) Add(pointer, code, format string, args ...any) {
	if len(e.Faults) >= MaxFaults {
		e.More++
		return
	}
	detail := KeepEnds(fmt.Sprintf(format, args...), maxDetail)
	if !strings.HasSuffix(detail, ".") && !strings.HasSuffix(detail, "?") {
		detail += "."
	}
	e.Faults = append(e.Faults, Fault{Pointer: shortened(pointer, maxPointer), Code: code, Detail: detail})
}

// Take notes the faults of another, which stand below a place of this one.
func (e *Invalid) Take(below string, other *Invalid) {
	for _, f := range other.Faults {
		e.Add(below+f.Pointer, f.Code, "%s", f.Detail)
	}
	e.More += other.More
}

// Check notes err, if there is one, as a fault of that place.
func (e *Invalid) Check(pointer, code string, err error) {
	if err != nil {
		e.Add(pointer, code, "%s", err.Error())
	}
}

// Err is nil if nothing was noted.
func (e *Invalid) Err() error {
	if len(e.Faults) == 0 {
		return nil
	}
	return e
}

// Join is one *Invalid with the faults of all; an error of another sort comes first.
func Join(errs ...error) error {
	var all Invalid
	for _, err := range errs {
		var one *Invalid
		switch {
		case errors.As(err, &one):
			all.Take("", one)
		case err != nil:
			return err
		}
	}
	return all.Err()
}
