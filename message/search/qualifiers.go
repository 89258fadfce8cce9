package search

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"notifier/fault"
	"notifier/message"
	"notifier/schedule"
)

var all = []Qualifier{
	{
		Name: "status", Says: "with this status", Example: "status:error", Values: texts(message.Statuses()),
		set: func(f *message.Filter, v string, _ time.Time) error {
			f.Status = message.Status(strings.ToLower(v))
			return oneOf(v, texts(message.Statuses()))
		},
	},
	{Name: "to", Says: "to this address", Example: "to:anna@example.org", set: plain(func(f *message.Filter) *string { return &f.To })},
	{Name: "user", Says: "of this user", Example: "user:anna", set: plain(func(f *message.Filter) *string { return &f.User })},
	{Name: "case", Says: "of the case with this id", Example: "case:OFA/2026/1181", set: plain(func(f *message.Filter) *string { return &f.Case })},
	{Name: "kind", Says: "of events of this kind", Example: "kind:case_changed", set: plain(func(f *message.Filter) *string { return (*string)(&f.Kind) })},
	{
		Name: "type", Says: "that such a thing led to", Example: "type:digest", Values: types,
		set: func(f *message.Filter, v string, _ time.Time) error {
			return typed(f, message.Type(strings.ToLower(v)))
		},
	},
	{Name: "job", Says: "that this job wrote", Example: "job:reminders", Values: writers, set: func(f *message.Filter, v string, _ time.Time) error {
		switch strings.ToLower(v) {
		case schedule.Reminders:
			return typed(f, message.Reminder)
		case schedule.UserNotifications:
			return typed(f, message.Digest)
		case schedule.Notifications:
			return errors.New("it sends all mail and writes none. Leave it out")
		}
		return oneOf(v, writers)
	}},
	{Name: "code", Says: "with an error whose code begins so", Example: "code:552", set: plain(func(f *message.Filter) *string { return &f.Code })},
	{
		Name: "category", Says: "with an error of this category", Example: "category:mailbox_full", Values: texts(message.Categories()),
		set: func(f *message.Filter, v string, _ time.Time) error {
			f.Category = message.Category(strings.ToLower(v))
			return oneOf(v, texts(message.Categories()))
		},
	},
	{Name: "site", Says: "of this site, for keys that see several", Example: "site:default", set: plain(func(f *message.Filter) *string { return &f.Site })},
	{Name: "account", Says: "by this outgoing account", Example: "account:backup", set: plain(func(f *message.Filter) *string { return &f.Account })},
	{Name: "reference", Says: "with this id of the caller's, or of the deadline with this key", Example: "reference:bpm-4711", set: plain(func(f *message.Filter) *string { return &f.Reference })},
	{Name: "event", Says: "of the event with this id", Example: "event:" + string(message.IDOf(message.EventIDs, [16]byte{1})), set: func(f *message.Filter, v string, _ time.Time) (err error) {
		f.Event, err = message.ParseID(message.EventIDs, v)
		return err
	}},
	{Name: "operation", Says: "that this operation has moved", Example: "operation:" + string(message.IDOf(message.OperationIDs, [16]byte{1})), set: func(f *message.Filter, v string, _ time.Time) (err error) {
		f.Operation, err = message.ParseID(message.OperationIDs, v)
		return err
	}},
	{Name: "id", Says: "with this id", Example: "id:" + string(message.IDOf(message.MessageIDs, [16]byte{1})), set: func(f *message.Filter, v string, _ time.Time) error {
		f.ID = message.ID(v)
		if f.ID.Bytes() == [16]byte{} {
			return fmt.Errorf("%q is not the id of a message", fault.Truncate(v, 60))
		}
		return nil
	}},
	{Name: "tag", Says: "with this tag, or this value of it", Example: "tag:process=lease", set: plain(func(f *message.Filter) *string { return &f.Tag })},
	{Name: "since", Says: "taken at this time or later", Example: "since:24h", set: instant(func(f *message.Filter) *time.Time { return &f.Since })},
	{Name: "until", Says: "taken before this time", Example: "until:2026-11-25", set: instant(func(f *message.Filter) *time.Time { return &f.Until })},
	{Name: "text", Says: "with these words in them, within a time", Example: `text:"lease agreement"`, set: plain(func(f *message.Filter) *string { return &f.Text })},
}

var (
	types   = texts([]message.Type{message.Single, message.Digest, message.Reminder, message.Direct})
	writers = []string{schedule.Reminders, schedule.UserNotifications}
)

func texts[T ~string](words []T) []string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = string(w)
	}
	return list
}

func oneOf(value string, known []string) error {
	for _, k := range known {
		if strings.EqualFold(k, value) {
			return nil
		}
	}
	return fmt.Errorf("there is no %q.%s", fault.Truncate(value, 60), fault.Suggest(value, known))
}

func typed(f *message.Filter, t message.Type) error {
	if f.Type != "" && f.Type != t {
		return fmt.Errorf("that is of type %s, and type:%s is given, too. Leave one out", t, f.Type)
	}
	f.Type = t
	return oneOf(string(t), types)
}

// plain takes a value as it is.
func plain(field func(*message.Filter) *string) func(*message.Filter, string, time.Time) error {
	return func(f *message.Filter, value string, _ time.Time) error {
		*field(f) = value
		return fault.CheckLine(value, maxLine)
	}
}

func instant(field func(*message.Filter) *time.Time) func(*message.Filter, string, time.Time) error {
	return func(f *message.Filter, value string, at time.Time) (err error) {
		*field(f), err = Time(value, at)
		return err
	}
}

// units are what a span of time is counted in.
var units = map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}

// maxSpan is how far back a span may lead: farther than any record is kept.
const maxSpan = 100 * 366 * 24 * time.Hour

// Time reads a time: how long before at it was, as in 30m, 24h, 7d or 2w, a date, which
// begins at midnight UTC, or a time with its zone.
func Time(value string, at time.Time) (time.Time, error) {
	if value == "" {
		return at, errors.New("a time is missing")
	}
	last := len(value) - 1
	if n, err := strconv.Atoi(value[:last]); err == nil && n >= 0 && units[value[last]] > 0 {
		if n > int(maxSpan/units[value[last]]) {
			return at, fmt.Errorf("%s is longer than anything is kept. Give a shorter time", fault.Truncate(value, 60))
		}
		return at.Add(-time.Duration(n) * units[value[last]]), nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, value); err == nil {
			return t.UTC(), fault.CheckTime(t)
		}
	}
	return at, fmt.Errorf("%q is no time. Write how long ago, as in 30m, 24h or 7d, a date as in 2026-11-25, or a time with its zone as in 2026-11-25T14:00:00Z", fault.Truncate(value, 60))
}
