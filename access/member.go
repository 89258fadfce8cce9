package access

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"notifier/fault"
	"notifier/message"
)

// ReturnPath is the path under which an OpenID Connect provider sends people back to the pages.
const ReturnPath = "/login/oidc/callback"

// Why somebody is not let in to the console.
var (
	// ErrWrongPassword is told of an address that is not known, too.
	ErrWrongPassword = errors.New("the address or the password is not right")
	// ErrNotSignedIn means that there is no such session, or no longer.
	ErrNotSignedIn = errors.New("nobody is signed in")
	// ErrNotProved means that nobody vouches for who somebody is.
	ErrNotProved = errors.New("the OpenID Connect provider did not prove who it is")
	// ErrNoMember means that somebody proved who he is, but is none of ours.
	ErrNoMember = errors.New("this address may not sign in. An admin adds it with notifier staff add")
)

// ErrConfigured means that something is said in the configuration, and changed there.
var ErrConfigured = errors.New("this site is in the configuration. Change it there")

// TooMany means that there were too many attempts to sign in.
type TooMany struct{ Until time.Time }

func (e *TooMany) Error() string {
	return fmt.Sprintf("there were too many wrong attempts to sign in. Try again after %s, or have an admin run notifier staff unlock", e.Until.UTC().Format("15:04 UTC"))
}

// Member is a person who may sign in to the console, for one site.
type Member struct {
	Site      string
	Email     string // in small letters; nobody else has it, on any site
	Name      string
	Role      Role
	Password  string // its hash; empty: only by OpenID Connect
	CreatedAt time.Time
	CreatedBy string
	// SignedInAt is when that last happened; nil: never.
	SignedInAt *time.Time
}

// MemberChange is what may be changed of a member. What is nil stays.
type MemberChange struct {
	Role     *Role
	Password *string
}

// Check tells what is wrong with the member, or nil.
func (m Member) Check() error {
	var bad fault.Invalid
	bad.Check("/email", "bad_address", message.CheckEmail(m.Email))
	bad.Check("/name", "bad_text", fault.CheckLine(m.Name, maxName))
	return fault.Join(bad.Err(), m.Role.Check())
}

// Caller is who acts when the member has signed in.
func (m Member) Caller() Caller {
	return Caller{Site: m.Site, Name: m.Email, Scopes: m.Role.Scopes(), Role: m.Role}
}

// FoldEmail is how an address is kept and looked up.
func FoldEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// Voyage is what a browser takes along to an OpenID Connect provider and must bring back:
// only the browser that began it can end it.
type Voyage struct{ State, Nonce, Verifier string }

// Session is somebody who has signed in, in one browser. Its token is the browser's alone.
type Session struct {
	Site      string
	Email     string
	Hash      string // of the token
	CreatedAt time.Time
	UsedAt    time.Time
	ExpiresAt time.Time
	From      string // the address that it was begun from
	Network   string // what that address belongs to; known when the session begins
	Agent     string // the browser, as it calls itself
}

// How long a session lasts.
const (
	sessionLife = 7 * 24 * time.Hour
	sessionIdle = 12 * time.Hour
)

// NewSession begins a session of a member and makes its token.
func NewSession(m Member, from, agent string, at time.Time) (Session, string) {
	b := make([]byte, secretSize)
	_, _ = rand.Read(b) // it never fails: the process ends instead
	token := base64.RawURLEncoding.EncodeToString(b)
	return Session{
		Site: m.Site, Email: m.Email, Hash: HashOf(token), CreatedAt: at, UsedAt: at, ExpiresAt: at.Add(sessionLife),
		From: fault.Truncate(from, 60), Agent: fault.Truncate(strings.ToValidUTF8(agent, ""), 200),
	}, token
}

// Lasts tells whether the session has not ended at that time: a week after it began, or
// twelve hours after it was last used.
func (s Session) Lasts(at time.Time) bool {
	return at.Before(s.ExpiresAt) && at.Before(s.UsedAt.Add(sessionIdle))
}
