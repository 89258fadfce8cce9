package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"notifier/client"
	"notifier/client/clienttest"
	"notifier/deadlines"
	"notifier/message"
	"notifier/preferences"
	"notifier/series"
)

var ctx = context.Background()

// people adds users whose address is their id at example.org.
func people(t *testing.T, s *clienttest.Server, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := s.SetUser(ctx, preferences.User{ID: id, Email: id + "@example.org", Name: id, Timezone: "Europe/Warsaw"}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestADayOfAnEngine goes through all that an engine says, against the real service.
func TestADayOfAnEngine(t *testing.T) {
	t.Parallel()
	s := clienttest.New(t)
	people(t, s, "anna", "jan")
	if _, err := s.SetPreferences(ctx, "anna", preferences.Preferences{Frequencies: map[message.Kind]preferences.Frequency{message.CaseChanged: preferences.Hourly}}); err != nil {
		t.Fatal(err)
	}
	lease := message.Case{ID: "A/1", Title: "Lease"}
	for _, summary := range []string{"Jan commented", "Jan attached a file"} {
		noted, err := s.Notify(ctx, message.Event{Kind: message.CaseChanged, Users: []string{"anna", "jan"}, Actor: "jan", Case: lease, Summary: message.Plain(summary)}, client.Once)
		if err != nil || len(noted.Recipients) != 2 || noted.Recipients[0].Status != message.Deferred || noted.Recipients[1].Reason != message.OwnAction {
			t.Fatalf("Notify = %+v, %v", noted, err)
		}
	}
	d, err := s.SetDeadline(ctx, deadlines.Deadline{Key: "A/1:sign", Case: lease, Users: []string{"jan"}, Terms: deadlines.Terms{DueAt: time.Now().Add(30 * time.Hour)}})
	if err != nil || d.Sequence != 1 || d.NextReminder.IsZero() || d.Key != "A/1:sign" {
		t.Fatalf("SetDeadline = %+v, %v", d, err)
	}
	if d, err = s.Deadline(ctx, "A/1:sign"); err != nil || !d.ClearedAt.IsZero() {
		t.Errorf("Deadline = %+v, %v", d, err)
	}
	e, err := s.Explain(ctx, client.Question{User: "anna", Case: "A/1", Kind: message.CaseChanged, Since: time.Now().Add(-time.Hour)})
	if err != nil || e.Verdict != "not_yet" || e.Reason != "deferred_hourly" || !strings.Contains(e.Sentence, "Not yet.") || e.Next == nil || len(e.Trail) == 0 {
		t.Errorf("Explain = %+v, %v", e, err)
	}
	if got := s.Sent(); len(got) != 0 {
		t.Errorf("%d mails left before their time", len(got))
	}
	s.RunJobs(time.Now().Add(25 * time.Hour))
	s.RunJobs(time.Now().Add(31 * time.Hour))
	if got := s.SentTo("anna@example.org"); len(got) != 1 || !strings.Contains(got[0].Text, "Jan commented") || !strings.Contains(got[0].Text, "Jan attached a file") {
		t.Errorf("Anna got %d mails, want one digest: %+v", len(got), got)
	}
	if e, err := s.ExplainMessage(ctx, e.Message); err != nil || e.Verdict != "in_digest" || e.Digest == nil || e.Digest.Verdict != "sent" {
		t.Errorf("ExplainMessage = %+v, %v", e, err)
	}
	if got := s.SentTo("jan@example.org"); len(got) != 1 || !strings.Contains(got[0].Subject, "Lease") {
		t.Errorf("Jan got %+v, want one reminder", got)
	}
	for range 2 { // a step of a workflow that runs again
		if err := s.ClearDeadline(ctx, "A/1:sign"); err != nil {
			t.Error(err)
		}
	}
	if d, err = s.Deadline(ctx, "A/1:sign"); err != nil || d.ClearedAt.IsZero() {
		t.Errorf("Deadline = %+v, %v, want it cleared", d, err)
	}
}

// TestMessages: what was sent is found, told, tried again, withdrawn and released.
func TestMessages(t *testing.T) {
	t.Parallel()
	s := clienttest.New(t)
	people(t, s, "anna")
	draft := message.Draft{To: []message.Recipient{{ID: "anna"}, {Address: message.Address{Email: "gone@example.net", Name: "Guest"}}}, Subject: "Ready", Text: "It is."}
	s.Refuse("gone@example.net", 550)
	first, err := s.SendMessage(ctx, draft, "case/1/step/2")
	if err != nil || len(first.Messages) != 2 {
		t.Fatalf("SendMessage = %+v, %v", first, err)
	}
	if again, err := s.SendMessage(ctx, draft, "case/1/step/2"); err != nil || again.Messages[0].ID != first.Messages[0].ID {
		t.Errorf("the same step again = %+v, %v, want %+v", again, err, first)
	}
	if got := s.Sent(); len(got) != 1 || got[0].Subject != "Ready" || got[0].From != "workflow@example.org" || !strings.Contains(got[0].Text, "It is.") {
		t.Errorf("sent %+v, want one mail", got)
	}
	m, err := s.Message(ctx, first.Messages[1].ID)
	if err != nil || m.Status != message.Error || m.Error == nil || m.Error.Says == "" || m.ErrorCategory != message.AddressUnknown || m.Delivery.State != "ERROR" || len(m.AttemptRecords) != 1 {
		t.Errorf("Message = %+v, %v, want an error", m, err)
	}
	if m, err = s.Retry(ctx, m.ID, false); err != nil || m.Status != message.Pending || m.RetryCount != 1 {
		t.Errorf("Retry = %+v, %v", m, err)
	}
	if got := s.SentTo("gone@example.net"); len(got) != 1 {
		t.Errorf("after the retry %d mails came, want 1", len(got))
	}
	draft.Manual = true
	manual, err := s.SendMessage(ctx, draft, client.Once)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := s.Cancel(ctx, manual.Messages[0].ID); err != nil || m.Status != message.Cancelled {
		t.Errorf("Cancel = %+v, %v", m, err)
	}
	if m, err := s.Release(ctx, manual.Messages[1].ID); err != nil || m.Status != message.Pending {
		t.Errorf("Release = %+v, %v", m, err)
	}
	text := "Rather so."
	if m, err := s.Edit(ctx, manual.Messages[1].ID, message.Edit{Text: &text}); err != nil || m.Status != message.Pending {
		t.Errorf("Edit = %+v, %v", m, err)
	}
}

// TestListsComeWhole: pages are fetched as the loop goes on, and no further.
func TestListsComeWhole(t *testing.T) {
	t.Parallel()
	s := clienttest.New(t)
	const all = 450
	for from := 0; from < all; from += 150 {
		d := message.Draft{Subject: "Ready", Text: "It is.", Reference: "batch"}
		for i := range 150 {
			d.To = append(d.To, message.ParseRecipient(fmt.Sprintf("p%d@example.net", from+i)))
		}
		if _, err := s.SendMessage(ctx, d, client.Once); err != nil {
			t.Fatal(err)
		}
	}
	count := func(f message.Filter, most int) int {
		seen := map[message.ID]bool{}
		for m, err := range s.Messages(ctx, f) {
			if err != nil {
				t.Fatal(err)
			}
			if seen[m.ID] = true; len(seen) == most {
				break
			}
		}
		return len(seen)
	}
	for _, c := range []struct {
		name       string
		filter     message.Filter
		stop, want int
	}{
		{"all", message.Filter{Reference: "batch"}, 0, all},
		{"nothing", message.Filter{Status: message.Sent}, 0, 0},
		{"a limit over pages", message.Filter{Limit: 250}, 0, 250},
		{"a small limit", message.Filter{Limit: 3}, 0, 3},
		{"a loop that ends", message.Filter{}, 7, 7},
	} {
		if got := count(c.filter, c.stop); got != c.want {
			t.Errorf("%s: %d messages, want %d", c.name, got, c.want)
		}
	}
	for _, err := range s.Messages(ctx, message.Filter{Status: "nonsense"}) {
		if !errors.Is(err, client.ErrInvalid) {
			t.Errorf("a filter that is wrong: %v", err)
		}
	}
}

// TestPeople: users, groups and suppressions.
func TestPeople(t *testing.T) {
	t.Parallel()
	s := clienttest.New(t)
	people(t, s, "anna", "jan")
	if u, err := s.User(ctx, "anna"); err != nil || u.ID != "anna" || u.Email != "anna@example.org" || u.Timezone != "Europe/Warsaw" {
		t.Errorf("User = %+v, %v", u, err)
	}
	if p, err := s.Preferences(ctx, "anna"); err != nil || p.Frequencies[message.CaseChanged] != preferences.Immediately {
		t.Errorf("Preferences = %+v, %v", p, err)
	}
	if err := s.SetGroup(ctx, "clerks", "anna", "jan"); err != nil {
		t.Error(err)
	}
	if err := s.Suppress(ctx, "jan@example.org", message.OptedOut, "asked by phone"); err != nil {
		t.Error(err)
	}
	if _, err := s.SendMessage(ctx, message.Draft{To: []message.Recipient{{ID: "clerks"}}, Subject: "Ready", Text: "It is."}, client.Once); err != nil {
		t.Error(err)
	}
	if got := s.Sent(); len(got) != 1 || got[0].To[0] != "anna@example.org" {
		t.Errorf("sent %+v, want one mail to Anna", got)
	}
	if err := s.Unsuppress(ctx, "jan@example.org"); err != nil {
		t.Error(err)
	}
	if err := s.Suppress(ctx, "jan@example.org", message.Bounced, ""); err != nil {
		t.Error(err)
	}
	for _, dry := range []bool{true, false} { // L3: the dry run leaves it there for the second
		if n, err := s.UnsuppressAll(ctx, message.SuppressionFilter{Reason: message.Bounced, Since: time.Unix(0, 0)}, dry); err != nil || n != 1 {
			t.Errorf("UnsuppressAll, dry run %t: %d, %v", dry, n, err)
		}
	}
	if _, err := s.UnsuppressAll(ctx, message.SuppressionFilter{}, false); !errors.Is(err, client.ErrInvalid) {
		t.Errorf("UnsuppressAll without a filter: %v, want ErrInvalid", err)
	}
	if err := s.RunJob(ctx, "notifications"); err != nil {
		t.Error(err)
	}
}

// TestErrorsAreToldApart is what an engine decides by.
func TestErrorsAreToldApart(t *testing.T) {
	t.Parallel()
	s := clienttest.New(t)
	stranger, err := client.New(s.URL, "ntf_test_wrong", client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	nobody, err := client.New("http://127.0.0.1:1", "ntf_test_any", client.Options{Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	good := message.Draft{To: []message.Recipient{message.ParseRecipient("anna@example.org")}, Subject: "Ready", Text: "It is."}
	other := good
	other.Subject = "Not ready"
	if _, err := s.SendMessage(ctx, good, "once"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		call func() error
		want error
		code string
	}{
		"a wrong key":    {func() error { _, err := stranger.User(ctx, "anna"); return err }, client.ErrUnauthorized, "unauthorized"},
		"no such user":   {func() error { _, err := s.User(ctx, "nobody"); return err }, client.ErrNotFound, "not_found"},
		"no subject":     {func() error { _, err := s.SendMessage(ctx, message.Draft{To: good.To, Text: "x"}, "k"); return err }, client.ErrInvalid, "invalid"},
		"another mail":   {func() error { _, err := s.SendMessage(ctx, other, "once"); return err }, client.ErrKeyReused, "idempotency_key_reused"},
		"a wrong state":  {func() error { return wrongState(s) }, client.ErrConflict, "not_allowed_now"},
		"nobody is home": {func() error { _, err := nobody.SendMessage(ctx, good, "k"); return err }, client.ErrUnavailable, ""},
	} {
		err := c.call()
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v is not %v", name, err, c.want)
		}
		p, told := errors.AsType[*client.Problem](err)
		if told != (c.code != "") || told && (p.Code != c.code || p.RequestID == "" || p.Detail == "") {
			t.Errorf("%s: %+v", name, p)
		}
		if client.Retryable(err) != (c.want == client.ErrUnavailable) {
			t.Errorf("%s: retryable is %t", name, client.Retryable(err))
		}
	}
	_, err = s.SendMessage(ctx, message.Draft{To: good.To, Text: "x"}, "k")
	if p, _ := errors.AsType[*client.Problem](err); p == nil || len(p.Errors) != 1 || p.Errors[0].Pointer != "/subject" {
		t.Errorf("what is wrong is told as %+v", p)
	}
}

func wrongState(s *clienttest.Server) error {
	d := message.Draft{To: []message.Recipient{message.ParseRecipient("jan@example.org")}, Subject: "Ready", Text: "It is."}
	taken, err := s.SendMessage(ctx, d, client.Once)
	if err != nil {
		return err
	}
	_, err = s.Release(ctx, taken.Messages[0].ID)
	return err
}

// TestAddressesAndKeysAreChecked before anything is called, and not repeated.
func TestAddressesAndKeysAreChecked(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"", "k"},
		{"notify.example.org", "k"},
		{"ftp://notify.example.org", "k"},
		{"https://anna:secret@notify.example.org", "k"},
		{"https://notify.example.org?x=secret", "k"},
		{"https://notify.example.org", ""},
		{"https://notify.example.org", "secret\r\nX: y"},
		{"https://notify.example.org", "secret key"},
	} {
		if _, err := client.New(c[0], c[1], client.Options{}); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("New(%q, %q): %v", c[0], c[1], err)
		}
	}
	c, err := client.New("https://notify.example.org/", "ntf_live_secret", client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(format, c) + fmt.Sprintf(format, *c); strings.Contains(text, "secret") {
			t.Errorf("%s shows the key: %s", format, text)
		}
	}
	if _, err := c.SendMessage(ctx, message.Draft{}, client.Key(strings.Repeat("k", 256))); err == nil || errors.Is(err, client.ErrUnavailable) {
		t.Errorf("a key that is too long: %v", err)
	}
}

// TestTheClientKnowsEveryField of a message, a deadline and an explanation that the API's
// document describes, but for a few that it leaves to those who read the whole answer.
func TestTheClientKnowsEveryField(t *testing.T) {
	t.Parallel()
	s := clienttest.New(t)
	answer, err := http.Get(s.URL + "/api/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var document struct {
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	if err := json.NewDecoder(answer.Body).Decode(&document); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		kept any
		left []string
	}{
		"MessageView":  {client.Message{}, []string{"callbacks", "error_records", "previous_error", "previous_executed_at", "previous_served_at", "links", "url", "expected_by"}},
		"DeadlineView": {client.Deadline{}, []string{"links"}},
		"AttemptView":  {client.Attempt{}, []string{"replica"}},
		"Explanation":  {client.Explanation{}, []string{"status", "user", "case", "kind", "error_category", "timezone", "others", "near"}},
	} {
		schema, found := document.Components.Schemas[name]
		if !found {
			t.Errorf("the document has no %s", name)
		}
		known := map[string]bool{}
		for _, field := range reflect.VisibleFields(reflect.TypeOf(c.kept)) {
			tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			known[tag] = true
		}
		for property := range schema.Properties {
			if !known[property] && !slices.Contains(c.left, property) {
				t.Errorf("the client does not know %s of %s", property, name)
			}
		}
	}
}

func TestSeries(t *testing.T) {
	t.Parallel()
	s := clienttest.New(t)
	if _, err := s.SendMessage(ctx, message.Draft{To: []message.Recipient{{Address: message.Address{Email: "guest@example.net"}}}, Subject: "Hello", Text: "It works"}, client.Once); err != nil {
		t.Fatal(err)
	}
	s.RunJobs(time.Now())
	got, err := s.Series(ctx, series.Query{Metric: series.Sent, Since: time.Now().Add(-2 * time.Hour), Until: time.Now().Add(time.Hour), Step: time.Hour})
	if err != nil || got.Step != "1h" || !slices.Equal(got.Columns, []string{"direct"}) {
		t.Fatalf("Series = %+v, %v", got, err)
	}
	sent := 0.0
	for _, p := range got.Data {
		sent += p.Values["direct"]
	}
	if sent != 1 {
		t.Errorf("%v messages were sent, want 1: %+v", sent, got)
	}
	var problem *client.Problem
	if _, err := s.Series(ctx, series.Query{Metric: series.Sent, Kind: "direct"}); !errors.As(err, &problem) || problem.Code != "invalid" {
		t.Errorf("a kind of what is sent: %v", err)
	}
}
