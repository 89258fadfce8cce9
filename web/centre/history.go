package centre

import (
	"cmp"
	"slices"
	"time"

	"notifier/message"
	"notifier/preferences"
	"notifier/request"
)

// past is one change that was made.
type past struct {
	When, Full, By string
	Lines          []string
}

// shown is how many changes a page lists.
const shown = 10

func (c *centre) history(v visit, changes []preferences.Change) []past {
	var all []past
	words := v.clock.Words
	for _, change := range changes[:min(shown, len(changes))] {
		one := past{When: v.clock.Moment(change.At), Full: v.clock.Full(change.At), Lines: c.differences(v, change)}
		switch {
		case v.is(change.By):
			one.By = words.T("prefs.by_you")
		case change.By == request.ByLink, change.By == request.ByOneClick:
			one.By = words.T("prefs.by_" + change.By)
		case change.By == "":
			one.By = words.T("prefs.by_nobody")
		default:
			one.By = words.T("prefs.by", "Who", change.By)
		}
		if one.Lines != nil {
			all = append(all, one)
		}
	}
	return all
}

// differences are what a change made different for the person: a default that was chosen
// is none.
func (c *centre) differences(v visit, change preferences.Change) []string {
	words, catalog := v.clock.Words, v.kinds
	theirs := v.user.Inherited
	before := catalog.Complete(change.Before.Preferences, cmp.Or(change.Before.Timezone, theirs.Timezone))
	after := catalog.Complete(change.After.Preferences, cmp.Or(change.After.Timezone, theirs.Timezone))
	var lines []string
	add := func(name, value string) { lines = append(lines, words.T("prefs.colon", "Name", name, "Value", value)) }
	for _, k := range catalog.Kinds() {
		if f := after.Frequencies[k]; f != before.Frequencies[k] {
			add(v.title(k), words.T("frequency."+string(f)))
		}
	}
	if *before.DailyAt != *after.DailyAt {
		add(words.T("prefs.daily_at"), after.DailyAt.String())
	}
	if before.WeeklyOn != after.WeeklyOn {
		add(words.T("prefs.weekly_on"), words.T("day."+string(after.WeeklyOn)))
	}
	if before.Timezone != after.Timezone {
		add(words.T("prefs.timezone"), after.Timezone)
	}
	if lang := cmp.Or(change.After.Language, theirs.Language); lang != cmp.Or(change.Before.Language, theirs.Language) && lang != "" {
		add(words.T("prefs.language"), lang)
	}
	switch {
	case before.PausedUntil == after.PausedUntil:
	case after.PauseEnds().IsZero():
		add(words.T("prefs.pause"), words.T("prefs.no_pause"))
	default:
		add(words.T("prefs.pause"), v.clock.Moment(after.PauseEnds()))
	}
	return lines
}

// is tells whether that is the name or the address of the person.
func (v visit) is(name string) bool {
	return name != "" && (name == v.user.ID || message.Identity(name) == message.Identity(v.user.Email))
}

// stoppedBefore is what a person stopped by a link, and may want back.
type stoppedBefore struct {
	Text   string
	Change message.ID
}

// offeredBack is how long a page offers to undo that mails were stopped.
const offeredBack = 30 * 24 * time.Hour

// stoppedBefore tells that the last change stopped mails, unless it was long ago: an undo
// of an older one would undo what came after it, too.
func (c *centre) stoppedBefore(v visit, changes []preferences.Change) *stoppedBefore {
	if len(changes) == 0 || v.at.Sub(changes[0].At) > offeredBack {
		return nil
	}
	last := changes[0]
	if last.By != request.ByLink && last.By != request.ByOneClick {
		return nil
	}
	catalog := v.kinds
	before, after := catalog.Complete(last.Before.Preferences, last.Before.Timezone), catalog.Complete(last.After.Preferences, last.After.Timezone)
	kinds := slices.DeleteFunc(catalog.Kinds(), func(k message.Kind) bool {
		return after.Frequencies[k] != preferences.Never || before.Frequencies[k] == preferences.Never
	})
	if len(kinds) == 0 {
		return nil
	}
	return &stoppedBefore{v.clock.Words.T("prefs.stopped", "Kinds", c.quoted(v, kinds), "Date", v.clock.Date(last.At)), last.ID}
}
