package mail_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"notifier/mail"
	"notifier/mail/mailtest"
	"notifier/message"
)

// L5: whoever is told of a mail and panics costs neither the connection's goroutine nor the
// mails behind it.
func TestAPanicCostsNoOtherMail(t *testing.T) {
	r := relay(t, mailtest.Options{})
	c := courier(t, r.Port(), mail.Settings{Connections: 1})
	var all sync.WaitGroup
	var mu sync.Mutex
	told := 0
	for i := range 20 {
		all.Add(1)
		c.Carry(soon(t), note("anna@example.org"), func(r message.Receipt) {
			defer all.Done()
			mu.Lock()
			defer mu.Unlock()
			if told += len(r.Accepted) + len(r.Pending); i%5 == 0 {
				panic("a bug")
			}
		})
	}
	all.Wait()
	if told != 20 {
		t.Errorf("of 20 mails %d were told", told)
	}
	want(t, c.Deliver(soon(t), note("anna@example.org")), "anna@example.org", "", "")
}

// faulty keeps no grants.
type faulty struct{}

func (faulty) Load(context.Context, string) (message.Grant, error)       { panic("a bug") }
func (faulty) Save(context.Context, string, message.Grant) (bool, error) { panic("a bug") }

// L5: who waits for a token hears that there is none, each time.
func TestAPanicOnTheWayToAToken(t *testing.T) {
	source := mail.OAuth2{TokenURL: "http://127.0.0.1:1/", ClientID: "notifier", RefreshToken: "r", Grants: faulty{}}.Tokens()
	for range 2 {
		if _, err := source.Token(t.Context()); err == nil || !strings.Contains(err.Error(), "a bug") {
			t.Errorf("Token = %v", err)
		}
	}
	source.Wait()
}
