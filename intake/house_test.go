package intake_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"notifier/deadlines"
	"notifier/fault"
	"notifier/intake"
	"notifier/letter"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// noon is a Wednesday's.
var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

var ctx = context.Background()

const site = "default"

// house is a desk on a store of its own.
type house struct {
	*intake.Desk
	*testing.T
	store *store.Store
	woken atomic.Int64
}

// each runs the test on both databases.
func each(t *testing.T, test func(h *house)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) { test(open(t, s)) })
}

func open(t *testing.T, s *store.Store) *house {
	h := &house{T: t, store: s}
	h.Desk = intake.New(s, intake.Options{
		Catalog: preferences.DefaultCatalog().With(preferences.Catalog{
			"audit": {Mandatory: true},
			"news":  {Frequencies: []preferences.Frequency{preferences.Weekly, preferences.Never}, Default: preferences.Weekly},
		}),
		Calendar: func(string) deadlines.Calendar { return deadlines.Calendar{} },
		Writer:   letter.Writer{},
		Domain:   "example.org",
		Wake:     func() { h.woken.Add(1) },
	})
	return h
}

// at is a call at that time.
func at(t time.Time) request.Call { return request.Call{Site: site, At: t} }

// asNamed is a call at noon, a strict one if the name of a test says so.
func asNamed(test string) request.Call {
	c := at(noon)
	c.Strict = strings.HasSuffix(test, "strictly")
	return c
}

// clock reads "2026-11-25T12:00:00Z".
func (h *house) clock(s string) time.Time {
	h.Helper()
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		h.Fatal(err)
	}
	return t
}

// people adds users of Warsaw whose address is their id at example.org.
func (h *house) people(ids ...string) {
	h.Helper()
	for _, id := range ids {
		u := preferences.User{ID: id, Email: id + "@example.org", Name: strings.ToUpper(id[:1]) + id[1:], Timezone: "Europe/Warsaw"}
		if _, err := h.SetUser(ctx, at(noon), u); err != nil {
			h.Fatal(err)
		}
	}
}

// choose reads preferences as the API does.
func (h *house) choose(when time.Time, user, chosen string) {
	h.Helper()
	var p preferences.Preferences
	if err := fault.Decode([]byte(chosen), &p); err != nil {
		h.Fatal(err)
	}
	if _, err := h.SetPreferences(ctx, at(when), user, p); err != nil {
		h.Fatal(err)
	}
}

// notify publishes an event and returns what became of it for each user.
func (h *house) notify(when time.Time, e message.Event) []request.Decision {
	h.Helper()
	noted, replayed, err := h.Notify(ctx, at(when), e)
	if err != nil || replayed {
		h.Fatalf("Notify(%+v) replayed %t, %v", e, replayed, err)
	}
	return noted.Recipients
}

// send sends a message and returns its tickets.
func (h *house) send(when time.Time, d message.Draft) []request.Ticket {
	h.Helper()
	taken, replayed, err := h.SendMessage(ctx, at(when), d)
	if err != nil || replayed {
		h.Fatalf("SendMessage(%+v) replayed %t, %v", d, replayed, err)
	}
	return taken.Messages
}

// to is a draft to these recipients.
func to(recipients ...string) message.Draft {
	d := message.Draft{Subject: "Contract ready", Text: "It lies on your desk."}
	d.To = list(recipients...)
	return d
}

func list(recipients ...string) []message.Recipient {
	var all []message.Recipient
	for _, r := range recipients {
		all = append(all, message.ParseRecipient(r))
	}
	return all
}

// kept reads a message back.
func (h *house) kept(id message.ID) message.Message {
	h.Helper()
	m, err := h.store.Message(ctx, site, id)
	if err != nil {
		h.Fatalf("read %s: %v", id, err)
	}
	return m
}

// all lists what is kept, the oldest first.
func (h *house) all(f message.Filter) []message.Message {
	h.Helper()
	f.Limit = 10000
	ms, err := h.store.Messages(ctx, site, f)
	if err != nil {
		h.Fatal(err)
	}
	slices.Reverse(ms)
	return ms
}

// carried claims what is due and writes that it came to this end.
func (h *house) carried(when time.Time, move message.Move) {
	h.Helper()
	h.carriedWith(when, move, message.AddressUnknown)
}

// failed carries what is due, which fails for good with the category.
func (h *house) failed(when time.Time, why message.Category) {
	h.Helper()
	h.carriedWith(when, message.Fail, why)
}

func (h *house) carriedWith(when time.Time, move message.Move, why message.Category) {
	h.Helper()
	claimed, err := h.store.Claim(ctx, message.Lane{Site: site}, 1000, when, when.Add(time.Minute))
	if err != nil {
		h.Fatal(err)
	}
	var outcomes []message.Outcome
	for _, m := range claimed {
		receipt := message.Receipt{StartedAt: when, EndedAt: when, Tried: true, Response: "250 2.0.0 taken", Accepted: m.Everyone()}
		o := message.Outcome{Site: site, ID: m.ID, Claim: m.Claim, Move: move, At: when, Reached: true}
		if move != message.Accept {
			receipt.Failure = &message.Failure{Category: why, Code: "550 5.1.1", Text: "User unknown"}
			receipt.Accepted, receipt.Rejected, receipt.Response = nil, m.Everyone(), "550 5.1.1 User unknown"
			o.Error, o.Reached, o.Rejected = receipt.Failure, false, m.Everyone()
		}
		o.Attempt = &message.Attempt{Claim: m.Claim, Receipt: receipt}
		outcomes = append(outcomes, o)
	}
	if n, err := h.store.Settle(ctx, outcomes); err != nil || n != len(claimed) {
		h.Fatalf("settled %d of %d: %v", n, len(claimed), err)
	}
}

// faults are the places and codes of what is wrong, one on a line; each must say what to
// do instead.
func (h *house) faults(err error) string {
	h.Helper()
	invalid, ok := errors.AsType[*fault.Invalid](err)
	if !ok {
		h.Errorf("the error is %v, want a *message.Invalid", err)
		return ""
	}
	var lines []string
	for _, f := range invalid.Faults {
		if !strings.ContainsAny(f.Detail, ".?") || len(f.Detail) < 20 {
			h.Errorf("%q does not say what to do", f.Detail)
		}
		lines = append(lines, f.Pointer+" "+f.Code)
	}
	return strings.Join(lines, "\n")
}

// untouched makes sure that a refused request left nothing behind.
func (h *house) untouched(before int) {
	h.Helper()
	if n := len(h.all(message.Filter{})); n != before {
		h.Errorf("%d messages are kept, want %d: a refused request leaves nothing behind", n, before)
	}
}

func pointer[T any](v T) *T { return &v }
