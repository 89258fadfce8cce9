package health_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"notifier/health"
)

// TestAConditionIsToldOnceWhenItComesAndOnceWhenItGoes is S4: the log tells a state, not each look at it.
func TestAConditionIsToldOnceWhenItComesAndOnceWhenItGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logged := observer.New(zap.InfoLevel)
		var b health.Board
		b.Log(zap.New(core))
		var stuck, away atomic.Bool
		var asked atomic.Int64
		b.Add(10*time.Second, func(context.Context) ([]health.Condition, error) {
			asked.Add(1)
			switch {
			case away.Load():
				return nil, errors.New("the database does not answer")
			case stuck.Load():
				return []health.Condition{{Name: health.JobStuck, Subject: "Notifications", Says: "Notifications has made no progress for 60 s."}}, nil
			}
			return nil, nil
		})
		watching, end := context.WithCancel(t.Context())
		defer end()
		go b.Watch(watching)
		step := func(what string, want, lines int) {
			t.Helper()
			time.Sleep(time.Minute)
			if got := b.Conditions(t.Context()); len(got) != want {
				t.Errorf("%s: %d conditions, want %d", what, len(got), want)
			}
			if got := logged.Len(); got != lines {
				t.Errorf("%s: %d lines in the log, want %d", what, got, lines)
			}
		}
		step("all is well", 0, 0)
		stuck.Store(true)
		step("a job is stuck", 1, 1)
		away.Store(true)
		step("it cannot be found out", 1, 1)
		stuck.Store(false)
		away.Store(false)
		step("all is well again", 0, 2)
		if asked := asked.Load(); asked > 36 {
			t.Errorf("a check that is to be asked every 10 s, and more often while it fails, was asked %d times in 4 minutes", asked)
		}
	})
}
