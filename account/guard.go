package account

import (
	"context"

	"notifier/jobs/notifications"
	"notifier/mail"
)

// tokenCourier carries only while the tokens of its account open. Where they do not, the fault is this replica's: it
// leaves the mail alone, and does not pause the account, with which others may go on.
type tokenCourier struct {
	notifications.Courier
	grants mail.Grants
	name   string // what the tokens are kept under
}

// guarded is the courier of an account, with that care where tokens are kept in the database.
func (s Settings) guarded(courier notifications.Courier, account string, grants mail.Grants) notifications.Courier {
	if grants == nil || s.OAuth2.TokenURL == "" {
		return courier
	}
	return tokenCourier{courier, grants, s.Tokens(account, grants).Name()}
}

// Ready is no *message.Failure if the tokens do not open: that would pause the account.
func (c tokenCourier) Ready(ctx context.Context) error {
	if _, err := c.grants.Load(ctx, c.name); err != nil {
		return err
	}
	return c.Courier.Ready(ctx)
}
