package service

import (
	"context"
	"time"

	"notifier/service/doctor"
	"notifier/settings"
	"notifier/store"
)

// findSecrets tries to open what is sealed.
func findSecrets(ctx context.Context, c settings.Config, database *store.Store) (found []doctor.Finding) {
	const check = "secrets"
	all, err := keyFits(ctx, database, c)
	if err != nil {
		return []doctor.Finding{{Check: check, Verdict: doctor.Failed, Says: err.Error()}}
	}
	for _, f := range all {
		found = append(found, doctor.Finding{Check: check, Verdict: doctor.Failed, Says: f.Says, Do: f.Do})
	}
	found = append(found, findRotation(ctx, c, database)...)
	if len(all) == 0 && c.Secrets.Key != "" {
		found = append(found, doctor.OK(check, "secrets.key opens what is sealed"))
	}
	return found
}

// findRotation tells what secrets.key has not sealed: the key before is to be taken away some day, and what was
// kept before there was a key at all lies open.
func findRotation(ctx context.Context, c settings.Config, database *store.Store) []doctor.Finding {
	if c.Secrets.Key == "" {
		return nil
	}
	r := &rotation{signing: signingOf(c, database), dry: true}
	if err := r.Run(ctx); err != nil {
		return []doctor.Finding{{Check: "secrets", Verdict: doctor.Failed, Says: err.Error()}}
	}
	left, previous := r.webhooks+r.accounts+r.keys, c.Secrets.PreviousKey != ""
	switch {
	case left > 0 && previous:
		return []doctor.Finding{{Check: "secrets", Verdict: doctor.Warning, Says: "secrets.previous_key is still needed", Do: "Write: notifier secrets rotate"}}
	case left > 0:
		return []doctor.Finding{{Check: "secrets", Verdict: doctor.Warning, Says: "kept as they were, since before there was a secrets.key: " + sealedWords(r.webhooks, r.accounts, r.keys), Do: "Write: notifier secrets rotate"}}
	case previous:
		return []doctor.Finding{doctor.OK("secrets", "secrets.previous_key is no longer needed. Take it away")}
	}
	return nil
}

// findMailFlow tells of accounts that do not send and of bursts of suppressions. /readyz keeps both
// to itself, so doctor asks the database.
func findMailFlow(ctx context.Context, c settings.Config, database *store.Store) (found []doctor.Finding) {
	accounts, err := pausedAccounts(ctx, database, c.Site, time.Now())
	bursts, also := bounces(ctx, database, time.Now())
	for _, err := range []error{err, also} {
		if err != nil {
			found = append(found, doctor.Finding{Check: "mail", Verdict: doctor.Failed, Says: err.Error()})
		}
	}
	for _, f := range append(accounts, bursts...) {
		found = append(found, doctor.Finding{Check: "mail", Verdict: doctor.Warning, Says: f.Says, Do: f.Do})
	}
	return found
}

// Findings is what doctor finds in a database: what is sealed and cannot be opened, accounts that do
// not send, and people whose digests leave later than they are due.
func Findings(ctx context.Context, c settings.Config, database *store.Store, at time.Time) []doctor.Finding {
	return append(append(findSecrets(ctx, c, database), findMailFlow(ctx, c, database)...), findBetween(ctx, c, database, at))
}
