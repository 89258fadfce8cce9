package callbacks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/jobs/callbacks"
	"notifier/message"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
	"notifier/webhook"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const site = "default"

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// here lets callbacks reach this machine.
var here = callbacks.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}}

// receiver is a webhook's other end. Answers are given in their order; then 204.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	answers []func(w http.ResponseWriter)
	got     []call
}

type call struct {
	Headers http.Header
	Body    string
}

func receive(t *testing.T, answers ...func(w http.ResponseWriter)) *receiver {
	t.Helper()
	r := &receiver{answers: answers}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		r.mu.Lock()
		r.got = append(r.got, call{request.Header, string(body)})
		answer := func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) }
		if len(r.answers) > 0 {
			answer, r.answers = r.answers[0], r.answers[1:]
		}
		r.mu.Unlock()
		answer(w)
	}))
	t.Cleanup(r.Close)
	return r
}

func status(code int, headers ...string) func(w http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
		fmt.Fprintf(w, "this is %d", code)
	}
}

func (r *receiver) calls() []call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// events lists what came: type, and the message's reference.
func (r *receiver) events() string {
	var all []string
	for _, c := range r.calls() {
		var e struct {
			Type, Event string
			Data        struct{ Reference string }
		}
		_ = json.Unmarshal([]byte(c.Body), &e)
		all = append(all, strings.TrimSpace(e.Type+e.Event+" "+e.Data.Reference))
	}
	return strings.Join(all, ", ")
}

// house is a store with a webhook.
type house struct {
	*testing.T
	store *store.Store
	job   *callbacks.Job
	book  *callbacks.Book
}

func open(t *testing.T, s *store.Store, o callbacks.Options) *house {
	t.Helper()
	if err := s.AddSite(t.Context(), site, "UTC", noon); err != nil {
		t.Fatal(err)
	}
	h := &house{T: t, store: s, job: callbacks.New(s, o, zap.NewNop())}
	h.book = callbacks.NewBook(s, h.job)
	return h
}

func each(t *testing.T, test func(h *house)) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) { test(open(t, s, callbacks.Options{Guard: here})) })
}

func at(t time.Time) request.Call { return request.Call{Site: site, At: t} }

func (h *house) hook(e webhook.Endpoint) (webhook.Endpoint, string) {
	h.Helper()
	e, secret, err := h.book.Create(h.Context(), at(noon), e, "")
	if err != nil {
		h.Fatal(err)
	}
	return e, secret
}

// accept takes a direct message.
func (h *house) accept(reference string) message.Message {
	h.Helper()
	m := message.Message{
		ID: message.NewID(message.MessageIDs), Site: site, Type: message.Direct, Reference: reference, Domain: "example.org",
		Subject: "Contract ready", Text: "Come.", CreatedAt: noon, UpdatedAt: noon, QueuedAt: noon, DueAt: noon,
		Status: message.Pending, Reason: message.BySender, Envelope: message.Envelope{To: []message.Address{{Email: "anna@example.org"}}},
	}
	if _, err := h.store.Accept(h.Context(), noon, request.Tray{Site: site, Messages: []message.Message{m}}); err != nil {
		h.Fatal(err)
	}
	return m
}

// carry claims all that is due and settles it.
func (h *house) carry(move message.Move, f *message.Failure) {
	h.Helper()
	ms, err := h.store.Claim(h.Context(), message.Lane{Site: site}, 1000, noon, noon.Add(time.Minute))
	if err != nil {
		h.Fatal(err)
	}
	var all []message.Outcome
	for _, m := range ms {
		all = append(all, message.Outcome{
			Site: site, ID: m.ID, Claim: m.Claim, Move: move, At: noon.Add(time.Second), NotBefore: noon.Add(time.Second), Error: f,
			Attempt: &message.Attempt{Claim: m.Claim, Receipt: message.Receipt{StartedAt: noon, EndedAt: noon, Tried: true}},
		})
	}
	if _, err := h.store.Settle(h.Context(), all); err != nil {
		h.Fatal(err)
	}
}

func (h *house) run(when time.Time, want string) {
	h.Helper()
	counts, err := h.job.Run(h.Context(), when)
	var all []string
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, fmt.Sprintf("%s=%d", what, counts[what]))
	}
	if got := strings.Join(all, " "); got != want || err != nil {
		h.Errorf("Run at %s = %q, %v; want %q", when.Format(time.DateTime), got, err, want)
	}
}

func (h *house) fares(id message.ID) webhook.Endpoint {
	h.Helper()
	e, err := h.store.Webhook(context.Background(), site, id)
	if err != nil {
		h.Fatal(err)
	}
	return e
}
