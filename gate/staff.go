package gate

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/fault"
	"notifier/message"
	"notifier/request"
)

// Sessions are where people are signed in.
type Sessions interface {
	AddSession(ctx context.Context, x access.Session) error
	SessionOfHash(ctx context.Context, hash string) (access.Session, error)
	SessionsOf(ctx context.Context, site, email string) ([]access.Session, error)
	NoteSessionUse(ctx context.Context, x access.Session, at time.Time) error
	EndSession(ctx context.Context, hash string) error
	EndSessions(ctx context.Context, site, email string) error
}

// Members are the people who may sign in.
type Members interface {
	Members(ctx context.Context, site string) ([]access.Member, error)
	// Member finds one by the address, on whichever site; message.ErrNotFound if there is none.
	Member(ctx context.Context, email string) (access.Member, error)
	AddMember(ctx context.Context, m access.Member) error
	ChangeMember(ctx context.Context, m access.Member) error
	RemoveMember(ctx context.Context, m access.Member) error
}

// hashing is how many passwords are looked at at once: each takes 19 MB.
const hashing = 4

// Staff are the people of the console, and where they sign in. It is safe for concurrent use.
type Staff struct {
	members  Members
	sessions Sessions
	lockout  Lockout
	home     string
	turns    chan struct{}
	// blind is the hash of a password that nobody has. It is made when somebody signs in,
	// because it takes the memory of a password.
	blind func() string
	log   *zap.Logger
}

// staffStore is all that one value keeps of the staff.
type staffStore interface {
	Members
	Sessions
	Lockout
}

// NewStaff makes it; site is the one that the installation itself belongs to.
func NewStaff(kept staffStore, site string, log *zap.Logger) *Staff {
	return &Staff{
		members: kept, sessions: kept, lockout: kept, home: site, turns: make(chan struct{}, hashing), log: log.Named("gate"),
		blind: sync.OnceValue(func() string { return access.HashPassword(access.NewSecret(false)) }),
	}
}

// Members lists who may sign in for a site, by address.
func (s *Staff) Members(ctx context.Context, site string) ([]access.Member, error) {
	return s.members.Members(ctx, site)
}

// AddMember lets somebody sign in: with the password or, if it is empty, by OpenID Connect alone.
func (s *Staff) AddMember(ctx context.Context, c request.Call, m access.Member, password string) (access.Member, error) {
	m.Site, m.Email, m.CreatedAt, m.CreatedBy = c.Site, access.FoldEmail(m.Email), c.At, c.By
	if err := m.Check(); err != nil {
		return m, err
	}
	if password != "" {
		if err := s.setPassword(&m, password); err != nil {
			return m, err
		}
	}
	err := s.members.AddMember(ctx, m)
	if errors.Is(err, message.ErrMoved) {
		var bad fault.Invalid
		// One sentence for both: whether the address is staff of another site is not this site's business.
		bad.Add("/email", "taken", "%s cannot be added: the address signs in already, here or on another site of this installation. If it is in the list of staff, change its role or password; else use another address", m.Email)
		err = &bad
	}
	return m, err
}

func (s *Staff) setPassword(m *access.Member, password string) error {
	var bad fault.Invalid
	bad.Check("/password", "bad_password", access.CheckPassword(password, m.Email))
	if err := bad.Err(); err != nil {
		return err
	}
	s.turns <- struct{}{}
	defer func() { <-s.turns }()
	m.Password = access.HashPassword(password)
	return nil
}

// ChangeMember gives a member another role or password, and signs the member out everywhere.
func (s *Staff) ChangeMember(ctx context.Context, c request.Call, email string, change access.MemberChange) (access.Member, error) {
	m, err := s.MemberOf(ctx, c.Site, email)
	if err != nil {
		return m, err
	}
	before := m.Role
	if change.Role != nil {
		m.Role = *change.Role
	}
	if err := m.Check(); err != nil {
		return m, err
	}
	if change.Password == nil && m.Role == before {
		return m, nil // the sessions stay, too
	}
	if change.Password != nil {
		if err := s.setPassword(&m, *change.Password); err != nil {
			return m, err
		}
	}
	if err := s.members.ChangeMember(ctx, m); err != nil {
		return m, err
	}
	return m, s.unlock(ctx, m.Email, c.At)
}

// RemoveMember keeps a member from signing in, and ends all sessions.
func (s *Staff) RemoveMember(ctx context.Context, c request.Call, email string) error {
	m, err := s.MemberOf(ctx, c.Site, email)
	if err != nil {
		return err
	}
	return s.members.RemoveMember(ctx, m)
}

// MemberOf reads one of a site.
func (s *Staff) MemberOf(ctx context.Context, site, email string) (access.Member, error) {
	m, err := s.members.Member(ctx, access.FoldEmail(email))
	if err == nil && m.Site != site {
		err = message.ErrNotFound
	}
	if errors.Is(err, message.ErrNotFound) {
		err = fmt.Errorf("nobody with the address %q may sign in. notifier staff list shows who may: %w", fault.Truncate(email, 60), err)
	}
	return m, err
}

// SignIn begins a session and returns its token, if the password is right. Otherwise it is
// access.ErrWrongPassword, or *access.TooMany after too many of those.
func (s *Staff) SignIn(ctx context.Context, email, password, from, agent string, at time.Time) (access.Session, string, error) {
	email = access.FoldEmail(email)
	counts, err := s.count(ctx, email, from, at)
	if err != nil {
		return access.Session{}, "", err
	}
	m, err := s.members.Member(ctx, email)
	if err != nil && !errors.Is(err, message.ErrNotFound) {
		return access.Session{}, "", err
	}
	hash, blind := m.Password, s.blind()
	if hash == "" {
		hash = blind // it takes as long, so that nobody learns who may sign in
	}
	s.turns <- struct{}{}
	right, err := access.IsPassword(hash, password)
	<-s.turns
	if err != nil {
		return access.Session{}, "", fmt.Errorf("the password of %s: %w", email, err)
	}
	if !right || m.Password == "" {
		s.log.Info("sign-in refused", zap.String("from", from))
		return access.Session{}, "", access.ErrWrongPassword
	}
	if err := s.forgive(ctx, counts); err != nil {
		return access.Session{}, "", err
	}
	return s.begin(ctx, m, from, agent, at)
}

// SignInAs begins a session of somebody whom another has proved to have the address:
// access.ErrNoMember if that is none of ours.
func (s *Staff) SignInAs(ctx context.Context, email, from, agent string, at time.Time) (access.Session, string, error) {
	m, err := s.members.Member(ctx, access.FoldEmail(email))
	if errors.Is(err, message.ErrNotFound) {
		err = access.ErrNoMember
	}
	if err != nil {
		return access.Session{}, "", err
	}
	return s.begin(ctx, m, from, agent, at)
}

func (s *Staff) begin(ctx context.Context, m access.Member, from, agent string, at time.Time) (access.Session, string, error) {
	x, token := access.NewSession(m, from, agent, at)
	x.Network = networkOf(from)
	if err := s.sessions.AddSession(ctx, x); err != nil {
		return x, "", err
	}
	s.log.Info("somebody signed in", zap.String("site", m.Site), zap.String("role", string(m.Role)), zap.String("from", from))
	return x, token, nil
}

// SignedIn tells who has the token: access.ErrNotSignedIn if nobody has. It is asked at
// every request, so that an end, or another role, holds on all replicas at once.
func (s *Staff) SignedIn(ctx context.Context, token string, at time.Time) (access.Caller, error) {
	x, c, err := s.holder(ctx, token, at)
	if err == nil && at.Sub(x.UsedAt) >= noteEvery {
		err = s.sessions.NoteSessionUse(ctx, x, at)
	}
	return c, err
}

// StillSignedIn is SignedIn for what goes on without its reader, as a stream: it does not make the session last longer.
func (s *Staff) StillSignedIn(ctx context.Context, token string, at time.Time) (access.Caller, error) {
	_, c, err := s.holder(ctx, token, at)
	return c, err
}

// holder is who has the token, and the session that it is of.
func (s *Staff) holder(ctx context.Context, token string, at time.Time) (access.Session, access.Caller, error) {
	if token == "" {
		return access.Session{}, access.Caller{}, access.ErrNotSignedIn
	}
	x, err := s.sessions.SessionOfHash(ctx, access.HashOf(token))
	if errors.Is(err, message.ErrNotFound) || err == nil && !x.Lasts(at) {
		return x, access.Caller{}, access.ErrNotSignedIn
	}
	if err != nil {
		return x, access.Caller{}, err
	}
	m, err := s.members.Member(ctx, x.Email)
	if errors.Is(err, message.ErrNotFound) || err == nil && m.Site != x.Site {
		return x, access.Caller{}, access.ErrNotSignedIn
	}
	if err != nil {
		return x, access.Caller{}, err
	}
	c := m.Caller()
	c.Home = c.Site == s.home
	return x, c, nil
}

// Sessions lists where a person has signed in, the newest first.
func (s *Staff) Sessions(ctx context.Context, c access.Caller, at time.Time) ([]access.Session, error) {
	all, err := s.sessions.SessionsOf(ctx, c.Site, c.Name)
	var lasting []access.Session
	for _, x := range all {
		if x.Lasts(at) {
			lasting = append(lasting, x)
		}
	}
	return lasting, err
}

// SignOut ends the session of the token.
func (s *Staff) SignOut(ctx context.Context, token string) error {
	return s.sessions.EndSession(ctx, access.HashOf(token))
}

// SignOutEverywhere ends all sessions of a person.
func (s *Staff) SignOutEverywhere(ctx context.Context, c access.Caller) error {
	return s.sessions.EndSessions(ctx, c.Site, c.Name)
}
