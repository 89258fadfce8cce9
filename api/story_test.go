package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"notifier/api"
	"notifier/jobs"
	"notifier/letter"
	"notifier/message"
	"notifier/schedule"
	"notifier/store/storetest"
)

// TestADayOfAWorkflowEngine is one Monday, told by the requests of an engine and an admin
// and by the mails that leave. Warsaw is an hour ahead.
func TestADayOfAWorkflowEngine(t *testing.T) {
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			url, relay := storetest.URL(t, database), catchMail(t)
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(time.Date(2000, 1, 3, 8, 0, 0, 0, time.UTC)))
				h := &house{T: t, store: storetest.Open(t, url), relay: relay, finished: make(chan schedule.Run, 1)}
				if err := h.store.AddSite(ctx, site, "UTC", time.Now()); err != nil {
					t.Fatal(err)
				}
				h.work(
					jobs.Plan{Name: schedule.Reminders, Spec: schedule.Spec{Every: "15m"}},
					jobs.Plan{Name: schedule.UserNotifications, Spec: schedule.Spec{Cron: "0 * * * *"}},
					jobs.Plan{Name: schedule.Notifications, Spec: schedule.Spec{Every: "3m"}, Wake: true, Everywhere: true},
				)
				day(&story{house: h, door: api.Handler(api.NewBackend(h.desk, h.store), h.timetable, api.Options{Gate: entrance(h.store, key), Keys: entrance(h.store, key), Write: letter.Writer{}.Write}, zap.NewNop())})
			})
		})
	}
}

func day(s *story) {
	s.at("08:01", "the engine makes people and what they have chosen known")
	s.ok("PUT", "/users/anna", `{"email":"anna@example.org","name":"Anna","timezone":"Europe/Warsaw"}`)
	s.ok("PUT", "/users/jan", `{"email":"jan@example.org","timezone":"Europe/Warsaw"}`)
	s.ok("PUT", "/users/ewa", `{"email":"ewa@example.org","timezone":"Europe/Warsaw"}`)
	s.ok("PUT", "/users/jan/preferences", `{"case_received":"hourly","case_changed":"hourly"}`)
	s.ok("PUT", "/users/ewa/preferences", `{"case_received":"daily","case_changed":"never","daily_at":"17:30"}`)
	s.ok("PUT", "/groups/clerks", `{"users":["anna","jan"]}`)

	s.at("08:02", "Anna passes a case on: she gets no mail, Jan and Ewa not yet")
	s.ok("POST", "/events", `{"id":"e1","kind":"case_received","users":["anna","jan","ewa"],"actor":"anna","case":{"id":"A-1","title":"Lease","stage":"review"}}`)
	s.at("08:40", "somebody comments: Anna hears at once, Jan with the hour, Ewa never")
	s.ok("POST", "/events", `{"id":"e2","kind":"case_changed","users":["anna","jan","ewa"],"actor":"ola","case":{"id":"A-1","title":"Lease"},"summary":"Ola commented"}`)
	s.mails("08:40 anna@example.org A-1 Lease: Ola commented")
	s.at("09:01", "Jan's hour has come")
	s.mails("09:00 jan@example.org A-1 Lease: 2 notifications")

	s.at("09:30", "the case gets a deadline")
	s.ok("PUT", "/deadlines/A-1:review", `{"due_at":"2000-01-03T12:00:00Z","users":["jan","ewa"],"case":{"id":"A-1","title":"Lease","stage":"review"},"remind_before":["1h"]}`)
	s.at("11:20", "an hour before it both are reminded, whatever they have chosen")
	s.mails("11:00 ewa@example.org Due today", "11:00 jan@example.org Due today")
	s.at("11:30", "the case moves on: nobody is reminded any more")
	s.ok("POST", "/events", `{"kind":"case_received","users":["anna"],"actor":"anna","case":{"id":"A-1","title":"Lease","stage":"signature"}}`)
	s.at("12:30", "")
	s.mails()

	s.at("12:31", "a direct message leaves at once")
	s.ok("POST", "/messages", `{"to":["clerks","Guest <guest@example.net>"],"subject":"Contract ready","text":"It lies on your desk."}`)
	s.mails("12:31 anna@example.org Contract ready", "12:31 guest@example.net Contract ready", "12:31 jan@example.org Contract ready")
	s.at("13:00", "the admin pauses Notifications")
	s.ok("POST", "/jobs/notifications/pause", `{"note":"the relay is being mended"}`)
	id := s.ok("POST", "/messages", `{"to":["ewa"],"subject":"A question","text":"Is it ready?"}`)["messages"].([]any)[0].(map[string]any)["id"].(string)
	s.at("13:30", "")
	s.mails()
	s.ok("POST", "/jobs/notifications/run", "")
	s.at("13:31", "but it runs when somebody asks for it")
	s.mails("13:30 ewa@example.org A question")
	s.ok("POST", "/jobs/notifications/resume", "")
	if got := s.ok("GET", "/messages/"+id, ""); got["status"] != "sent" || got["attempts"] != 1.0 {
		s.Errorf("the question is %v after %v attempts, want sent after 1", got["status"], got["attempts"])
	}

	s.at("14:02", "the admin lets UserNotifications run every 20 minutes: it does not run by itself because of that")
	s.ok("PATCH", "/jobs/user_notifications", `{"every":"20m"}`)
	s.ok("PUT", "/users/ewa/preferences", `{"case_received":"immediately"}`)
	s.at("14:19", "Ewa wants everything at once, so what waited for 17:30 is due with the next run")
	s.mails()
	s.at("14:21", "")
	s.mails("14:20 ewa@example.org A-1 Lease")
	runs := s.ok("GET", "/jobs/user_notifications/runs?limit=2", "")["data"].([]any)
	if at(runs[0], "scheduled_at") != "2000-01-03T14:20:00Z" || at(runs[1], "scheduled_at") != "2000-01-03T14:00:00Z" {
		s.Errorf("UserNotifications ran at %v and %v, want 14:20 and 14:00", at(runs[0], "scheduled_at"), at(runs[1], "scheduled_at"))
	}

	s.at("15:00", "an address does not exist; a person mends that and tries again")
	s.relay.Refuse("new@example.net", 550)
	s.ok("POST", "/messages", `{"id":"m9","to":["new@example.net"],"subject":"Welcome","text":"Hello."}`)
	s.mails()
	failed := s.ok("GET", "/messages?status=error", "")["data"].([]any)
	if len(failed) != 1 || at(failed[0], "error", "category") != string(message.AddressUnknown) {
		s.Fatalf("in error are %v, want the welcome", failed)
	}
	s.ok("POST", "/messages/"+at(failed[0], "id").(string)+"/retry", "")
	s.mails("15:00 new@example.net Welcome")
	s.at("16:00", "a mail that a person releases, and one for later")
	manual := s.ok("POST", "/messages", `{"to":["jan"],"subject":"Offer","text":"…","manual":true}`)["messages"].([]any)[0]
	s.ok("POST", "/messages", `{"to":["jan"],"subject":"Lunch?","text":"…","send_at":"2000-01-03T16:30:00Z"}`)
	s.mails()
	s.ok("POST", "/messages/"+at(manual, "id").(string)+"/release", "")
	s.mails("16:00 jan@example.org Offer")
	s.at("16:31", "")
	s.mails("16:30 jan@example.org Lunch?")
}

// story tells a day.
type story struct {
	*house
	door http.Handler
	read int // mails that were told of
}

// at lets time pass until that hour, and says what happens then.
func (s *story) at(clock, happens string) {
	s.Helper()
	hour, err := time.Parse("15:04", clock)
	if err != nil {
		s.Fatal(err)
	}
	synctest.Wait()
	time.Sleep(time.Until(time.Date(2000, 1, 3, hour.Hour(), hour.Minute(), 0, 0, time.UTC)))
	synctest.Wait()
	if happens != "" {
		s.Logf("%s %s", clock, happens)
	}
}

// ok sends a request that is taken, and lets the house do what it leads to.
func (s *story) ok(method, path, body string) map[string]any {
	s.Helper()
	r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+key)
	w := httptest.NewRecorder()
	s.door.ServeHTTP(w, r)
	if w.Code/100 != 2 {
		s.Fatalf("%s %s = %d %s", method, path, w.Code, w.Body)
	}
	var answer map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		s.Fatalf("%s %s = %s: %v", method, path, w.Body, err)
	}
	synctest.Wait()
	return answer
}

// mails makes sure that these have left since it was asked last: when, to whom, and how
// the subject begins.
func (s *story) mails(want ...string) {
	s.Helper()
	var got []string
	for _, m := range s.relay.Got()[s.read:] {
		s.read++
		parsed, err := mail.ReadMessage(bytes.NewReader(m.Data))
		if err != nil {
			s.Fatal(err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
		if err != nil {
			s.Fatal(err)
		}
		got = append(got, fmt.Sprint(s.left(parsed), " ", strings.Join(m.To, ","), " ", subject))
	}
	text, wanted := sorted(strings.Join(got, "\n")), strings.Join(want, "\n")
	lines := strings.Split(text, "\n")
	fits := len(got) == len(want)
	for i := range want {
		fits = fits && strings.HasPrefix(lines[i], want[i])
	}
	if !fits {
		s.Errorf("%s: there left\n%s\nwant\n%s", time.Now().Format("15:04"), text, wanted)
	}
}

// left is when a mail left, by the queue: the relay stands outside and has another clock.
func (s *story) left(m *mail.Message) string {
	s.Helper()
	bare, _, _ := strings.Cut(strings.Trim(m.Header.Get("Message-Id"), "<>"), "@")
	for _, prefix := range []string{message.MessageIDs, message.DigestIDs} {
		if kept, err := s.store.Message(ctx, site, message.ID(prefix+"_"+bare)); err == nil {
			return kept.UpdatedAt.Format("15:04")
		}
	}
	s.Fatalf("no message has the id of %v", m.Header)
	return ""
}
