package gate_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"notifier/gate"
)

// TestAProviderThatHangsHoldsNobodyUp is L2: whoever signs in by a provider that never
// answers, or never ends its answer, is told so within a bound, also when many do at once.
func TestAProviderThatHangsHoldsNobodyUp(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request){
		"it never answers": func(http.ResponseWriter, *http.Request) {},
		"its answer never ends": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for r.Context().Err() == nil {
				_, _ = w.Write([]byte(" "))
				_ = http.NewResponseController(w).Flush()
				select {
				case <-r.Context().Done():
				case <-time.After(200 * time.Millisecond):
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			over := make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answer(w, r)
				select {
				case <-r.Context().Done():
				case <-over:
				}
			}))
			defer server.Close()
			defer close(over)
			p := gate.NewProvider(gate.OIDC{Issuer: server.URL, ClientID: "x", ClientSecret: "y", RedirectURL: "http://127.0.0.1/"})
			begun := time.Now()
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					if _, _, err := p.Begin(ctx); err == nil {
						t.Error("it let somebody begin")
					}
				})
			}
			all.Wait()
			if took := time.Since(begun); took > 20*time.Second {
				t.Errorf("eight who signed in at once waited %s", took)
			}
		})
	}
}
