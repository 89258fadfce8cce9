package store_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"notifier/message"
	"notifier/message/document"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

// ann is erased in these tests; joann, o'ann and those whose values are the word "ann" stay.
var ann = message.Someone{ID: "ann", Email: "ann@exämple.org"}

func eraseAnn(t *testing.T, s *store.Store) {
	t.Helper()
	if _, _, err := s.EraseUser(t.Context(), request.Call{Site: site, At: noon}, ann); err != nil {
		t.Fatal(err)
	}
}

// L6: a document is erased if it names the person among its users or the address anywhere,
// however it is spelled; not because some value contains either.
func TestDocumentsThatOnlyLookLikeThePerson(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rows := map[string]bool{
			`{"to":"ann@exämple.org"}`:                                                          false,
			`{"to":"ANN@EXÄMPLE.ORG"}`:                                                          false,
			`{"to":["jan@example.org","Ann <ann@xn--exmple-cua.org>"]}`:                         false,
			`{"to":"\"Ann, B.\" <Ann@exämple.org>"}`:                                            false,
			`{"to":"jan@example.org","message":{"html":"<a href=\"mailto:ann@exämple.org\">"}}`: false,
			`{"toUids":["ann"]}`:                                                                false,
			`{"bccUids":"ann"}`:                                                                 false,
			`{"to":"joann@exämple.org"}`:                                                        true,
			`{"to":"jo.ann@exämple.org"}`:                                                       true,
			`{"to":"ann@exämple.org.pl"}`:                                                       true,
			`{"to":"ann@sub.exämple.org"}`:                                                      true,
			`{"to":"o'ann@exämple.org"}`:                                                        true,
			`{"toUids":["joann"],"message":{"text":"ann"}}`:                                     true,
			`{"toUids":["jo"],"template":{"name":"ann","data":{"who":"ann"}}}`:                  true,
			`{"toUids":["jo"],"ann":"x"}`:                                                       true,
		}
		for fields := range rows {
			d := document.Document{Site: site, Collection: "mail", ID: fields, Fields: []byte(fields), CreatedAt: noon, UpdatedAt: noon}
			if _, err := s.SaveDocument(t.Context(), request.Call{Site: site, At: noon}, nil, d); err != nil {
				t.Fatal(err)
			}
		}
		eraseAnn(t, s)
		for fields, stays := range rows {
			if _, err := s.Document(t.Context(), site, "mail", fields); (err == nil) != stays || err != nil && !errors.Is(err, message.ErrNotFound) {
				t.Errorf("%s stays: %v, want %v (%v)", fields, err == nil, stays, err)
			}
		}
	})
}

// L6: so are refused requests in the outbox, in whatever way their callers wrote JSON.
func TestTheOutboxOnlyLooksLikeThePerson(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		rows := map[string]bool{
			`{"to":["Ann <ann@exämple.org>"],"subject":"x","text":"y"}`:                 false,
			`{"to":["\u0061nn@exämple.org"],"subject":"x","text":"y"}`:                  false,
			`{"to":[{"email":"ANN@xn--exmple-cua.org"}],"subject":"x","text":"y"}`:      false,
			`{"to":["ann"],"subject":"x","text":"y"}`:                                   false,
			`{"kind":"case_changed","users":["jan","ann"]}`:                             false,
			`{"kind":"case_changed","users":["jan"],"actor":"ann"}`:                     false,
			`no JSON of ann@exämple.org`:                                                false,
			`{"to":["joann@exämple.org"],"subject":"ann","text":"ann","case":"ann"}`:    true,
			`{"kind":"ann","users":["joann"],"summary":"ann"}`:                          true,
			`{"kind":"case_changed","users":["jan"],"case":{"id":"ann","title":"ann"}}`: true,
		}
		ids := map[message.ID]string{}
		for body := range rows {
			p := request.Posted{Site: site, ID: message.NewID(request.PostedIDs), What: request.PostedMessage, Request: []byte(body), WrittenAt: noon}
			storetest.Post(t, s, p)
			ids[p.ID] = body
		}
		taken, err := s.TakePosted(t.Context(), site, 100, noon, eight)
		if err != nil || len(taken) != len(rows) {
			t.Fatal(len(taken), err)
		}
		for _, p := range taken {
			if err := s.RefusePosted(t.Context(), p, "refused", noon); err != nil {
				t.Fatal(err)
			}
		}
		eraseAnn(t, s)
		left, err := s.PostedOf(t.Context(), site, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		for id, body := range ids {
			if stays := slices.ContainsFunc(left, func(p request.Posted) bool { return p.ID == id }); stays != rows[body] {
				t.Errorf("%s stays: %v, want %v", body, stays, rows[body])
			}
		}
	})
}

// L6: refusals, suppressions, operations and test mails.
func TestRecordsThatOnlyLookLikeThePerson(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		for _, users := range [][]string{{"ann"}, {"jan", "Ann <ANN@exämple.org>"}, {"joann"}, {"joann@exämple.org", "annie"}} {
			if err := s.Refuse(ctx, request.Refusal{Site: site, At: noon, Users: users, Path: "/api/v1/events", Case: users[0]}); err != nil {
				t.Fatal(err)
			}
		}
		for path, detail := range map[string]string{"/api/v1/suppressions/ann@exämple.org": "", "/x": "ann@exämple.org is no user", "/ann": "joann@exämple.org is no user",
			"/api/v1/users/ann/preferences": "", "/api/v1/suppressions/ANN%40xn--exmple-cua.org": "", "/api/v1/users/joann": ""} {
			if err := s.Refuse(ctx, request.Refusal{Site: site, At: noon, Path: path, Detail: detail, Users: []string{"someone"}}); err != nil {
				t.Fatal(err)
			}
		}
		for _, address := range []string{"ann@xn--exmple-cua.org", "joann@exämple.org", "ann@exämple.org.pl"} {
			if err := s.Suppress(ctx, site, message.Suppression{Address: address, Reason: message.Bounced, Since: noon}); err != nil {
				t.Fatal(err)
			}
		}
		begin := func(f message.Filter, ended bool) message.ID {
			o := request.Operation{ID: message.NewID(message.OperationIDs), Site: site, Action: request.ActRetry, Filter: f, Status: request.Running, CreatedAt: noon, UpdatedAt: noon}
			if _, _, err := s.AddOperation(ctx, nil, o); err != nil {
				t.Fatal(err)
			}
			if ended {
				if err := s.StopOperation(ctx, site, o.ID, noon); err != nil {
					t.Fatal(err)
				}
			}
			return o.ID
		}
		erased := []message.ID{begin(message.Filter{To: "ANN@exämple.org"}, true), begin(message.Filter{User: "ann"}, true)}
		kept := []message.ID{begin(message.Filter{To: "joann@exämple.org", Case: "ann"}, true), begin(message.Filter{User: "ann"}, false)}
		for _, to := range []string{"Ann <ann@exämple.org>", "joann@exämple.org"} {
			if err := s.Keep(ctx, message.Kept{Site: site, ID: message.NewID(message.KeptIDs), To: []string{to}, At: noon}); err != nil {
				t.Fatal(err)
			}
		}
		eraseAnn(t, s)
		of, err := s.Refusals(ctx, site, "", []string{"ann", "jan", "joann", "annie", "someone"}, noon, 100)
		if err != nil || len(of) != 4 {
			t.Errorf("%d refusals stay, want 4: %+v, %v", len(of), of, err)
		}
		suppressed, err := s.Suppressions(ctx, site, "", 10)
		if err != nil || len(suppressed) != 2 {
			t.Errorf("suppressed stay %+v, %v", suppressed, err)
		}
		for _, id := range erased {
			if o, err := s.Operation(ctx, site, id); err != nil || o.Filter.To+o.Filter.User != "erased" {
				t.Errorf("an operation tells %+v, %v", o.Filter, err)
			}
		}
		for _, id := range kept {
			if o, err := s.Operation(ctx, site, id); err != nil || o.Filter.To+o.Filter.User == "erased" {
				t.Errorf("an operation of others tells %+v, %v", o.Filter, err)
			}
		}
		if mails, err := s.KeptMails(ctx, site, "", 10); err != nil || len(mails) != 1 || mails[0].To[0] != "joann@exämple.org" {
			t.Errorf("test mails stay: %+v, %v", mails, err)
		}
	})
}

// L6, T11: of a message to the person nothing is left, not the case's title either; of one to
// others only the person goes, out of the answers of servers, too.
func TestMessagesOfThePersonAreErased(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		ctx := t.Context()
		own, both, others := deferred(1), direct(1), direct(2)
		own.UserID, own.To, own.Case.Title, own.Status, own.DueAt, own.QueuedAt = "ann", []message.Address{{Email: "old@example.org"}}, "Eviction of Ann", message.Pending, noon, noon
		both.To = []message.Address{{Email: "joann@exämple.org", Name: "Jo"}, {Email: "ANN@xn--exmple-cua.org", Name: "Ann"}}
		others.To, others.ReplyTo = []message.Address{{Email: "joann@exämple.org"}, {Email: "jan@example.org"}}, message.Mailboxes{{Email: "ann@exämple.org"}}
		accept(t, s, own, both, others)
		claimed, err := s.Claim(ctx, message.Lane{Site: site}, 10, noon, eight)
		if err != nil || len(claimed) != 3 {
			t.Fatal(len(claimed), err)
		}
		for _, m := range claimed {
			o := accepted(m)
			o.Move, o.Reached = message.Fail, true
			o.Rejected, o.Attempt.Rejected = []string{"ANN@xn--exmple-cua.org", "joann@exämple.org"}, []string{"ANN@xn--exmple-cua.org", "joann@exämple.org"}
			o.Error = &message.Failure{Category: message.AddressUnknown, Code: "550", Text: "550 <ann@exämple.org> and <joann@exämple.org> are unknown"}
			o.Attempt.Failure, o.Attempt.Response = o.Error, o.Error.Text
			settle(t, s, 1, o)
		}
		read := func(m message.Message) (message.Message, string) {
			now, err := s.Message(ctx, site, m.ID)
			if err != nil {
				t.Fatal(err)
			}
			tries, err := s.Attempts(ctx, now)
			if err != nil {
				t.Fatal(err)
			}
			b, err := json.Marshal([]any{now.Envelope, now.Rejected, now.Remaining, now.Error, tries})
			if err != nil {
				t.Fatal(err)
			}
			return now, string(b)
		}
		if err := s.EraseMessages(ctx, site, ann, []message.Message{own, both, others}); err != nil {
			t.Fatal(err)
		}
		if m, said := read(own); m.Case.Title+m.Case.URL+m.Summary+m.Subject != "" || ann.In(said) || len(m.Everyone()) > 0 {
			t.Errorf("of the person's message is left %+v, %s", m, said)
		}
		jo := message.Someone{Email: "joann@exämple.org"}
		if m, said := read(both); m.Subject == "" || ann.In(said) || !jo.In(said) || len(m.Rejected) != 1 || len(m.To) != 1 {
			t.Errorf("of a message to both is left %+v, %s", m, said)
		}
		if m, said := read(others); m.Subject == "" || ann.In(said) || len(m.To) != 2 || len(m.ReplyTo) > 0 {
			t.Errorf("of a message to others is left %+v, %s", m, said)
		}
	})
}
