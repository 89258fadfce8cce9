package console_test

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"notifier/access"
	"notifier/message"
	"notifier/request"
)

func (h *house) status(id message.ID) message.Status {
	h.Helper()
	m, err := h.store.Message(h.Context(), site, id)
	if err != nil {
		h.Fatal(err)
	}
	return m.Status
}

func (h *house) run(at time.Time) {
	h.Helper()
	if _, err := h.operate.Run(h.Context(), at); err != nil {
		h.Fatal(err)
	}
}

// Mail is withdrawn ten seconds after somebody asked for it, unless it is undone, or wanted
// at once.
func TestUndo(t *testing.T) {
	h := open(t)
	ids := h.send(3, false)
	withdraw := func(id message.ID) (page, operation string) {
		w := h.ask(access.Support, "POST", "/messages/"+string(id)+"/cancel", url.Values{})
		page = w.Header().Get("Location")
		u, err := url.Parse(page)
		if w.Code != http.StatusSeeOther || err != nil || !strings.HasPrefix(u.Query().Get("operation"), "op_") {
			h.Fatalf("withdrawn: %d, %s", w.Code, page)
		}
		return page, "/operations/" + u.Query().Get("operation")
	}
	soon := time.Now().UTC()
	late := func() time.Time { return time.Now().UTC().Add(request.UndoWithin + time.Second) }

	page, operation := withdraw(ids[0])
	h.wants(h.ask(access.Support, "GET", page, nil), http.StatusOK, "Cancelling 1 mail", "Until then nothing is done, and mail may still leave", "Undo", "Do it now")
	h.run(soon)
	w := h.ask(access.Support, "POST", operation+"/stop", url.Values{"back": {page}})
	h.wants(h.ask(access.Support, "GET", w.Header().Get("Location"), nil), http.StatusOK, "Undone: nothing was withdrawn", "It was undone before it began")
	h.run(late())
	if got := h.status(ids[0]); got != message.Pending {
		h.Errorf("what was undone is %s", got)
	}

	_, operation = withdraw(ids[1])
	if w := h.ask(access.Support, "POST", operation+"/begin", url.Values{"back": {"//elsewhere.example"}}); w.Header().Get("Location") != operation {
		h.Errorf("begun at once, and led to %q", w.Header().Get("Location"))
	}
	h.run(time.Now().UTC())
	if got := h.status(ids[1]); got != message.Cancelled {
		h.Errorf("what was wanted at once is %s", got)
	}

	withdraw(ids[2])
	h.run(late())
	if got := h.status(ids[2]); got != message.Cancelled {
		h.Errorf("what was not undone is %s", got)
	}
	h.wants(h.ask(access.Support, "POST", "/messages/"+string(ids[2])+"/cancel", url.Values{}), http.StatusConflict)

	h.ask(access.Manager, "POST", "/jobs/notifications/pause", url.Values{"note": {"a moment"}})
	paused := h.ask(access.Manager, "GET", "/jobs/notifications?done=pause", nil)
	h.wants(paused, http.StatusOK, "The job is paused", "Undo")
	if !strings.Contains(paused.Body.String(), `action="/jobs/notifications/resume"`) {
		h.Error("undoing a pause does not resume the job")
	}
	if strings.Contains(h.ask(access.Viewer, "GET", "/jobs/notifications?done=pause", nil).Body.String(), "/resume") {
		h.Error("a viewer is offered to resume the job")
	}
}

// An operation says what became of it, and leads to what failed again and what it left alone.
func TestWhatBecameOfAnOperation(t *testing.T) {
	h := open(t)
	broken, waits := h.send(2, true), h.send(1, false)
	w := h.ask(access.Support, "POST", "/operations", url.Values{"do": {"retry"}, "id": {string(broken[0]), string(broken[1]), string(waits[0])}})
	place := w.Header().Get("Location")
	h.run(time.Now().UTC())
	h.wants(h.ask(access.Support, "GET", place, nil), http.StatusOK, "Retrying 3 mails", "On the way", "3 of 3 · 2 done, 1 left alone", "2 on the way", "It was no longer in error", "2 done", "1 left alone", "guest0@example.net")
	now := time.Now().UTC()
	m, err := h.store.Message(h.Context(), site, broken[0])
	if err != nil {
		h.Fatal(err)
	}
	claimed, err := m.Do(message.Claim, now)
	if err != nil {
		h.Fatal(err)
	}
	failed, err := claimed.Do(message.Fail, now)
	if err != nil {
		h.Fatal(err)
	}
	failed.Error = &message.Failure{Category: message.MailboxFull}
	if err := h.store.Replace(h.Context(), m, failed); err != nil {
		h.Fatal(err)
	}
	page := h.ask(access.Support, "GET", place, nil)
	h.wants(page, http.StatusOK, "1 failed again")
	id := strings.TrimPrefix(place, "/operations/")
	h.wants(h.ask(access.Support, "GET", "/messages?q=operation:"+id+"+status:error", nil), http.StatusOK, "1 message matches")
	h.wants(h.ask(access.Support, "GET", "/messages?q=operation:"+id, nil), http.StatusOK, "2 messages match")
}

func TestSearchHelps(t *testing.T) {
	h := open(t)
	h.send(3, true)
	h.wants(h.ask(access.Viewer, "GET", "/messages?q=stauts:eror", nil), http.StatusOK, "Did you mean", "status:error")
	nothing := h.ask(access.Viewer, "GET", "/messages?q=status:error+code:553", nil)
	h.wants(nothing, http.StatusOK, "Nothing matches status:error code:553", "3 match without code:553")
	if strings.Contains(text(nothing), "without status:error") {
		h.Error("a word is offered to be left out that changes nothing")
	}
	w := h.ask(access.Viewer, "GET", "/words?lang=pl", nil)
	var words []struct {
		Word, Says string
		Values     []struct{ Word, Says string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &words); err != nil || len(words) < 15 {
		h.Fatalf("%d words, %v", len(words), err)
	}
	values := map[string]string{}
	for _, q := range words {
		for _, v := range q.Values {
			values[q.Word+":"+v.Word] = v.Says
		}
	}
	for word, says := range map[string]string{"status:error": "Błąd", "kind:case_changed": "Zmiana w sprawie", "account:default": "127.0.0.1:25", "since:24h": "", "category:mailbox_full": "Skrzynka jest pełna."} {
		if got, found := values[word]; !found || got != says {
			h.Errorf("%s is offered as %q, %t; want %q", word, got, found, says)
		}
	}
}

func TestOwnViews(t *testing.T) {
	h := open(t)
	w := h.ask(access.Viewer, "POST", "/views", url.Values{"name": {"Mine"}, "q": {"status:error since:1h"}})
	h.wants(h.ask(access.Viewer, "GET", w.Header().Get("Location"), nil), http.StatusOK, "The search is kept", "My views Mine")
	if strings.Contains(text(h.ask(access.Support, "GET", "/messages", nil)), "Mine") {
		h.Error("somebody else sees a view")
	}
	h.wants(h.ask(access.Viewer, "POST", "/views", url.Values{"name": {" "}, "q": {"x"}}), http.StatusUnprocessableEntity, "needs a name")
	h.wants(h.ask(access.Viewer, "POST", "/views", url.Values{"name": {"Empty"}, "q": {""}}), http.StatusUnprocessableEntity, "search for something first")
	h.wants(h.ask(access.Manager, "GET", "/audit", nil), http.StatusOK, "viewer@example.net Search saved save-view /views")
	h.ask(access.Viewer, "POST", "/views/remove", url.Values{"name": {"Mine"}})
	if strings.Contains(text(h.ask(access.Viewer, "GET", "/messages", nil)), "Mine") {
		h.Error("a view stays after it was removed")
	}
}

// An export has all that a search finds, starts no formula in a spreadsheet, and is in the
// audit.
func TestExport(t *testing.T) {
	h := open(t)
	h.send(450, false)
	if _, _, err := h.desk.SendMessage(h.Context(), h.call(), message.Draft{
		To: []message.Recipient{{Address: message.Address{Email: "evil@example.net"}}}, Subject: `=HYPERLINK("https://evil.example")`, Text: "x",
	}); err != nil {
		h.Fatal(err)
	}
	w := h.ask(access.Viewer, "POST", "/export", url.Values{"q": {"status:pending"}})
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
		h.Fatalf("%d %v", w.Code, w.Header())
	}
	rows, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || len(rows) != 452 {
		h.Fatalf("%d rows, %v; want 452", len(rows), err)
	}
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		seen[row[0]] = true
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				h.Errorf("a spreadsheet would run %q", cell)
			}
		}
	}
	if len(seen) != 451 {
		h.Errorf("%d different messages, want 451", len(seen))
	}
	if _, err := h.store.Message(h.Context(), site, message.ID(rows[1][0])); err != nil || rows[0][0] != "id" {
		h.Errorf("the first row is %q under %q: %v", rows[1], rows[0], err)
	}
	h.wants(h.ask(access.Viewer, "POST", "/export", url.Values{"q": {"stauts:x"}}), http.StatusUnprocessableEntity, "Did you mean")
	h.wants(h.ask(access.Manager, "GET", "/audit", nil), http.StatusOK, "viewer@example.net Messages exported export-messages /export")
}

func TestHoldAndCopies(t *testing.T) {
	h := open(t)
	ids := h.send(2, false)
	place := h.ask(access.Support, "POST", "/operations", url.Values{"do": {"hold"}, "id": {string(ids[0])}}).Header().Get("Location")
	h.run(time.Now().UTC())
	h.wants(h.ask(access.Support, "GET", place, nil), http.StatusOK, "Holding 1 mail", "1 of 1 · 1 done")
	if got := h.status(ids[0]); got != message.PendingManual {
		h.Errorf("it is %s", got)
	}
	path := "/messages/" + string(ids[1])
	copied := h.ask(access.Support, "POST", path+"/copy", url.Values{"to": {"Jan <jan@example.net>"}}).Header().Get("Location")
	h.wants(h.ask(access.Support, "GET", copied, nil), http.StatusOK, "The copy is on its way", "jan@example.net", "Contract &lt;ready&gt;")
	same := h.ask(access.Support, "POST", path+"/copy", url.Values{}).Header().Get("Location")
	h.wants(h.ask(access.Support, "GET", same, nil), http.StatusOK, "guest1@example.net")
	if w := h.ask(access.Viewer, "POST", path+"/copy", url.Values{}); w.Code != http.StatusForbidden {
		h.Errorf("a viewer sends a copy: %d", w.Code)
	}
	curl := h.ask(access.Support, "GET", path+"/mail?view=curl", nil)
	h.wants(curl, http.StatusOK, "curl http://example.com/api/v1/messages", "Bearer $NOTIFIER_KEY", "guest1@example.net", "The secret text")
	h.wants(h.ask(access.Support, "GET", path+"/mail?view=dark", nil), http.StatusOK, "Dark")
	h.wants(h.ask(access.Manager, "GET", "/audit", nil), http.StatusOK, path+"/copy", "open-message "+path+"/mail")
}

func TestFirstSteps(t *testing.T) {
	h := open(t)
	h.wants(h.ask(access.Viewer, "GET", "/messages", nil), http.StatusOK, "No mail yet. Send the first one", "curl http://example.com/api/v1/messages", "viewer@example.net")
	if w := h.ask(access.Viewer, "POST", "/test", url.Values{}); w.Code != http.StatusForbidden {
		h.Errorf("a viewer sends a test: %d", w.Code)
	}
	w := h.ask(access.Support, "POST", "/test", url.Values{})
	h.wants(h.ask(access.Support, "GET", w.Header().Get("Location"), nil), http.StatusOK, "The test is on its way", "support@example.net")
}

func TestSuppressAnAddress(t *testing.T) {
	h := open(t)
	path := "/messages/" + string(h.send(1, true)[0])
	h.wants(h.ask(access.Support, "GET", path, nil), http.StatusOK, "guest0@example.net Write to it no more")
	w := h.ask(access.Support, "POST", "/suppress", url.Values{"address": {"guest0@example.net"}, "back": {path}})
	if w.Header().Get("Location") != path+"?done=suppress" {
		h.Errorf("led to %q", w.Header().Get("Location"))
	}
	page := h.ask(access.Support, "GET", path+"?done=suppress", nil)
	h.wants(page, http.StatusOK, "This address is written to no more")
	if strings.Contains(page.Body.String(), `action="/suppress"`) {
		h.Error("it is offered again")
	}
	h.wants(h.ask(access.Support, "POST", "/suppress", url.Values{"address": {"nobody"}}), http.StatusUnprocessableEntity)
}

// Errors are grouped by what went wrong and where; whoever is refused may be written to no
// more.
func TestErrorsByServer(t *testing.T) {
	h := open(t)
	h.send(2, true)
	h.wants(h.ask(access.Support, "GET", "/errors", nil), http.StatusOK, "▲ 2 The mailbox is full. 552 5.2.2 127.0.0.1:25", "552 5.2.2 mailbox full Copy", "guest0@example.net Write to it no more", "guest1@example.net")
	h.ask(access.Support, "POST", "/suppress", url.Values{"address": {"Guest0@example.net"}, "note": {"mailbox full"}})
	page := text(h.ask(access.Support, "GET", "/errors", nil))
	if strings.Contains(page, "guest0@example.net") || !strings.Contains(page, "guest1@example.net") {
		h.Errorf("after one was suppressed: %s", page)
	}
	if strings.Contains(text(h.ask(access.Viewer, "GET", "/errors", nil)), "guest1@example.net") {
		h.Error("a viewer is offered to suppress an address")
	}
}

// Times are those of the device, the server or UTC, as the reader wishes.
func TestWhoseClock(t *testing.T) {
	h := open(t)
	if err := h.store.AddSite(h.Context(), site, "Asia/Kathmandu", time.Now()); err != nil {
		h.Fatal(err)
	}
	for place, want := range map[string]string{"": "Times in Europe/Warsaw", "device": "Times in Europe/Warsaw", "server": "Times in Asia/Kathmandu", "utc": "Times in UTC"} {
		r := httptest.NewRequest("GET", "/messages", nil)
		r.AddCookie(&http.Cookie{Name: "notifier_session", Value: h.tokens[access.Viewer]})
		r.AddCookie(&http.Cookie{Name: "notifier_zone", Value: "Europe/Warsaw"})
		r.AddCookie(&http.Cookie{Name: "notifier_clock", Value: place})
		w := httptest.NewRecorder()
		h.pages.ServeHTTP(w, r)
		h.wants(w, http.StatusOK, want)
	}
	w := h.ask(access.Viewer, "POST", "/view", url.Values{"clock": {"server"}, "keys": {"off"}, "back": {"/errors"}})
	if set := strings.Join(w.Header().Values("Set-Cookie"), " "); !strings.Contains(set, "notifier_clock=server") || !strings.Contains(set, "notifier_keys=off") {
		h.Errorf("kept is %s", set)
	}
	w = h.ask(access.Viewer, "POST", "/view", url.Values{"keys": {"off", "on"}})
	if set := strings.Join(w.Header().Values("Set-Cookie"), " "); !strings.Contains(set, "notifier_keys=on") {
		h.Errorf("kept is %s", set)
	}
}

// Whoever comes back to a stream is not told the same again; who gets none may ask.
func TestStreamGoesOn(t *testing.T) {
	h := open(t)
	server := httptest.NewServer(h.pages)
	defer server.Close()
	ask := func(path, last string) *http.Response {
		r, err := http.NewRequest("GET", server.URL+path, nil)
		if err != nil {
			h.Fatal(err)
		}
		r.AddCookie(&http.Cookie{Name: "notifier_session", Value: h.tokens[access.Viewer]})
		if last != "" {
			r.Header.Set("Last-Event-ID", last)
		}
		response, err := server.Client().Do(r)
		if err != nil {
			h.Fatal(err)
		}
		return response
	}
	first := ask("/stream?after=", "")
	defer first.Body.Close()
	if first.Header.Get("X-Accel-Buffering") != "no" {
		h.Error("a proxy may hold the stream up")
	}
	next := func(lines *bufio.Scanner) (id string) {
		for lines.Scan() {
			if found, is := strings.CutPrefix(lines.Text(), "id: "); is {
				return found
			}
			if lines.Text() == "retry: 3000" {
				continue
			}
		}
		return ""
	}
	id := next(bufio.NewScanner(first.Body))
	if id == "" {
		h.Fatal("an event has no id")
	}
	again := ask("/stream?after=", id)
	defer again.Body.Close()
	h.send(1, false)
	if other := next(bufio.NewScanner(again.Body)); other == id || other == "" {
		h.Errorf("after coming back the first event is %q again", other)
	}
	once := ask("/stream?once=1&after=", "")
	defer once.Body.Close()
	var beat struct{ Messages, New int }
	if err := json.NewDecoder(once.Body).Decode(&beat); err != nil || beat.New != 1 {
		h.Errorf("asked once: %+v, %v", beat, err)
	}
	close(h.stop)
}
