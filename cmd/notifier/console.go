package main

import (
	"context"
	"net/http"

	"notifier/mail"
	"notifier/message"
	"notifier/web/console"
)

// console are the pages of admins. Their streams end when stop is closed.
func (h *house) console(stop <-chan struct{}, mailbox bool) http.Handler {
	return console.Handler(h.login(), h.desk, h.store, h.timetable, h, console.Options{
		Write: h.writer.Write, Compose: h.compose, Why: h.why, WhatIf: console.WhatIf{Past: h.store, Plan: h.whatIf().Plan}, Mailbox: mailbox, Stop: stop,
	}, h.log)
}

// compose is a mail as it would go out, by the same code.
func (h *house) compose(m message.Message) ([]byte, error) {
	from := m.Sender
	if from == (message.Address{}) {
		from, _ = h.config.configured()[h.config.accountOf(m.Site)].sender()
	}
	m, err := h.store.Attach(context.Background(), m)
	if err != nil {
		return nil, err
	}
	return mail.Compose(m, from)
}
