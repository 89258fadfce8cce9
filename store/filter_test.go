package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"notifier/message"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

// kept stores messages at one time, one after the other.
func kept(t *testing.T, s *store.Store, all ...message.Message) {
	t.Helper()
	if err := s.AddSite(t.Context(), site, "UTC", noon); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Accept(t.Context(), noon, request.Tray{Site: site, Messages: all}); err != nil {
		t.Fatal(err)
	}
}

// at gives a message the id that it would have had at that time.
func at(m message.Message, prefix string, when time.Time, n byte) message.Message {
	b := message.Earliest(prefix, when).Bytes()
	b[15] = n
	m.ID = message.IDOf(prefix, b)
	return m
}

func subjects(ms []message.Message) string {
	var all []string
	for _, m := range ms {
		all = append(all, m.Subject)
	}
	return strings.Join(all, " ")
}

func TestFind(t *testing.T) {
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		named := func(m message.Message, subject string, edit func(*message.Message)) message.Message {
			m.Subject = subject
			edit(&m)
			return m
		}
		event := message.Earliest(message.EventIDs, noon)
		nothing := func(*message.Message) {}
		all := []message.Message{
			at(named(direct(1), "one", nothing), "msg", noon.Add(-48*time.Hour), 1),
			at(named(direct(2), "two", func(m *message.Message) {
				m.To = append(m.To, message.Address{Email: "100%_sure@example.org"})
				m.Tags = map[string]string{"process": "lease", "städte": "Łódź"}
			}), "msg", noon, 2),
			at(named(direct(3), "three", func(m *message.Message) { m.Account, m.Text = "backup", "About the Lease of 100%" }), "msg", noon, 3),
			at(named(deferred(1), "four", func(m *message.Message) { m.EventID, m.Reference = event, "e1" }), "msg", noon.Add(time.Millisecond), 4),
			at(named(direct(5), "digest", func(m *message.Message) { m.Type = message.Digest }), "dig", noon.Add(time.Hour), 5),
			at(named(direct(6), "six", func(m *message.Message) {
				m.Status, m.Reason, m.DueAt = message.Skipped, message.NoAddress, time.Time{}
			}), "msg", noon.Add(2*time.Hour), 6),
		}
		kept(t, s, all...)
		operation := message.Earliest(message.OperationIDs, noon)
		held, err := all[1].Do(message.Hold, noon)
		if err == nil {
			err = s.Replace(t.Context(), all[1], held, message.Decided{Message: all[1].ID, At: noon, What: message.DidHold, By: string(operation)})
		}
		if err == nil {
			var back message.Message
			if back, err = held.Do(message.Release, noon); err == nil {
				err = s.Replace(t.Context(), held, back)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct {
			name string
			f    message.Filter
			want string
		}{
			{"everything, with digests in their place", message.Filter{}, "six digest four three two one"},
			{"id", message.Filter{ID: all[2].ID}, "three"},
			{"id of a digest", message.Filter{ID: all[4].ID}, "digest"},
			{"status", message.Filter{Status: message.Skipped}, "six"},
			{"what waits", message.Filter{Status: message.Pending}, "digest three two one"},
			{"what waits, and more", message.Filter{Status: message.Pending, To: "a3@example.org"}, "three"},
			{"deferred", message.Filter{Status: message.Deferred}, "four"},
			{"merged", message.Filter{Status: message.Merged}, ""},
			{"in error", message.Filter{Status: message.Error}, ""},
			{"type", message.Filter{Type: message.Digest}, "digest"},
			{"type of a message", message.Filter{Type: message.Single}, "four"},
			{"kind", message.Filter{Kind: message.CaseChanged}, "four"},
			{"to, in any capitals", message.Filter{To: "A1@Example.org"}, "one"},
			{"to one of many, spelled out", message.Filter{To: "100%_sure@example.org"}, "two"},
			{"to is no pattern", message.Filter{To: "%"}, ""},
			{"to is the whole address", message.Filter{To: "sure@example.org"}, ""},
			{"user", message.Filter{User: "u1"}, "four"},
			{"case", message.Filter{Case: "C-1"}, "four"},
			{"user, and another status", message.Filter{User: "u1", Status: message.Sent}, ""},
			{"reference", message.Filter{Reference: "e1"}, "four"},
			{"event", message.Filter{Event: event}, "four"},
			{"another event", message.Filter{Event: message.Earliest(message.EventIDs, noon.Add(time.Minute))}, ""},
			{"account", message.Filter{Account: "backup"}, "three"},
			{"a tag", message.Filter{Tag: "process"}, "two"},
			{"a tag's value", message.Filter{Tag: "process=lease"}, "two"},
			{"another value", message.Filter{Tag: "process=sale"}, ""},
			{"a tag in other letters", message.Filter{Tag: "städte=Łódź"}, "two"},
			{"what an operation has moved", message.Filter{Operation: operation}, "two"},
			{"what it has moved, and another status", message.Filter{Operation: operation, Status: message.Error}, ""},
			{"since", message.Filter{Since: noon.Add(time.Hour)}, "six digest"},
			{"until", message.Filter{Until: noon}, "one"},
			{"since and until", message.Filter{Since: noon, Until: noon.Add(time.Hour)}, "four three two"},
			{"text, in any capitals", message.Filter{Text: "the lease", Since: noon}, "three"},
			{"text in a case's title", message.Filter{Text: "Lease", Since: noon}, "four three"},
			{"text is no pattern", message.Filter{Text: "100%", Since: noon}, "three"},
			{"text at another time", message.Filter{Text: "the lease", Since: noon.Add(time.Hour)}, ""},
			{"category", message.Filter{Category: message.MailboxFull}, ""},
			{"code", message.Filter{Code: "552"}, ""},
		} {
			found, err := s.Find(t.Context(), site, row.f)
			if got := subjects(found.Messages); err != nil || got != row.want || found.Next != "" {
				t.Errorf("%s: %q, next %q, %v; want %q", row.name, got, found.Next, err, row.want)
			}
			for _, guess := range []bool{false, true} {
				c, err := s.Count(t.Context(), site, row.f, guess)
				if err != nil || c.N != len(found.Messages) || c.Guessed {
					t.Errorf("%s: counted %+v, %v", row.name, c, err)
				}
			}
			ms, err := s.Messages(t.Context(), site, row.f)
			if len(ms) != len(found.Messages) || err != nil {
				t.Errorf("%s: a plain list has %q, %v", row.name, subjects(ms), err)
			}
		}
		var pages []string
		f := message.Filter{Limit: 2}
		for {
			found, err := s.Find(t.Context(), site, f)
			if err != nil {
				t.Fatal(err)
			}
			pages = append(pages, subjects(found.Messages))
			if f.Before = found.Next; f.Before == "" {
				break
			}
		}
		if want := []string{"six digest", "four three", "two one"}; !slices.Equal(pages, want) {
			t.Errorf("pages %q, want %q", pages, want)
		}
	})
}

// UX 5.1, 5.4: a page of any filter looks at so many messages and no more, and what lies
// behind them is on the next.
func TestFindGoesOn(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		var all []message.Message
		for i := range 22_500 {
			m := direct(i)
			m.Reference = fmt.Sprint(i)
			if m.Account = "a"; i == 7 {
				m.Account = "lonely"
			}
			m.Status, m.Reason, m.DueAt = message.Skipped, message.NoAddress, time.Time{}
			all = append(all, m)
		}
		for part := range slices.Chunk(all, 5_000) {
			kept(t, s, part...)
		}
		pages, f := "", message.Filter{Account: "lonely"}
		for {
			found, err := s.Find(t.Context(), site, f)
			if err != nil {
				t.Fatal(err)
			}
			pages += fmt.Sprint(len(found.Messages))
			if f.Before = found.Next; f.Before == "" {
				break
			}
		}
		if pages != "001" {
			t.Errorf("pages of %q messages, want none, none and 1", pages)
		}
		exact, err := s.Count(t.Context(), site, message.Filter{Account: "a"}, false)
		if exact != (message.Counted{N: 22_499}) || err != nil {
			t.Errorf("counted %+v, %v", exact, err)
		}
		about, err := s.Count(t.Context(), site, message.Filter{Account: "a"}, true)
		if err != nil || !about.Guessed || about.N < 10_000 {
			t.Errorf("reckoned %+v, %v", about, err)
		}
	})
}

// searches are filters and the indexes by which they may be looked for.
var searches = []struct {
	name    string
	f       message.Filter
	indexes string
}{
	{"everything", message.Filter{}, ""},
	{"id", message.Filter{ID: "msg_1"}, ""},
	{"status", message.Filter{Status: message.Sent}, ""},
	{"what waits", message.Filter{Status: message.Pending}, "queue_due"},
	{"what is being sent", message.Filter{Status: message.Sending}, "queue_leases"},
	{"in error", message.Filter{Status: message.Error, Code: "552", Category: message.MailboxFull}, "queue_for_people"},
	{"for people", message.Filter{Status: message.PendingManual}, "queue_for_people"},
	{"deferred", message.Filter{Status: message.Deferred}, "queue_of_window windows_due"},
	{"user", message.Filter{User: "u1"}, "messages_of_user"},
	{"user and status", message.Filter{User: "u1", Status: message.Sent}, "messages_of_user"},
	{"case", message.Filter{Case: "C-1", Type: message.Single}, "messages_of_case"},
	{"reference", message.Filter{Reference: "r"}, "messages_of_reference"},
	{"to", message.Filter{To: "a1@example.org"}, ""},
	{"event", message.Filter{Event: message.Earliest(message.EventIDs, noon)}, ""},
	{"text", message.Filter{Text: "lease", Since: noon}, ""},
	{"tag", message.Filter{Tag: "process=lease", Account: "backup", Kind: message.CaseChanged}, ""},
}

// UX 5.1: no filter goes through a table.
func TestSearchesLookOnlyAtAPage(t *testing.T) {
	t.Parallel()
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			url := storetest.URL(t, database)
			s, said := listening(t, url)
			queueUp(t, s)
			fill(t, s)
			explain := explainer(t, database, url)
			for _, row := range searches {
				said()
				if _, err := s.Find(t.Context(), site, row.f); err != nil {
					t.Fatalf("%s: %v", row.name, err)
				}
				allowed := strings.Fields("messages_key queue_key windows_key " + row.indexes)
				for _, statement := range said() {
					if strings.Contains(statement, "SELECT 1 AS one") {
						continue // it ends at its limit
					}
					for _, access := range explain(statement) {
						if !slices.Contains(allowed, access.index) || access.whole && !strings.Contains(row.indexes, access.index) {
							t.Errorf("%s looks by %q, whole: %t; want one of %s:\n%s\n%s", row.name, access.index, access.whole, allowed, access.line, statement)
						}
					}
				}
			}
		})
	}
}
