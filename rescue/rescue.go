// Package rescue keeps a panic in one goroutine from being the end of the process, and of all
// mail that is under way in it. All goroutines and timers of the program begin here.
//
// A panic becomes an error and a line in the log. What was to come of the work is up to
// whoever began it: nothing may wait for an answer that never comes.
package rescue

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"
)

// Message is the line in the log of every panic; "what" and "stack" say where.
const Message = "a part of the program panicked; the rest goes on"

// Report logs a panic, and makes it an error. It is for whoever has to recover by itself;
// without a log, the error alone tells.
func Report(log *zap.Logger, what string, panicked any, fields ...zap.Field) error {
	if log != nil {
		log.Error(Message, append(fields, zap.String("what", what), zap.Any("panic", panicked), zap.Stack("stack"))...)
	}
	return fmt.Errorf("%s panicked: %v", what, panicked)
}

// Try does something, and returns its error or its panic.
func Try(log *zap.Logger, what string, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = Report(log, what, p)
		}
	}()
	return do()
}

// Go does something in a goroutine of its own. Those that failed are called after a panic, in
// the same goroutine.
func Go(log *zap.Logger, what string, do func(), failed ...func(error)) {
	go contained(log, what, do, failed)
}

// In is Go in a group that is waited for.
func In(group *sync.WaitGroup, log *zap.Logger, what string, do func(), failed ...func(error)) {
	group.Go(func() { contained(log, what, do, failed) })
}

// After does something when that time has passed.
func After(d time.Duration, log *zap.Logger, what string, do func(), failed ...func(error)) *time.Timer {
	return time.AfterFunc(d, func() { contained(log, what, do, failed) })
}

// Upon does something when the context ends, unless it is stopped before.
func Upon(ctx context.Context, log *zap.Logger, what string, do func()) (stop func() bool) {
	return context.AfterFunc(ctx, func() { contained(log, what, do, nil) })
}

func contained(log *zap.Logger, what string, do func(), failed []func(error)) {
	err := Try(log, what, func() error { do(); return nil })
	for _, tell := range failed {
		if err != nil {
			tell(err)
		}
	}
}

// The first pause after a panic of what is to go on, and the longest.
const (
	firstPause   = time.Second
	longestPause = time.Minute
)

// Keep does something that is to go on until the context ends, and begins it anew after a
// panic: at once would be too often for what panics each time.
func Keep(ctx context.Context, log *zap.Logger, what string, do func()) {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		if Try(log, what, func() error { do(); return nil }) == nil {
			return
		}
		wait := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
	}
}
