package outbox_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/jobs/outbox"
	"notifier/message"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const site = "default"

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// desk answers as it is told, and keeps what it was asked.
type desk struct {
	err   error
	asked []request.Call
}

func (d *desk) SendMessage(_ context.Context, c request.Call, _ message.Draft) (request.Taken, bool, error) {
	d.asked = append(d.asked, c)
	return request.Taken{}, false, d.err
}

func (d *desk) Notify(_ context.Context, c request.Call, _ message.Event) (request.Noted, bool, error) {
	d.asked = append(d.asked, c)
	return request.Noted{}, false, d.err
}

// TestWhatBecomesOfARequest on both databases: what cannot be taken in is kept with the
// reason, what fails for a while comes again.
func TestWhatBecomesOfARequest(t *testing.T) {
	for _, row := range []struct {
		name, what, request string
		err                 error
		asked               bool
		refused             string // why, or empty
	}{
		{"a message", "send_message", `{"to":["anna"],"subject":"x","text":"y"}`, nil, true, ""},
		{"an event", "notify", `{"kind":"case_changed","users":["anna"]}`, nil, true, ""},
		{"another word", "set_deadline", `{}`, nil, false, "cannot be asked for in the outbox"},
		{"no JSON", "send_message", `{"to":`, nil, false, "this is not JSON"},
		{"a key misspelt", "send_message", `{"subjekt":"x"}`, nil, false, `Did you mean "subject"?`},
		{"the key is another's", "send_message", `{}`, request.ErrKeyReused, true, "was used for another request"},
		{"it was taken meanwhile", "send_message", `{}`, request.ErrTaken, true, ""},
		{"the database is away", "send_message", `{}`, message.ErrUnavailable, true, ""},
		{"nobody foresaw it", "send_message", `{}`, errors.New("boom"), true, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				if err := s.AddSite(t.Context(), site, "UTC", noon); err != nil {
					t.Fatal(err)
				}
				storetest.Post(t, s, request.Posted{Site: site, ID: message.NewID(request.PostedIDs), What: row.what, Key: "k", Request: []byte(row.request), WrittenAt: noon})
				d := &desk{err: row.err}
				_, err := outbox.New(s, d, 0, zap.NewNop()).Run(t.Context(), noon)
				if errors.Is(err, message.ErrUnavailable) != errors.Is(row.err, message.ErrUnavailable) {
					t.Errorf("Run = %v", err)
				}
				if asked := len(d.asked) == 1; asked != row.asked || asked && (d.asked[0].Key != "k" || d.asked[0].Posted == "") {
					t.Errorf("the desk was asked %+v", d.asked)
				}
				left, err := s.PostedOf(t.Context(), site, "", 10)
				if err != nil || len(left) != 1 { // this desk takes nothing out
					t.Fatalf("the outbox holds %+v, %v", left, err)
				}
				if refused := left[0].RefusedAt != nil; refused != (row.refused != "") || !strings.Contains(left[0].Error, row.refused) {
					t.Errorf("refused %t: %q, want %q", refused, left[0].Error, row.refused)
				}
			})
		})
	}
}

// TestARequestThatFailsForEverIsRefused in the end, so that somebody looks at it.
func TestARequestThatFailsForEverIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if err := s.AddSite(t.Context(), site, "UTC", noon); err != nil {
			t.Fatal(err)
		}
		storetest.Post(t, s, request.Posted{Site: site, ID: message.NewID(request.PostedIDs), What: request.PostedMessage, Request: []byte("{}"), WrittenAt: noon})
		job := outbox.New(s, &desk{err: errors.New("boom")}, time.Minute, zap.NewNop())
		for i := range 30 {
			if _, err := job.Run(t.Context(), noon.Add(time.Duration(i)*2*time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
		left, err := s.PostedOf(t.Context(), site, "", 10)
		if err != nil || len(left) != 1 || left[0].RefusedAt == nil || left[0].Tries != 20 || strings.Contains(left[0].Error, "boom") {
			t.Errorf("the outbox holds %+v, %v", left, err)
		}
	})
}
