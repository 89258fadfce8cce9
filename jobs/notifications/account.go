package notifications

import (
	"notifier/message"
)

// Account is an outgoing account: who carries, and within which bounds.
type Account struct {
	Name    string
	Courier Courier
	From    string // the address that it sends from, if the message names none
	// Budgets are those of the account itself.
	Budgets []message.Budget
	// AskAfterLostLease leaves a message whose replica died while sending to a person,
	// instead of sending it again at the risk of a second copy.
	AskAfterLostLease bool
	// Free means that nothing is spent: its mail goes to nobody.
	Free bool
}

// Routes lists the accounts that may carry the messages of a lane, in the order of
// preference. There is none if the account that they name is not configured: they wait.
type Routes func(lane message.Lane) []*Account

// Only leads all messages to one account.
func Only(a *Account) Routes {
	all := []*Account{a}
	return func(message.Lane) []*Account { return all }
}

// trip is what one account carries in a run.
type trip struct {
	account *Account
	pause   *message.Pause // nil if the account has not failed
	sites   []string
	// lanes are those of each site, the most urgent first.
	lanes map[string][]message.Lane
}

// trips gives each lane to the first account of its route that may be asked now. Lanes
// that have none wait; why is told by waits.
func (r *round) trips(lanes []message.Lane) (trips []*trip, waits error) {
	byAccount := map[string]*trip{}
	for _, l := range lanes {
		a, p, err := r.choose(l)
		if err != nil {
			waits = err
			continue
		}
		t := byAccount[a.Name]
		if t == nil {
			t = &trip{account: a, pause: p, lanes: map[string][]message.Lane{}}
			byAccount[a.Name] = t
			trips = append(trips, t)
		}
		if t.lanes[l.Site] == nil {
			t.sites = append(t.sites, l.Site)
		}
		t.lanes[l.Site] = append(t.lanes[l.Site], l)
	}
	return trips, waits
}
