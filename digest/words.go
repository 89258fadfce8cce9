package digest

import (
	"fmt"
	"strconv"

	"notifier/language"
)

// words is all that a digest says of its own accord, in one language. Sentences whose
// form depends on a number are functions, so that each language can bend them.
type words struct {
	headline  func(items, cases int) string
	inCase    func(name, headline string) string
	items     func(n int) string
	dated     func(subject, day string) string
	datedHour func(subject, day, hour string) string
	collected func(from, to, zone string) string
	period    func(from, to, zone string) string // the same in the text part
	record    string
	briefly   string // the same in the text part
	reached   func(n int) string
	changed   func(n int) string
	loose     func(n int) string
	times     func(n int, last string) string
	more      func(n int) string
	unshown   func(cases, items int) string
	seeAll    string
	openCases string
	others    func(n int) string // cases that the preheader does not name
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
	headline: func(items, cases int) string {
		if cases == 0 {
			return count(items, "notification", "notifications")
		}
		return count(items, "notification", "notifications") + " in " + count(cases, "case", "cases")
	},
	inCase:    func(name, headline string) string { return name + ": " + headline },
	items:     func(n int) string { return count(n, "notification", "notifications") },
	dated:     func(subject, day string) string { return subject + " – " + day },
	datedHour: func(subject, day, hour string) string { return subject + " – " + day + ", " + hour },
	collected: func(from, to, zone string) string {
		return "Collected " + from + " – " + to + " (" + zone + ")."
	},
	period:  func(from, to, zone string) string { return from + " - " + to + " (" + zone + ")" },
	record:  "This is a record of what happened; a case may have moved on since.",
	briefly: "A record of what happened; a case may have moved on since.",
	reached: func(n int) string { return fmt.Sprintf("Cases that reached you (%d)", n) },
	changed: func(n int) string { return fmt.Sprintf("Other changes (%d)", n) },
	loose:   func(n int) string { return fmt.Sprintf("Not about a case (%d)", n) },
	times: func(n int, last string) string {
		if last == "" {
			return fmt.Sprintf("×%d", n)
		}
		return fmt.Sprintf("×%d, last %s", n, last)
	},
	more: func(n int) string { return fmt.Sprintf("and %d more", n) },
	unshown: func(cases, items int) string {
		verb := "are"
		if cases == 1 {
			verb = "is"
		}
		return "and " + count(cases, "more case", "more cases") + " with " +
			count(items, "notification", "notifications") + " " + verb + " not shown"
	},
	seeAll:    "see all",
	openCases: "Open my cases",
	others:    func(n int) string { return fmt.Sprintf("and %d more", n) },
}

func count(n int, one, many string) string {
	if n == 1 {
		many = one
	}
	return strconv.Itoa(n) + " " + many
}
