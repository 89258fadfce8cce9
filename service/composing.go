package service

import (
	"notifier/api"
	"notifier/message"
	"notifier/schedule"
	"notifier/simulate"
)

// digests are what waits for people.
func (h *Service) digests() *api.Digests {
	return &api.Digests{Waits: h.store, Close: h.promote, Wake: func() { h.timetable.Wake(schedule.Notifications) }, Compose: h.composeAnyway}
}

// composeAnyway is compose, also where no account is configured yet.
func (h *Service) composeAnyway(m message.Message) ([]byte, error) {
	if h.config.SentBy(m.Site).From == "" {
		m.Sender = message.Address{Email: "notifier@" + h.config.MailDomain()}
	}
	return h.compose(m)
}

// whatIf is what schedules are tried on.
func (h *Service) whatIf() *api.WhatIf {
	return &api.WhatIf{Past: h.store, Plan: func(site string) simulate.Options {
		calendar := h.calendar(site)
		return simulate.Options{Catalog: h.kindsOf(site), Zone: calendar.Zone.String(), Calendar: calendar}
	}}
}
