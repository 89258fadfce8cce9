package gate

import (
	"context"
	"net/netip"
	"time"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/fault"
	"notifier/request"
)

// Lockout counts failures to sign in, for all replicas together.
type Lockout interface {
	NoteFailure(ctx context.Context, subject string, at, until time.Time) (n int, ends time.Time, err error)
	ForgetFailures(ctx context.Context, subject string) error
	// ForgiveFailure takes one back.
	ForgiveFailure(ctx context.Context, subject string) error
	Standing(ctx context.Context, email, network, subject string, at time.Time) (known, unlocked bool, err error)
	Unlock(ctx context.Context, subject, as string, until time.Time) error
}

// How many wrong passwords are taken within that time. Ten for one account from one network lock the account for
// that network alone, so that nobody locks out the right person, who is elsewhere. Fifty from one network,
// so that nobody tries one password on all accounts. A hundred for one account from networks that its owner has
// never signed in from, so that nobody guesses it from many machines. Whoever is over it waits, with the right
// password, too.
const (
	perPair    = 10
	perNetwork = 50
	perAccount = 100
	within     = 15 * time.Minute
	// generous is how many times as many are taken of an account that was unlocked, for that time.
	generous = 10
)

func ofAccount(email string) string  { return "account:" + fault.Truncate(email, 254) }
func ofUnlocked(email string) string { return "unlocked:" + fault.Truncate(email, 254) }
func ofNetwork(from string) string   { return "address:" + networkOf(from) }

// ofPair is an account as it is tried from one network.
func ofPair(email, from string) string { return ofAccount(email) + "|" + networkOf(from) }

// networkOf is the place that an address belongs to.
func networkOf(from string) string {
	if a, err := netip.ParseAddr(from); err == nil {
		return Network(a).String()
	}
	return fault.Truncate(from, 60)
}

// limit is how many attempts are counted under a subject.
type limit struct {
	subject string
	most    int
	ends    bool // the right password ends the count; else it takes one back
}

// limits are those that an attempt is counted under. From a network that the member has signed in from, wrong
// passwords from elsewhere do not count.
func (s *Staff) limits(ctx context.Context, email, from string, at time.Time) ([]limit, error) {
	known, unlocked, err := s.lockout.Standing(ctx, email, networkOf(from), ofUnlocked(email), at)
	all := []limit{{ofNetwork(from), perNetwork, false}, {ofPair(email, from), perPair, true}}
	if !known {
		all = append(all, limit{ofAccount(email), perAccount, false})
	}
	for i := range all {
		if unlocked {
			all[i].most *= generous
		}
	}
	return all, err
}

// count counts the attempt as wrong until it has proved right.
func (s *Staff) count(ctx context.Context, email, from string, at time.Time) ([]limit, error) {
	all, err := s.limits(ctx, email, from, at)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		n, until, err := s.lockout.NoteFailure(ctx, one.subject, at, at.Add(within))
		if err != nil {
			return nil, err
		}
		if n > one.most {
			s.log.Warn("too many wrong attempts to sign in", zap.String("from", from), zap.Int("attempts", n))
			return nil, &access.TooMany{Until: until}
		}
	}
	return all, nil
}

// forgive is for an attempt that has proved right.
func (s *Staff) forgive(ctx context.Context, all []limit) error {
	for _, one := range all {
		end := s.lockout.ForgiveFailure
		if one.ends {
			end = s.lockout.ForgetFailures
		}
		if err := end(ctx, one.subject); err != nil {
			return err
		}
	}
	return nil
}

// Unlock lets a member try again at once, wherever wrong passwords came from. For a quarter of an hour ten times as
// many are taken, so that whoever goes on guessing does not lock the account again before its owner has signed in.
func (s *Staff) Unlock(ctx context.Context, c request.Call, email string) error {
	m, err := s.MemberOf(ctx, c.Site, email)
	if err != nil {
		return err
	}
	return s.unlock(ctx, m.Email, c.At)
}

func (s *Staff) unlock(ctx context.Context, email string, at time.Time) error {
	return s.lockout.Unlock(ctx, ofAccount(email), ofUnlocked(email), at.Add(within))
}
