package console

import (
	"net/http"
	"slices"
	"strconv"

	"notifier/message"
)

// mostTo is how many addresses of a group are named, to be written to no more.
const mostTo = 10

// reached remembers whom a message did not reach.
func (f *failing) reached(m message.Message) {
	to := m.Rejected
	if len(to) == 0 {
		to = m.Outstanding()
	}
	for _, address := range to {
		if len(f.To) < mostTo && !slices.Contains(f.To, address) {
			f.To = append(f.To, address)
		}
	}
}

// refusing completes groups for their page: which server it was, as far as an account was
// asked for or there is but one, and which addresses are still written to.
func (c *console) refusing(r *http.Request, groups []failing) error {
	if len(groups) == 0 {
		return nil
	}
	accounts, err := c.accounts.Accounts(r.Context())
	if err != nil {
		return err
	}
	var all []string
	for i := range groups {
		groups[i].Ident = "error-" + strconv.Itoa(i+1)
		for _, a := range accounts {
			if a.Name == groups[i].Account || len(accounts) == 1 {
				groups[i].Server = a.Server
			}
		}
		all = append(all, groups[i].To...)
	}
	known, err := c.Suppressions.Suppressed(r.Context(), site(r), all)
	if err != nil {
		return err
	}
	for i := range groups {
		groups[i].To = slices.DeleteFunc(groups[i].To, func(a string) bool { _, is := known[message.Identity(a)]; return is })
	}
	return nil
}
