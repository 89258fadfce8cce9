package letter

import (
	"strconv"

	"notifier/message"
)

var french = words{
	lang:     "fr",
	days:     [7]string{"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."},
	weekdays: [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
	months:   [12]string{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},

	tags: map[message.Kind]string{
		message.CaseReceived: "Un dossier vous est arrivé",
		message.CaseChanged:  "Un dossier a changé",
		message.Deadline:     "Échéance",
	},
	events: map[message.Kind]string{
		message.CaseReceived: "Vous est arrivé",
		message.CaseChanged:  "Modifié",
		message.Deadline:     "Échéance",
	},
	titles: map[message.Kind]string{
		message.CaseReceived: "Un dossier m’arrive",
		message.CaseChanged:  "Autre chose change",
		message.Deadline:     "Échéances et rappels",
		"":                   "Notifications",
	},

	reachedStep: func(step string) string { return "Étape « " + step + " » → vous" },
	by:          func(actor string) string { return "par " + actor },
	openCase:    "Ouvrir le dossier",

	immediately: "tout de suite", hourly: "une fois par heure", daily: "une fois par jour", weekly: "une fois par semaine", never: "jamais",
	dailyAt:  func(hour string) string { return "une fois par jour à " + hour },
	weeklyOn: func(weekday, hour string) string { return "une fois par semaine, " + weekday + " " + hour },

	because: func(settings []string) string {
		return "Vous recevez ce message car " + list(settings, ", ", " et ") + "."
	},
	isSetTo: func(title, setting string) string { return "« " + title + " » est réglé sur « " + setting + " »" },
	briefly: func(title, setting string) string { return "« " + title + " » = " + setting },
	about:   func(title string) string { return "Vous recevez ce message à cause de « " + title + " »." },
	locked: func(title string) string {
		return "Les messages « " + title + " » ne peuvent pas être désactivés. Pourquoi : votre organisation les garde actifs."
	},
	deadlines: "Les messages d’échéance ne peuvent pas être désactivés. Pourquoi : votre organisation les garde actifs pour qu’aucune échéance ne soit manquée.",
	why:       "Pourquoi : ", id: "Id :       ",
	moreKinds: func(n int) string {
		return frenchCount(n, "autre type attend", "autres types attendent")
	},

	change: "Changer le rythme", pause: "Faire une pause d’une semaine", stop: "Ne plus recevoir ces messages", stopDigest: "Ne plus recevoir ce récapitulatif",

	dueOn:    func(day, hour string) string { return "Échéance " + day + " " + hour },
	dueToday: func(hour string) string { return "Échéance aujourd’hui " + hour },
	dueNext:  func(hour string) string { return "Échéance demain " + hour },
	late:     func(days int) string { return frenchDays(days) + " de retard" },
	sentence: func(step, when string, past bool) string {
		if past {
			return frenchSubject(step) + " devait être terminé" + frenchEnding(step) + " " + when + "."
		}
		return frenchSubject(step) + " est à terminer " + when + "."
	},
	lateBy: func(step string, days int) string {
		return frenchSubject(step) + " a " + frenchDays(days) + " de retard."
	},
	today:    "aujourd’hui",
	tomorrow: "demain",
	on:       func(day string) string { return "le " + day },
	dueAt:    func(moment string) string { return "Échéance : " + moment },
	wasDueAt: func(moment string) string { return "L’échéance était : " + moment },
	left:     func(d string) string { return "il reste " + d },
	over:     func(d string) string { return "il y a " + d },
	setBy:    func(actor string) string { return "Fixée par " + actor },
	next: func(moment string) string {
		return "Prochain rappel : " + moment + ", sauf si l’étape est terminée."
	},
	leaves:   func(leaves, due string) string { return leaves + " (prévu " + due + ")" },
	earliest: func(due string) string { return due + " au plus tôt" },
	last:     "C’est le dernier rappel.",
}

func frenchSubject(step string) string {
	if step == "" {
		return "Ce dossier"
	}
	return "L’étape « " + step + " »"
}

// frenchEnding agrees with the subject.
func frenchEnding(step string) string {
	if step == "" {
		return ""
	}
	return "e"
}

func frenchDays(n int) string { return frenchCount(n, "jour", "jours") }

func frenchCount(n int, one, many string) string { return strconv.Itoa(n) + " " + French(n, one, many) }

// French picks the form that a number asks for in French, where none is singular (CLDR).
func French(n int, one, many string) string {
	if n == 0 || n == 1 {
		return one
	}
	return many
}
