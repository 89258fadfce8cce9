package service

import (
	"context"
	"net/http"

	"notifier/jobs/trials"
	"notifier/links"
	"notifier/mail"
	"notifier/message"
	"notifier/preferences"
	"notifier/schedule"
	"notifier/simulate"
	"notifier/web"
	"notifier/web/centre"
	"notifier/web/console"
)

// Console are the pages of admins. Their streams end when stop is closed.
func (h *Service) Console(stop <-chan struct{}, mailbox console.Mailbox) http.Handler {
	room := &trials.Room{Log: h.log}
	h.closes(room.Close)
	return console.Handler(h.login(), console.NewBackend(h.desk, h.store), h.timetable, h, console.Options{
		Write: h.shown, Compose: h.compose, Why: h.why, Digests: h.promote, Webhooks: h.webhooks, Settings: configuration{h}, Keys: h.gate, People: h.people(), Reminders: h.remind,
		Wake:   func() { h.timetable.Wake(schedule.Notifications) },
		WhatIf: console.WhatIf{Past: h.store, Plan: h.whatIf().Plan, Trials: room}, Mailbox: mailbox, Stop: stop, Version: h.config.Version,
		URL: h.config.HTTP.PublicURL, Key: h.exampleKey(), NoServer: func() bool { return len(h.outgoing().Configured().Names()) == 0 }, Conditions: h.health.Conditions, ConfirmClock: h.confirmClock,
	}, h.log)
}

// people is what the console can do for people where they have links.
func (h *Service) people() console.People {
	door := h.linkDoor()
	if door == nil {
		return console.People{}
	}
	return console.People{Link: door.Choose, AsSeen: centre.AsSeen(h.desk, h.store, h.centre(*door), h.log)}
}

// exampleKey is the key that examples on pages name: that of the demo, which everybody knows.
func (h *Service) exampleKey() string {
	if h.config.Demo {
		return DevKey
	}
	return ""
}

// centre says how people choose what they get.
func (h *Service) centre(door links.Door) centre.Options {
	return centre.Options{
		Door: door, Sites: h.config.SiteNames(), Outgoing: h.desk, Digests: h.promote, Why: h.why, Estimate: h.estimate,
		Departures: h.timetable.Departures,
		Wake:       func() { h.timetable.Wake(schedule.Notifications) },
	}
}

// mine is where whoever is signed in chooses, if the service sends mail to that address.
func (h *Service) mine() http.Handler {
	login := h.login()
	pages := centre.Mine(h.desk, h.store, h.centre(links.Door{}), func(r *http.Request) (site, user, name string, err error) {
		who := web.Who(r.Context())
		p, err := h.store.Person(r.Context(), who.Site, who.Name)
		return who.Site, p.ID, who.Name, err
	}, h.log)
	mux := http.NewServeMux()
	mux.Handle("/", login.Guard(pages))
	mux.Handle("POST /", login.Guard(login.Noted("change-own-preferences", pages)))
	return mux
}

// mostTold is how much of what a user was told is looked at for an estimate.
const mostTold = 10_000

// estimate reckons mails a week for each choice from what the user was told of lately, by
// the schedules of now.
func (h *Service) estimate(ctx context.Context, site string, u preferences.User) (map[message.Kind]map[preferences.Frequency]float64, error) {
	at := h.now().UTC()
	told, err := h.store.Told(ctx, site, u.ID, at.Add(-simulate.EstimateOver), mostTold)
	if err != nil || len(told) == 0 {
		return nil, err
	}
	o := h.whatIf().Plan(site)
	for _, name := range schedule.Public() {
		state, err := h.timetable.Line(ctx, name)
		if err == nil {
			*o.Of(name), err = state.Spec.Compile()
		}
		if err != nil {
			return nil, err
		}
	}
	weeks := map[message.Kind]map[preferences.Frequency]float64{}
	_, kinds := simulate.Weekly(told, u, o, at)
	for kind, week := range kinds {
		weeks[kind] = week.Choices
	}
	return weeks, nil
}

// compose is a mail as it would go out, by the same code.
func (h *Service) compose(m message.Message) ([]byte, error) {
	from := m.Sender
	if from == (message.Address{}) {
		from, _ = h.config.SentBy(m.Site).Sender()
	}
	m, err := h.store.Attach(context.Background(), m)
	if err != nil {
		return nil, err
	}
	return mail.Compose(m, from)
}
