package centre

import (
	"net/http"

	"go.uber.org/zap"

	"notifier/links"
	"notifier/wallclock/timekeeper"
	"notifier/web/look"
)

// AsSeen shows a person's choices to an admin as the person sees them, in the person's
// language and zone. Nothing can be changed there; back leads where the admin came from.
func AsSeen(desk Desk, records Records, o Options, log *zap.Logger) func(w http.ResponseWriter, r *http.Request, site, user, back string) error {
	c := &centre{desk: desk, records: records, o: o, log: log.Named("centre")}
	return func(w http.ResponseWriter, r *http.Request, site, user, back string) error {
		u, err := desk.User(r.Context(), site, user)
		if err != nil {
			return err
		}
		v := visit{token: links.Token{Site: site, User: user}, at: timekeeper.Now(r.Context()), user: u, kinds: desk.Catalog(r.Context(), site), lang: readsIn(r, u.Language)}
		v.clock = look.NewClock(look.In(v.lang), u.Preferences.Timezone, v.at)
		p, err := c.page(r.Context(), v, u)
		if err != nil {
			return err
		}
		p.AsSeen, p.Expires = back, ""
		return pages.Render(w, r, v.lang, http.StatusOK, "choices.html", p)
	}
}
