package notifications

import (
	"cmp"
	"context"
	"strings"
	"time"

	"go.uber.org/zap"

	"notifier/message"
)

// Budgets bound what leaves in a period.
type Budgets interface {
	// Spend takes mails out of budgets, in their order, and tells of each which budget has
	// nothing left for it; nil if none.
	Spend(ctx context.Context, at time.Time, spends []message.Spend) ([]*message.Budget, error)
}

// afford spends what the messages cost from the budgets of their account, site, sender and
// domains, and returns those that may leave now. The others are rate limited until the
// budget that refused them has room again: those behind wait for as many periods longer as
// there are ahead of them, so that they keep their order and none is looked at each time.
func (f *flush) afford(claimed []message.Message) []message.Message {
	spends := f.spends(claimed)
	if spends == nil {
		return claimed
	}
	now := f.now()
	lacking, err := f.budgets.Spend(context.WithoutCancel(f.stop), now, spends)
	if err != nil {
		f.log.Warn("budgets cannot be read; the messages wait", zap.Int("messages", len(claimed)), zap.Error(err))
		for _, m := range claimed {
			f.done <- ended{Outcome: f.handBack(m, now)}
		}
		return nil
	}
	var may []message.Message
	for i, m := range claimed {
		if b := lacking[i]; b != nil {
			f.done <- ended{Outcome: f.limit(m, *b, spends[i], now)}
		} else {
			may = append(may, m)
			f.spent.Store(claim{m.ID, m.Claim}, m)
		}
	}
	return may
}

// spends are the costs of the messages; nil if nothing is limited.
func (f *flush) spends(ms []message.Message) []message.Spend {
	limited := false
	spends := make([]message.Spend, len(ms))
	for i, m := range ms {
		spends[i] = f.cost(m)
		limited = limited || len(spends[i].Budgets) > 0
	}
	if !limited {
		return nil
	}
	return spends
}

// cost is what a message takes from which budgets: one for each address that it still
// has to go to.
func (f *flush) cost(m message.Message) (s message.Spend) {
	to := m.Outstanding()
	if f.account.Free {
		return s
	}
	add := func(n int, budgets []message.Budget) {
		for _, b := range budgets {
			s.Budgets, s.N = append(s.Budgets, b), append(s.N, n)
		}
	}
	add(len(to), f.account.Budgets)
	l := f.o.LimitsNow()
	add(len(to), l.Site.Budgets(m.Site, message.PerSite, m.Site))
	add(len(to), l.Sender.Budgets(f.o.Home, message.PerSender, f.account.sender(m)))
	if l.Domain == (message.Limits{}) {
		return s
	}
	domains := map[string]int{}
	for _, address := range to {
		_, domain, _ := strings.Cut(address, "@")
		domains[message.DomainIdentity(domain)]++
	}
	for domain, n := range domains {
		add(n, l.Domain.Budgets(f.o.Home, message.PerDomain, domain))
	}
	return s
}

// limit is the outcome of a message that a budget holds back.
func (f *flush) limit(m message.Message, b message.Budget, s message.Spend, now time.Time) message.Outcome {
	ahead := f.over[b]
	for i := range s.Budgets {
		if s.Budgets[i] == b {
			f.over[b] += s.N[i]
		}
	}
	next := b.Window(now).Add(b.Period * time.Duration(1+ahead/b.Max))
	if f.next.IsZero() || next.Before(f.next) {
		f.next = next
	}
	failure := b.Spent(next)
	return message.Outcome{
		Site: m.Site, ID: m.ID, Claim: m.Claim, Move: message.Limit, At: now, NotBefore: next, Error: &failure,
		Rejected: m.Rejected, Remaining: m.Remaining, Reached: m.Reached,
		Attempt: &message.Attempt{Claim: m.Claim, Replica: f.o.Replica, Receipt: message.Receipt{
			StartedAt: now, EndedAt: now, Account: f.account.Name, Pending: m.Outstanding(), Failure: &failure,
		}},
	}
}

// refund gives back what was spent for messages that nobody tried to hand over.
func (f *flush) refund(batch []message.Outcome) {
	var back []message.Message
	for _, o := range batch {
		if m, spent := f.spent.LoadAndDelete(claim{o.ID, o.Claim}); spent && o.Move == message.HandBack {
			back = append(back, m.(message.Message))
		}
	}
	spends := f.spends(back)
	if spends == nil {
		return
	}
	for _, s := range spends {
		for i := range s.N {
			s.N[i] = -s.N[i]
		}
	}
	if _, err := f.budgets.Spend(context.WithoutCancel(f.stop), f.now(), spends); err != nil {
		f.log.Warn("a budget has not got back what was not used", zap.Error(err))
	}
}

// handBack is the outcome of a message that nobody tried to hand over.
func (f *flush) handBack(m message.Message, now time.Time) message.Outcome {
	return message.Outcome{
		Site: m.Site, ID: m.ID, Claim: m.Claim, Move: message.HandBack, At: now, NotBefore: now, Error: m.Error,
		Rejected: m.Rejected, Remaining: m.Remaining,
	}
}

// sender is the address that a message comes from.
func (a *Account) sender(m message.Message) string {
	return message.Identity(cmp.Or(m.Sender.Email, a.From))
}
