package api

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"notifier/fault"
	"notifier/message"
)

// requestID is the header that names a request, in the answer and in the log.
const requestID = "X-Request-Id"

// named gives each request an id: the caller's, if it is a decent one.
func (h *handler) named(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestID)
		if id == "" || fault.CheckLine(id, 100) != nil {
			id = string(message.NewID(message.RequestIDs))
		}
		w.Header().Set(requestID, id)
		next.ServeHTTP(w, r)
	})
}

// legible refuses what illegible finds.
func (h *handler) legible(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := illegible(r); p != nil {
			h.refuse(w, p)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// illegible tells of an address that is no text, which a database would not take, and of what
// is larger than anything that is taken; nil if neither is so.
func illegible(r *http.Request) *Problem {
	if p := tooMuch(r); p != nil {
		return p
	}
	query, err := url.QueryUnescape(r.URL.RawQuery)
	if text := r.URL.Path + query + r.Header.Get("Idempotency-Key"); err != nil || !utf8.ValidString(text) || strings.Contains(text, "\x00") {
		return problem(http.StatusBadRequest, "bad_address", "The path, the query or the Idempotency-Key has bytes in it that are no text. Write it in UTF-8, in the path and query with percent signs.")
	}
	return nil
}

// readable refuses what no room could read: an address that is not legible, and a body that
// says it is something else than JSON.
func (h *handler) readable(next http.Handler) http.Handler {
	return h.legible(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if coding := r.Header.Get("Content-Encoding"); r.ContentLength != 0 && coding != "" && !strings.EqualFold(coding, "identity") {
			h.refuse(w, problem(http.StatusUnsupportedMediaType, "compressed", "A request is taken as it is, not compressed. Leave Content-Encoding out."))
			return
		}
		if r.ContentLength != 0 && !isJSON(r.Header.Get("Content-Type")) {
			h.refuse(w, problem(http.StatusUnsupportedMediaType, "not_json", "A request is JSON. Send it with Content-Type: application/json."))
			return
		}
		if bad := parametersOf(r.URL.Query()); bad != nil {
			h.refuse(w, problemOf(bad))
			return
		}
		json := r.Clone(r.Context())
		json.Header.Set("Content-Type", "application/json")
		json.Header.Del("Accept") // it is answered with JSON, too
		if r.ContentLength != 0 {
			json.Body = arriving{r.Body}
		}
		next.ServeHTTP(w, json)
	}))
}

// unfolded refuses ids that a mux would answer by sending the caller to another path.
func (h *handler) unfolded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if folds(r.URL) {
			h.refuse(w, problem(http.StatusUnprocessableEntity, "bad_id", "The path has ., .. or a slash alone between slashes, which browsers and proxies fold into another path: no id can be so. Choose another id."))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// folds tells whether a part of a path is what browsers and proxies fold into another path,
// however it is encoded.
func folds(u *url.URL) bool {
	for part := range strings.SplitSeq(u.EscapedPath(), "/") {
		if part, err := url.PathUnescape(part); err == nil && (part == "." || part == ".." || part == "/") {
			return true
		}
	}
	return false
}

// The longest query that is read, in bytes, and the most parameters in it.
const (
	maxQuery      = 16 << 10
	maxParameters = 100
)

// tooMuch refuses what is larger than anything that is taken, before it is read.
func tooMuch(r *http.Request) *Problem {
	switch n := strings.Count(r.URL.RawQuery, "&"); {
	case len(r.URL.RawQuery) > maxQuery:
		return problem(http.StatusRequestURITooLong, "too_large", fmt.Sprintf("The query of a request has at most %d bytes, and this one has %d. Shorten it.", maxQuery, len(r.URL.RawQuery)))
	case n >= maxParameters:
		return problem(http.StatusRequestURITooLong, "too_many", fmt.Sprintf("A request has at most %d parameters, and this one has %d. Leave some out.", maxParameters, n+1))
	case r.ContentLength > maxBody:
		return found(nil, http.StatusRequestEntityTooLarge, nil)
	}
	return nil
}

// errCutOff means that a request ended before it was whole.
var errCutOff = errors.New("the request was cut off")

// arriving is a body that tells a caller who went away from one who is slow.
type arriving struct{ io.ReadCloser }

func (a arriving) Read(b []byte) (int, error) {
	n, err := a.ReadCloser.Read(b)
	var slow net.Error
	if err != nil && err != io.EOF && !(errors.As(err, &slow) && slow.Timeout()) {
		err = errCutOff
	}
	return n, err
}

// isJSON tells whether a body of that type may be read as JSON. What clients say when
// nobody told them, as curl -d and fetch do, is taken for JSON: no form is sent here, and
// no browser sends the key by itself.
func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	switch kind {
	case "application/json", "application/x-www-form-urlencoded", "text/plain":
		return err == nil
	}
	return contentType == "" || err == nil && strings.HasSuffix(kind, "+json")
}

// known answers what no route of mux knows as a problem, too.
func (h *handler) known(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			other := r.Clone(r.Context())
			other.Method = method
			if _, pattern := mux.Handler(other); pattern != "" {
				allowed = append(allowed, method)
			}
		}
		if len(allowed) > 0 {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			h.refuse(w, problem(http.StatusMethodNotAllowed, "method_not_allowed", fault.Truncate(r.Method, 20)+" is not possible here. Use "+strings.Join(allowed, " or ")+"."))
			return
		}
		h.refuse(w, problem(http.StatusNotFound, "not_found", "There is nothing at "+fault.Truncate(r.URL.Path, 200)+". /api/openapi.json lists what there is."))
	})
}

// refuse answers with a problem before a route was found.
func (h *handler) refuse(w http.ResponseWriter, p *Problem) {
	p.RequestID = w.Header().Get(requestID)
	heardOf(w, p)
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = format.Marshal(w, p) // the caller is gone if this fails
}

// parametersOf tells which parameters of a query come twice, and which times are out of range.
func parametersOf(query url.Values) error {
	var bad fault.Invalid
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if len(query[name]) > 1 { // only one of them would count
			bad.Add("query."+name, "key_twice", "%s comes twice. Leave one out", fault.Truncate(name, 60))
		}
		for _, value := range query[name] {
			if t, err := time.Parse(time.RFC3339Nano, value); err == nil {
				bad.Check("query."+name, "out_of_range", fault.CheckTime(t))
			}
		}
	}
	return bad.Err()
}
