package console_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"notifier/access"
	"notifier/message"
	"notifier/preferences"
)

// What is new is told within two seconds; the stream ends with the service.
func TestStream(t *testing.T) {
	h := open(t)
	server := httptest.NewServer(h.pages)
	defer server.Close()
	r, err := http.NewRequest("GET", server.URL+"/stream?q=&after=", nil)
	if err != nil {
		h.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "notifier_session", Value: h.tokens[access.Viewer]})
	response, err := server.Client().Do(r)
	if err != nil {
		h.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	beat := func() (b struct{ Messages, New int }) {
		for lines.Scan() {
			if data, is := strings.CutPrefix(lines.Text(), "data: "); is {
				if err := json.Unmarshal([]byte(data), &b); err != nil {
					h.Fatal(err)
				}
				return b
			}
		}
		h.Fatalf("the stream ended: %v", lines.Err())
		return b
	}
	if b := beat(); b.New != 0 || b.Messages != 0 {
		h.Errorf("at first %+v", b)
	}
	h.send(2, false)
	began := time.Now()
	if b := beat(); b.New == 0 || time.Since(began) > 2*time.Second {
		h.Errorf("after two messages %+v, in %s", b, time.Since(began))
	}
	close(h.stop)
	for lines.Scan() {
	}
}

func TestPeople(t *testing.T) {
	h := open(t)
	u := preferences.User{ID: "anna", Email: "anna@example.org", Name: "Anna", Timezone: "Europe/Warsaw"}
	if _, err := h.desk.SetUser(h.Context(), h.call(), u); err != nil {
		h.Fatal(err)
	}
	p := preferences.Preferences{Frequencies: map[message.Kind]preferences.Frequency{message.CaseChanged: preferences.Daily}}
	if _, err := h.desk.SetPreferences(h.Context(), h.call(), "anna", p); err != nil {
		h.Fatal(err)
	}
	if _, _, err := h.desk.Notify(h.Context(), h.call(), message.Event{Kind: message.CaseChanged, Users: []string{"anna"}, Case: message.Case{ID: "C-1"}}); err != nil {
		h.Fatal(err)
	}
	h.wants(h.ask(access.Viewer, "GET", "/people", nil), http.StatusOK, "anna@example.org")
	h.wants(h.ask(access.Viewer, "GET", "/people?id=nobody", nil), http.StatusOK, "There is no user with this id")
	if w := h.ask(access.Viewer, "GET", "/people?id=anna", nil); w.Header().Get("Location") != "/people/anna" {
		h.Errorf("anna is not found: %d", w.Code)
	}
	h.wants(h.ask(access.Viewer, "GET", "/people/anna", nil), http.StatusOK, "Once a day, 08:00", "always sent", "C-1", "· test")
	h.wants(h.ask(access.Support, "GET", "/people/anna/digest", nil), http.StatusOK, "C-1")
	h.wants(h.ask(access.Support, "GET", "/people/anna/digest/html", nil), http.StatusOK, "C-1")
	defer func() {
		w := h.ask(access.Support, "POST", "/people/anna/send", url.Values{})
		h.wants(h.ask(access.Support, "GET", w.Header().Get("Location"), nil), http.StatusOK, "It leaves with the next run", "Pending")
		h.wants(h.ask(access.Support, "POST", "/people/anna/send", url.Values{}), http.StatusNotFound)
	}()
	h.wants(h.ask(access.Viewer, "GET", "/why?user=anna&case=C-1", nil), http.StatusOK, "Not yet", "daily digest", "What happened")
	for role, offered := range map[access.Role]bool{access.Viewer: false, access.Support: true} {
		page := h.ask(role, "GET", "/why?user=anna&case=C-1", nil).Body.String()
		for _, way := range []string{`action="/people/anna/send"`, `href="/people/anna/digest"`} {
			if strings.Contains(page, way) != offered {
				h.Errorf("what waits is offered to a %s by %s: %t, want %t", role, way, !offered, offered)
			}
		}
	}
	h.wants(h.ask(access.Viewer, "GET", "/why?user=anna&case=C-2", nil), http.StatusOK, "What comes near", "C-1")
	h.wants(h.ask(access.Viewer, "GET", "/why?user=anna&since=soon", nil), http.StatusOK, "soon")
	h.wants(h.ask(access.Viewer, "GET", "/deferred", nil), http.StatusOK, "anna 1 Case changed")
}
