package api

import (
	"net/http"

	"go.uber.org/zap"

	"notifier/message"
	"notifier/rescue"
)

// Contain answers a request whose handler panics with a 500 problem that has its request id,
// and logs the stack under the same id: the connection is not closed without a word. A
// handler that ends with http.ErrAbortHandler wants just that.
func Contain(next http.Handler, log *zap.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := &answer{ResponseWriter: w}
		defer func() {
			p := recover()
			if p == nil {
				a.begin()
				return
			}
			if p == http.ErrAbortHandler {
				panic(p)
			}
			id := w.Header().Get(requestID)
			if id == "" {
				id = string(message.NewID(message.RequestIDs))
				w.Header().Set(requestID, id)
			}
			_ = rescue.Report(log, "a request", p, zap.String("request_id", id), zap.String("method", r.Method), zap.String("path", r.URL.Path))
			if a.begun {
				panic(http.ErrAbortHandler) // half an answer must not look like a whole one
			}
			for _, name := range []string{"Content-Length", "Content-Encoding", "ETag", "Location"} {
				w.Header().Del(name)
			}
			problem := internal()
			problem.RequestID = id
			w.Header().Set("Content-Type", problem.ContentType(""))
			w.WriteHeader(problem.Status)
			_ = format.Marshal(w, problem) // the caller is gone if this fails
		}()
		next.ServeHTTP(a, r)
	})
}

// answer holds the status back until the first byte of the body: an answer that cannot be
// written out is no answer yet.
type answer struct {
	http.ResponseWriter
	status int
	begun  bool
}

// WriteHeader notes the status. Informational ones go out at once.
func (a *answer) WriteHeader(status int) {
	if status < http.StatusOK {
		a.ResponseWriter.WriteHeader(status)
		return
	}
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.begin()
	return a.ResponseWriter.Write(b)
}

func (a *answer) begin() {
	if !a.begun && a.status != 0 {
		a.ResponseWriter.WriteHeader(a.status)
	}
	a.begun = true
}

// FlushError sends what has been written so far, for http.ResponseController.
func (a *answer) FlushError() error {
	a.begin()
	return http.NewResponseController(a.ResponseWriter).Flush()
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
