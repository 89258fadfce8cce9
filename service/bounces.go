package service

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"notifier/health"
	"notifier/message"
	"notifier/store"
)

// longDown is how long an account may not be reached before somebody should look: servers are
// restarted, and the mail waits meanwhile.
const longDown = 5 * time.Minute

func (h *Service) accountsWork(ctx context.Context) ([]health.Condition, error) {
	return pausedAccounts(ctx, h.store, h.config.Site, h.now())
}

func (h *Service) nobodyBounces(ctx context.Context) ([]health.Condition, error) {
	return bounces(ctx, h.store, h.now())
}

// pausedAccounts tells of accounts that do not send: whose brake is on, which servers refuse,
// whose quota is used up, and which cannot be reached for long.
func pausedAccounts(ctx context.Context, database *store.Store, home string, at time.Time) (all []health.Condition, _ error) {
	pauses, err := database.Pauses(ctx, home)
	for _, p := range pauses {
		if p.Kind == message.RelayDown && at.Sub(p.Since) < longDown {
			continue
		}
		says, remedy := p.Words("en")
		all = append(all, health.Condition{
			Name: health.AccountFails, Subject: p.Account, Value: says, Site: home, Path: "/accounts", Private: true,
			Says: fmt.Sprintf("The account %s is paused: %s", p.Account, says), Do: remedy,
		})
	}
	return all, err
}

// bounces tells of many addresses that were suppressed at once: more likely than that all of
// them vanished is that a server, or our account at it, is wrong.
func bounces(ctx context.Context, database *store.Store, at time.Time) (all []health.Condition, _ error) {
	bursts, err := database.SuppressionBursts(ctx, at.Add(-message.BurstSeen))
	if err != nil {
		return nil, err
	}
	for _, b := range bursts {
		sent, err := database.Count(ctx, b.Site, message.Filter{Status: message.Sent, Since: b.From.Add(-10 * time.Minute), Until: b.To.Add(time.Second)}, true)
		if err != nil {
			return nil, err
		}
		if b.N*message.BurstShare < sent.N {
			continue
		}
		all = append(all, burstIs(b))
	}
	return all, nil
}

func burstIs(b message.Burst) health.Condition {
	from, until := b.From.UTC().Truncate(time.Second).Format(time.RFC3339), b.To.UTC().Truncate(time.Second).Add(time.Second).Format(time.RFC3339)
	q := url.Values{"since": {from}, "until": {until}, "reason": {string(message.Bounced)}, "account": {b.Account}}
	return health.Condition{
		Name: health.Bounces, Subject: b.Account, Value: fmt.Sprint(b.N), Site: b.Site, Path: "/suppressions?" + q.Encode(), Private: true,
		Says: fmt.Sprintf("%d addresses of the site %s were suppressed between %s and %s: servers said, through the account %s, that they do not exist.", b.N, b.Site, from, until, b.Account),
		Do: fmt.Sprintf("If the server was wrong, write: notifier suppression remove --site %s --since %s --until %s --reason %s --account %s",
			b.Site, from, until, message.Bounced, b.Account),
	}
}
