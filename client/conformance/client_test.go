package conformance_test

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
	"notifier/service/servicetest"
)

var ctx = context.Background()

// service is a service, and a client of it.
type service struct {
	*servicetest.Server
	*client.Client
}

func open(t *testing.T) service {
	t.Helper()
	s := servicetest.New(t)
	c, err := client.New(s.URL, s.Key, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return service{s, c}
}

// people adds users whose address is their id at example.org.
func people(t *testing.T, s service, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := s.SetUser(ctx, client.User{ID: id, Email: id + "@example.org", Name: id, Timezone: "Europe/Warsaw"}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestADayOfAnEngine goes through all that an engine says, against the real service.
func TestADayOfAnEngine(t *testing.T) {
	t.Parallel()
	s := open(t)
	people(t, s, "anna", "jan")
	if _, err := s.SetPreferences(ctx, "anna", client.Preferences{Frequencies: map[client.Kind]client.Frequency{client.CaseChanged: client.Hourly}}); err != nil {
		t.Fatal(err)
	}
	lease := client.Case{ID: "A/1", Title: "Lease"}
	for _, summary := range []string{"Jan commented", "Jan attached a file"} {
		noted, err := s.Notify(ctx, client.Event{Kind: client.CaseChanged, Users: []string{"anna", "jan"}, Actor: "jan", Case: lease, Summary: client.Plain(summary)}, client.Once)
		if err != nil || len(noted.Recipients) != 2 || noted.Recipients[0].Status != client.Deferred || noted.Recipients[1].Reason != client.OwnAction {
			t.Fatalf("Notify = %+v, %v", noted, err)
		}
	}
	d, err := s.SetDeadline(ctx, client.Deadline{Key: "A/1:sign", Case: lease, Users: []string{"jan"}, Terms: client.Terms{DueAt: time.Now().Add(30 * time.Hour)}})
	if err != nil || d.Sequence != 1 || d.NextReminder.IsZero() || d.Key != "A/1:sign" {
		t.Fatalf("SetDeadline = %+v, %v", d, err)
	}
	if d, err = s.Deadline(ctx, "A/1:sign"); err != nil || !d.ClearedAt.IsZero() {
		t.Errorf("Deadline = %+v, %v", d, err)
	}
	e, err := s.Explain(ctx, client.Question{User: "anna", Case: "A/1", Kind: client.CaseChanged, Since: time.Now().Add(-time.Hour)})
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
	s := open(t)
	people(t, s, "anna")
	draft := client.Draft{To: []client.Recipient{{ID: "anna"}, {Address: client.Address{Email: "gone@example.net", Name: "Guest"}}}, Subject: "Ready", Text: "It is."}
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
	if err != nil || m.Status != client.Error || m.Error == nil || m.Error.Says == "" || m.ErrorCategory != client.AddressUnknown || m.Delivery.State != "ERROR" || len(m.AttemptRecords) != 1 {
		t.Errorf("Message = %+v, %v, want an error", m, err)
	}
	if m, err = s.Retry(ctx, m.ID, false); err != nil || m.Status != client.Pending || m.RetryCount != 1 {
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
	if m, err := s.Cancel(ctx, manual.Messages[0].ID); err != nil || m.Status != client.Cancelled {
		t.Errorf("Cancel = %+v, %v", m, err)
	}
	if m, err := s.Release(ctx, manual.Messages[1].ID); err != nil || m.Status != client.Pending {
		t.Errorf("Release = %+v, %v", m, err)
	}
	text := "Rather so."
	if m, err := s.Edit(ctx, manual.Messages[1].ID, client.Edit{Text: &text}); err != nil || m.Status != client.Pending {
		t.Errorf("Edit = %+v, %v", m, err)
	}
}

// TestListsComeWhole: pages are fetched as the loop goes on, and no further.
func TestListsComeWhole(t *testing.T) {
	t.Parallel()
	s := open(t)
	const all = 450
	for from := 0; from < all; from += 150 {
		d := client.Draft{Subject: "Ready", Text: "It is.", Reference: "batch"}
		for i := range 150 {
			d.To = append(d.To, client.ParseRecipient(fmt.Sprintf("p%d@example.net", from+i)))
		}
		if _, err := s.SendMessage(ctx, d, client.Once); err != nil {
			t.Fatal(err)
		}
	}
	count := func(f client.Filter, most int) int {
		seen := map[client.ID]bool{}
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
		filter     client.Filter
		stop, want int
	}{
		{"all", client.Filter{Reference: "batch"}, 0, all},
		{"nothing", client.Filter{Status: client.Sent}, 0, 0},
		{"a limit over pages", client.Filter{Limit: 250}, 0, 250},
		{"a small limit", client.Filter{Limit: 3}, 0, 3},
		{"a loop that ends", client.Filter{}, 7, 7},
	} {
		if got := count(c.filter, c.stop); got != c.want {
			t.Errorf("%s: %d messages, want %d", c.name, got, c.want)
		}
	}
	for _, err := range s.Messages(ctx, client.Filter{Status: "nonsense"}) {
		if !errors.Is(err, client.ErrInvalid) {
			t.Errorf("a filter that is wrong: %v", err)
		}
	}
}

// TestPeople: users, groups and suppressions.
func TestPeople(t *testing.T) {
	t.Parallel()
	s := open(t)
	people(t, s, "anna", "jan")
	if u, err := s.User(ctx, "anna"); err != nil || u.ID != "anna" || u.Email != "anna@example.org" || u.Timezone != "Europe/Warsaw" {
		t.Errorf("User = %+v, %v", u, err)
	}
	if p, err := s.Preferences(ctx, "anna"); err != nil || p.Frequencies[client.CaseChanged] != client.Immediately {
		t.Errorf("Preferences = %+v, %v", p, err)
	}
	if err := s.SetGroup(ctx, "clerks", "anna", "jan"); err != nil {
		t.Error(err)
	}
	if err := s.Suppress(ctx, "jan@example.org", client.OptedOut, "asked by phone"); err != nil {
		t.Error(err)
	}
	if _, err := s.SendMessage(ctx, client.Draft{To: []client.Recipient{{ID: "clerks"}}, Subject: "Ready", Text: "It is."}, client.Once); err != nil {
		t.Error(err)
	}
	if got := s.Sent(); len(got) != 1 || got[0].To[0] != "anna@example.org" {
		t.Errorf("sent %+v, want one mail to Anna", got)
	}
	if err := s.Unsuppress(ctx, "jan@example.org"); err != nil {
		t.Error(err)
	}
	if err := s.Suppress(ctx, "jan@example.org", client.Bounced, ""); err != nil {
		t.Error(err)
	}
	for _, dry := range []bool{true, false} { // L3: the dry run leaves it there for the second
		if n, err := s.UnsuppressAll(ctx, client.SuppressionFilter{Reason: client.Bounced, Since: time.Unix(0, 0)}, dry); err != nil || n != 1 {
			t.Errorf("UnsuppressAll, dry run %t: %d, %v", dry, n, err)
		}
	}
	if _, err := s.UnsuppressAll(ctx, client.SuppressionFilter{}, false); !errors.Is(err, client.ErrInvalid) {
		t.Errorf("UnsuppressAll without a filter: %v, want ErrInvalid", err)
	}
	if err := s.RunJob(ctx, "notifications"); err != nil {
		t.Error(err)
	}
}

// TestErrorsAreToldApart is what an engine decides by.
func TestErrorsAreToldApart(t *testing.T) {
	t.Parallel()
	s := open(t)
	stranger, err := client.New(s.URL, "ntf_test_wrong", client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	nobody, err := client.New("http://127.0.0.1:1", "ntf_test_any", client.Options{Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	good := client.Draft{To: []client.Recipient{client.ParseRecipient("anna@example.org")}, Subject: "Ready", Text: "It is."}
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
		"no subject":     {func() error { _, err := s.SendMessage(ctx, client.Draft{To: good.To, Text: "x"}, "k"); return err }, client.ErrInvalid, "invalid"},
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
	_, err = s.SendMessage(ctx, client.Draft{To: good.To, Text: "x"}, "k")
	if p, _ := errors.AsType[*client.Problem](err); p == nil || len(p.Errors) != 1 || p.Errors[0].Pointer != "/subject" {
		t.Errorf("what is wrong is told as %+v", p)
	}
}

func wrongState(s service) error {
	d := client.Draft{To: []client.Recipient{client.ParseRecipient("jan@example.org")}, Subject: "Ready", Text: "It is."}
	taken, err := s.SendMessage(ctx, d, client.Once)
	if err != nil {
		return err
	}
	_, err = s.Release(ctx, taken.Messages[0].ID)
	return err
}

// TestTheClientKnowsEveryField of what the API's document says of its answers and requests, also
// of those that no recorded one has.
func TestTheClientKnowsEveryField(t *testing.T) {
	t.Parallel()
	s := open(t)
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
	for name, kept := range map[string]any{
		"MessageView": client.Message{}, "AttemptView": client.Attempt{}, "ErrorView": client.Failure{}, "RecordView": client.ErrorRecord{},
		"CallbackView": client.Callback{}, "Attachment": client.Attachment{}, "Header": client.Header{}, "Delivery": client.Delivery{},
		"DeliveryInfo": client.DeliveryInfo{}, "ConquerView": client.ConquerView{}, "Address": client.Address{}, "Case": client.Case{},
		"DeadlineView": client.Deadline{}, "Deadline": client.Deadline{}, "Terms": client.Terms{}, "DueIn": client.DueIn{},
		"Escalation": client.Escalation{}, "Overdue": client.Overdue{}, "SkippedUser": client.Decision{},
		"Explanation": client.Explanation{}, "Next": client.Next{}, "Step": client.Step{}, "Brief": client.Brief{}, "Near": client.Near{},
		"Miss": client.Miss{}, "Refusal": client.Refusal{}, "UserView": client.User{}, "Own": client.Own{},
		"Draft": client.Draft{}, "Filling": client.Filling{}, "File": client.File{}, "Edit": client.Edit{}, "Command": client.Command{},
		"Event": client.Event{}, "Taken": client.Taken{}, "Ticket": client.Ticket{}, "Noted": client.Noted{}, "Decision": client.Decision{},
		"SentNow": client.SentNow{}, "Series": client.Series{}, "Point": client.Point{}, "Template": client.Template{}, "TemplateLine": client.Template{},
		"Enclosure": client.Enclosure{}, "Mail": client.Filled{}, "Problem": client.Problem{}, "Fault": client.Fault{},
	} {
		schema, found := document.Components.Schemas[name]
		if !found {
			t.Errorf("the document has no %s", name)
		}
		known := map[string]bool{}
		for _, field := range reflect.VisibleFields(reflect.TypeOf(kept)) {
			tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			known[tag] = true
		}
		for property := range schema.Properties {
			if !known[property] {
				t.Errorf("the client does not know %s of %s", property, name)
			}
		}
	}
}

func TestSeries(t *testing.T) {
	t.Parallel()
	s := open(t)
	if _, err := s.SendMessage(ctx, client.Draft{To: []client.Recipient{{Address: client.Address{Email: "guest@example.net"}}}, Subject: "Hello", Text: "It works"}, client.Once); err != nil {
		t.Fatal(err)
	}
	s.RunJobs(time.Now())
	got, err := s.Series(ctx, client.SeriesQuery{Metric: client.MetricSent, Since: time.Now().Add(-2 * time.Hour), Until: time.Now().Add(time.Hour), Step: time.Hour})
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
	if _, err := s.Series(ctx, client.SeriesQuery{Metric: client.MetricSent, Kind: "direct"}); !errors.As(err, &problem) || problem.Code != "invalid" {
		t.Errorf("a kind of what is sent: %v", err)
	}
}
