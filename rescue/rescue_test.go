package rescue_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"notifier/rescue"
)

// L5: whatever panics, in whichever way it was begun, is told, and the process goes on.
func TestAPanicIsTold(t *testing.T) {
	for name, begin := range map[string]func(log *zap.Logger, do func(), failed func(error)){
		"Go": func(log *zap.Logger, do func(), failed func(error)) { rescue.Go(log, "x", do, failed) },
		"In": func(log *zap.Logger, do func(), failed func(error)) {
			rescue.In(new(sync.WaitGroup), log, "x", do, failed)
		},
		"After": func(log *zap.Logger, do func(), failed func(error)) { rescue.After(time.Hour, log, "x", do, failed) },
		"Upon": func(log *zap.Logger, do func(), failed func(error)) {
			ctx, cancel := context.WithCancel(context.Background())
			rescue.Upon(ctx, log, "x", func() { failed(rescue.Try(nil, "x", func() error { do(); return nil })); panic("no") })
			cancel()
		},
		"Try": func(log *zap.Logger, do func(), failed func(error)) {
			failed(rescue.Try(log, "x", func() error { do(); return nil }))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				core, logged := observer.New(zap.ErrorLevel)
				var failed error
				begin(zap.New(core), func() { panic("no") }, func(err error) { failed = err })
				time.Sleep(2 * time.Hour)
				synctest.Wait()
				if failed == nil || failed.Error() != "x panicked: no" {
					t.Errorf("whoever waits was told %v", failed)
				}
				lines := logged.FilterMessage(rescue.Message).All()
				if len(lines) != 1 || lines[0].ContextMap()["what"] != "x" || !strings.Contains(lines[0].ContextMap()["stack"].(string), "rescue_test") {
					t.Errorf("the log has %v", lines)
				}
			})
		})
	}
}

// What is to go on begins anew after a panic, later each time, until its context ends.
func TestWhatIsToGoOnBeginsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		begun := time.Now()
		var times []time.Duration
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			rescue.Keep(ctx, nil, "x", func() { times = append(times, time.Since(begun)); panic("no") })
		}()
		time.Sleep(10 * time.Minute)
		cancel()
		<-ended
		if len(times) != 15 || times[1] != time.Second || times[2] != 3*time.Second {
			t.Errorf("it was begun after %v", times)
		}
		n := 0
		rescue.Keep(t.Context(), nil, "x", func() { n++ })
		if n != 1 {
			t.Errorf("what ended of itself was begun %d times", n)
		}
	})
}
