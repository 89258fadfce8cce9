package main

import (
	"bytes"
	"crypto/sha256"
	"notifier/mail/mailtest"
	"sync"
	"time"
)

// ledger is what a mail server got.
type ledger struct {
	mu      sync.Mutex
	first   map[string]arrival
	again   []arrival
	changed int
	bodies  [][]byte // of the first copies, where they are kept
	keep    bool
}

type arrival struct {
	id   string
	hash [32]byte
	at   time.Time
}

func messageID(data []byte) string {
	_, rest, _ := bytes.Cut(data, []byte("Message-ID: <"))
	id, _, _ := bytes.Cut(rest, []byte("@"))
	return string(id)
}

func (l *ledger) note(m mailtest.Mail) {
	a := arrival{messageID(m.Data), sha256.Sum256(m.Data), time.Now()}
	l.mu.Lock()
	defer l.mu.Unlock()
	if before, found := l.first[a.id]; found {
		l.again = append(l.again, a)
		if before.hash != a.hash {
			l.changed++
		}
		return
	}
	l.first[a.id] = a
	if l.keep {
		l.bodies = append(l.bodies, bytes.Clone(m.Data))
	}
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.first)
}

// relay starts a mail server that answers some mails late.
func (c *chaos) relay(listen string, keep bool) (*mailtest.Relay, *ledger, error) {
	l := &ledger{first: map[string]arrival{}, keep: keep}
	r, err := c.relayWith(listen, l)
	return r, l, err
}

func (c *chaos) relayWith(listen string, l *ledger) (*mailtest.Relay, error) {
	return mailtest.Start(mailtest.Options{Listen: listen, Keep: 1, OnMail: func(m mailtest.Mail) {
		l.note(m)
		if c.below(20) == 0 {
			time.Sleep(time.Duration(c.below(20)) * time.Millisecond)
		}
	}})
}
