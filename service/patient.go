package service

import (
	"io"
	"net/http"
	"time"
)

// bodyTime is how long a body may take to arrive, whatever it is for.
const bodyTime = 30 * time.Second

// patient waits for bodies no longer than that, also for those that nobody reads: the
// server would take them in, however slowly they come, before it ends the request. What is
// answered may take as long as it likes.
func patient(limit time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			control := http.NewResponseController(w)
			if control.SetReadDeadline(time.Now().Add(limit)) == nil {
				body := &awaited{ReadCloser: r.Body, control: control}
				r = r.WithContext(r.Context()) // the server looks at its own, whether to wait for the rest
				r.Body = body
			}
		}
		next.ServeHTTP(w, r)
	})
}

// awaited is a body that lifts the deadline once it has come.
type awaited struct {
	io.ReadCloser
	control *http.ResponseController
}

func (a *awaited) Read(b []byte) (int, error) {
	n, err := a.ReadCloser.Read(b)
	if err == io.EOF {
		_ = a.control.SetReadDeadline(time.Time{}) // it could be set
	}
	return n, err
}
