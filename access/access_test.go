package access_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"notifier/access"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestWhatScopesAndRolesMay(t *testing.T) {
	for _, row := range []struct {
		has  []access.Scope
		may  []access.Scope
		name string
	}{
		{nil, nil, "nothing"},
		{[]access.Scope{access.Send}, []access.Scope{access.Send}, "a scope is itself"},
		{[]access.Scope{access.WritePreferences}, []access.Scope{access.WritePreferences, access.ReadPreferences}, "who writes reads"},
		{[]access.Scope{access.Queue, access.Jobs}, []access.Scope{access.Queue, access.ReadQueue, access.Jobs, access.ReadJobs}, "who acts looks"},
		{[]access.Scope{access.ReadQueue}, []access.Scope{access.ReadQueue}, "who looks does not act"},
		{[]access.Scope{access.Admin}, access.Scopes, "an admin may all"},
		{access.Viewer.Scopes(), []access.Scope{access.ReadPreferences, access.ReadQueue, access.ReadJobs}, "viewer"},
		{access.Support.Scopes(), []access.Scope{access.ReadPreferences, access.WritePreferences, access.ReadQueue, access.Queue, access.ReadJobs}, "support"},
		{access.Manager.Scopes(), access.Scopes, "admin"},
		{access.Role("boss").Scopes(), nil, "no role"},
	} {
		for _, s := range access.Scopes {
			if got, want := (access.Caller{Scopes: row.has}).May(s), slices.Contains(row.may, s); got != want {
				t.Errorf("%s: May(%s) = %t, want %t", row.name, s, got, want)
			}
		}
	}
}

func TestSecrets(t *testing.T) {
	shape := regexp.MustCompile(`^ntf_(live|test)_[A-Za-z0-9_-]{43}$`)
	seen := map[string]bool{}
	for i := range 1000 {
		s := access.NewSecret(i%2 == 1)
		if !shape.MatchString(s) || !access.IsSecret(s) || access.IsTest(s) != (i%2 == 1) || seen[s] {
			t.Fatalf("the secret %d is %s", i, s)
		}
		seen[s] = true
	}
	for _, s := range []string{"", "ntf_live_", "ntf_test_dev", strings.Repeat("x", 52), access.NewSecret(false) + "x"} {
		if access.IsSecret(s) {
			t.Errorf("%q is taken for a secret", s)
		}
	}
}

func TestKeysAreChecked(t *testing.T) {
	past, far, soon := noon, noon.AddDate(20, 0, 0), noon.Add(time.Hour)
	for _, row := range []struct {
		key  access.Key
		want string
	}{
		{access.Key{Name: "x", Scopes: []access.Scope{access.Send}, ExpiresAt: &soon}, ""},
		{access.Key{Scopes: []access.Scope{access.Send}}, "name: a key needs a name"},
		{access.Key{Name: "a\nb", Scopes: []access.Scope{access.Send}}, "name: the text has a line break"},
		{access.Key{Name: "x"}, "scopes: a key needs at least one scope"},
		{access.Key{Name: "x", Scopes: []access.Scope{"sent"}}, `Did you mean "send"?`},
		{access.Key{Name: "x", Scopes: []access.Scope{access.Send}, ExpiresAt: &past}, "expired already"},
		{access.Key{Name: "x", Scopes: []access.Scope{access.Send}, ExpiresAt: &far}, "ten years"},
		{access.Key{Name: "x", Scopes: []access.Scope{access.Send}, RateLimit: -1}, "rate_limit: give a number"},
	} {
		err := row.key.Check(noon)
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("Check(%+v) = %v, want %q", row.key, err, row.want)
		}
	}
	k := access.Key{Name: "x", Scopes: []access.Scope{access.Jobs, access.Send, access.Jobs}}
	if err := k.Check(noon); err != nil || !slices.Equal(k.Scopes, []access.Scope{access.Send, access.Jobs}) {
		t.Errorf("the scopes are %v (%v), want them once and in order", k.Scopes, err)
	}
}

func TestWhenAKeyIsUsable(t *testing.T) {
	before, after := noon.Add(-time.Second), noon.Add(time.Second)
	for _, row := range []struct {
		expires, revoked *time.Time
		want             error
	}{
		{nil, nil, nil},
		{&after, &after, nil},
		{&before, nil, access.ErrExpired},
		{&noon, nil, access.ErrExpired},
		{nil, &noon, access.ErrRevoked},
		{&before, &before, access.ErrRevoked},
	} {
		if got := (access.Key{ExpiresAt: row.expires, RevokedAt: row.revoked}).Usable(noon); !errors.Is(got, row.want) {
			t.Errorf("expires %v, revoked %v: %v, want %v", row.expires, row.revoked, got, row.want)
		}
	}
}
