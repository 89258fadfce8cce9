package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notifier/deadlines"
	"notifier/message"
	"notifier/message/document"
	"notifier/preferences"
	"notifier/request"
	"notifier/schedule"
	"notifier/store"
	"notifier/store/storetest"
)

// full sets every field to something of its own, so that a new field which the tables do
// not keep is found here.
func full(v reflect.Value, n *int) {
	*n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(noon.Add(time.Duration(*n) * time.Microsecond)))
		return
	case message.ID:
		v.SetString(string(message.NewID(message.MessageIDs)))
		return
	case []byte:
		v.SetBytes([]byte{0, byte(*n), 255})
		return
	case message.Priority:
		v.SetString(string(message.High))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				full(v.Field(i), n)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		full(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		full(v.Index(0), n)
		full(v.Index(1), n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		full(key, n)
		full(value, n)
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString(fmt.Sprintf("%d – zażółć 🎉 %% ' \" \\", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt(int64(*n))
	case reflect.Float64:
		v.SetFloat(float64(*n) / 4)
	case reflect.Interface:
		v.Set(reflect.ValueOf(fmt.Sprint(*n)))
	default:
		panic("full: " + v.Type().String())
	}
}

func fullMessage() message.Message {
	var m message.Message
	full(reflect.ValueOf(&m).Elem(), new(int))
	m.Site, m.Status = site, message.Pending
	m.Window, m.Digest, m.LeaseExpiresAt = "", "", time.Time{}                                                // which the status says
	m.Error.Temporary, m.Error.NotBefore, m.Error.About, m.Error.Next, m.Error.Gone = false, 0, "", "", false // what was decided by them is kept
	return m
}

// known makes the site known.
func known(t *testing.T, s *store.Store) *store.Store {
	t.Helper()
	if err := s.AddSite(t.Context(), site, "UTC", noon); err != nil {
		t.Fatal(err)
	}
	return s
}

func accept(t *testing.T, s *store.Store, ms ...message.Message) {
	t.Helper()
	if _, err := s.Accept(t.Context(), noon, request.Tray{Site: site, Messages: ms}); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, s *store.Store, id message.ID) message.Message {
	t.Helper()
	m, err := s.Message(t.Context(), site, id)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func wantSame[T any](t *testing.T, what string, got, want T, o ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(want, got, o...); diff != "" {
		t.Errorf("%s: (-want +got)\n%s", what, diff)
	}
}

func TestAMessageIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		whole := fullMessage()
		bare := message.Message{ID: message.NewID(message.MessageIDs), Site: site, Status: message.Pending, CreatedAt: noon, UpdatedAt: noon}
		waiting := deferred(1)
		save(t, s, waiting.UserID)
		copied, hidden := bare, bare // to nobody in the first place
		copied.ID, copied.Cc = message.NewID(message.MessageIDs), []message.Address{{Email: "copy@example.org"}}
		hidden.ID, hidden.Bcc = message.NewID(message.MessageIDs), []message.Address{{Email: "hidden@example.org", Name: "H"}}
		accept(t, s, whole, bare, waiting, copied, hidden)
		many := make([]message.Message, 20) // written another way
		for i := range many {
			many[i] = fullMessage()
		}
		accept(t, s, many...)
		for _, m := range append(many, whole, bare, copied, hidden) {
			got, err := s.Attach(t.Context(), read(t, s, m.ID))
			if err != nil {
				t.Fatal(err)
			}
			wantSame(t, "a message", got, m)
		}
		got := read(t, s, waiting.ID)
		if waiting.Window = got.Window; got.Window == "" {
			t.Error("a deferred message has no window")
		}
		wantSame(t, "a deferred message", got, waiting)
	})
}

func TestAnAttemptIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		accept(t, s, direct(1))
		m := claim(t, s, 1, noon)[0]
		var a message.Attempt
		full(reflect.ValueOf(&a).Elem(), new(int))
		a.Claim = m.Claim
		a.Failure.Temporary, a.Failure.NotBefore, a.Failure.About, a.Failure.Next, a.Failure.Gone = false, 0, "", "", false
		a.Bounces, a.AccountFailure, a.AccountRefused = nil, nil, nil // they are kept elsewhere
		o := message.Outcome{
			Site: site, ID: m.ID, Claim: m.Claim, Move: message.Limit, At: noon.Add(time.Second), NotBefore: eight, Reason: "why", Reached: true,
			Error: &message.Failure{Category: message.TooFast, Code: "450 4.7.28", Text: "slow"}, Rejected: []string{"a"}, Remaining: []string{"b", "c"}, Attempt: &a,
		}
		settle(t, s, 1, o)
		kept, err := s.Attempts(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		a.Tried = true // there would be no attempt else
		a.LedTo = message.RateLimited
		wantSame(t, "the attempts", kept, []message.Attempt{a})
		m.Status, m.UpdatedAt, m.DueAt, m.Reason, m.Reached, m.Error = message.RateLimited, o.At, eight, "why", true, o.Error
		m.Rejected, m.Remaining, m.LeaseExpiresAt = o.Rejected, o.Remaining, time.Time{}
		wantSame(t, "the message", read(t, s, m.ID), m)
	})
}

func TestPeopleDeadlinesJobsAndRunsAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		known(t, s)
		var u preferences.User
		full(reflect.ValueOf(&u).Elem(), new(int))
		u.ID, u.Version, u.Preferences = "anna", 0, preferences.Preferences{
			Frequencies: map[message.Kind]preferences.Frequency{message.CaseChanged: preferences.Daily}, WeeklyOn: "friday", Timezone: "Asia/Tokyo",
		}
		u.Seen = 0                                                                                    // is compared, not stored
		u.Directory, u.Inherited, u.Holds = preferences.Own{}, preferences.Own{}, preferences.Holds{} // are told of it, not stored
		if err := s.SaveUser(ctx, request.Call{Site: site, At: noon}, u, same); err != nil {
			t.Fatal(err)
		}
		users, err := s.Users(ctx, site, []string{"anna", "nobody"})
		if err != nil {
			t.Fatal(err)
		}
		u.Version = 1
		wantSame(t, "users", users, map[string]preferences.User{"anna": u})

		d := deadlines.Deadline{
			Key:     "C-1",
			Case:    message.Case{ID: "C-1", Title: "Łódź", URL: "https://x.test", Stage: "s", Owner: "o"},
			Users:   []string{"anna"},
			SetAt:   noon,
			FiredAt: noon,
			NextAt:  eight.Add(-time.Hour),
			Terms:   deadlines.Terms{DueAt: eight, RemindBefore: []deadlines.Span{deadlines.Span(time.Hour)}, Overdue: &deadlines.Overdue{EveryWorkday: true, Max: new(3)}},
		}
		saved, _, err := s.SaveDeadline(ctx, request.Call{Site: site, At: noon}, nil, d)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Deadline(ctx, site, "C-1")
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, "a deadline", got, saved)
		d.Sequence = saved.Sequence
		wantSame(t, "a saved deadline", saved, d)

		var r schedule.Run
		full(reflect.ValueOf(&r).Elem(), new(int))
		r.ID = string(message.NewID(message.RunIDs))
		if mine, err := s.Fire(ctx, r); err != nil || !mine {
			t.Fatal(mine, err)
		}
		if err := s.Finish(ctx, r); err != nil {
			t.Fatal(err)
		}
		last, err := s.LastRun(ctx, r.Job)
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, "a run", last, r)

		wake := true
		j, err := s.Job(ctx, schedule.Job{Name: "reminders", Planned: "every 15m", ChangedAt: noon})
		if err != nil {
			t.Fatal(err)
		}
		j.Spec, j.Wake, j.Paused, j.Note, j.ChangedBy = schedule.Spec{Cron: "0 * * * *", Timezone: "Asia/Tokyo"}, &wake, true, "why", "anna"
		if err := s.SaveJob(ctx, j); err != nil {
			t.Fatal(err)
		}
		j.Version++
		again, err := s.Job(ctx, schedule.Job{Name: "reminders"})
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, "a job", again, j)
	})
}

// TestDocumentsComeBackWhole, and a writer who read an older version loses.
func TestDocumentsComeBackWhole(t *testing.T) {
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		var want document.Document
		n := 0
		full(reflect.ValueOf(&want).Elem(), &n)
		want.Site, want.Fields, want.Version = site, []byte(`{"to":"anna@example.org"}`), 0
		if _, err := s.SaveDocument(ctx, request.Call{Site: site, At: noon}, nil, want); err != nil {
			t.Fatal(err)
		}
		if _, err := s.SaveDocument(ctx, request.Call{Site: site, At: noon}, nil, want); !errors.Is(err, message.ErrMoved) {
			t.Errorf("added twice: %v", err)
		}
		want.Version = 1
		for range 2 {
			got, err := s.Document(ctx, site, want.Collection, want.ID)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("it came back otherwise:\n%s", diff)
			}
			want.Error += " Once more."
			if _, err := s.SaveDocument(ctx, request.Call{Site: site, At: noon}, nil, want); err != nil {
				t.Fatal(err)
			}
			if _, err := s.SaveDocument(ctx, request.Call{Site: site, At: noon}, nil, want); !errors.Is(err, message.ErrMoved) {
				t.Errorf("changed at a version that is over: %v", err)
			}
			want.Version++
		}
		if n, err := s.ForgetDocuments(ctx, site, 10, want.UpdatedAt); err != nil || n != 0 {
			t.Errorf("%d forgotten before their time, %v", n, err)
		}
		if n, err := s.ForgetDocuments(ctx, site, 10, want.UpdatedAt.Add(time.Second)); err != nil || n != 1 {
			t.Errorf("%d forgotten, %v", n, err)
		}
		if _, err := s.Document(ctx, site, want.Collection, want.ID); !errors.Is(err, message.ErrNotFound) {
			t.Errorf("it is still there: %v", err)
		}
	})
}

// TestDocumentsOfAPersonAreErased with the person; others stay.
func TestDocumentsOfAPersonAreErased(t *testing.T) {
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		save(t, s, "anna")
		for id, fields := range map[string]string{
			"by address":    `{"to":"Anna <Anna@Example.org>"}`,
			"among others":  `{"to":["jan@example.org","anna@example.org"]}`,
			"in the text":   `{"to":"jan@example.org","message":{"text":"Ask anna@example.org."}}`,
			"by id":         `{"ccUids":["jan","anna"]}`,
			"stays":         `{"toUids":["jan"],"to":"joanna@example.net"}`,
			"stays as well": `{"process":"anna","to":"jan@example.org"}`,
		} {
			if _, err := s.SaveDocument(ctx, request.Call{Site: site, At: noon}, nil, document.Document{Site: site, Collection: "mail", ID: id, Fields: []byte(fields), CreatedAt: noon, UpdatedAt: noon}); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := s.EraseUser(ctx, request.Call{Site: site, At: noon}, message.Someone{ID: "anna", Email: "anna@example.org"}); err != nil {
			t.Fatal(err)
		}
		for id, want := range map[string]bool{"by address": false, "among others": false, "in the text": false, "by id": false, "stays": true, "stays as well": true} {
			if _, err := s.Document(ctx, site, "mail", id); (err == nil) != want || err != nil && !errors.Is(err, message.ErrNotFound) {
				t.Errorf("%s: %v", id, err)
			}
		}
	})
}

// TestACopySaysTheSame: each field of a message is in its copy, or is named here with the
// reason why not; so a new field is not forgotten.
func TestACopySaysTheSame(t *testing.T) {
	left := slices.Concat(
		// The copy has a life of its own.
		strings.Fields("ID Site Status Reason DueAt Window Digest QueuedAt UpdatedAt ClaimedAt LeaseExpiresAt Claim Attempts Tries RetryCount RetriedAt LiftedAt Rejected Remaining Reached Error CreatedAt"),
		// It is a direct message, written out, to the address that the first went to.
		strings.Fields("Type Kind EventID Actor Summary OccurredAt Setting Template Process UserID Timezone"),
		// The caller asked for that one alone.
		strings.Fields("Reference Domain ExpiresAt SendAt Manual"))
	var m message.Message
	full(reflect.ValueOf(&m).Elem(), new(int))
	whole := m.Copy()
	fields := reflect.VisibleFields(reflect.TypeFor[message.Message]())
	for _, f := range fields {
		if f.Anonymous {
			continue
		}
		without := m
		reflect.ValueOf(&without).Elem().FieldByIndex(f.Index).SetZero()
		same := cmp.Equal(whole, without.Copy())
		if leaves := slices.Contains(left, f.Name); leaves != same {
			t.Errorf("%s: a copy keeps it: %t, want %t", f.Name, !same, !leaves)
		}
	}
}
