package mail

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"notifier/network"
)

// Tokens are access tokens for AUTH XOAUTH2.
type Tokens interface {
	// Token is one that is good for a while yet.
	Token(ctx context.Context) (string, error)
	// Drop makes the next Token a new one: the server did not take the last.
	Drop()
}

// OAuth2 says where tokens come from. With a RefreshToken it is used; without, the client
// asks in its own name (RFC 6749 §4.4, §6).
type OAuth2 struct {
	TokenURL, ClientID, ClientSecret, RefreshToken string
	Scopes                                         []string
	// Client asks for tokens; one with a time limit if nil.
	Client *http.Client
}

// tokenTimeout bounds the question for a token: a login waits for it.
const tokenTimeout = 20 * time.Second

// Tokens gets tokens when they are needed, and keeps each for as long as it is good.
func (o OAuth2) Tokens() Tokens {
	if o.Client == nil {
		o.Client = &http.Client{Timeout: tokenTimeout, Transport: network.Transport(tokenTimeout), CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("the token server redirects. Write the address it leads to as token_url")
		}}
	}
	return &kept{source: o}
}

type kept struct {
	source OAuth2
	mu     sync.Mutex
	token  *oauth2.Token
}

func (k *kept) Token(ctx context.Context) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.token.Valid() {
		return k.token.AccessToken, nil
	}
	token, err := k.source.ask(context.WithValue(ctx, oauth2.HTTPClient, k.source.Client))
	if err != nil {
		return "", withoutBody(err)
	}
	k.token = token
	if token.RefreshToken != "" && k.source.RefreshToken != "" {
		k.source.RefreshToken = token.RefreshToken // some servers give another one each time
	}
	return token.AccessToken, nil
}

func (k *kept) Drop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.token = nil
}

func (o OAuth2) ask(ctx context.Context) (*oauth2.Token, error) {
	if o.RefreshToken == "" {
		c := clientcredentials.Config{ClientID: o.ClientID, ClientSecret: o.ClientSecret, TokenURL: o.TokenURL, Scopes: o.Scopes}
		return c.Token(ctx)
	}
	c := oauth2.Config{ClientID: o.ClientID, ClientSecret: o.ClientSecret, Endpoint: oauth2.Endpoint{TokenURL: o.TokenURL}, Scopes: o.Scopes}
	return c.TokenSource(ctx, &oauth2.Token{RefreshToken: o.RefreshToken}).Token()
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
