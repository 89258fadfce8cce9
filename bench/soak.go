package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// soaking sends evenly for a while: what a process holds must not grow.
func (c *chaos) soaking() (v verdict, err error) {
	if c.soak == 0 {
		v.faults = "left out"
		return v, nil
	}
	url, err := c.postgres.database(c.ctx)
	if err != nil {
		return v, err
	}
	f, l, end, err := c.stage(url, 2)
	if err != nil {
		return v, err
	}
	defer end()
	var first, last holds
	begun := time.Now()
	for i := 0; time.Since(begun) < c.soak; i++ {
		for range 10 {
			body := map[string]any{"to": []string{"user@example.net"}, "subject": "Message", "text": "It is here."}
			if err := f.post(i, http.MethodPost, "/api/v1/messages", body, nil, ""); err != nil {
				return v, err
			}
			v.accepted++
		}
		if last, err = f.holds(0); err != nil {
			return v, err
		}
		if time.Since(begun) < c.soak/5 {
			first = holds{max(first.goroutines, last.goroutines), max(first.files, last.files), max(first.rss, last.rss)}
		}
		time.Sleep(50 * time.Millisecond)
	}
	if _, err := c.come(url); err != nil {
		return v, err
	}
	v.arrived, v.twice = l.count(), len(l.again)
	v.lost = v.accepted - v.arrived
	v.faults = fmt.Sprintf("%.0f → %.0f goroutines, %.0f → %.0f files, %.0f → %.0f MB", first.goroutines, last.goroutines, first.files, last.files, first.rss/1e6, last.rss/1e6)
	if v.lost != 0 || v.twice != 0 {
		v.breaks("%d never arrived, %d came twice", v.lost, v.twice)
	}
	if last.goroutines > first.goroutines*1.2+10 || last.files > first.files*1.2+10 || last.rss > first.rss*1.3 {
		v.breaks("a replica holds more and more: %s", v.faults)
	}
	return v, nil
}

// holds is what a process has at a time.
type holds struct{ goroutines, files, rss float64 }

func (f *fleet) holds(i int) (h holds, err error) {
	status, b, err := f.once(f.service(i), http.MethodGet, "/metrics", nil, "")
	if err != nil || status != http.StatusOK {
		return h, fmt.Errorf("/metrics: %d %w", status, err)
	}
	for line := range strings.Lines(string(b)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, _ := strconv.ParseFloat(value, 64)
		switch name {
		case "go_goroutines":
			h.goroutines = n
		case "process_open_fds":
			h.files = n
		case "process_resident_memory_bytes":
			h.rss = n
		}
	}
	return h, nil
}
