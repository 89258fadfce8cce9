package health_test

import (
	"context"
	"errors"
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
		stuck, away := false, false
		asked := 0
		b.Add(10*time.Second, func(context.Context) ([]health.Condition, error) {
			asked++
			switch {
			case away:
				return nil, errors.New("the database does not answer")
			case stuck:
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
		stuck = true
		step("a job is stuck", 1, 1)
		away = true
		step("it cannot be found out", 1, 1)
		stuck, away = false, false
		step("all is well again", 0, 2)
		if asked > 36 {
			t.Errorf("a check that is to be asked every 10 s, and more often while it fails, was asked %d times in 4 minutes", asked)
		}
	})
}
