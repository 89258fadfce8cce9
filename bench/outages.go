package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// stoppingPostgres ends the database at once while messages are sent, and starts it again.
func (c *chaos) stoppingPostgres() (v verdict, err error) {
	url, err := c.postgres.database(c.ctx)
	if err != nil {
		return v, err
	}
	f, l, end, err := c.stage(url, 3)
	if err != nil {
		return v, err
	}
	defer end()
	acknowledged := f.sending(max(c.messages/10, 200), l)
	if err := c.postgres.crash(); err != nil {
		return v, err
	}
	away := min(time.Minute, time.Duration(c.kills)*300*time.Millisecond)
	begun, refused, slow := time.Now(), 0, time.Duration(0)
	for time.Since(begun) < away {
		asked := time.Now()
		status, _, err := f.once(f.service(0), http.MethodPost, "/api/v1/messages", []byte(`{"to":["a@example.net"],"subject":"x","text":"x","manual":true}`), "")
		if err != nil || status != http.StatusServiceUnavailable {
			v.breaks("without a database the API answers %d, %v", status, err)
			break
		}
		refused++
		slow = max(slow, time.Since(asked))
		time.Sleep(50 * time.Millisecond)
	}
	if err := c.postgres.start(c.ctx); err != nil {
		return v, err
	}
	all, err := acknowledged()
	if err != nil {
		return v, err
	}
	counts, err := c.come(url)
	if err != nil {
		return v, err
	}
	// The outcomes of what was under way wait in memory, and are written when it is back.
	v.weigh(l, all, 3*most)
	v.faults = fmt.Sprintf("away for %s, %d × 503, the slowest after %s", away.Round(time.Second), refused, slow.Round(time.Millisecond))
	if counts["sent"] != len(all) {
		v.breaks("%d were acknowledged, and ended as %v", len(all), counts)
	}
	if slow > time.Second {
		v.breaks("a 503 took %s", slow)
	}
	return v, nil
}

// failingOver kills the primary while messages are sent, and promotes its synchronous standby.
func (c *chaos) failingOver() (v verdict, err error) {
	primary, err := startPostgres(c.ctx)
	if err != nil {
		return v, err
	}
	defer primary.stop()
	standby, err := primary.standby(c.ctx)
	if err != nil {
		return v, err
	}
	defer standby.stop()
	one, err := primary.database(c.ctx)
	if err != nil {
		return v, err
	}
	host := func(url string) string { return strings.TrimPrefix(url, "postgres://notifier@") }
	name := one[strings.LastIndex(one, "/"):]
	url := "postgres://notifier@" + host(primary.url) + "," + host(standby.url) + name + "?target_session_attrs=read-write&connect_timeout=2"
	f, l, end, err := c.stage(url, 3)
	if err != nil {
		return v, err
	}
	defer end()
	acknowledged := f.sending(max(c.messages/10, 200), l)
	if err := primary.crash(); err != nil {
		return v, err
	}
	begun := time.Now()
	if err := standby.exec(c.ctx, "postgres", "SELECT pg_promote()"); err != nil {
		return v, err
	}
	all, err := acknowledged()
	if err != nil {
		return v, err
	}
	took := time.Since(begun)
	counts, err := c.come(standby.url + name)
	if err != nil {
		return v, err
	}
	v.weigh(l, all, 3*most)
	v.faults = fmt.Sprintf("all acknowledged %s after the kill", took.Round(time.Millisecond))
	if counts["sent"] < len(all) {
		v.breaks("%d were acknowledged, and ended as %v", len(all), counts)
	}
	return v, nil
}

// relayDown queues messages while the mail server is away, and counts who comes at its return.
func (c *chaos) relayDown() (v verdict, err error) {
	url, err := c.postgres.database(c.ctx)
	if err != nil {
		return v, err
	}
	relay, l, err := c.relay("", false)
	if err != nil {
		return v, err
	}
	address := relay.Addr()
	f, err := c.fleet(url, 3, relay)
	if err != nil {
		return v, err
	}
	defer f.stop()
	if err := relay.Close(); err != nil {
		return v, err
	}
	messages := max(c.messages/5, 200)
	acknowledged, err := f.send(messages, func(int) {})
	if err != nil {
		return v, err
	}
	away := min(2*time.Minute, time.Duration(c.kills)*300*time.Millisecond)
	time.Sleep(away)
	if relay, err = c.relayWith(address, l); err != nil {
		return v, err
	}
	defer relay.Close()
	for until := time.Now().Add(6 * time.Minute); l.count() < messages && time.Now().Before(until); {
		time.Sleep(50 * time.Millisecond)
	}
	peak := relay.Traffic().Peak
	if _, err := c.come(url); err != nil {
		return v, err
	}
	v.accepted, v.arrived, v.twice = len(acknowledged), l.count(), len(l.again)
	v.faults = fmt.Sprintf("away for %s, then at most %d connections", away.Round(time.Second), peak)
	v.lost = len(acknowledged) - v.arrived
	if v.lost != 0 || v.twice != 0 {
		v.breaks("%d never arrived, %d came twice", v.lost, v.twice)
	}
	if peak > 3*4 {
		v.breaks("%d connections came at once; 3 replicas may have 4 each", peak)
	}
	return v, nil
}
