package letter

import (
	"strconv"
	"strings"

	"notifier/language"
	"notifier/message"
)

// words is all that a letter says of its own accord, in one language. Sentences whose
// form depends on a number or name are functions, so that each language can bend them.
type words struct {
	lang     string     // BCP 47, for the lang attribute
	days     [7]string  // from Sunday, short
	weekdays [7]string  // from Sunday, in full
	months   [12]string // short

	tags   map[message.Kind]string // above the heading of a mail about one event
	events map[message.Kind]string // what happened, where the caller did not say
	titles map[message.Kind]string // as the settings call the kind

	reachedStep func(step string) string
	by          func(actor string) string
	openCase    string

	immediately, hourly, daily, weekly, never string
	dailyAt                                   func(hour string) string
	weeklyOn                                  func(weekday, hour string) string

	because    func(settings []string) string // why the person gets the mail
	isSetTo    func(title, setting string) string
	briefly    func(title, setting string) string // the same in the text part
	about      func(title string) string
	locked     func(title string) string
	deadlines  string // why a deadline mail cannot be turned off
	why, id    string // labels of the text part
	moreKinds  func(n int) string
	change     string // the links of the footer
	pause      string
	stop       string
	stopDigest string
	dueOn      func(day, hour string) string // the day is empty for the date of today
	dueToday   func(hour string) string
	dueNext    func(hour string) string
	late       func(days int) string
	sentence   func(step, when string, past bool) string
	today      string
	tomorrow   string
	on         func(day string) string
	lateBy     func(step string, days int) string
	dueAt      func(moment string) string
	wasDueAt   func(moment string) string
	left, over func(d string) string
	setBy      func(actor string) string
	next       func(moment string) string
	leaves     func(leaves, due string) string
	earliest   func(due string) string
	last       string
}

// speak is the catalogue for somebody who wants that language (language.Lookup);
// English where there is none.
func speak(tag string) *words {
	switch spoken.Lookup(tag) {
	case "pl":
		return &polish
	case "fr":
		return &french
	}
	return &english
}

// spoken are the languages of the catalogues.
var spoken = language.NewMatcher("en", "pl", "fr")

var english = words{
	lang:     "en",
	days:     [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
	weekdays: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	months:   [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},

	tags: map[message.Kind]string{
		message.CaseReceived: "A case reached you",
		message.CaseChanged:  "A case changed",
		message.Deadline:     "Deadline",
	},
	events: map[message.Kind]string{
		message.CaseReceived: "Reached you",
		message.CaseChanged:  "Changed",
		message.Deadline:     "Deadline",
	},
	titles: map[message.Kind]string{
		message.CaseReceived: "A case reaches me",
		message.CaseChanged:  "Anything else changes",
		message.Deadline:     "Deadlines and reminders",
		"":                   "Notifications",
	},

	reachedStep: func(step string) string { return `Step "` + step + `" → you` },
	by:          func(actor string) string { return "by " + actor },
	openCase:    "Open the case",

	immediately: "right away", hourly: "once an hour", daily: "once a day", weekly: "once a week", never: "never",
	dailyAt:  func(hour string) string { return "once a day at " + hour },
	weeklyOn: func(weekday, hour string) string { return "once a week, " + weekday + " " + hour },

	because: func(settings []string) string {
		return "You get this mail because " + list(settings, ", ", " and ") + "."
	},
	isSetTo: func(title, setting string) string { return `"` + title + `" is set to "` + setting + `"` },
	briefly: func(title, setting string) string { return `"` + title + `" = ` + setting },
	about:   func(title string) string { return `You get this mail because of "` + title + `".` },
	locked: func(title string) string {
		return `Mails about "` + title + `" cannot be turned off. Why: your organisation keeps them on.`
	},
	deadlines: "Deadline mails cannot be turned off. Why: your organisation keeps them on so that no deadline is missed.",
	why:       "Why: ", id: "Id:  ",
	moreKinds: func(n int) string { return count(n, "more kind is due", "more kinds are due") },

	change: "Change how often", pause: "Pause for a week", stop: "Unsubscribe from these mails", stopDigest: "Unsubscribe from this digest",

	dueOn:    func(day, hour string) string { return "Due " + day + " " + hour },
	dueToday: func(hour string) string { return "Due today " + hour },
	dueNext:  func(hour string) string { return "Due tomorrow " + hour },
	late:     func(days int) string { return count(days, "day", "days") + " late" },
	sentence: func(step, when string, past bool) string {
		if past {
			return subject(step) + " was due " + when + "."
		}
		return subject(step) + " is due " + when + "."
	},
	lateBy: func(step string, days int) string {
		return subject(step) + " is " + count(days, "day", "days") + " late."
	},
	today:    "today",
	tomorrow: "tomorrow",
	on:       func(day string) string { return "on " + day },
	dueAt:    func(moment string) string { return "Due " + moment },
	wasDueAt: func(moment string) string { return "Was due " + moment },
	left:     func(d string) string { return d + " left" },
	over:     func(d string) string { return d + " ago" },
	setBy:    func(actor string) string { return "Set by " + actor },
	next:     func(moment string) string { return "Next reminder: " + moment + ", unless the step is done." },
	leaves:   func(leaves, due string) string { return leaves + " (due " + due + ")" },
	earliest: func(due string) string { return due + " at the earliest" },
	last:     "This is the last reminder.",
}

func subject(step string) string {
	if step == "" {
		return "This case"
	}
	return `The step "` + step + `"`
}

func count(n int, one, many string) string {
	if n == 1 {
		many = one
	}
	return strconv.Itoa(n) + " " + many
}

// list is "a, b and c".
func list(parts []string, comma, and string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	end := len(parts) - 1
	return strings.Join(parts[:end], comma) + and + parts[end]
}
