package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// most is how many mails of one process may be told twice: as many as it has under way.
const most = 64

// killing sends messages while replicas are killed, stopped or frozen.
func (c *chaos) killing(onPostgres bool, how string, messages, faults int) (v verdict, err error) {
	url, err := c.database(onPostgres)
	if err != nil {
		return v, err
	}
	return c.killingOn(url, onPostgres, how, messages, faults)
}

// throughPgBouncer is killing with PgBouncer, in transaction mode, before the database.
func (c *chaos) throughPgBouncer(messages, faults int) (v verdict, err error) {
	direct, err := c.database(true)
	if err != nil {
		return v, err
	}
	s, err := c.open(direct) // migrating holds a lock for as long as its session lasts
	if err != nil {
		return v, err
	}
	if err := s.Close(); err != nil {
		return v, err
	}
	bouncer, stop, err := c.pgbouncer(direct)
	if err != nil {
		return v, err
	}
	defer stop()
	return c.killingOn(bouncer, true, "kill", messages, faults)
}

func (c *chaos) killingOn(url string, onPostgres bool, how string, messages, faults int) (v verdict, err error) {
	var environment []string
	if how == "ask" {
		environment = append(environment, "NOTIFIER_SMTP__ON_LOST_LEASE=ask")
	}
	n := 1
	if onPostgres {
		n = 3
	}
	f, l, end, err := c.stage(url, n, environment...)
	if err != nil {
		return v, err
	}
	defer end()
	var acknowledged map[string]bool
	var sending error
	var done atomic.Int64 // faults
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		acknowledged, sending = f.send(messages, func(sent int) {
			// Something is left to send for each of the faults, and after the last.
			for until := time.Now().Add(30 * time.Second); sent >= messages*(int(done.Load())+1)/(faults+1) && time.Now().Before(until); {
				time.Sleep(5 * time.Millisecond)
			}
		})
	}()
	did := 0
	for i := range faults {
		// The next one comes when some more mails have arrived, so that something is under way.
		wait := min(l.count()+1+c.below(max(messages/faults, 1)), messages*(i+1)/(faults+1))
		for until := time.Now().Add(10 * time.Second); l.count() < min(wait, messages-1) && time.Now().Before(until); {
			time.Sleep(time.Millisecond)
		}
		did++
		done.Add(1)
		switch how {
		case "stop":
			err = f.again(c.below(n), syscall.SIGTERM)
		case "freeze":
			one := f.service(i).command.Process
			_ = one.Signal(syscall.SIGSTOP)
			time.Sleep(5 * time.Second)
			_ = one.Signal(syscall.SIGCONT)
		default:
			err = f.again(c.below(n), syscall.SIGKILL)
		}
		if err != nil {
			return v, err
		}
	}
	<-sent
	if sending != nil {
		return v, sending
	}
	counts, err := c.come(url)
	if err != nil {
		return v, err
	}
	v = verdict{accepted: len(acknowledged), arrived: l.count(), twice: len(l.again), most: did * most, faults: fmt.Sprintf("%d × %s", did, how)}
	for id := range acknowledged {
		if _, found := l.first[id]; !found {
			v.lost++
		}
	}
	if l.changed > 0 {
		v.breaks("%d copies differ from the first", l.changed)
	}
	switch how {
	case "stop":
		v.most = 0
	case "ask":
		v.most = 0
		// What may have gone out waits for a person; nothing else may be missing.
		asked := counts["error"]
		v.faults += fmt.Sprintf(", %d ask", asked)
		if v.lost > asked {
			v.breaks("%d mails did not arrive, %d messages ask what to do", v.lost, asked)
		}
		v.lost = 0
	}
	if v.lost > 0 {
		v.breaks("%d acknowledged messages never arrived", v.lost)
	}
	if v.twice > v.most {
		v.breaks("%d mails came twice, at most %d were under way", v.twice, v.most)
	}
	if bad := len(acknowledged) - counts["sent"]; bad != 0 && how != "ask" {
		v.breaks("%d of %d messages are not sent: %v", bad, len(acknowledged), counts)
	}
	if len(acknowledged) != messages {
		v.breaks("%d messages were acknowledged, %d asked for", len(acknowledged), messages)
	}
	if did < max(faults/2, 1) {
		v.breaks("only %d of %d faults found something to break: give it more messages", did, faults)
	}
	return v, nil
}

// promoting makes digests of deferred messages on five replicas that are killed, while
// preferences change: each event is in exactly one mail, and no digest is empty.
func (c *chaos) promoting() (v verdict, err error) {
	url, err := c.postgres.database(c.ctx)
	if err != nil {
		return v, err
	}
	events := max(c.messages/10/10*10, 100)
	if err := c.defers(url, events); err != nil {
		return v, err
	}
	relay, l, err := c.relay("", true)
	if err != nil {
		return v, err
	}
	defer relay.Close()
	f, err := c.fleet(url, 5, relay, "NOTIFIER_JOBS__USER_NOTIFICATIONS__EVERY=1s", "NOTIFIER_JOBS__USER_NOTIFICATIONS__CRON=")
	if err != nil {
		return v, err
	}
	defer f.stop()
	var over atomic.Bool
	flipped := make(chan error, 1)
	go func() {
		for i := 0; !over.Load(); i++ {
			frequency := []string{"immediately", "hourly", "daily", "weekly"}[c.below(4)]
			err := f.post(i, http.MethodPut, fmt.Sprintf("/api/v1/users/u%d/preferences", c.below(events/10)), map[string]string{"case_changed": frequency}, nil, "")
			if err != nil {
				flipped <- err
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
		flipped <- nil
	}()
	kills := max(c.kills/10, 2)
	for range kills {
		time.Sleep(time.Duration(100+c.below(400)) * time.Millisecond)
		if err := f.again(c.below(5), syscall.SIGKILL); err != nil {
			return v, err
		}
	}
	over.Store(true)
	if err := <-flipped; err != nil {
		return v, err
	}
	// What was put off to a later hour is due once everybody hears at once.
	for i := range events / 10 {
		if err := f.post(i, http.MethodPut, fmt.Sprintf("/api/v1/users/u%d/preferences", i), map[string]string{"case_changed": "immediately"}, nil, ""); err != nil {
			return v, err
		}
	}
	if _, err := c.come(url); err != nil {
		return v, err
	}
	seen := map[int]int{}
	for _, mail := range l.bodies {
		found := map[int]bool{} // an event may stand in the subject, the text and the HTML
		for _, part := range strings.Split(strings.ReplaceAll(string(mail), "=\r\n", ""), "Comment number ")[1:] {
			digits := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' })
			if n, err := strconv.Atoi(part[:max(digits, 0)]); err == nil {
				found[n] = true
			}
		}
		for n := range found {
			seen[n]++
		}
		if len(found) == 0 {
			v.breaks("a mail has no event in it")
		}
	}
	v.accepted, v.arrived, v.twice, v.most, v.faults = events, len(seen), len(l.again), kills*most, fmt.Sprintf("%d × kill", kills)
	for i := range events {
		switch {
		case seen[i] == 0:
			v.lost++
		case seen[i] > 1:
			v.breaks("event %d is in %d mails", i, seen[i])
		}
		if len(v.wrong) > 10 {
			break
		}
	}
	if v.lost > 0 {
		v.breaks("%d events are in no mail", v.lost)
	}
	if v.twice > v.most || l.changed > 0 {
		v.breaks("%d mails came twice, %d of them changed", v.twice, l.changed)
	}
	return v, nil
}
