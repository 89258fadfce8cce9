package centre

import (
	"errors"
	"net/http"

	"go.uber.org/zap"

	"notifier/links"
	"notifier/message"
	"notifier/web/look"
)

// MinePath is where somebody who is signed in chooses.
const MinePath = "/me/notifications"

// Me says who is signed in: the site, the person, and the name by which a change is noted;
// message.ErrNotFound if nobody of the site is that person.
type Me func(r *http.Request) (site, user, name string, err error)

// errNobody means that who is signed in is none of the people that mail is sent to.
var errNobody = errors.New("nobody has the address of who is signed in")

// Mine answers below MinePath, behind a login. It is the page that links lead to, for
// whoever is known otherwise.
func Mine(desk Desk, records Records, o Options, me Me, log *zap.Logger) http.Handler {
	c := &centre{desk: desk, records: records, o: o, me: me, log: log.Named("centre")}
	mux := http.NewServeMux()
	c.routes(mux, MinePath)
	return look.Guarded(http.NewCrossOriginProtection().Handler(mux))
}

// signedIn is the visit of somebody who is signed in: as good as a fresh link.
func (c *centre) signedIn(r *http.Request, v visit) (visit, error) {
	site, user, name, err := c.me(r)
	if errors.Is(err, message.ErrNotFound) {
		return v, errNobody
	}
	if err != nil {
		return v, err
	}
	v.path, v.by = MinePath, name
	return c.meet(r, v, links.Token{Purpose: links.Fresh, Site: site, User: user, IssuedAt: v.at})
}
