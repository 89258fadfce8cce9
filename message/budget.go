package message

import (
	"fmt"
	"time"
)

// Scope is what a budget is for.
type Scope string

// The scopes.
const (
	PerAccount Scope = "account"
	PerSite    Scope = "site"
	PerSender  Scope = "sender"
	PerDomain  Scope = "domain" // of the recipient
)

// Budget is how many addresses may be written to in a period. Periods are counted since the
// Unix epoch, so that all replicas and restarts agree on them.
type Budget struct {
	Site   string
	Scope  Scope
	Name   string // of the account or site, the sender's address, the domain
	Period time.Duration
	Max    int
}

// Window is the beginning of the period that at lies in.
func (b Budget) Window(at time.Time) time.Time {
	return at.UTC().Truncate(b.Period)
}

// Fits tells whether n more may be spent after used. A mail to more addresses than the
// budget has at all takes a whole period for itself.
func (b Budget) Fits(used, n int) bool { return used == 0 || used+n <= b.Max }

// Spent says in a sentence that nothing is left, and when there is more.
func (b Budget) Spent(until time.Time) Failure {
	what := string(b.Scope) + " " + b.Name
	return Failure{
		Category: TooFast, Temporary: true,
		Text: fmt.Sprintf("the budget of the %s is spent: %d a %s. It goes on at %s", what, b.Max, periodName(b.Period), until.UTC().Format(time.RFC3339)),
	}
}

// periods are the lengths that a budget may have.
var periods = []struct {
	name   string
	length time.Duration
}{{"second", time.Second}, {"minute", time.Minute}, {"hour", time.Hour}, {"day", 24 * time.Hour}}

func periodName(d time.Duration) string {
	for _, p := range periods {
		if p.length == d {
			return p.name
		}
	}
	return d.String()
}

// Limits are budgets of one thing; zero means no limit.
type Limits struct {
	Second int `yaml:"second" json:"second,omitempty"`
	Minute int `yaml:"minute" json:"minute,omitempty"`
	Hour   int `yaml:"hour" json:"hour,omitempty"`
	Day    int `yaml:"day" json:"day,omitempty"`
}

// Budgets are the budgets that the limits make of that thing.
func (l Limits) Budgets(site string, scope Scope, name string) []Budget {
	var all []Budget
	for i, most := range []int{l.Second, l.Minute, l.Hour, l.Day} {
		if most > 0 {
			all = append(all, Budget{Site: site, Scope: scope, Name: name, Period: periods[i].length, Max: most})
		}
	}
	return all
}

// Spend asks to spend one mail's addresses out of its budgets: all of them or none.
type Spend struct {
	Budgets []Budget
	N       []int // how much of each
}
