package mail_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"notifier/mail"
	"notifier/mail/mailtest"
	"notifier/message"
)

// TestLogins: each way to log in, at servers that offer only some.
func TestLogins(t *testing.T) {
	for _, row := range []struct {
		name, offered, auth, password string
		works                         bool
		says                          string
	}{
		{"plain", "PLAIN LOGIN CRAM-MD5", "", "right", true, ""},
		{"login where there is no plain", "LOGIN CRAM-MD5", "", "right", true, ""},
		{"cram-md5 where there is nothing else", "CRAM-MD5", "", "right", true, ""},
		{"cram-md5 is asked for", "PLAIN CRAM-MD5", "cram-md5", "right", true, ""},
		{"cram-md5 with a wrong password", "CRAM-MD5", "", "wrong", false, "535"},
		{"login with a wrong password", "LOGIN", "", "wrong", false, "535"},
		{"what is asked for is not offered", "PLAIN LOGIN", "cram-md5", "right", false, "does not offer the login CRAM-MD5. It offers: PLAIN LOGIN"},
		{"nothing is offered that we know", "XOAUTH2", "", "right", false, "none of the logins"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := relay(t, mailtest.Options{Username: "notifier", Password: "right", Mechanisms: strings.Fields(row.offered)})
			c := courier(t, r.Port(), mail.Settings{Username: "notifier", Password: row.password, Auth: row.auth})
			err := c.Ready(t.Context())
			if row.works {
				if err != nil {
					t.Errorf("Ready = %v", err)
				}
				return
			}
			if f, ok := err.(*message.Failure); !ok || f.Category != message.AuthFailed || !strings.Contains(f.Error(), row.says) {
				t.Errorf("Ready = %v, want auth_failed that says %q", err, row.says)
			}
		})
	}
}

// A client that nobody here wrote logs in to the relay of the tests, so that its word counts.
func TestTheRelaysLoginsAreThoseOfPython(t *testing.T) {
	r := relay(t, mailtest.Options{Username: "notifier", Password: "right", Mechanisms: []string{"CRAM-MD5", "LOGIN", "PLAIN"}})
	const script = `
import smtplib, sys
for way in ("auth_cram_md5", "auth_login", "auth_plain"):
    for password in ("right", "wrong"):
        s = smtplib.SMTP("127.0.0.1", int(sys.argv[1]))
        s.ehlo()
        s.user, s.password = "notifier", password
        try:
            code = s.auth(way[5:].replace("_", "-"), getattr(s, way), initial_response_ok=way != "auth_cram_md5")[0]
        except smtplib.SMTPAuthenticationError as e:
            code = e.smtp_code
        print(way, password, code)
        s.close()
`
	out, err := exec.Command("python3", "-c", script, fmt.Sprint(r.Port())).CombinedOutput()
	want := "auth_cram_md5 right 235\nauth_cram_md5 wrong 535\nauth_login right 235\nauth_login wrong 535\nauth_plain right 235\nauth_plain wrong 535\n"
	if err != nil || string(out) != want {
		t.Errorf("python says %s, %v; want %s", out, err, want)
	}
}

// tokens is a token server (RFC 6749) that gives another token each time.
type tokens struct {
	*httptest.Server
	asked atomic.Int64
	forms chan string
}

func tokenServer(t *testing.T, lifetime int) *tokens {
	t.Helper()
	s := &tokens{forms: make(chan string, 100)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		id, secret, _ := r.BasicAuth()
		s.forms <- r.Form.Encode()
		w.Header().Set("Content-Type", "application/json")
		if id != "notifier" || secret != "s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			_ = json.NewEncoder(w).Encode(map[string]any{"error": "invalid_client", "error_description": "who are you?", "hint": "s3cret"})
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{
			"access_token": fmt.Sprintf("token-%d", s.asked.Add(1)), "token_type": "Bearer", "expires_in": lifetime,
		})
	}))
	t.Cleanup(s.Close)
	return s
}

func oauth(s *tokens, secret, refresh string) mail.Tokens {
	return mail.OAuth2{TokenURL: s.URL, ClientID: "notifier", ClientSecret: secret, RefreshToken: refresh, Scopes: []string{"mail"}, Client: s.Client()}.Tokens()
}

// TestXOAUTH2: TE-18. Tokens are got with client credentials or a refresh token, and kept.
func TestXOAUTH2(t *testing.T) {
	for _, row := range []struct{ name, refresh, form string }{
		{"client credentials", "", "grant_type=client_credentials&scope=mail"},
		{"refresh token", "r-1", "grant_type=refresh_token&refresh_token=r-1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := tokenServer(t, 3600)
			r := relay(t, mailtest.Options{Username: "workflow@example.org", Password: "token-1", Mechanisms: []string{"PLAIN", "XOAUTH2"}})
			source := oauth(s, "s3cret", row.refresh)
			for range 3 { // each with a connection of its own
				c := courier(t, r.Port(), mail.Settings{Username: "workflow@example.org", Tokens: source})
				if err := c.Ready(t.Context()); err != nil {
					t.Fatalf("Ready = %v", err)
				}
			}
			if n := s.asked.Load(); n != 1 {
				t.Errorf("the token server was asked %d times, want once for all", n)
			}
			if form := <-s.forms; form != row.form {
				t.Errorf("it was asked for %s, want %s", form, row.form)
			}
		})
	}
}

func TestATokenThatIsNotTakenIsRenewed(t *testing.T) {
	s := tokenServer(t, 3600)
	r := relay(t, mailtest.Options{Username: "workflow@example.org", Password: "token-2", Mechanisms: []string{"XOAUTH2"}})
	c := courier(t, r.Port(), mail.Settings{Username: "workflow@example.org", Tokens: oauth(s, "s3cret", "")})
	err := c.Ready(t.Context())
	if f, ok := err.(*message.Failure); !ok || f.Category != message.AuthFailed || !strings.HasPrefix(f.Code, "535") {
		t.Errorf("Ready = %v, want the refusal after the server's challenge", err)
	}
	if err := c.Ready(t.Context()); err != nil {
		t.Errorf("Ready = %v, want that another token was got", err)
	}
}

func TestATokenThatEndsIsRenewed(t *testing.T) {
	s := tokenServer(t, 1) // less than the margin that a token is given
	source := oauth(s, "s3cret", "")
	for _, want := range []string{"token-1", "token-2"} {
		if got, err := source.Token(t.Context()); got != want || err != nil {
			t.Errorf("Token = %s, %v, want %s", got, err, want)
		}
	}
}

func TestATokenServerThatRefuses(t *testing.T) {
	s := tokenServer(t, 3600)
	r := relay(t, mailtest.Options{Username: "workflow@example.org", Password: "x", Mechanisms: []string{"XOAUTH2"}})
	c := courier(t, r.Port(), mail.Settings{Username: "workflow@example.org", Tokens: oauth(s, "wrong", "")})
	err := c.Ready(t.Context())
	f, ok := err.(*message.Failure)
	if !ok || f.Category != message.AuthFailed || f.Text != "There is no token to log in with: the token server answered 401 Unauthorized invalid_client who are you?" {
		t.Errorf("Ready = %v", err)
	}
	s.Server.Close()
	if f, ok := c.Ready(t.Context()).(*message.Failure); !ok || f.Category != message.AuthFailed || !strings.Contains(f.Text, "no token to log in with") {
		t.Errorf("Ready = %v", f)
	}
}

// TestTry: the conversation can be read, and no secret is in it.
func TestTry(t *testing.T) {
	r := relay(t, mailtest.Options{Username: "notifier", Password: "correct horse", TLS: "starttls", Mechanisms: []string{"LOGIN"}})
	c := courier(t, r.Port(), mail.Settings{Username: "notifier", Password: "correct horse", TLS: "starttls", Hello: "us.example.org", TLSConfig: trusting(r.Pool())})
	lines, f := c.Try(t.Context())
	if f != nil {
		t.Fatalf("Try = %v", f)
	}
	var said []string
	for _, l := range lines {
		said = append(said, l.Who+": "+l.Text)
	}
	all := strings.Join(said, "\n")
	for _, part := range []string{
		"note: connected to 127.0.0.1:", "server: 220", "we: EHLO us.example.org", "we: STARTTLS", "note: TLS 1.3, certificate for localhost, 127.0.0.1 until ",
		"we: AUTH LOGIN …", "server: 235", "we: MAIL FROM:<workflow@example.org>", "server: 250", "we: RSET", "we: QUIT",
	} {
		rest, found := strings.CutPrefix(all[strings.Index(all+part, part):], part)
		if !found {
			t.Errorf("%q is not in the rest of the conversation:\n%s", part, strings.Join(said, "\n"))
			break
		}
		all = rest
	}
	for _, secret := range []string{"correct horse", "Y29ycmVjdCBob3JzZQ==", "bm90aWZpZXI="} {
		if strings.Contains(strings.Join(said, "\n"), secret) {
			t.Errorf("the conversation has %q in it:\n%s", secret, strings.Join(said, "\n"))
		}
	}
	if r.Count() != 0 {
		t.Error("a mail was sent")
	}
}

func TestTryOfAnAccountThatDoesNotWork(t *testing.T) {
	r := relay(t, mailtest.Options{Username: "notifier", Password: "right"})
	lines, f := courier(t, r.Port(), mail.Settings{Username: "notifier", Password: "wrong"}).Try(t.Context())
	if f == nil || f.Category != message.AuthFailed || len(lines) == 0 || !strings.HasPrefix(lines[len(lines)-1].Text, "535") {
		t.Errorf("Try = %v, %v; want the refused login as the last line", lines, f)
	}
}
