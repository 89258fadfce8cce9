package letter

import (
	"strconv"

	"notifier/message"
)

var polish = words{
	lang:     "pl",
	days:     [7]string{"nd.", "pon.", "wt.", "śr.", "czw.", "pt.", "sob."},
	weekdays: [7]string{"niedziela", "poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota"},
	months:   [12]string{"sty", "lut", "mar", "kwi", "maj", "cze", "lip", "sie", "wrz", "paź", "lis", "gru"},

	tags: map[message.Kind]string{
		message.CaseReceived: "Trafiła do Ciebie sprawa",
		message.CaseChanged:  "Zmiana w sprawie",
		message.Deadline:     "Termin",
	},
	events: map[message.Kind]string{
		message.CaseReceived: "Trafiła do Ciebie",
		message.CaseChanged:  "Zmiana",
		message.Deadline:     "Termin",
	},
	titles: map[message.Kind]string{
		message.CaseReceived: "Trafia do mnie sprawa",
		message.CaseChanged:  "Zmienia się coś innego",
		message.Deadline:     "Terminy i przypomnienia",
		"":                   "Powiadomienia",
	},

	reachedStep: func(step string) string { return "Etap „" + step + "” → Ty" },
	by:          func(actor string) string { return "przez: " + actor },
	openCase:    "Otwórz sprawę",

	immediately: "od razu", hourly: "raz na godzinę", daily: "raz dziennie", weekly: "raz w tygodniu", never: "nigdy",
	dailyAt:  func(hour string) string { return "raz dziennie o " + hour },
	weeklyOn: func(weekday, hour string) string { return "raz w tygodniu, " + weekday + " " + hour },

	because: func(settings []string) string {
		return "Dostajesz tę wiadomość, bo " + list(settings, ", ", " i ") + "."
	},
	isSetTo: func(title, setting string) string {
		return "„" + title + "” jest ustawione na „" + setting + "”"
	},
	briefly: func(title, setting string) string { return "„" + title + "” = " + setting },
	about:   func(title string) string { return "Dostajesz tę wiadomość z powodu „" + title + "”." },
	locked: func(title string) string {
		return "Wiadomości „" + title + "” nie da się wyłączyć. Dlaczego: nie pozwala na to Twoja organizacja."
	},
	deadlines: "Wiadomości o terminach nie da się wyłączyć. Dlaczego: Twoja organizacja chce, żeby nikt nie przegapił terminu.",
	why:       "Dlaczego: ", id: "Id:       ",
	moreKinds: func(n int) string {
		return polishCount(n, "kolejny rodzaj czeka", "kolejne rodzaje czekają", "kolejnych rodzajów czeka")
	},

	change: "Zmień, jak często", pause: "Zrób tydzień przerwy", stop: "Zrezygnuj z tych wiadomości", stopDigest: "Zrezygnuj z tego zestawienia",

	dueOn:    func(day, hour string) string { return "Termin " + day + " " + hour },
	dueToday: func(hour string) string { return "Termin dziś " + hour },
	dueNext:  func(hour string) string { return "Termin jutro " + hour },
	late:     func(days int) string { return polishDays(days) + " po terminie" },
	sentence: func(step, when string, past bool) string {
		if past {
			return polishSubject(step) + ": termin minął " + when + "."
		}
		return polishSubject(step) + ": termin upływa " + when + "."
	},
	lateBy: func(step string, days int) string {
		return polishSubject(step) + ": " + polishDays(days) + " po terminie."
	},
	today:    "dziś",
	tomorrow: "jutro",
	on:       func(day string) string { return day },
	dueAt:    func(moment string) string { return "Termin: " + moment },
	wasDueAt: func(moment string) string { return "Termin minął: " + moment },
	left:     func(d string) string { return "zostało: " + d },
	over:     func(d string) string { return d + " temu" },
	setBy:    func(actor string) string { return "Ustawił(a): " + actor },
	next: func(moment string) string {
		return "Następne przypomnienie: " + moment + ", chyba że etap zostanie zakończony."
	},
	leaves:   func(leaves, due string) string { return leaves + " (planowo " + due + ")" },
	earliest: func(due string) string { return "najwcześniej " + due },
	last:     "To ostatnie przypomnienie.",
}

func polishSubject(step string) string {
	if step == "" {
		return "Ta sprawa"
	}
	return "Etap „" + step + "”"
}

func polishDays(n int) string { return polishCount(n, "dzień", "dni", "dni") }

// polishCount is a number with its noun: 1 sprawa, 2 sprawy, 5 spraw, 22 sprawy (CLDR).
func polishCount(n int, one, few, many string) string {
	return strconv.Itoa(n) + " " + Polish(n, one, few, many)
}

// Polish picks the form that a number asks for in Polish (CLDR: one, few, many).
func Polish(n int, one, few, many string) string {
	tens, units := n%100, n%10
	switch {
	case n == 1:
		return one
	case units >= 2 && units <= 4 && (tens < 12 || tens > 14):
		return few
	}
	return many
}
