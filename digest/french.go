package digest

import (
	"fmt"
	"strconv"

	"notifier/letter"
)

var french = words{
	headline: func(items, cases int) string {
		if cases == 0 {
			return frenchItems(items)
		}
		return frenchItems(items) + " dans " + strconv.Itoa(cases) + " " + letter.French(cases, "dossier", "dossiers")
	},
	inCase:    func(name, headline string) string { return name + "\u00a0: " + headline },
	items:     frenchItems,
	dated:     func(subject, day string) string { return subject + " – " + day },
	datedHour: func(subject, day, hour string) string { return subject + " – " + day + ", " + hour },
	collected: func(from, to, zone string) string { return "Réuni du " + from + " au " + to + " (" + zone + ")." },
	period:    func(from, to, zone string) string { return from + " - " + to + " (" + zone + ")" },
	record:    "Ceci dit ce qui s’est passé ; un dossier a pu avancer depuis.",
	briefly:   "Ceci dit ce qui s’est passé ; un dossier a pu avancer depuis.",
	reached:   func(n int) string { return fmt.Sprintf("Dossiers qui vous sont arrivés (%d)", n) },
	changed:   func(n int) string { return fmt.Sprintf("Autres changements (%d)", n) },
	loose:     func(n int) string { return fmt.Sprintf("Hors dossier (%d)", n) },
	times: func(n int, last string) string {
		if last == "" {
			return fmt.Sprintf("×%d", n)
		}
		return fmt.Sprintf("×%d, dernière fois %s", n, last)
	},
	more: func(n int) string { return fmt.Sprintf("et %d de plus", n) },
	unshown: func(cases, items int) string {
		return fmt.Sprintf("et %d %s avec %s qui ne sont pas montrés", cases, letter.French(cases, "autre dossier", "autres dossiers"), frenchItems(items))
	},
	seeAll:    "tout voir",
	openCases: "Ouvrir mes dossiers",
	others:    func(n int) string { return fmt.Sprintf("et %d de plus", n) },
}

func frenchItems(n int) string {
	return strconv.Itoa(n) + " " + letter.French(n, "notification", "notifications")
}
