package digest

import (
	"fmt"
	"strconv"

	"notifier/letter"
)

var polish = words{
	headline: func(items, cases int) string {
		if cases == 0 {
			return polishItems(items)
		}
		return polishItems(items) + " w " + strconv.Itoa(cases) + " " + letter.Polish(cases, "sprawie", "sprawach", "sprawach")
	},
	inCase:    func(name, headline string) string { return name + ": " + headline },
	items:     polishItems,
	dated:     func(subject, day string) string { return subject + " – " + day },
	datedHour: func(subject, day, hour string) string { return subject + " – " + day + ", " + hour },
	collected: func(from, to, zone string) string { return "Zebrano od " + from + " do " + to + " (" + zone + ")." },
	period:    func(from, to, zone string) string { return from + " - " + to + " (" + zone + ")" },
	record:    "To zapis zdarzeń – stan spraw mógł się od tego czasu zmienić.",
	briefly:   "To zapis zdarzeń – stan spraw mógł się zmienić.",
	reached:   func(n int) string { return fmt.Sprintf("Sprawy, które do Ciebie trafiły (%d)", n) },
	changed:   func(n int) string { return fmt.Sprintf("Inne zmiany (%d)", n) },
	loose:     func(n int) string { return fmt.Sprintf("Poza sprawami (%d)", n) },
	times: func(n int, last string) string {
		if last == "" {
			return fmt.Sprintf("×%d", n)
		}
		return fmt.Sprintf("×%d, ostatnio %s", n, last)
	},
	more: func(n int) string { return fmt.Sprintf("i jeszcze %d", n) },
	unshown: func(cases, items int) string {
		return fmt.Sprintf("i jeszcze %d %s (%s), których tu nie widać", cases, letter.Polish(cases, "sprawa", "sprawy", "spraw"), polishItems(items))
	},
	seeAll:    "zobacz wszystkie",
	openCases: "Otwórz moje sprawy",
	others:    func(n int) string { return fmt.Sprintf("i jeszcze %d", n) },
}

func polishItems(n int) string {
	return strconv.Itoa(n) + " " + letter.Polish(n, "powiadomienie", "powiadomienia", "powiadomień")
}
