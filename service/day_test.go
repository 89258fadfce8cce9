package service

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"notifier/mail/mailtest"
	"notifier/settings"
	"notifier/store/storetest"
)

// TestADay is a day and a night of the whole program, on each database and with a real
// Postfix behind TLS. Nothing wakes the flush: all leaves at the ticks of the schedules.
func TestADay(t *testing.T) {
	t.Parallel()
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			postfix, err := mailtest.StartPostfix("", mailtest.PostfixOptions{TLS: true, Settings: []string{"smtpd_tls_security_level = encrypt"}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := postfix.Stop(); err != nil {
					t.Error(err)
				}
			}()
			url := storetest.URL(t, database)
			var sent map[string]string
			synctest.Test(t, func(t *testing.T) { sent = day(t, url, postfix) })
			wantDelivered(t, postfix, sent)
		})
	}
}

// day tells the day and returns who got which Message-ID.
func day(t *testing.T, url string, postfix *mailtest.Postfix) map[string]string {
	o := &office{T: t, environment: []string{
		"NOTIFIER_DATABASE__URL=" + url, "NOTIFIER_HTTP__KEY=" + testKey,
		"NOTIFIER_SMTP__HOST=127.0.0.1", "NOTIFIER_SMTP__PORT=" + strconv.Itoa(postfix.Port()), "NOTIFIER_SMTP__TLS=starttls",
		"NOTIFIER_SMTP__CA_FILE=" + postfix.CAFile(), "NOTIFIER_SMTP__FROM=Workflow <workflow@example.org>",
		"NOTIFIER_JOBS__NOTIFICATIONS__WAKE=false", "NOTIFIER_RETRY__MAX_ATTEMPTS=1000",
	}}
	o.at("Mon 08:00")
	o.opens()
	o.people()

	o.at("Mon 08:10")
	o.call(202, "POST", "/events", `{"id":"e1","kind":"case_changed","users":["cleo","anna","ben","dan","eve","frank"],"case":{"id":"C-1","title":"Lease"},"summary":"Draft ready"}`)
	o.at("Mon 08:20")
	o.call(202, "POST", "/events", `{"id":"e2","kind":"case_changed","users":["anna","ben","frank"],"case":{"id":"C-2","title":"Shed"},"summary":"Comment added"}`)
	o.at("Mon 08:30")
	o.call(200, "PUT", "/deadlines/C-1", `{"users":["anna","dan"],"case":{"id":"C-1","title":"Lease"},"due_at":"2000-01-03T15:00:00Z","remind_before":["2h"],"overdue":{"every_workday":true,"max":1}}`)
	for range 2 { // the engine did not hear the first answer
		o.call(202, "POST", "/messages", `{"to":["cleo","Guest <guest@example.net>","gone550@example.net","busy450@example.net"],"subject":"Contract ready","text":"It lies on your desk."}`, "Idempotency-Key", "contract-1")
	}

	o.at("Mon 12:05")
	o.call(200, "POST", "/jobs/user_notifications/pause", `{"note":"a quiet lunch"}`)
	o.at("Mon 12:10")
	o.call(202, "POST", "/events", `{"id":"e3","kind":"case_changed","users":["anna"],"case":{"id":"C-3"},"summary":"Comment added"}`)
	o.at("Mon 14:30")
	o.call(200, "POST", "/jobs/user_notifications/resume", "")

	o.at("Mon 15:50")
	o.call(202, "POST", "/events", `{"id":"e4","kind":"case_changed","users":["anna"],"case":{"id":"C-4"},"summary":"Comment added"}`)
	o.closes()
	o.at("Mon 18:31") // between two ticks of the flush
	o.opens()
	o.at("Tue 08:10")

	o.want("sent", `
		Mon 08:12 cleo@example.org single
		Mon 08:33 cleo@example.org direct
		Mon 08:33 guest@example.net direct
		Mon 09:00 anna@example.org digest
		Mon 13:00 anna@example.org deadline
		Mon 13:00 dan@example.org deadline
		Mon 15:00 anna@example.org deadline
		Mon 15:00 anna@example.org single
		Mon 15:00 dan@example.org deadline
		Mon 18:31 anna@example.org single
		Mon 23:00 ben@example.org digest
		Tue 03:00 frank@example.org digest
		Tue 08:00 anna@example.org deadline
		Tue 08:00 dan@example.org deadline`)
	o.want("skipped", `
		Mon 08:10 dan@example.org single preference_never
		Mon 08:10  single no_address`)
	o.want("error", "Mon 08:33 gone550@example.net direct address_unknown")
	o.wantStillTried("busy450@example.net")
	sent := o.messageIDs()
	o.closes()
	return sent
}

// office is where the day happens.
type office struct {
	*testing.T
	environment []string
	house       *Service
	door        http.Handler
}

func (o *office) opens() {
	o.Helper()
	config, err := settings.Load(os.DevNull, o.environment)
	if err != nil {
		o.Fatal(err)
	}
	if o.house, err = Open(o.Context(), config, zaptest.NewLogger(o, zaptest.Level(zap.ErrorLevel))); err != nil {
		o.Fatal(err)
	}
	if err := o.house.Migrate(o.Context()); err != nil {
		o.Fatal(err)
	}
	if err := o.house.timetable.Start(o.Context()); err != nil {
		o.Fatal(err)
	}
	o.door = o.house.handler(nil)
}

func (o *office) closes() {
	o.Helper()
	if err := o.house.timetable.Stop(); err != nil {
		o.Error(err)
	}
	if err := o.house.Close(); err != nil {
		o.Error(err)
	}
}

// at lets time pass: "Mon 08:10" is in the first whole week of 2000, in UTC.
func (o *office) at(when string) {
	o.Helper()
	hour, err := time.Parse("Mon 15:04", when)
	if err != nil {
		o.Fatal(err)
	}
	days := map[string]int{"Mon": 3, "Tue": 4}
	synctest.Wait()
	time.Sleep(time.Until(time.Date(2000, 1, days[when[:3]], hour.Hour(), hour.Minute(), 0, 0, time.UTC)))
	synctest.Wait()
}

func (o *office) people() {
	o.Helper()
	for _, p := range []struct{ id, user, preferences string }{
		{"cleo", `{"email":"cleo@example.org","name":"Cleo"}`, `{}`},
		{"anna", `{"email":"anna@example.org","timezone":"Europe/Warsaw"}`, `{"case_changed":"hourly"}`},
		{"ben", `{"email":"ben@example.org","timezone":"America/New_York"}`, `{"case_changed":"daily","daily_at":"17:45"}`},
		{"dan", `{"email":"dan@example.org"}`, `{"case_changed":"never","case_received":"never"}`},
		{"eve", `{"name":"Eve, who has no address"}`, `{}`},
		{"frank", `{"email":"frank@example.org","timezone":"Asia/Kolkata"}`, `{"case_changed":"weekly","weekly_on":"tuesday"}`},
	} {
		o.call(200, "PUT", "/users/"+p.id, p.user)
		o.call(200, "PUT", "/users/"+p.id+"/preferences", p.preferences)
	}
}

// call sends a request, with headers in pairs, and lets all that it leads to happen.
func (o *office) call(status int, method, path, body string, headers ...string) map[string]any {
	o.Helper()
	r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+testKey)
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	w := httptest.NewRecorder()
	o.door.ServeHTTP(w, r)
	if w.Code != status {
		o.Fatalf("%s %s = %d %s, want %d", method, path, w.Code, w.Body, status)
	}
	var answer map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		o.Fatalf("%s %s = %s: %v", method, path, w.Body, err)
	}
	synctest.Wait()
	return answer
}

// messages lists those with a status, the oldest first.
func (o *office) messages(status string) []map[string]any {
	o.Helper()
	var all []map[string]any
	for _, m := range o.call(200, "GET", "/messages?limit=200&status="+status, "")["data"].([]any) {
		all = append(all, m.(map[string]any))
	}
	slices.Reverse(all)
	return all
}

// want compares when messages came to a status, to whom, of which type and why.
func (o *office) want(status, want string) {
	o.Helper()
	var got []string
	for _, m := range o.messages(status) {
		at, err := time.Parse(time.RFC3339, m["updated_at"].(string))
		if err != nil {
			o.Fatal(err)
		}
		line := at.Format("Mon 15:04") + " " + fmt.Sprint(m["to"], " ", m["type"])
		switch status {
		case "error":
			line += fmt.Sprint(" ", m["error_category"])
		case "skipped":
			line += fmt.Sprint(" ", m["reason"])
		}
		got = append(got, line)
	}
	var wanted []string
	for line := range strings.SplitSeq(strings.TrimSpace(want), "\n") {
		wanted = append(wanted, strings.TrimSpace(line))
	}
	slices.Sort(got)
	if slices.Sort(wanted); !slices.Equal(got, wanted) {
		o.Errorf("%s are\n%s\nwant\n%s", status, strings.Join(got, "\n"), strings.Join(wanted, "\n"))
	}
}

// wantStillTried makes sure that a busy mailbox was tried again and again, and waits.
func (o *office) wantStillTried(to string) {
	o.Helper()
	for _, m := range o.messages("pending") {
		if m["to"] == to {
			if m["attempts"].(float64) < 10 || m["error_category"] == nil {
				o.Errorf("%s: %v attempts, %v; want at least ten in a day", to, m["attempts"], m["error_category"])
			}
			return
		}
	}
	o.Errorf("nothing waits for %s", to)
}

func (o *office) messageIDs() map[string]string {
	o.Helper()
	all := map[string]string{}
	for _, m := range o.messages("sent") {
		all[m["message_id"].(string)] = m["to"].(string)
	}
	return all
}

// wantDelivered makes sure that Postfix delivered just these mails, once each.
func wantDelivered(t *testing.T, postfix *mailtest.Postfix, sent map[string]string) {
	t.Helper()
	if err := postfix.Wait(t.Context(), len(sent)); err != nil {
		t.Fatal(err)
	}
	for _, m := range postfix.Got() {
		parsed, err := mail.ReadMessage(bytes.NewReader(m.Data))
		if err != nil {
			t.Fatal(err)
		}
		id := parsed.Header.Get("Message-Id")
		if to := sent[id]; len(m.To) != 1 || m.To[0] != to {
			t.Errorf("Postfix delivered %s to %v, want to %q", id, m.To, to)
		}
		delete(sent, id)
	}
	for id, to := range sent {
		t.Errorf("%s for %s was never delivered", id, to)
	}
}
