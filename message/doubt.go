package message

import "time"

// The brake (RULES 5) and the rule of three domains look at what was said within a minute.
const (
	DoubtWindow    = time.Minute
	brakeDomains   = 5
	blamingDomains = 3
)

// Denial is what a server said of one address: that it is unknown, or that the account by
// which the mail came is at fault.
type Denial struct {
	Site    string
	Message ID
	Address string
	Domain  string
}

// Refusals are those that one replica has heard of an account in a batch of outcomes.
type Refusals struct {
	Home, Account, Replica string
	At                     time.Time
	// Answers is how many addresses this replica had an answer about within the last minute.
	Answers         int
	Unknown, Blamed []Denial
}

// Doubt is what all replicas together have heard of an account within the last minute.
type Doubt struct {
	Answers, Unknown int
	UnknownDomains   int
	BlamingDomains   int
}

// Brakes tells whether so many addresses at so many domains are said not to exist that it is
// the account, its relay or its name server that must be wrong.
func (d Doubt) Brakes() bool {
	return d.UnknownDomains >= brakeDomains && 2*d.Unknown > d.Answers
}

// Blames tells whether servers of so many domains refuse the account that it is at fault.
func (d Doubt) Blames() bool { return d.BlamingDomains >= blamingDomains }

// Spared is the message as the brake leaves it: pending again for the addresses that were
// said not to exist.
func (m Message) Spared(addresses []string, at, due time.Time) (Message, error) {
	m, err := m.Do(Spare, at)
	if err != nil {
		return m, err
	}
	m.Rejected, m.Remaining = Without(m.Rejected, addresses), append(append([]string(nil), m.Remaining...), addresses...)
	m.DueAt, m.Reason = due, ""
	return m, nil
}

// Without are the addresses without some of them.
func Without(all, some []string) []string {
	var kept []string
	for _, a := range all {
		found := false
		for _, s := range some {
			found = found || s == a
		}
		if !found {
			kept = append(kept, a)
		}
	}
	return kept
}
