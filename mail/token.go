package mail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"notifier/message"
	"notifier/network"
)

// Tokens are access tokens for AUTH XOAUTH2.
type Tokens interface {
	// Token is one that is good for a while yet.
	Token(ctx context.Context) (string, error)
	// Drop says that the server did not take that one: Token gives it no more.
	Drop(token string)
	// Wait returns when no token is asked for any more: what a server gave must be kept.
	Wait()
}

// Grants keep what token servers gave, for all replicas.
type Grants interface {
	// Load reads what is kept under a name; its Version is 0 if nothing is.
	Load(ctx context.Context, name string) (message.Grant, error)
	// Save writes it, unless somebody has written since it was loaded: then it is false.
	Save(ctx context.Context, name string, g message.Grant) (bool, error)
}

// OAuth2 says where tokens come from. With a RefreshToken it is used; without, the client
// asks in its own name (RFC 6749 §4.4, §6).
type OAuth2 struct {
	TokenURL, ClientID, ClientSecret, RefreshToken string
	Scopes                                         []string
	// Client asks for tokens; one with a time limit if nil.
	Client *http.Client
	// Grants keep what was given; in this process alone if nil. Account is whose it is.
	Grants  Grants
	Account string
}

// A login waits for a token: all of it takes 20 seconds at most.
const (
	// wholeTime bounds looking for a token and asking for one, askTime the question alone.
	wholeTime = 17 * time.Second
	askTime   = 8 * time.Second
	// saveTime is for keeping what was given.
	saveTime = 3 * time.Second
	// leaseTime is how long one replica has the right to ask: longer than it may need, by
	// more than clocks should differ.
	leaseTime = 20 * time.Second
	// lookAgain is how often a replica looks whether another has asked.
	lookAgain = 100 * time.Millisecond
	// tokenMargin is how long before its end a token is good no more.
	tokenMargin = 10 * time.Second
)

// Tokens gets tokens when they are needed, and keeps each for as long as it is good.
func (o OAuth2) Tokens() Tokens {
	if o.Client == nil {
		o.Client = &http.Client{Timeout: askTime, Transport: network.Transport(askTime), CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("the token server redirects. Write the address it leads to as token_url")
		}}
	}
	if o.Grants == nil {
		o.Grants = &inMemory{}
	}
	return &kept{source: o}
}

// Name is what the grant is kept under. Another refresh token in the configuration is
// another grant, so that it wins over what was kept for the one before; accounts that share
// a refresh token share what became of it.
func (o OAuth2) Name() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{o.TokenURL, o.ClientID, o.RefreshToken}, "\x00")))
	return hex.EncodeToString(sum[:])
}

func (o OAuth2) scopes() string { return strings.Join(o.Scopes, " ") }

// refresh is the refresh token that holds.
func (o OAuth2) refresh(g message.Grant) string {
	if g.Refresh != "" {
		return g.Refresh
	}
	return o.RefreshToken
}

// ask gets the grant that follows g.
func (o OAuth2) ask(ctx context.Context, g message.Grant) (message.Grant, error) {
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, o.Client), askTime)
	defer cancel()
	token, err := o.source(ctx, o.refresh(g)).Token()
	if err != nil {
		return g, err
	}
	g.Account, g.Access, g.Scopes, g.Expiry, g.Leased = o.Account, token.AccessToken, o.scopes(), token.Expiry, time.Time{}
	if o.RefreshToken != "" && token.RefreshToken != o.refresh(g) {
		g.Refresh = token.RefreshToken // some servers give another one each time
	}
	return g, nil
}

func (o OAuth2) source(ctx context.Context, refresh string) oauth2.TokenSource {
	if refresh == "" {
		c := clientcredentials.Config{ClientID: o.ClientID, ClientSecret: o.ClientSecret, TokenURL: o.TokenURL, Scopes: o.Scopes}
		return c.TokenSource(ctx)
	}
	c := oauth2.Config{ClientID: o.ClientID, ClientSecret: o.ClientSecret, Endpoint: oauth2.Endpoint{TokenURL: o.TokenURL}, Scopes: o.Scopes}
	return c.TokenSource(ctx, &oauth2.Token{RefreshToken: refresh})
}

// withoutBody is what the token server said in the words of RFC 6749 §5.2; its whole
// answer may hold what is nobody's business.
func withoutBody(err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return err
	}
	status := "no answer"
	if refused.Response != nil {
		status = refused.Response.Status
	}
	said := clean([]byte(strings.TrimSpace(refused.ErrorCode + " " + refused.ErrorDescription)))
	return fmt.Errorf("the token server answered %s %s", status, said)
}

// isSpent tells whether the server takes the refresh token no more.
func isSpent(err error) bool {
	var refused *oauth2.RetrieveError
	return errors.As(err, &refused) && refused.ErrorCode == "invalid_grant"
}

// inMemory keeps a grant for as long as the process lives.
type inMemory struct {
	mu    sync.Mutex
	grant message.Grant
}

// Load tells it.
func (m *inMemory) Load(context.Context, string) (message.Grant, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.grant, nil
}

// Save keeps it.
func (m *inMemory) Save(_ context.Context, _ string, g message.Grant) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if g.Version != m.grant.Version {
		return false, nil
	}
	g.Version++
	m.grant = g
	return true, nil
}
