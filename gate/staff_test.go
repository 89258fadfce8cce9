package gate_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"notifier/access"
	"notifier/gate"
	"notifier/message"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

const (
	anna     = "anna@example.org"
	password = "correct horse battery"
)

// staffed opens two replicas' staff on both databases, with Anna as support.
func staffed(t *testing.T, test func(t *testing.T, here, there *gate.Staff)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		here, there := gate.NewStaff(s, "default", zap.NewNop()), gate.NewStaff(s, "default", zap.NewNop())
		if _, err := here.AddMember(ctx, call(noon), access.Member{Email: "Anna@Example.org", Role: access.Support}, password); err != nil {
			t.Fatal(err)
		}
		test(t, here, there)
	})
}

func signIn(t *testing.T, s *gate.Staff, email, password string, at time.Time, want error) string {
	t.Helper()
	_, token, err := s.SignIn(ctx, email, password, "192.0.2.1", "test", at)
	if !errors.Is(err, want) {
		t.Errorf("SignIn(%s) = %v, want %v", email, err, want)
	}
	return token
}

func signedIn(t *testing.T, s *gate.Staff, token string, at time.Time, want error) access.Caller {
	t.Helper()
	c, err := s.SignedIn(ctx, token, at)
	if !errors.Is(err, want) {
		t.Errorf("SignedIn after %s = %v, want %v", at.Sub(noon), err, want)
	}
	return c
}

func TestSigningInAndOut(t *testing.T) {
	staffed(t, func(t *testing.T, here, there *gate.Staff) {
		signIn(t, here, anna, "wrong horse battery", noon, access.ErrWrongPassword)
		signIn(t, here, "jan@example.org", password, noon, access.ErrWrongPassword)
		signIn(t, here, "", "", noon, access.ErrWrongPassword)
		token := signIn(t, here, " ANNA@example.org", password, noon, nil)
		c := signedIn(t, there, token, noon, nil)
		if c.Name != anna || c.Site != "default" || !c.Home || c.Role != access.Support || !c.May(access.Queue) || c.May(access.Admin) {
			t.Errorf("signed in as %+v", c)
		}
		other := signIn(t, here, anna, password, noon.Add(time.Minute), nil)
		if all, err := here.Sessions(ctx, c, noon.Add(time.Minute)); len(all) != 2 || err != nil || all[0].From != "192.0.2.1" || all[0].Agent != "test" {
			t.Errorf("sessions are %+v (%v)", all, err)
		}
		if err := there.SignOut(ctx, token); err != nil {
			t.Fatal(err)
		}
		signedIn(t, here, token, noon.Add(time.Minute), access.ErrNotSignedIn)
		signedIn(t, here, other, noon.Add(time.Minute), nil)
		third := signIn(t, here, anna, password, noon.Add(time.Minute), nil)
		if err := here.SignOutEverywhere(ctx, c); err != nil {
			t.Fatal(err)
		}
		for _, one := range []string{other, third, "", "x"} {
			signedIn(t, there, one, noon.Add(time.Minute), access.ErrNotSignedIn)
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	staffed(t, func(t *testing.T, here, there *gate.Staff) {
		token := signIn(t, here, anna, password, noon, nil)
		at := noon
		for at.Before(noon.Add(7 * 24 * time.Hour)) { // somebody uses it every 11 hours
			signedIn(t, there, token, at, nil)
			at = at.Add(11 * time.Hour)
		}
		signedIn(t, here, token, at, access.ErrNotSignedIn) // a week is over
		token = signIn(t, here, anna, password, at, nil)
		if _, err := there.StillSignedIn(ctx, token, at.Add(11*time.Hour)); err != nil { // a stream is no use (S5)
			t.Errorf("S5: a stream after 11 hours: %v", err)
		}
		if _, err := there.StillSignedIn(ctx, token, at.Add(12*time.Hour)); !errors.Is(err, access.ErrNotSignedIn) {
			t.Errorf("S5: a stream after 12 hours: %v", err)
		}
		signedIn(t, here, token, at.Add(12*time.Hour), access.ErrNotSignedIn) // nobody used it
	})
}

func change(s *gate.Staff, site string, c access.MemberChange) error {
	_, err := s.ChangeMember(ctx, request.Call{Site: site, At: noon}, anna, c)
	return err
}

// Another role, another password or a removal holds on all replicas at once.
func TestChangesOfAMemberEndTheSessions(t *testing.T) {
	staffed(t, func(t *testing.T, here, there *gate.Staff) {
		for _, row := range []struct {
			name   string
			change func() error
		}{
			{"role", func() error { return change(here, "default", access.MemberChange{Role: new(access.Viewer)}) }},
			{"password", func() error { return change(here, "default", access.MemberChange{Password: new(password)}) }},
			{"removal", func() error { return here.RemoveMember(ctx, call(noon), anna) }},
		} {
			token := signIn(t, there, anna, password, noon, nil)
			if err := row.change(); err != nil {
				t.Fatal(err)
			}
			signedIn(t, there, token, noon, access.ErrNotSignedIn)
		}
		signIn(t, there, anna, password, noon, access.ErrWrongPassword)
		for _, err := range []error{here.RemoveMember(ctx, call(noon), anna), change(here, "acme", access.MemberChange{Role: new(access.Viewer)})} {
			if !errors.Is(err, message.ErrNotFound) {
				t.Errorf("of nobody: %v", err)
			}
		}
	})
}

func TestWhoIsNotAdded(t *testing.T) {
	staffed(t, func(t *testing.T, here, _ *gate.Staff) {
		for _, row := range []struct {
			member         access.Member
			password, want string
		}{
			{access.Member{Email: "ANNA@example.org", Role: access.Viewer}, password, "signs in already"},
			{access.Member{Email: "jan", Role: access.Viewer}, password, "email: "},
			{access.Member{Email: "jan@example.org", Role: "boss"}, password, `there is no role "boss"`},
			{access.Member{Email: "jan@example.org", Role: access.Viewer}, "short", "password: the password has 5 characters"},
			{access.Member{Email: "jan@example.org", Role: access.Viewer}, "Jan@example.org", "is the address"},
			{access.Member{Email: "jan@example.org", Role: access.Viewer}, strings.Repeat("x", 129), "at most 128"},
		} {
			if _, err := here.AddMember(ctx, call(noon), row.member, row.password); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("AddMember(%+v) = %v, want %q", row.member, err, row.want)
			}
		}
	})
}

// from is an attempt of Anna's at an address: nil, access.ErrWrongPassword or *access.TooMany.
func from(s *gate.Staff, address, password string, at time.Time) error {
	_, _, err := s.SignIn(ctx, anna, password, address, "", at)
	return err
}

// attack tries n wrong passwords for Anna, several at once, on both replicas, from the addresses that each of them is given,
// and tells how many were looked at.
func attack(t *testing.T, here, there *gate.Staff, n int, address func(i int) string, at time.Time) (seen int) {
	t.Helper()
	var guesses sync.WaitGroup
	var looked atomic.Int64
	turns := make(chan struct{}, 4)
	for i := range n {
		turns <- struct{}{}
		guesses.Go(func() {
			defer func() { <-turns }()
			s := []*gate.Staff{here, there}[i%2]
			switch err := from(s, address(i), "wrong horse battery", at); {
			case errors.Is(err, access.ErrWrongPassword):
				looked.Add(1)
			case !isTooMany(err):
				t.Errorf("a guess: %v", err)
			}
		})
	}
	guesses.Wait()
	return int(looked.Load())
}

func isTooMany(err error) bool {
	var many *access.TooMany
	return errors.As(err, &many)
}

// S5: the eleventh attempt from a network is not looked at, on any replica, though its password be right; elsewhere
// the right person is let in. A quarter of an hour later the network is.
func TestWrongPasswordsLockTheirNetwork(t *testing.T) {
	staffed(t, func(t *testing.T, here, there *gate.Staff) {
		for _, address := range []func(i int) string{
			func(int) string { return "203.0.113.7" },
			func(i int) string { return fmt.Sprintf("2001:db8:0:7::%x", i+1) }, // one /64
			func(int) string { return "unknown" },
		} {
			if seen := attack(t, here, there, 14, address, noon); seen != 10 {
				t.Errorf("S5: of 14 guesses at once from %s %d are looked at, want 10", address(0), seen)
			}
			if err := from(here, address(99), password, noon.Add(time.Minute)); !isTooMany(err) {
				t.Errorf("S5: the right password from %s then: %v", address(99), err)
			}
			if err := from(there, address(99), password, noon.Add(15*time.Minute)); err != nil {
				t.Errorf("S5: the right password from %s a quarter of an hour later: %v", address(99), err)
			}
		}
		for _, address := range []string{"198.51.100.1", "203.0.113.8", "2001:db8:0:8::1"} {
			if err := from(here, address, password, noon.Add(time.Minute)); err != nil {
				t.Errorf("S5: the right person from %s: %v", address, err)
			}
		}
	})
}

// S5: an account is guessed at from many machines. That locks it for networks that nobody has signed in from, not for
// its owner's; unlocked, it lets in its owner from anywhere, while the guessing goes on.
func TestAnAccountIsNotGuessed(t *testing.T) {
	staffed(t, func(t *testing.T, here, there *gate.Staff) {
		if err := from(here, "198.51.100.1", password, noon.Add(-24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		many := func(i int) string { return fmt.Sprintf("2001:db8:%x::1", i+1) }
		if seen := attack(t, here, there, 104, many, noon); seen != 100 {
			t.Errorf("S5: of 104 guesses from as many networks %d are looked at, want 100", seen)
		}
		if err := from(there, "198.51.100.1", password, noon); err != nil {
			t.Errorf("S5: the right person, from where she has signed in: %v", err)
		}
		if err := from(there, "192.0.2.77", password, noon); !isTooMany(err) {
			t.Errorf("S5: the right password from elsewhere: %v", err)
		}
		if err := here.Unlock(ctx, call(noon), "Anna@example.org"); err != nil {
			t.Fatal(err)
		}
		attack(t, here, there, 104, many, noon.Add(time.Minute))
		if err := from(there, "192.0.2.77", password, noon.Add(2*time.Minute)); err != nil {
			t.Errorf("S5: the right person after unlock, while the guessing goes on: %v", err)
		}
		if err := here.Unlock(ctx, request.Call{Site: "acme", At: noon}, anna); !errors.Is(err, message.ErrNotFound) {
			t.Errorf("S5: unlocked by another site: %v", err)
		}
	})
}

// S5: unlock ends the counts of the account it names, and of no other whose address contains or continues it.
func TestUnlockIsForOneAccount(t *testing.T) {
	staffed(t, func(t *testing.T, here, there *gate.Staff) {
		for _, other := range []string{"joanna@example.org", "anna@example.org.pl", "anna@example.orgx"} {
			if _, err := here.AddMember(ctx, call(noon), access.Member{Email: other, Role: access.Viewer}, password); err != nil {
				t.Fatal(err)
			}
			for range 11 {
				_, _, _ = here.SignIn(ctx, other, "wrong horse battery", "203.0.113.7", "", noon)
			}
		}
		if err := there.Unlock(ctx, call(noon), anna); err != nil {
			t.Fatal(err)
		}
		for _, other := range []string{"joanna@example.org", "anna@example.org.pl", "anna@example.orgx"} {
			if _, _, err := here.SignIn(ctx, other, password, "203.0.113.7", "", noon); !isTooMany(err) {
				t.Errorf("S5: %s was unlocked, too: %v", other, err)
			}
		}
	})
}

// S5: whether an address signs in here or on another site is told by one sentence.
func TestStaffOfOtherSitesIsNotTold(t *testing.T) {
	staffed(t, func(t *testing.T, here, _ *gate.Staff) {
		said := map[string]bool{}
		for _, site := range []string{"default", "acme"} {
			_, err := here.AddMember(ctx, request.Call{Site: site, At: noon}, access.Member{Email: anna, Role: access.Viewer}, password)
			said[fmt.Sprint(err)] = true
		}
		if len(said) != 1 {
			t.Errorf("S5: %v", said)
		}
	})
}

// One machine tries one password on many accounts.
func TestAnAddressDoesNotTryAllAccounts(t *testing.T) {
	staffed(t, func(t *testing.T, here, _ *gate.Staff) {
		for i := range 50 {
			_, _, err := here.SignIn(ctx, fmt.Sprintf("x%d@example.org", i), password, "192.0.2.9", "", noon)
			if !errors.Is(err, access.ErrWrongPassword) {
				t.Fatalf("attempt %d: %v", i+1, err)
			}
		}
		_, _, err := here.SignIn(ctx, anna, password, "192.0.2.9", "", noon)
		var many *access.TooMany
		if !errors.As(err, &many) {
			t.Errorf("attempt 51: %v", err)
		}
		signIn(t, here, anna, password, noon, nil) // from elsewhere
	})
}

func TestWhoIsProvedByAnother(t *testing.T) {
	staffed(t, func(t *testing.T, here, _ *gate.Staff) {
		if _, err := here.AddMember(ctx, call(noon), access.Member{Email: "ewa@example.org", Role: access.Manager}, ""); err != nil {
			t.Fatal(err)
		}
		signIn(t, here, "ewa@example.org", "", noon, access.ErrWrongPassword)
		_, token, err := here.SignInAs(ctx, "Ewa@example.org", "192.0.2.1", "", noon)
		if err != nil || !signedIn(t, here, token, noon, nil).May(access.Admin) {
			t.Errorf("SignInAs = %v", err)
		}
		if _, _, err := here.SignInAs(ctx, "jan@example.org", "192.0.2.1", "", noon); !errors.Is(err, access.ErrNoMember) {
			t.Errorf("SignInAs(a stranger) = %v", err)
		}
	})
}

// TestTheDatabaseAndTheLogHoldNoWayIn: neither a password nor a token.
func TestTheDatabaseAndTheLogHoldNoWayIn(t *testing.T) {
	url := storetest.URL(t, "sqlite")
	db := storetest.Open(t, url)
	core, log := observer.New(zap.DebugLevel)
	s := gate.NewStaff(db, "default", zap.New(core))
	if _, err := s.AddMember(ctx, call(noon), access.Member{Email: anna, Role: access.Manager}, password); err != nil {
		t.Fatal(err)
	}
	signIn(t, s, anna, "wrong horse battery", noon, access.ErrWrongPassword)
	token := signIn(t, s, anna, password, noon, nil)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file := strings.TrimPrefix(url, "sqlite:")
	everything := fmt.Sprint(log.All())
	for _, name := range []string{file, file + "-wal"} {
		content, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		everything += string(bytes.ToValidUTF8(content, nil))
	}
	for _, canary := range []string{password, token, "wrong horse battery"} {
		if strings.Contains(everything, canary) {
			t.Errorf("the database or the log holds %.5s…", canary)
		}
	}
	if n := strings.Count(everything, "$argon2id$v=19$m="); n < 1 {
		t.Error("no hash of a password is kept")
	}
}

func TestWhereARequestComesFrom(t *testing.T) {
	proxies := gate.Proxies{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	for _, row := range []struct {
		name, remote, forwarded, proto, from string
		secure                               bool
	}{
		{"straight", "192.0.2.1:4000", "", "", "192.0.2.1", false},
		{"by a proxy", "127.0.0.1:4000", "192.0.2.1", "https", "192.0.2.1", true},
		{"by two", "127.0.0.1:4000", "192.0.2.1, 10.0.0.3", "", "192.0.2.1", false},
		{"what a caller claims to be", "127.0.0.1:4000", "198.51.100.7, 192.0.2.1", "", "192.0.2.1", false},
		{"what a stranger claims", "192.0.2.1:4000", "198.51.100.7", "https", "192.0.2.1", false},
		{"nonsense", "127.0.0.1:4000", "x, 192.0.2.1, y", "", "127.0.0.1", false},
		{"IPv6", "[2001:db8::1]:4000", "", "", "2001:db8::1", false},
		{"a socket", "@", "192.0.2.1", "https", "unknown", false},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = row.remote
		if row.forwarded != "" {
			r.Header.Set("X-Forwarded-For", row.forwarded)
		}
		r.Header.Set("X-Forwarded-Proto", row.proto)
		if from, secure := proxies.From(r), proxies.Secure(r); from != row.from || secure != row.secure {
			t.Errorf("%s: from %s, secure %t; want %s, %t", row.name, from, secure, row.from, row.secure)
		}
	}
}

func FuzzFrom(f *testing.F) {
	f.Add("127.0.0.1:1", "192.0.2.1, 10.0.0.3")
	f.Add("[::1%lo]:1", "fe80::1%x")
	proxies := gate.Proxies{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::/0")}
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = remote
		r.Header["X-Forwarded-For"] = []string{forwarded}
		if from := proxies.From(r); from != "unknown" {
			if _, err := netip.ParseAddr(from); err != nil {
				t.Errorf("from %q", from)
			}
		}
	})
}
