package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"notifier/access"
	"notifier/web"
)

// closed is a provider that does not answer.
type closed struct{}

func (closed) Begin(context.Context) (string, access.Voyage, error) {
	return "", access.Voyage{}, context.DeadlineExceeded
}

func (closed) Finish(context.Context, access.Voyage, string, string) (string, error) {
	return "", access.ErrNotProved
}

// Whatever the page of signing in says, it says in the reader's language.
func TestSigningInSpeaksThreeLanguages(t *testing.T) {
	b := browse(t, web.LoginOptions{Provider: closed{}})
	wrong := url.Values{"email": {"anna@example.org"}, "password": {"not it"}}
	for _, c := range []struct {
		method, path string
		form         url.Values
		status       int
		says         map[string]string
	}{
		{"GET", "/login", nil, http.StatusOK, map[string]string{"en": "Sign in", "pl": "Zaloguj", "fr": "Se connecter"}},
		{"POST", "/login", wrong, http.StatusUnauthorized, map[string]string{"en": "is not right", "pl": "się nie zgadza", "fr": "est incorrect"}},
		{"GET", "/login/oidc", nil, http.StatusBadGateway, map[string]string{"en": "does not answer", "pl": "nie odpowiada", "fr": "ne répond pas"}},
		{"GET", access.ReturnPath, nil, http.StatusUnauthorized, map[string]string{"en": "did not prove", "pl": "nie potwierdził", "fr": "n’a pas prouvé"}},
		{"POST", "/login", url.Values{"email": {strings.Repeat("x", 20<<10)}}, http.StatusBadRequest, map[string]string{"en": "cannot be read", "pl": "odczytać formularza", "fr": "illisible"}},
	} {
		for lang, says := range c.says {
			r, text := b.ask(c.method, c.path, c.form, "Accept-Language", lang)
			if r.StatusCode != c.status || !strings.Contains(text, says) || !strings.Contains(text, `<html lang="`+lang+`"`) {
				t.Errorf("%s %s in %s: %d %s", c.method, c.path, lang, r.StatusCode, text)
			}
		}
	}
	signed := url.Values{"email": {"ola@example.org"}, "password": {password}}
	if r, text := b.ask("POST", "/login", signed); r.StatusCode != http.StatusSeeOther {
		t.Fatal(text)
	}
	for lang, says := range map[string][2]string{"en": {"Where you are signed in", "Not for your role"}, "pl": {"Wyloguj", "roli"}, "fr": {"Se déconnecter", "Pas pour votre rôle"}} {
		_, account := b.ask("GET", "/account", nil, "Accept-Language", lang, "Cookie", "notifier_zone=Asia/Tokyo")
		_, forbidden := b.ask("GET", "/bodies", nil, "Accept-Language", lang)
		if !strings.Contains(account, says[0]) || !strings.Contains(account, "Asia/Tokyo") || !strings.Contains(forbidden, says[1]) {
			t.Errorf("%s: %s\n%s", lang, account, forbidden)
		}
	}
}
