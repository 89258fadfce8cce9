package service

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// slowly is a body that comes for so long.
type slowly struct {
	io.Reader
	wait time.Duration
}

func (s *slowly) Read(b []byte) (int, error) {
	time.Sleep(s.wait)
	s.wait = 0
	return s.Reader.Read(b)
}

// TestARequestWaitsForABoundedTime is O4: for whatever it waits, its context ends 4 s after
// it has arrived, so that it is answered within 5 s.
func TestARequestWaitsForABoundedTime(t *testing.T) {
	for _, row := range []struct {
		method, path string
		arrives      time.Duration
		want         time.Duration // 0: until its caller goes
	}{
		{"GET", "/api/v1/messages", 0, answerTime},
		{"GET", "/", 0, answerTime},
		{"POST", "/api/v1/messages", 20 * time.Second, 20*time.Second + answerTime},
		{"POST", "/api/v1/accounts/a/test", 0, longAnswer},
		{"POST", "/api/v1/jobs/simulate", 0, longAnswer},
		{"GET", "/stream", 0, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Hour, cancel)
			r := httptest.NewRequest(row.method, row.path, &slowly{strings.NewReader("{}"), row.arrives}).WithContext(ctx)
			begun := time.Now()
			timely(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if row.method == "POST" {
					_, _ = io.Copy(io.Discard, r.Body)
				}
				<-r.Context().Done()
				want := context.DeadlineExceeded
				if row.want == 0 {
					row.want, want = time.Hour, context.Canceled
				}
				if took := time.Since(begun); took != row.want || !errors.Is(r.Context().Err(), want) {
					t.Errorf("%s %s ended after %s with %v, want %s with %v", row.method, row.path, took, r.Context().Err(), row.want, want)
				}
			})).ServeHTTP(httptest.NewRecorder(), r)
		})
	}
}
