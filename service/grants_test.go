package service

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"notifier/account"
	"notifier/mail"
	"notifier/message"
	"notifier/settings"
	"notifier/store"
	"notifier/store/storetest"
)

// rotating is a token server that gives another refresh token with each use, and takes none
// twice (RFC 6749 §6, RFC 9700 §4.14).
type rotating struct {
	*httptest.Server
	mu       sync.Mutex
	newest   map[string]bool
	given    []string // all tokens
	uses     int
	reused   []string
	lifetime int
}

func rotatingServer(t *testing.T, configured ...string) *rotating {
	t.Helper()
	s := &rotating{newest: map[string]bool{}, lifetime: 3600}
	for _, r := range configured {
		s.newest[r] = true
	}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *rotating) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	used := r.Form.Get("refresh_token")
	if !s.newest[used] {
		s.reused = append(s.reused, used)
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": "invalid_grant"})
		return
	}
	s.uses++
	next, access := fmt.Sprintf("refresh-%d-of-%s", s.uses, used[:2]), fmt.Sprintf("access-%d-of-%s", s.uses, used[:2])
	delete(s.newest, used)
	s.newest[next] = true
	s.given = append(s.given, next, access)
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": s.lifetime, "refresh_token": next})
}

func (s *rotating) unhurt(t *testing.T, uses int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.uses != uses || len(s.reused) > 0 {
		t.Errorf("the server gave %d tokens, want %d; it was shown used ones: %v", s.uses, uses, s.reused)
	}
}

// logins are the tokens of an account as a process has them that was just started.
func logins(t *testing.T, s *store.Store, server, refresh, key string) mail.Tokens {
	t.Helper()
	c := settings.Config{Site: "default", Secrets: settings.Secrets{Key: key}}
	a := account.Settings{Host: "127.0.0.1", From: "workflow@example.org", Username: "workflow", OAuth2: account.OAuth2{TokenURL: server, ClientID: "notifier", RefreshToken: refresh}}
	return a.Mail("smtp", mail.Keys{}, GrantsOf(c, s)).Tokens
}

func login(t *testing.T, tokens mail.Tokens) string {
	t.Helper()
	token, err := tokens.Token(t.Context())
	if err != nil {
		t.Fatalf("there is no token: %v", err)
	}
	return token
}

// L8: the newest refresh token survives a restart, another one in the configuration wins,
// and neither is in the database as it is.
func TestRefreshTokensSurviveARestart(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		server := rotatingServer(t, "r1", "r2")
		first := logins(t, s, server.URL, "r1", DevSecret)
		token := login(t, first)
		if again := login(t, logins(t, s, server.URL, "r1", DevSecret)); again != token {
			t.Errorf("after a restart it is %s, want %s, which is good for an hour", again, token)
		}
		server.unhurt(t, 1)
		for use := 2; use < 5; use++ { // the mail server takes it no more, and the service is restarted
			one := logins(t, s, server.URL, "r1", DevSecret)
			one.Drop(login(t, one))
			login(t, one)
			server.unhurt(t, use)
		}
		if token := login(t, logins(t, s, server.URL, "r2", DevSecret)); !strings.HasSuffix(token, "-of-r2") {
			t.Errorf("the token is %s, want one of the refresh token that was configured anew", token)
		}
		server.unhurt(t, 5)
	})
}

// L8: without a key each process keeps its own, and a grant that another key sealed is not
// taken for none: that would show the server a used token.
func TestRefreshTokensAndKeys(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.URL(t, "sqlite"))
	server := rotatingServer(t, "r1", "r2")
	alone := logins(t, s, server.URL, "r2", "")
	alone.Drop(login(t, alone))
	login(t, alone)
	login(t, logins(t, s, server.URL, "r1", DevSecret))
	other := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("o", 32)))
	_, err := logins(t, s, server.URL, "r1", other).Token(t.Context())
	if err == nil || !strings.Contains(err.Error(), "Set secrets.previous_key_file to that one, or give the account a new refresh_token") {
		t.Errorf("with another key: %v", err)
	}
	server.unhurt(t, 3)
}

// L8: nothing that a server gave can be read in the file of the database.
func TestNoTokenIsInTheDatabaseAsItIs(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t, "sqlite")
	s := storetest.Open(t, url)
	server := rotatingServer(t, "r1-as-configured")
	one := logins(t, s, server.URL, "r1-as-configured", DevSecret)
	one.Drop(login(t, one))
	login(t, one)
	files, err := filepath.Glob(strings.TrimPrefix(url, "sqlite:") + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var all strings.Builder
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	if !strings.Contains(all.String(), "sealed:") {
		t.Error("nothing is sealed in it")
	}
	for _, token := range append(server.given, "r1-as-configured") {
		if strings.Contains(all.String(), token) {
			t.Errorf("%s is in it", token)
		}
	}
}

// L8: two replicas whose tokens end at once renew them once, fifty times in a row; the server
// is shown no used token, and no login fails.
func TestTwoReplicasRenewOnce(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			url := storetest.URL(t, kind)
			server := rotatingServer(t, "r1")
			var replicas [2]mail.Tokens
			for i := range replicas {
				replicas[i] = logins(t, storetest.Open(t, url), server.URL, "r1", DevSecret)
			}
			for round := range 50 {
				var all sync.WaitGroup
				for n := range 6 {
					all.Go(func() {
						if _, err := replicas[n%2].Token(context.Background()); err != nil {
							t.Errorf("round %d: %v", round, err)
						}
					})
				}
				all.Wait()
				if t.Failed() {
					t.FailNow()
				}
				for _, r := range replicas { // the mail server takes the token no more
					r.Drop(login(t, r))
				}
			}
			server.unhurt(t, 50)
		})
	}
}

// L8: a replica that died while it asked, or took longer than it may, is overtaken; what it got
// is found before the account is said not to work.
func TestAReplicaThatIsOvertaken(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		server := rotatingServer(t, "r1")
		c := settings.Config{Site: "default", Secrets: settings.Secrets{Key: DevSecret}}
		slow := &late{Grants: GrantsOf(c, s), asked: make(chan struct{}), go_: make(chan struct{})}
		a := account.Settings{Username: "workflow", OAuth2: account.OAuth2{TokenURL: server.URL, ClientID: "notifier", RefreshToken: "r1"}}
		first := a.Mail("smtp", mail.Keys{}, slow).Tokens
		got := make(chan error, 1)
		go func() { _, err := first.Token(context.Background()); got <- err }()
		<-slow.asked // it has a token, and has not written it; its time is over
		lapse(t, s, slow.name)
		go func() {
			defer close(slow.go_)
			for {
				server.mu.Lock()
				refused := len(server.reused)
				server.mu.Unlock()
				if refused > 0 {
					return
				}
				time.Sleep(time.Millisecond)
			}
		}()
		if token := login(t, logins(t, s, server.URL, "r1", DevSecret)); token != "access-1-of-r1" {
			t.Errorf("the second replica has %s, want what the first was given", token)
		}
		if err := <-got; err != nil {
			t.Errorf("the first replica: %v", err)
		}
	})
}

// late is a replica that is held up before it writes what it was given.
type late struct {
	mail.Grants
	once       sync.Once
	name       string
	asked, go_ chan struct{}
}

func (l *late) Save(ctx context.Context, name string, g message.Grant) (bool, error) {
	if g.Access != "" {
		l.once.Do(func() {
			l.name = name
			close(l.asked)
			<-l.go_
		})
	}
	return l.Grants.Save(ctx, name, g)
}

// lapse ends the right of the replica that asks.
func lapse(t *testing.T, s *store.Store, name string) {
	t.Helper()
	g, err := s.Grant(t.Context(), "default", name)
	if err != nil {
		t.Fatal(err)
	}
	g.Leased = time.Unix(0, 0)
	if won, err := s.SaveGrant(t.Context(), "default", name, g); err != nil || !won {
		t.Fatal(won, err)
	}
}
