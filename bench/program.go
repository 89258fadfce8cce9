package main

import (
	"net/http"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/request"
	"notifier/store"
	"time"
)

// What a round calls of the program's own packages stands in this file alone. A checkout
// that is older than rounds gets before/program.go.txt in its place, as those were then.

// accept puts n messages into the queue at once.
func (m *machine) accept(s *store.Store, n int, text string) error {
	now := time.Now().UTC().Truncate(time.Microsecond)
	var all []message.Message
	for i := range n {
		all = append(all, queued(i, text, now))
	}
	_, err := s.Accept(m.ctx, now, request.Tray{Site: site, Messages: all})
	return err
}

// catcher is a relay that notes when mails arrive.
func catcher(a *arrivals) (port int, stop func() error, err error) {
	relay, err := mailtest.Start(mailtest.Options{OnMail: a.note})
	if err != nil {
		return 0, nil, err
	}
	return relay.Port(), relay.Close, nil
}

// authorize names the key of the services that bench starts.
func authorize(r *http.Request) {
	r.Header.Set("Authorization", "Bearer "+apiKey)
	r.Header.Set("Content-Type", "application/json")
}
