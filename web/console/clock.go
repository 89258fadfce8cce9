package console

import (
	"net/http"

	"notifier/access"
	"notifier/message"
	"notifier/web"
)

// confirmClock has the service go by a clock that was set forward, because a person says that
// it is right. The clock is that of the whole installation.
func (c *console) confirmClock(w http.ResponseWriter, r *http.Request) error {
	who := web.Who(r.Context())
	if !who.Home {
		return message.ErrNotFound
	}
	moved := c.o.ConfirmClock(r.Context(), who.Name)
	if moved == 0 {
		return unchanged(w, r, "/")
	}
	web.Tell(r.Context(), func(record *access.Record) {
		record.Subject, record.After = "/clock", access.State{"moved": moved.String()}
	})
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}
