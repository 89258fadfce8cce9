package gate

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"notifier/access"
	"notifier/network"
)

// OIDC says which provider proves who people are.
type OIDC struct {
	Issuer       string
	ClientID     string
	ClientSecret string
	// RedirectURL is where the provider sends people back to.
	RedirectURL string
}

// Provider is an OpenID Connect provider. It is asked where its pages are when somebody
// first wants to sign in, so that the service starts without it.
type Provider struct {
	o      OIDC
	client *http.Client

	asking chan struct{} // holds something while somebody asks where its pages are
	known  atomic.Pointer[oidc.Provider]
}

// providerTime is how long a provider may take for a whole answer, headers and body. Whoever
// waits at a page waits for it.
const providerTime = 4 * time.Second

// NewProvider makes a provider.
func NewProvider(o OIDC) *Provider {
	return &Provider{o: o, client: &http.Client{Timeout: providerTime, Transport: network.Transport(providerTime)}, asking: make(chan struct{}, 1)}
}

// discover asks where the provider's pages and keys are, once.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, *oauth2.Config, error) {
	if err := p.find(ctx); err != nil {
		return nil, nil, fmt.Errorf("ask the OpenID Connect provider: %w", err)
	}
	known := p.known.Load()
	return known, &oauth2.Config{
		ClientID: p.o.ClientID, ClientSecret: p.o.ClientSecret, RedirectURL: p.o.RedirectURL, Endpoint: known.Endpoint(),
		Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
	}, nil
}

// find asks for the provider's addresses, unless they are known. One asks at a time, and
// nobody waits for that longer than for an answer: a provider that hangs must not have all
// who sign in stand in a queue.
func (p *Provider) find(ctx context.Context) error {
	if p.known.Load() != nil {
		return nil
	}
	limit := time.NewTimer(providerTime)
	defer limit.Stop()
	select {
	case p.asking <- struct{}{}:
	case <-limit.C:
		return context.DeadlineExceeded
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-p.asking }()
	if p.known.Load() != nil {
		return nil
	}
	// The provider keeps the context for as long as it looks for new keys.
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.o.Issuer)
	if err == nil {
		p.known.Store(found)
	}
	return err
}

// Begin is where a browser goes to prove who its person is, and what it must bring back.
func (p *Provider) Begin(ctx context.Context) (url string, v access.Voyage, err error) {
	_, config, err := p.discover(ctx)
	if err != nil {
		return "", v, err
	}
	v = access.Voyage{State: random(), Nonce: random(), Verifier: oauth2.GenerateVerifier()}
	return config.AuthCodeURL(v.State, oidc.Nonce(v.Nonce), oauth2.S256ChallengeOption(v.Verifier)), v, nil
}

func random() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // it never fails: the process ends instead
	return base64.RawURLEncoding.EncodeToString(b)
}

// proof is what a provider says of a person.
type proof struct {
	Email    string
	Verified truth `json:"email_verified"`
}

// truth is a bool, which some providers write as a text.
type truth bool

// UnmarshalJSON reads both.
func (t *truth) UnmarshalJSON(raw []byte) error {
	*t = string(raw) == "true" || string(raw) == `"true"`
	return nil
}

// Finish exchanges the code that a browser brought back for the address of its person. It
// is access.ErrNotProved if the provider does not vouch for it.
func (p *Provider) Finish(ctx context.Context, v access.Voyage, state, code string) (email string, err error) {
	if v.State == "" || subtle.ConstantTimeCompare([]byte(state), []byte(v.State)) != 1 {
		return "", access.ErrNotProved
	}
	provider, config, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := config.Exchange(ctx, code, oauth2.VerifierOption(v.Verifier))
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return "", fmt.Errorf("%w: %s", access.ErrNotProved, refused.ErrorCode)
	}
	if err != nil {
		return "", fmt.Errorf("ask the OpenID Connect provider for the token: %w", err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: p.o.ClientID}).Verify(ctx, raw)
	if err != nil || subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(v.Nonce)) != 1 {
		return "", fmt.Errorf("%w: its token is not for this sign-in", access.ErrNotProved)
	}
	var said proof
	if err := id.Claims(&said); err != nil {
		return "", fmt.Errorf("%w: its token cannot be read", access.ErrNotProved)
	}
	if said.Email == "" { // some tell it only when they are asked
		if said, err = p.ask(ctx, provider, config.TokenSource(ctx, token), id.Subject); err != nil {
			return "", err
		}
	}
	if said.Email == "" || !bool(said.Verified) {
		return "", fmt.Errorf("%w: it has not verified the address", access.ErrNotProved)
	}
	return said.Email, nil
}

// ask asks the provider what it knows of the person of the token.
func (p *Provider) ask(ctx context.Context, provider *oidc.Provider, token oauth2.TokenSource, subject string) (said proof, err error) {
	info, err := provider.UserInfo(ctx, token)
	if err != nil {
		return said, fmt.Errorf("ask the OpenID Connect provider who it is: %w", err)
	}
	var all json.RawMessage
	if info.Subject != subject || info.Claims(&all) != nil || json.Unmarshal(all, &said) != nil {
		return said, fmt.Errorf("%w: it speaks of somebody else", access.ErrNotProved)
	}
	return said, nil
}
