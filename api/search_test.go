package api_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"notifier/access"
	"notifier/message"
	"notifier/message/search"
	"notifier/request"
	"notifier/store/storetest"
)

type found struct {
	Data []struct {
		ID, To, Type string
	}
	NextCursor string `json:"next_cursor"`
	HasMore    bool   `json:"has_more"`
	Count      *int
	CountIs    string `json:"count_is"`
}

// UX 5.4, 11.1: one list of qualifiers, as parameters or in one line.
func TestSearch(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		h.people("anna", "jan")
		h.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", `{"to":["anna"],"subject":"Receipt","text":"The lease","tags":{"process":"lease"},"id":"r1"}`)
		h.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", `{"to":["x@example.net"],"subject":"Receipt","text":"Other"}`)
		var noted struct{ ID string }
		h.must(http.StatusAccepted, &noted, "POST", "/api/v1/events", `{"kind":"case_changed","users":["jan"],"case":{"id":"C-1"}}`)
		for _, row := range []struct{ query, want string }{
			{"", "jan@example.org x@example.net anna@example.org"},
			{"q=user:anna", "anna@example.org"},
			{"q=" + url.QueryEscape(`text:"the lease" since:1h`), "anna@example.org"},
			{"text=lease&since=1h", "anna@example.org"},
			{"q=since:1h&to=x@example.net", "x@example.net"},
			{"q=status:pending&type=direct", "x@example.net anna@example.org"},
			{"event=" + noted.ID, "jan@example.org"},
			{"case=C-1&kind=case_changed", "jan@example.org"},
			{"tag=process%3Dlease", "anna@example.org"},
			{"reference=r1", "anna@example.org"},
			{"job=reminders", ""},
			{"until=1h", ""},
		} {
			var list found
			h.must(http.StatusOK, &list, "GET", "/api/v1/messages?count=exact&"+row.query, "")
			var to []string
			for _, m := range list.Data {
				to = append(to, m.To)
			}
			if got := strings.Join(to, " "); got != row.want || list.HasMore || *list.Count != len(to) || list.CountIs != "exact" {
				h.Errorf("%s: %q, count %d %s; want %q", row.query, got, *list.Count, list.CountIs, row.want)
			}
		}
		for _, row := range []struct{ query, pointer, says string }{
			{"q=form:anna", "query.q", `there is no filter "form"`},
			{"q=stauts:error", "query.q", `Did you mean "status"?`},
			{"q=lease", "query.q", "has no name before it"},
			{"text=lease", "query.text", "Add since"},
			{"since=yesterday", "query.since", "is no time"},
			{"id=4711", "query.id", "is not the id of a message"},
			{"event=4711", "query.event", "is not an id of this kind"},
			{"category=full", "query.category", "There are"},
			{"job=reminders&type=digest", "query.job", "Leave one out"},
			{"stauts=error", "query.stauts", `Did you mean "status"?`},
			{"count=all", "query.count", ""},
		} {
			a := h.ask("GET", "/api/v1/messages?"+row.query, "")
			if p := a.problem(h); a.StatusCode != http.StatusUnprocessableEntity || len(p.Errors) != 1 || p.Errors[0].Pointer != row.pointer || !strings.Contains(p.Errors[0].Detail, row.says) {
				h.Errorf("%s: %d %s, want %s at %s", row.query, a.StatusCode, a.body, row.says, row.pointer)
			}
		}
		var o struct{ Total int }
		h.must(http.StatusAccepted, &o, "POST", "/api/v1/messages/actions", `{"action":"cancel","q":"status:pending to:x@example.net since:1h"}`)
		if o.Total != 1 {
			h.Errorf("an operation is for %d messages, want 1", o.Total)
		}
		for _, body := range []string{
			`{"action":"cancel","q":"stauts:pending"}`, `{"action":"cancel","q":"status:pending","filter":{"user":"anna"}}`,
			`{"action":"cancel","filter":{"status":"pending","text":"x"}}`, `{"action":"cancel","filter":{"status":"pending","event":"x"}}`,
		} {
			h.must(http.StatusUnprocessableEntity, nil, "POST", "/api/v1/messages/actions", body)
		}
	})
}

// Every qualifier is a parameter, and the other way round.
func TestParametersAreQualifiers(t *testing.T) {
	t.Parallel()
	h := open(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	var names []string
	for _, p := range list(at(spec(h).raw, "paths", "/api/v1/messages", "get", "parameters")) {
		names = append(names, at(p, "name").(string))
	}
	for _, q := range search.Qualifiers() {
		i := slices.Index(names, q.Name)
		if i < 0 {
			t.Errorf("there is no parameter %s", q.Name)
			continue
		}
		names = slices.Delete(names, i, i+1)
	}
	if want := []string{"q", "count", "limit", "cursor"}; !slices.Equal(names, want) {
		t.Errorf("the other parameters are %v, want %v", names, want)
	}
}

// A search is of the caller's own site, unless the key sees several.
func TestSearchOfASite(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		for _, name := range []string{site, "acme"} {
			if err := h.store.AddSite(ctx, name, "UTC", time.Now()); err != nil {
				h.Fatal(err)
			}
			taken, _, err := h.desk.SendMessage(ctx, request.Call{Site: name, At: time.Now()}, message.Draft{To: []message.Recipient{message.ParseRecipient(name + "@example.net")}, Subject: "x", Text: "y"})
			if err != nil || len(taken.Messages) != 1 {
				h.Fatal(taken, err)
			}
		}
		keyOf := func(name string, scopes ...access.Scope) string {
			k, secret := access.Key{Site: name, Name: "other", Scopes: scopes}.New(time.Now())
			if err := h.store.SaveKeys(ctx, k); err != nil {
				h.Fatal(err)
			}
			return "Bearer " + secret
		}
		acme, reader := keyOf("acme", access.Admin), keyOf(site, access.ReadQueue)
		for _, row := range []struct{ key, query, want string }{
			{"Bearer " + key, "q=site:acme", "acme@example.net"},
			{"Bearer " + key, "site=acme&count=exact", "acme@example.net"},
			{"Bearer " + key, "q=site:default", "default@example.net"},
			{acme, "site=acme", "acme@example.net"},
			{reader, "site=default", "default@example.net"},
		} {
			a := h.ask("GET", "/api/v1/messages?"+row.query, "", "Authorization", row.key)
			if a.StatusCode != http.StatusOK || strings.Count(string(a.body), `"to":`) != 1 || !strings.Contains(string(a.body), `"to":"`+row.want+`"`) {
				h.Errorf("%s: %d %s, want %s alone", row.query, a.StatusCode, a.body, row.want)
			}
		}
		for _, row := range []struct{ key, query, pointer, says string }{
			{"Bearer " + key, "q=site:nowhere", "query.q", "notifier site list"},
			{acme, "site=default", "query.site", "sees no other"},
			{acme, "site=nowhere", "query.site", "sees no other"},
			{reader, "q=site:acme", "query.q", "sees no other"},
		} {
			a := h.ask("GET", "/api/v1/messages?"+row.query, "", "Authorization", row.key)
			if p := a.problem(h); a.StatusCode != http.StatusUnprocessableEntity || len(p.Errors) != 1 || p.Errors[0].Pointer != row.pointer || !strings.Contains(p.Errors[0].Detail, row.says) {
				h.Errorf("%s: %d %s, want %s at %s", row.query, a.StatusCode, a.body, row.says, row.pointer)
			}
		}
		h.must(http.StatusUnprocessableEntity, nil, "POST", "/api/v1/messages/actions", `{"action":"cancel","q":"site:acme status:pending"}`)
		h.must(http.StatusAccepted, nil, "POST", "/api/v1/messages/actions", `{"action":"cancel","q":"site:default status:pending"}`)
	})
}
