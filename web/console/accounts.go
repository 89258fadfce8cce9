package console

import (
	"net/http"
	"sync"
	"time"

	"notifier/access"
	"notifier/message"
	"notifier/wallclock/timekeeper"
	"notifier/web"
)

type accountsPage struct {
	base
	Accounts []accountRow
	MayTry   bool
}

// accountRow is an account with its last check by this replica.
type accountRow struct {
	message.Account
	Check *check
}

// check is how trying an account went.
type check struct {
	message.Trial
	At  time.Time
	By  string
	New bool // just now
}

// checks are the last ones of each account, as this replica has made them.
type checks struct {
	mu   sync.Mutex
	last map[string]check
}

func (c *checks) keep(account string, one check) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last == nil {
		c.last = map[string]check{}
	}
	c.last[account] = one
}

func (c *checks) of(account string) *check {
	c.mu.Lock()
	defer c.mu.Unlock()
	if one, known := c.last[account]; known {
		return &one
	}
	return nil
}

// accountList shows the outgoing accounts.
func (c *console) accountList(w http.ResponseWriter, r *http.Request) error {
	return c.accountsPage(w, r, "")
}

func (c *console) accountsPage(w http.ResponseWriter, r *http.Request, tried string) error {
	p := accountsPage{base: c.base(r, "accounts", "nav.accounts")}
	p.MayTry = p.Who.May(access.Admin) && p.Who.Home
	all, err := c.accounts.Accounts(r.Context())
	if err != nil {
		return err
	}
	for _, a := range all {
		row := accountRow{Account: a}
		if p.MayTry { // a conversation names the server's users
			row.Check = c.checked.of(a.Name)
		}
		if row.Check != nil {
			row.Check.New = a.Name == tried
		}
		p.Accounts = append(p.Accounts, row)
	}
	return c.show(w, r, p.Lang, "accounts.html", p)
}

// tryAccount has a conversation with an account's server that sends nothing.
func (c *console) tryAccount(w http.ResponseWriter, r *http.Request) error {
	who, name := web.Who(r.Context()), r.PathValue("name")
	if !who.Home {
		return message.ErrNotFound
	}
	trial, err := c.accounts.TryAccount(r.Context(), name)
	if err != nil {
		return err
	}
	c.checked.keep(name, check{Trial: trial, At: timekeeper.Now(r.Context()), By: who.Name})
	return c.accountsPage(w, r, name)
}
