package notifications_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/jobs/notifications"
	"notifier/letter"
	"notifier/mail"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/store"
)

// office is a job with two accounts: "main", which may fall back to "backup", and "backup"
// for whoever asks for it.
func office(t *testing.T, s *store.Store, main, backup *mailtest.Relay, o notifications.Options) *notifications.Job {
	t.Helper()
	account := func(name string, r *mailtest.Relay) *notifications.Account {
		return &notifications.Account{Name: name, Courier: courier(t, r, mail.Settings{Name: name}), From: "workflow@example.org"}
	}
	a, b := account("main", main), account("backup", backup)
	routes := map[string][]*notifications.Account{"": {a, b}, "backup": {b}}
	return notifications.New(s, func(l message.Lane) []*notifications.Account { return routes[l.Account] }, letter.Writer{}, o, zap.NewNop())
}

func TestEachAccountCarriesItsOwn(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		backup := relay(t, mailtest.Options{})
		usual, special, lost := direct(noon, "usual@example.org"), direct(noon, "special@example.org"), direct(noon, "lost@example.org")
		special.Account, lost.Account = "backup", "gone"
		accept(t, s, usual, special, lost)
		counts, err := office(t, s, r, backup, notifications.Options{}).Run(t.Context(), noon)
		if words(counts) != "accept=2" || err == nil || !strings.Contains(err.Error(), `there is no account "gone" in config.yaml`) {
			t.Errorf("Run = %v, %v; want two accepted, and that one waits for an account", counts, err)
		}
		wantOnce(t, []message.Message{usual}, r)
		wantOnce(t, []message.Message{special}, backup)
		if got := read(t, s, lost); got.Status != message.Pending || got.Claim != 0 {
			t.Errorf("the message of an account that is gone is %s, claimed %d times; it waits", got.Status, got.Claim)
		}
		for m, want := range map[string]message.Message{"main": usual, "backup": special} {
			if a := attempts(t, s, want); len(a) != 1 || a[0].Account != m {
				t.Errorf("attempts = %+v, want one by %s", a, m)
			}
		}
	})
}

func TestAnAccountThatFailsLeavesItsMailToTheNext(t *testing.T) {
	for name, fault := range map[string]func(r *mailtest.Relay){
		"it cannot be reached": func(r *mailtest.Relay) { r.Fail(mailtest.AtConnect, faults(100, mailtest.Fault{Code: 421})...) },
		"it dies during the flush": func(r *mailtest.Relay) {
			r.Fail(mailtest.AtMail, append(make([]mailtest.Fault, 5), faults(100, mailtest.Fault{Drop: true})...)...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
				backup := relay(t, mailtest.Options{})
				ms := many(40, noon)
				accept(t, s, ms...)
				fault(r)
				j := office(t, s, r, backup, notifications.Options{Workers: 4})
				counts, err := j.Run(t.Context(), noon.Add(time.Hour))
				if err != nil || counts["accept"] != 40 {
					t.Errorf("Run = %v, %v; want that the second account carries what the first cannot", counts, err)
				}
				wantOnce(t, ms, r, backup)
				for _, m := range ms {
					if got := read(t, s, m); got.Attempts != 1 || got.Tries != 1 {
						t.Errorf("%s: %d attempts, want 1: a relay that is down burns none", m.Recipients(), got.Attempts)
					}
				}
				pauses, err := s.Pauses(t.Context(), site)
				if err != nil || len(pauses) != 1 || pauses[0].Account != "main" || pauses[0].Failures != 1 {
					t.Errorf("Pauses = %+v, %v; want main's", pauses, err)
				}
			})
		})
	}
}

// After a pause one message is the probe; then two go out, and four: no herd.
func TestAPausedAccountIsProbedByOneMessage(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		r.Fail(mailtest.AtConnect, mailtest.Fault{Code: 421})
		ms := many(100, noon)
		accept(t, s, ms...)
		j := job(t, s, r, 4, notifications.Options{Workers: 8, Replica: "a"})
		at := noon.Add(time.Hour)
		wantPaused(t, j, r, at, 1)
		r.Fail(mailtest.AtMail, faults(100, mailtest.Fault{Drop: true})...)
		if counts, err := j.Run(t.Context(), at.Add(2*time.Second)); words(counts) != "hand_back=1" || err == nil {
			t.Errorf("Run = %v, %v; want that one message was the probe", counts, err)
		}
		r.Fail(mailtest.AtMail)
		healthy := relay(t, mailtest.Options{})
		slow := mailtest.Fault{Delay: 200 * time.Millisecond} // time for others to overtake
		healthy.Fail(mailtest.AtDot, slow, slow, slow)
		run(t, job(t, s, healthy, 4, notifications.Options{Workers: 8}), at.Add(time.Hour), "accept=100")
		got := healthy.Got()
		if got[0].Connection != 1 || got[1].Connection > 2 || got[2].Connection > 2 {
			t.Errorf("the first mails came by connections %d, %d and %d; want that one got through, then two, before there are more",
				got[0].Connection, got[1].Connection, got[2].Connection)
		}
		if pauses, err := s.Pauses(t.Context(), site); err != nil || len(pauses) != 0 {
			t.Errorf("Pauses = %+v, %v; the account works again", pauses, err)
		}
		wantOnce(t, ms, healthy)
	})
}

// Of several replicas one asks a paused account again; the others wait for what it hears.
func TestOneReplicaProbes(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		p := message.Pause{Account: "default"}.Lengthened(noon, message.RelayDown, message.Failure{Category: message.ConnectFailed, Text: "refused"})
		if err := s.Pause(t.Context(), site, p); err != nil {
			t.Fatal(err)
		}
		accept(t, s, direct(noon, "anna@example.org"))
		at := noon.Add(time.Minute)
		if mine, err := s.Probe(t.Context(), site, p, at.Add(30*time.Second)); !mine || err != nil {
			t.Fatalf("Probe = %t, %v", mine, err)
		}
		if mine, err := s.Probe(t.Context(), site, p, at.Add(30*time.Second)); mine || err != nil {
			t.Errorf("a second Probe = %t, %v; want that there is one", mine, err)
		}
		wantPaused(t, job(t, s, r, 1, notifications.Options{}), r, at, 0)
		// The other one never told what it heard.
		run(t, job(t, s, r, 1, notifications.Options{}), at.Add(31*time.Second), "accept=1")
	})
}

// A slow account holds up nobody else's mail.
func TestAccountsDoNotWaitForEachOther(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		slow, quick := relay(t, mailtest.Options{}), direct(noon, "quick@example.org")
		release := make(chan struct{})
		waiting := waits{courier(t, slow, mail.Settings{Name: "slow"}), release}
		a := &notifications.Account{Name: "slow", Courier: waiting}
		b := &notifications.Account{Name: "quick", Courier: courier(t, r, mail.Settings{Name: "quick"})}
		quick.Account = "quick"
		accept(t, s, append(many(50, noon.Add(-time.Hour)), quick)...)
		r2 := notifications.New(s, func(l message.Lane) []*notifications.Account {
			if l.Account == "quick" {
				return []*notifications.Account{b}
			}
			return []*notifications.Account{a}
		}, letter.Writer{}, notifications.Options{Workers: 2, Batch: 10}, zap.NewNop())
		done := make(chan string)
		go func() {
			counts, err := r2.Run(t.Context(), noon)
			done <- fmt.Sprint(words(counts), " ", err)
		}()
		if err := r.Wait(t.Context(), 1); err != nil { // while the slow one has taken none
			t.Error(err)
		}
		if n := slow.Count(); n != 0 {
			t.Errorf("the slow relay has %d mails", n)
		}
		close(release)
		if got := <-done; got != "accept=51 <nil>" {
			t.Errorf("Run = %s", got)
		}
	})
}

// waits is a courier that begins when it is let.
type waits struct {
	*mail.Courier
	release chan struct{}
}

func (w waits) Carry(ctx context.Context, m message.Message, done func(message.Receipt)) {
	<-w.release
	w.Courier.Carry(ctx, m, done)
}

func TestUrgentMailLeavesFirst(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		ms := many(30, noon.Add(-time.Hour))
		for i := range ms {
			ms[i].Priority = []message.Priority{message.Low, "", message.High}[i%3]
		}
		accept(t, s, ms...)
		run(t, job(t, s, r, 1, notifications.Options{Workers: 1, Batch: 7}), noon, "accept=30")
		var order []string
		for _, m := range r.Got() {
			var n int
			if _, err := fmt.Sscanf(m.To[0], "user%d@", &n); err != nil {
				t.Fatal(err)
			}
			order = append(order, []string{"low", "normal", "high"}[n%3])
		}
		want := strings.Fields(strings.Repeat("high ", 10) + strings.Repeat("normal ", 10) + strings.Repeat("low ", 10))
		if fmt.Sprint(order) != fmt.Sprint(want) {
			t.Errorf("they left as %v, want %v", order, want)
		}
	})
}
