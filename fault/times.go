package fault

import (
	"bytes"
	"fmt"
	"reflect"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
)

// The times that the service takes in lie between these two, by whatever door they come: what
// lies outside cannot be written as JSON, or not be kept by a database.
var (
	FirstTime = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	LastTime  = time.Date(2199, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
)

// CheckTime tells what is wrong with a time that comes in, or nil.
func CheckTime(t time.Time) error {
	if t.Before(FirstTime) || t.After(LastTime) {
		return fmt.Errorf(`%s is out of range. Write a time from 1970-01-01T00:00:00Z to 2199-12-31T23:59:59Z, or leave it out for "never"`,
			t.UTC().Format(time.RFC3339))
	}
	return nil
}

// CheckTime notes what is wrong with the time of that place, which may be absent.
func (e *Invalid) CheckTime(pointer string, t *time.Time) {
	if t != nil {
		e.Check(pointer, "out_of_range", CheckTime(*t))
	}
}

// lastShown is the last year of which all zones can be written, with what follows a time in it.
const lastShown = 9990

// Clamp is the time, or the nearest one that can be shown: databases may hold others, which
// earlier versions took in.
func Clamp(t time.Time) time.Time {
	switch {
	case t.Year() < 1: // what RFC 3339 cannot write
		return FirstTime
	case t.Year() > lastShown: // and what is reckoned from it, as when the jobs run next
		return LastTime.Truncate(time.Microsecond)
	}
	return t
}

// times reads the times in JSON, and refuses those out of range.
var times = jsonv2.UnmarshalFunc(func(b []byte, t *time.Time) error {
	if bytes.Equal(b, []byte("null")) {
		*t = time.Time{}
		return nil
	}
	if err := jsonv2.Unmarshal(b, t); err != nil { // which is stricter than package json
		return err
	}
	return CheckTime(*t)
})

var timeType = reflect.TypeFor[time.Time]()
