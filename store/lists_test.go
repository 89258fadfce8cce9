package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	records "notifier/access"
	"notifier/message"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

// lists are what the lists of the console ask beside Find, and the indexes by which they
// may look for it.
var lists = []struct {
	name    string
	do      func(ctx context.Context, s *store.Store) error
	indexes string
}{
	{"Counts", func(ctx context.Context, s *store.Store) error {
		_, _, _, err := s.Counts(ctx, site, noon, true)
		return err
	}, "queue_due"},
	{"Deadlines", func(ctx context.Context, s *store.Store) error {
		return second(s.Deadlines(ctx, site, 51, noon, "C-1"))
	}, "deadlines_due"},
	{"UserList", func(ctx context.Context, s *store.Store) error { return second(s.UserList(ctx, site, "u1", 51)) }, "users_key"},
	{"Audit", func(ctx context.Context, s *store.Store) error {
		return second(s.Audit(ctx, site, records.RecordFilter{Before: "aud_z", Limit: 51}))
	}, "audit_key"},
	{"Audit of somebody", func(ctx context.Context, s *store.Store) error {
		return second(s.Audit(ctx, site, records.RecordFilter{By: "anna", Limit: 51}))
	}, "audit_of_actor"},
	{"Waiting", func(ctx context.Context, s *store.Store) error { return second(s.Waiting(ctx, site, "u1", 500)) }, "windows_open queue_of_window queue_key messages_key"},
	{"WaitingUsers", func(ctx context.Context, s *store.Store) error {
		return second(s.WaitingUsers(ctx, site, "u1", 51))
	}, "windows_open queue_of_window queue_key messages_key"},
	{"Operations", func(ctx context.Context, s *store.Store) error { return second(s.Operations(ctx, site, "op_z", 20)) }, "operations_key"},
	{"Runs", func(ctx context.Context, s *store.Store) error { return second(s.Runs(ctx, "reminders", 20)) }, "runs_of_job"},
	{"CallbacksOf", func(ctx context.Context, s *store.Store) error {
		return second(s.CallbacksOf(ctx, site, "whk_1", "cbk_z", 5))
	}, "callbacks_key"},
}

// UX 5.1: a list costs what it shows, and not what has ever been.
func TestListsLookOnlyAtAPage(t *testing.T) {
	t.Parallel()
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			url := storetest.URL(t, database)
			s, said := listening(t, url)
			queueUp(t, s)
			fill(t, s)
			explain := explainer(t, database, url)
			for _, row := range lists {
				said()
				if err := row.do(t.Context(), s); err != nil {
					t.Fatalf("%s: %v", row.name, err)
				}
				statements := said()
				if len(statements) == 0 {
					t.Errorf("%s: no statement was seen", row.name)
				}
				for _, statement := range statements {
					if strings.Contains(statement, "SELECT 1 AS one") {
						continue // it ends at its limit
					}
					for _, access := range explain(statement) {
						if !slices.Contains(strings.Fields(row.indexes), access.index) || access.whole {
							t.Errorf("%s looks by %q, whole: %t; want one of %q:\n%s\n%s", row.name, access.index, access.whole, row.indexes, access.line, statement)
						}
					}
				}
			}
		})
	}
}

// However many people something waits for, the newest of it are found, and about how many
// they are; what has moved on is not among them.
func TestDeferredForManyPeople(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		const people = 600
		var all []message.Message
		for i := range people {
			all = append(all, deferred(i))
			if i%2 == 0 {
				all = append(all, deferred(i))
			}
		}
		for i := range people {
			save(t, s, fmt.Sprintf("u%d", i))
		}
		kept(t, s, all...)
		waits := message.Filter{Status: message.Deferred, Limit: 40}
		newest := func(without message.ID) (ids []message.ID) {
			for _, m := range all {
				if m.ID != without {
					ids = append(ids, m.ID)
				}
			}
			slices.Sort(ids)
			slices.Reverse(ids)
			return ids
		}
		check := func(without message.ID, n int) {
			t.Helper()
			want := newest(without)
			for page := 0; page < 2; page++ {
				found, err := s.Find(t.Context(), site, waits)
				if err != nil {
					t.Fatal(err)
				}
				var got []message.ID
				for _, m := range found.Messages {
					got = append(got, m.ID)
				}
				if !slices.Equal(got, want[page*40:page*40+40]) {
					t.Errorf("page %d is %s, want %s", page, got, want[page*40:page*40+40])
				}
				waits.Before = found.Next
			}
			waits.Before = ""
			exact, err := s.Count(t.Context(), site, waits, false)
			if exact != (message.Counted{N: n}) || err != nil {
				t.Errorf("counted %+v, %v; want %d", exact, err, n)
			}
		}
		check("", people*3/2)
		about, err := s.Count(t.Context(), site, message.Filter{Status: message.Deferred}, true)
		if err != nil || !about.Guessed || about.N < people*13/10 || about.N > people*17/10 {
			t.Errorf("reckoned %+v, %v; there are %d", about, err, people*3/2)
		}
		alone := slices.DeleteFunc(slices.Clone(all), func(m message.Message) bool { return strings.ContainsAny(m.UserID[len(m.UserID)-1:], "02468") })
		last := slices.MaxFunc(alone, func(a, b message.Message) int { return strings.Compare(string(a.ID), string(b.ID)) }) // whose window closes
		promote := func([]message.Message) message.Closing { return message.Closing{Move: message.Promote} }
		if _, _, err := s.PromoteUser(t.Context(), request.Call{Site: site, At: noon}, nil, last.UserID, promote); err != nil {
			t.Fatal(err)
		}
		check(last.ID, people*3/2-1)
	})
}
