package service

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"go.uber.org/zap/zapcore"

	"notifier/health"
	"notifier/rescue"
)

// panics are those of the last hour, which the log has told of.
type panics struct {
	mu    sync.Mutex
	times []time.Time
}

// panicsTold is how long a panic is told of, and mostPanics how many are counted.
const (
	panicsTold = time.Hour
	mostPanics = 1000
)

// note hears each line of the log.
func (p *panics) note(line zapcore.Entry) error {
	if line.Message != rescue.Message {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.times) == mostPanics {
		p.times = p.times[1:]
	}
	p.times = append(p.times, line.Time)
	return nil
}

func (p *panics) lately(now time.Time) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.times = slices.DeleteFunc(p.times, func(at time.Time) bool { return now.Sub(at) > panicsTold })
	return len(p.times)
}

// panicsTold tells of parts of the program that have failed. Others go on: that is no reason
// to send callers elsewhere.
func (h *Service) panicsTold(context.Context) ([]health.Condition, error) {
	n := h.panics.lately(time.Now())
	if n == 0 {
		return nil, nil
	}
	return []health.Condition{{
		Name: health.Panicked, Value: strconv.Itoa(n),
		Says: fmt.Sprintf("A part of the program failed (panics in the last hour: %d). Everything else goes on.", n),
		Do:   "Look into the log for \"" + rescue.Message + "\", and report it with its stack.",
	}}, nil
}
