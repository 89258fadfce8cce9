package mail_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"notifier/mail"
	"notifier/message"
)

// held is a token server that answers when it is let to.
func held(t *testing.T) (s *httptest.Server, came chan struct{}, answer chan struct{}) {
	t.Helper()
	came, answer = make(chan struct{}, 10), make(chan struct{})
	var asked atomic.Int64
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // or the server does not see that the client has left
		came <- struct{}{}
		select {
		case <-answer:
		case <-r.Context().Done():
			return
		}
		n := asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": fmt.Sprintf("token-%d", n), "token_type": "Bearer", "expires_in": 3600, "refresh_token": fmt.Sprintf("r-%d", n)})
	}))
	t.Cleanup(s.Close)
	return s, came, answer
}

// L8: who waits for a token server gives up in their own time and holds nobody else up; what
// the server says later is kept, because it may be the only refresh token that is good.
func TestATokenServerThatHangs(t *testing.T) {
	s, came, answer := held(t)
	source := mail.OAuth2{TokenURL: s.URL, ClientID: "notifier", RefreshToken: "r", Client: s.Client()}.Tokens()
	ctx, cancel := context.WithCancel(t.Context())
	told := make(chan error, 1)
	go func() { _, err := source.Token(ctx); told <- err }()
	<-came
	source.Drop("another") // which the mail server refused meanwhile
	cancel()
	if err := <-told; err == nil || !strings.Contains(err.Error(), "not answered in time") {
		t.Errorf("Token = %v", err)
	}
	close(answer)
	source.Wait()
	for range 2 {
		if token, err := source.Token(t.Context()); token != "token-1" || err != nil {
			t.Errorf("Token = %s, %v, want what came late", token, err)
		}
	}
	source.Drop("another")
	if token, err := source.Token(t.Context()); token != "token-1" || err != nil {
		t.Errorf("Token = %s, %v: one that was refused long ago took the newest along", token, err)
	}
}

// L8: a token server that never answers is given up in time.
func TestATokenServerThatNeverAnswers(t *testing.T) {
	s, _, _ := held(t)
	source := mail.OAuth2{TokenURL: s.URL, ClientID: "notifier", RefreshToken: "r"}.Tokens()
	begun := time.Now()
	if _, err := source.Token(t.Context()); err == nil || time.Since(begun) > 20*time.Second {
		t.Errorf("Token = %v after %s", err, time.Since(begun))
	}
}

// forgetful is a database that does not take what was given, for a while.
type forgetful struct {
	grant message.Grant
	down  atomic.Bool
}

func (f *forgetful) Load(context.Context, string) (message.Grant, error) { return f.grant, nil }

func (f *forgetful) Save(_ context.Context, _ string, g message.Grant) (bool, error) {
	if g.Access != "" && f.down.Load() {
		return false, errors.New("the database is away")
	}
	g.Version++
	f.grant = g
	return true, nil
}

// L8: a refresh token that the database did not take is kept there as soon as it does.
func TestATokenThatCouldNotBeKeptIsKeptLater(t *testing.T) {
	s, _, answer := held(t)
	close(answer)
	database := &forgetful{}
	database.down.Store(true)
	source := mail.OAuth2{TokenURL: s.URL, ClientID: "notifier", RefreshToken: "r", Client: s.Client(), Grants: database}.Tokens()
	if token, err := source.Token(t.Context()); token != "token-1" || err != nil {
		t.Fatalf("Token = %s, %v", token, err)
	}
	database.down.Store(false)
	if token, err := source.Token(t.Context()); token != "token-1" || err != nil {
		t.Errorf("Token = %s, %v", token, err)
	}
	source.Wait()
	if database.grant.Refresh != "r-1" || database.grant.Access != "token-1" || !database.grant.Leased.IsZero() {
		t.Errorf("kept is %+v, want the refresh token r-1, and nobody's right to ask", database.grant)
	}
}
