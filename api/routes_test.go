package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"notifier/access"
	"notifier/message"
	"notifier/request"
	"notifier/store/storetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// script writes down requests and their answers.
type script struct {
	*house
	text strings.Builder
}

// say sends a request and writes down both sides.
func (s *script) say(method, path, body string, headers ...string) answer {
	s.Helper()
	a := s.ask(method, path, body, headers...)
	fmt.Fprintf(&s.text, "%s %s\n", method, path)
	for i := 0; i < len(headers); i += 2 {
		fmt.Fprintf(&s.text, "%s: %s\n", headers[i], headers[i+1])
	}
	if body != "" {
		fmt.Fprintf(&s.text, "%s\n", body)
	}
	fmt.Fprintf(&s.text, "\n%s\n", a.Status)
	for _, name := range []string{"Allow", "Content-Type", "Idempotent-Replayed", "Retry-After", "Www-Authenticate"} {
		if v := a.Header.Get(name); v != "" {
			fmt.Fprintf(&s.text, "%s: %s\n", name, v)
		}
	}
	var pretty bytes.Buffer
	if json.Indent(&pretty, a.body, "", "  ") != nil {
		pretty.Write(a.body)
	}
	fmt.Fprintf(&s.text, "%s\n\n", bytes.TrimSpace(times.ReplaceAllFunc(pretty.Bytes(), ofToday)))
	return a
}

var (
	ids    = regexp.MustCompile(`\b(msg|dig|evt|run|req|whk|cbk|op|key|aud|mbx|chg)_[0-9a-hjkmnp-tv-z]{26}\b`)
	bare   = regexp.MustCompile(`<[0-9a-hjkmnp-tv-z]{26}@`)
	times  = regexp.MustCompile(`\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
	whsec  = regexp.MustCompile(`whsec_[A-Za-z0-9+/]{43}=`)
	ntf    = regexp.MustCompile(`(ntf_(?:live|test)_)[A-Za-z0-9_-]{6,43}`)
	today  = regexp.MustCompile(`notifications – \d+ [A-Z][a-z]+`)
	built  = regexp.MustCompile(`"go": "go[^"]*"`)
	took   = regexp.MustCompile(`"took": "[^"]*"`)
	relay  = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	linked = regexp.MustCompile(`/p/[A-Za-z0-9_-]+`)
	when   = regexp.MustCompile(`\b[A-Z][a-z]{2} \d{1,2} [A-Z][a-z]{2} 20\d\d, \d\d:\d\d(:\d\d)? [A-Za-z/]+( \(in [^)]*\))?`)
)

// samples are the times that sentences give as examples: no day may make them today's.
var samples = regexp.MustCompile(`^2026-11-25T1[0-9]:00:00Z$`)

// ofToday replaces a time that is reckoned from now; others are part of the request.
func ofToday(text []byte) []byte {
	if samples.Match(text) {
		return text
	}
	at, err := time.Parse(time.RFC3339Nano, string(text))
	if now := time.Now(); err != nil || at.Before(now.AddDate(0, 0, -2)) || at.After(now.AddDate(0, 4, 0)) {
		return text
	}
	return []byte("TIME")
}

// normal replaces what else differs each time: ids by their order, and the relay's port.
func normal(text string) string {
	numbers := map[string]string{}
	text = ids.ReplaceAllStringFunc(text, func(id string) string {
		if numbers[id] == "" {
			prefix, _, _ := strings.Cut(id, "_")
			numbers[id] = fmt.Sprintf("%s_%d", prefix, len(numbers)+1)
		}
		return numbers[id]
	})
	text = today.ReplaceAllString(built.ReplaceAllString(text, `"go": "VERSION"`), "notifications – TODAY")
	text = linked.ReplaceAllString(text, "/p/TOKEN")
	text = ntf.ReplaceAllString(text, "${1}SECRET")
	text = when.ReplaceAllString(text, "WHEN")
	text = took.ReplaceAllString(whsec.ReplaceAllString(text, "SECRET"), `"took": "TIME"`)
	return relay.ReplaceAllString(bare.ReplaceAllString(text, "<ID@"), "RELAY")
}

// hook creates a webhook and returns its id.
func (s *script) hook(url string) string {
	s.Helper()
	var e struct{ ID string }
	s.must(http.StatusCreated, &e, "POST", "/api/v1/webhooks", fmt.Sprintf(`{"url":%q}`, url))
	return e.ID
}

// keep puts a mail into the test mailbox and returns its id.
func (s *script) keep(subject string) string {
	s.Helper()
	k := message.Kept{
		Site: access.Sandbox(site), ID: message.NewID(message.KeptIDs), Message: message.NewID(message.MessageIDs), From: "workflow@example.org",
		To: []string{"anna@example.org"}, Subject: subject, At: time.Now(), Text: "It lies on your desk.", Raw: "Subject: " + subject + "\r\n\r\nIt lies on your desk.\r\n",
	}
	if err := s.store.Keep(ctx, k); err != nil {
		s.Fatal(err)
	}
	return string(k.ID)
}

// makeKey makes a key and returns its id.
func (s *script) makeKey(body string) string {
	s.Helper()
	var k struct{ ID string }
	s.must(http.StatusCreated, &k, "POST", "/api/v1/keys", body)
	return k.ID
}

// post writes a message to nobody known into the outbox, where it is refused.
func (s *script) post(id message.ID, key string) {
	s.Helper()
	p := request.Posted{Site: site, ID: id, What: request.PostedMessage, Key: key, Request: []byte(`{"to":["nobody"]}`), WrittenAt: time.Now()}
	storetest.Post(s, s.store, p)
	if err := s.store.RefusePosted(ctx, p, `to.0: "nobody" is neither a user nor a group.`, time.Now()); err != nil {
		s.Fatal(err)
	}
}

// operate begins an operation and returns its id.
func (s *script) operate(body string) string {
	s.Helper()
	var o struct{ ID string }
	s.must(http.StatusAccepted, &o, "POST", "/api/v1/messages/actions", body)
	return o.ID
}

// golden compares a text with a file of testdata.
func golden(t testing.TB, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; go test -update writes it", err)
	}
	if text != string(want) {
		t.Errorf("%s differs; go test -update writes it anew. Got\n%s", file, text)
	}
}

const lease = `"case":{"id":"OFA/2026/1181","title":"Lease – Łódź","url":"https://bpm.example.org/c/1181"}`

func allRoutes() []played {
	return append(append(contractRoutes(), compatRoutes()...), []played{
		{"set-user", func(s *script) {
			s.say("PUT", "/api/v1/users/anna", `{"email":"anna@example.org","name":"Anna Żółkiewska","phone":"+48 601 000 000","timezone":"Europe/Warsaw","language":"pl"}`)
			s.say("PUT", "/api/v1/users/%C5%BB%20%25", `{"user":"Ż %"}`) // as in a journal
		}},
		{"get-user", func(s *script) {
			s.people("anna")
			s.say("GET", "/api/v1/users/anna", "")
		}},
		{"set-preferences", func(s *script) {
			s.people("anna")
			s.say("PUT", "/api/v1/users/anna/preferences", `{"case_received":"hourly","case_changed":"weekly","daily_at":"17:30","weekly_on":"friday","timezone":"Asia/Tokyo"}`)
			s.say("PUT", "/api/v1/users/anna/preferences", `{"user":"anna"}`)
		}},
		{"get-preferences", func(s *script) {
			s.people("anna")
			s.say("GET", "/api/v1/users/anna/preferences", "")
		}},
		{"link-to-preferences", func(s *script) {
			s.people("anna")
			s.say("POST", "/api/v1/users/anna/preferences/link", "")
			s.say("POST", "/api/v1/users/nobody/preferences/link", "")
		}},
		{"list-preference-changes", func(s *script) {
			s.people("anna")
			s.say("GET", "/api/v1/users/anna/history", "")
			s.must(http.StatusOK, nil, "PUT", "/api/v1/users/anna/preferences", `{"case_received":"never","daily_at":"17:30"}`)
			s.must(http.StatusOK, nil, "PUT", "/api/v1/users/anna/preferences", `{"case_received":"never","daily_at":"17:30"}`)
			s.say("GET", "/api/v1/users/anna/history", "")
			s.say("GET", "/api/v1/users/nobody/history", "")
		}},
		{"set-group", func(s *script) {
			s.people("anna", "jan")
			s.say("PUT", "/api/v1/groups/clerks", `{"users":["jan","anna"]}`)
			s.say("PUT", "/api/v1/groups/clerks", `{"users":[]}`)
		}},
		{"get-group", func(s *script) {
			s.people("anna", "jan")
			s.must(http.StatusOK, nil, "PUT", "/api/v1/groups/clerks", `{"users":["jan","anna"]}`)
			s.say("GET", "/api/v1/groups/clerks", "")
		}},
		{"list-groups", func(s *script) {
			s.people("anna", "jan")
			s.must(http.StatusOK, nil, "PUT", "/api/v1/groups/clerks", `{"users":["jan","anna"]}`)
			s.must(http.StatusOK, nil, "PUT", "/api/v1/groups/nobody", `{"users":[]}`)
			s.say("GET", "/api/v1/groups?limit=1", "")
			s.say("GET", "/api/v1/groups?limit=1&cursor=clerks", "")
		}},
		{"remove-group", func(s *script) {
			s.people("anna")
			s.must(http.StatusOK, nil, "PUT", "/api/v1/groups/clerks", `{"users":["anna"]}`)
			s.say("DELETE", "/api/v1/groups/clerks", "")
			s.say("DELETE", "/api/v1/groups/clerks", "")
		}},
		{"suppress-address", func(s *script) {
			s.say("PUT", "/api/v1/suppressions/Jan@Example.net", `{"reason":"complaint","note":"asked by phone"}`)
			s.say("PUT", "/api/v1/suppressions/jan@example.net", "")
			s.say("PUT", "/api/v1/suppressions/jan", `{"reason":"never"}`)
		}},
		{"get-suppression", func(s *script) {
			s.must(http.StatusOK, nil, "PUT", "/api/v1/suppressions/jan@example.net", "")
			s.say("GET", "/api/v1/suppressions/JAN@example.net", "")
			s.say("GET", "/api/v1/suppressions/anna@example.net", "")
		}},
		{"list-suppressions", func(s *script) {
			s.must(http.StatusOK, nil, "PUT", "/api/v1/suppressions/jan@example.net", "")
			s.must(http.StatusOK, nil, "PUT", "/api/v1/suppressions/anna@example.net", "")
			s.say("GET", "/api/v1/suppressions?limit=1", "")
			s.say("GET", "/api/v1/suppressions?limit=1&cursor=anna@example.net", "")
		}},
		{"unsuppress-address", func(s *script) {
			s.must(http.StatusOK, nil, "PUT", "/api/v1/suppressions/jan@example.net", "")
			s.say("DELETE", "/api/v1/suppressions/jan@example.net", "")
			s.say("DELETE", "/api/v1/suppressions/jan@example.net", "")
		}},
		{"unsuppress-many", func(s *script) {
			for _, address := range []string{"jan@example.net", "anna@example.net", "ewa@example.net"} {
				s.must(http.StatusOK, nil, "PUT", "/api/v1/suppressions/"+address, `{"reason":"bounce"}`)
			}
			s.must(http.StatusOK, nil, "PUT", "/api/v1/suppressions/ola@example.net", "")
			s.say("DELETE", "/api/v1/suppressions?since=2020-01-01&reason=bounce&dry_run=true", "")
			s.say("DELETE", "/api/v1/suppressions?until=2020-01-01T08:00:00Z&reason=bounce", "")
			s.say("DELETE", "/api/v1/suppressions?account=backup", "")
			s.say("DELETE", "/api/v1/suppressions?since=2020-01-01&reason=bounce", "")
			s.say("GET", "/api/v1/suppressions?reason=bounce", "")
			s.say("GET", "/api/v1/suppressions", "")
			s.say("GET", "/api/v1/audit?action=unsuppress-many", "")
			s.say("DELETE", "/api/v1/suppressions", "")
			s.say("DELETE", "/api/v1/suppressions?dry_run=true", "")
			s.say("DELETE", "/api/v1/suppressions?reason=bored&since=soon", "")
			s.say("DELETE", "/api/v1/suppressions?since=2026-11-30&until=2026-11-29", "")
		}},
		{"list-outbox", func(s *script) {
			s.post("out_06f3n5mmmt1fq2r6s0hj0v7k9c", "case/1/mail-1")
			s.post("out_06f3n5mmmt1fq2r6s0hj0v7k9d", "case/1/mail-2")
			s.say("GET", "/api/v1/outbox?limit=1", "")
			s.say("GET", "/api/v1/outbox?limit=1&cursor=out_06f3n5mmmt1fq2r6s0hj0v7k9c", "")
		}},
		{"retry-posted", func(s *script) {
			s.post("out_06f3n5mmmt1fq2r6s0hj0v7k9c", "case/1/mail-1")
			s.say("POST", "/api/v1/outbox/out_06f3n5mmmt1fq2r6s0hj0v7k9c/retry", "")
			s.say("GET", "/api/v1/outbox", "")
			s.say("POST", "/api/v1/outbox/out_0/retry", "")
		}},
		{"remove-posted", func(s *script) {
			s.post("out_06f3n5mmmt1fq2r6s0hj0v7k9c", "case/1/mail-1")
			s.say("DELETE", "/api/v1/outbox/out_06f3n5mmmt1fq2r6s0hj0v7k9c", "")
			s.say("DELETE", "/api/v1/outbox/out_06f3n5mmmt1fq2r6s0hj0v7k9c", "")
		}},
		{"set-template", func(s *script) {
			s.say("PUT", "/api/v1/templates/contract_ready", `{"subject":"{{name}}, contract {{contract.number}} is ready","html":"<p>{{> hello}}{{#each items}}<br>{{this}}{{/each}}","text":"It is."}`)
			s.say("PUT", "/api/v1/templates/hello", `{"partial":true,"html":"Hello {{name}}"}`)
			s.say("PUT", "/api/v1/templates/a%20b", `{"subject":"{{#if x}}","text":"\n\n{{shout name}}","attachments":[{}]}`)
			s.say("PUT", "/api/v1/templates/empty", `{"name":"full"}`)
			s.say("PUT", "/api/v1/templates/empty", `{}`)
		}},
		{"get-template", func(s *script) {
			s.must(http.StatusOK, nil, "PUT", "/api/v1/templates/hello", `{"partial":true,"html":"Hello {{name}}"}`)
			s.say("GET", "/api/v1/templates/hello", "")
			s.say("GET", "/api/v1/templates/nothing", "")
		}},
		{"list-templates", func(s *script) {
			s.must(http.StatusOK, nil, "PUT", "/api/v1/templates/hello", `{"partial":true,"html":"Hello {{name}}"}`)
			s.must(http.StatusOK, nil, "PUT", "/api/v1/templates/ready", `{"subject":"{{name}}"}`)
			s.say("GET", "/api/v1/templates?limit=1", "")
			s.say("GET", "/api/v1/templates?limit=1&cursor=hello", "")
		}},
		{"render-template", func(s *script) {
			s.must(http.StatusOK, nil, "PUT", "/api/v1/templates/hello", `{"partial":true,"html":"Hello {{name}}"}`)
			s.must(http.StatusOK, nil, "PUT", "/api/v1/templates/ready", `{"subject":"{{name}} & co","html":"<p>{{> hello}} {{> nobody}}"}`)
			s.say("POST", "/api/v1/templates/ready/render", `{"data":{"name":"<Anna>"}}`)
			s.must(http.StatusOK, nil, "PUT", "/api/v1/templates/ready", `{"subject":"{{name}} & co","html":"<p>{{> hello}}"}`)
			s.say("POST", "/api/v1/templates/ready/render", `{"data":{"name":"<Anna>"}}`)
			s.say("POST", "/api/v1/templates/ready/render", `{"data":["Anna"]}`)
			s.say("POST", "/api/v1/templates/ready/render", "")
			s.say("POST", "/api/v1/templates/hello/render", `{}`)
			s.say("POST", "/api/v1/templates/nothing/render", `{}`)
		}},
		{"remove-template", func(s *script) {
			s.must(http.StatusOK, nil, "PUT", "/api/v1/templates/hello", `{"partial":true,"html":"Hello {{name}}"}`)
			s.say("DELETE", "/api/v1/templates/hello", "")
			s.say("DELETE", "/api/v1/templates/hello", "")
		}},
		{"create-webhook", func(s *script) {
			s.say("POST", "/api/v1/webhooks", `{"url":"http://127.0.0.1:1/hook","events":["message.sent","message.error"],"note":"BPM"}`)
			s.say("POST", "/api/v1/webhooks", `{"url":"http://127.0.0.1:1/hook","naming":"conquer","secret":"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"}`)
			s.say("POST", "/api/v1/webhooks", `{"url":"http://10.0.0.1/","events":["message.send"]}`)
			s.say("POST", "/api/v1/webhooks", `{"url":"http://10.0.0.1/"}`)
		}},
		{"get-webhook", func(s *script) {
			s.say("GET", "/api/v1/webhooks/"+s.hook("http://127.0.0.1:1/"), "")
			s.say("GET", "/api/v1/webhooks/whk_0", "")
		}},
		{"list-webhooks", func(s *script) {
			s.say("GET", "/api/v1/webhooks", "")
			s.hook("http://127.0.0.1:1/")
			s.say("GET", "/api/v1/webhooks", "")
		}},
		{"change-webhook", func(s *script) {
			id := s.hook("http://127.0.0.1:1/")
			s.say("PATCH", "/api/v1/webhooks/"+id, `{"events":["message.error"],"naming":"conquer","note":"x","enabled":false}`)
			s.say("PATCH", "/api/v1/webhooks/"+id, `{"url":"http://127.0.0.2:1/","events":[],"enabled":true}`)
			s.say("PATCH", "/api/v1/webhooks/"+id, `{"url":"http://192.168.0.1/"}`)
		}},
		{"remove-webhook", func(s *script) {
			id := s.hook("http://127.0.0.1:1/")
			s.say("DELETE", "/api/v1/webhooks/"+id, "")
			s.say("DELETE", "/api/v1/webhooks/"+id, "")
		}},
		{"rotate-secret", func(s *script) {
			id := s.hook("http://127.0.0.1:1/")
			s.say("POST", "/api/v1/webhooks/"+id+"/rotate", "")
			s.say("POST", "/api/v1/webhooks/"+id+"/rotate", `{"secret":"x"}`)
		}},
		{"test-webhook", func(s *script) {
			r := httptest.NewServer(http.NotFoundHandler())
			s.Cleanup(r.Close)
			s.say("POST", "/api/v1/webhooks/"+s.hook(r.URL)+"/test", "")
		}},
		{"list-callbacks", func(s *script) {
			r := httptest.NewServer(http.NotFoundHandler())
			s.Cleanup(r.Close)
			id := s.hook(r.URL)
			s.people("anna")
			s.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", `{"to":["anna"],"subject":"Contract ready","text":"…"}`)
			s.say("GET", "/api/v1/webhooks/"+id+"/callbacks", "")
			if _, err := s.callbacks.Run(ctx, time.Now()); err != nil {
				s.Fatal(err)
			}
			s.say("GET", "/api/v1/webhooks/"+id+"/callbacks", "")
		}},
		{"replay-callback", func(s *script) {
			r := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			s.Cleanup(r.Close)
			id := s.hook(r.URL)
			s.people("anna")
			s.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", `{"id":"m1","to":["anna"],"subject":"Contract ready","text":"…"}`)
			if _, err := s.callbacks.Run(ctx, time.Now()); err != nil {
				s.Fatal(err)
			}
			m, err := s.store.Message(ctx, site, message.ID(s.find("m1")))
			if err != nil {
				s.Fatal(err)
			}
			all, err := s.store.Callbacks(ctx, m)
			if err != nil || len(all) != 1 {
				s.Fatal(all, err)
			}
			s.say("POST", "/api/v1/webhooks/"+id+"/callbacks/"+string(all[0].ID)+"/replay", "")
			s.say("POST", "/api/v1/webhooks/"+id+"/callbacks/cbk_0/replay", "")
			s.say("GET", "/api/v1/messages/"+string(m.ID), "")
		}},
		{"list-audit", func(s *script) {
			s.people("anna")
			s.must(http.StatusOK, nil, "PUT", "/api/v1/users/anna/preferences", `{"case_received":"hourly"}`)
			s.must(http.StatusOK, nil, "POST", "/api/v1/jobs/reminders/pause", `{"note":"the calendar is being mended"}`)
			s.must(http.StatusNoContent, nil, "DELETE", "/api/v1/keys/"+s.makeKey(`{"name":"bpm-prod","scopes":["send"]}`), "")
			s.say("GET", "/api/v1/audit?limit=4", "")
			s.say("GET", "/api/v1/audit?action=set-user&by=first+key&subject=/users/anna&since=2001-01-01T00:00:00Z", "")
			s.say("GET", "/api/v1/audit?cursor=x", "")
		}},
		{"list-mailbox", func(s *script) {
			s.say("GET", "/api/v1/mailbox", "")
			s.keep("Contract ready")
			s.keep("Contract signed")
			s.say("GET", "/api/v1/mailbox?limit=1", "")
			s.say("GET", "/api/v1/mailbox?cursor=x", "")
		}},
		{"get-mail", func(s *script) {
			s.say("GET", "/api/v1/mailbox/"+s.keep("Contract ready"), "")
			s.say("GET", "/api/v1/mailbox/mbx_0", "")
		}},
		{"empty-mailbox", func(s *script) {
			s.keep("Contract ready")
			s.say("DELETE", "/api/v1/mailbox", "")
			s.say("GET", "/api/v1/mailbox", "")
		}},
		{"list-sites", func(s *script) {
			s.must(http.StatusOK, nil, "PUT", "/api/v1/sites/acme", `{"timezone":"Asia/Tokyo"}`)
			s.say("GET", "/api/v1/sites", "")
		}},
		{"get-site", func(s *script) {
			s.say("GET", "/api/v1/sites/default", "")
			s.say("GET", "/api/v1/sites/acme", "")
		}},
		{"set-site", func(s *script) {
			s.say("PUT", "/api/v1/sites/acme", `{"timezone":"Asia/Tokyo"}`)
			s.say("PUT", "/api/v1/sites/default", `{"timezone":"Asia/Tokyo"}`)
			s.say("PUT", "/api/v1/sites/acme~test", `{"timezone":"Asia/Tokyo"}`)
		}},
		{"list-staff", func(s *script) {
			s.must(http.StatusCreated, nil, "POST", "/api/v1/staff", `{"email":"anna@example.org","role":"admin","oidc":true}`)
			s.say("GET", "/api/v1/staff", "")
		}},
		{"get-member", func(s *script) {
			s.must(http.StatusCreated, nil, "POST", "/api/v1/staff", `{"email":"anna@example.org","role":"admin","oidc":true}`)
			s.say("GET", "/api/v1/staff/anna@example.org", "")
			s.say("GET", "/api/v1/staff/jan@example.org", "")
		}},
		{"add-member", func(s *script) {
			s.say("POST", "/api/v1/staff", `{"email":"Anna@example.org","name":"Anna","role":"support","password":"a few words do"}`)
			s.say("POST", "/api/v1/staff", `{"email":"anna@example.org","role":"support","password":"a few words do"}`)
			s.say("POST", "/api/v1/staff", `{"email":"jan","role":"boss","password":"short"}`)
			s.say("POST", "/api/v1/staff", `{"email":"jan@example.org","role":"viewer"}`)
		}},
		{"change-member", func(s *script) {
			s.must(http.StatusCreated, nil, "POST", "/api/v1/staff", `{"email":"anna@example.org","role":"admin","oidc":true}`)
			s.say("PATCH", "/api/v1/staff/anna@example.org", `{"role":"viewer","password":"a few words do"}`)
			s.say("PATCH", "/api/v1/staff/anna@example.org", `{"password":"short"}`)
			s.say("PATCH", "/api/v1/staff/jan@example.org", `{"role":"viewer"}`)
		}},
		{"remove-member", func(s *script) {
			s.must(http.StatusCreated, nil, "POST", "/api/v1/staff", `{"email":"anna@example.org","role":"admin","oidc":true}`)
			s.say("DELETE", "/api/v1/staff/anna@example.org", "")
			s.say("DELETE", "/api/v1/staff/anna@example.org", "")
		}},
		{"unlock-member", func(s *script) {
			s.must(http.StatusCreated, nil, "POST", "/api/v1/staff", `{"email":"anna@example.org","role":"admin","oidc":true}`)
			s.say("POST", "/api/v1/staff/anna@example.org/unlock", "")
			s.say("POST", "/api/v1/staff/jan@example.org/unlock", "")
		}},
		{"create-key", func(s *script) {
			s.say("POST", "/api/v1/keys", `{"name":"bpm-prod","scopes":["events","send"],"expires_at":"2035-01-01T00:00:00Z"}`)
			s.say("POST", "/api/v1/keys", `{"name":"bpm-dev","test":true,"scopes":["admin"]}`)
			s.say("POST", "/api/v1/keys", `{"name":"bpm-prod","scopes":["sent"]}`)
			s.say("POST", "/api/v1/keys", `{"scopes":[],"expires_at":"2001-01-01T00:00:00Z"}`)
			s.say("POST", "/api/v1/keys", `{"name":"x","scopes":["send"],"site":"nowhere"}`)
		}},
		{"list-keys", func(s *script) {
			s.say("GET", "/api/v1/keys", "")
			s.makeKey(`{"name":"bpm-prod","scopes":["send"]}`)
			s.say("GET", "/api/v1/keys", "")
		}},
		{"get-key", func(s *script) {
			s.say("GET", "/api/v1/keys/"+s.makeKey(`{"name":"bpm-prod","scopes":["send"]}`), "")
			s.say("GET", "/api/v1/keys/key_0", "")
		}},
		{"rotate-key", func(s *script) {
			id := s.makeKey(`{"name":"bpm-prod","scopes":["send"]}`)
			s.say("POST", "/api/v1/keys/"+id+"/rotate", `{"overlap":"1h"}`)
			s.say("POST", "/api/v1/keys/"+id+"/rotate", `{"overlap":"a while"}`)
			s.say("POST", "/api/v1/keys/"+id+"/rotate", `{"overlap":"8000h"}`)
			s.say("POST", "/api/v1/keys/key_0/rotate", "")
			s.say("GET", "/api/v1/keys/"+id, "")
		}},
		{"revoke-key", func(s *script) {
			id := s.makeKey(`{"name":"bpm-prod","scopes":["send"]}`)
			s.say("DELETE", "/api/v1/keys/"+id, "")
			s.say("DELETE", "/api/v1/keys/"+id, "")
			s.say("POST", "/api/v1/keys/"+id+"/rotate", "")
			s.say("DELETE", "/api/v1/keys/key_0", "")
		}},
		{"set-process", func(s *script) {
			s.people("anna", "ola")
			s.say("PUT", "/api/v1/processes/lease", `{"muted":["case_received"]}`)
			s.say("POST", "/api/v1/events", `{"kind":"case_received","process":"lease","users":["anna"]}`)
			s.say("PUT", "/api/v1/processes/lease", `{"muted":["deadline","case_recieved"]}`)
		}},
		{"get-process", func(s *script) { s.say("GET", "/api/v1/processes/lease", "") }},
		{"act-on-messages", func(s *script) {
			s.day()
			s.say("POST", "/api/v1/messages/actions", `{"action":"retry","filter":{"category":"mailbox_full"}}`)
			s.say("POST", "/api/v1/messages/actions", `{"action":"cancel","ids":["`+s.find("m-scheduled")+`"]}`)
			s.say("POST", "/api/v1/messages/actions", `{"action":"cancel"}`)
			s.say("POST", "/api/v1/messages/actions", `{"action":"retry","filter":{"status":"sent"}}`)
			s.say("POST", "/api/v1/messages/actions", `{"action":"cancel","filter":{"status":"sent"}}`)
			s.say("POST", "/api/v1/messages/actions", `{"action":"destroy","ids":["x"]}`)
		}},
		{"get-operation", func(s *script) {
			s.day()
			id := s.operate(`{"action":"retry","filter":{"status":"error"}}`)
			s.say("GET", "/api/v1/operations/"+id, "")
			if _, err := s.operations.Run(ctx, time.Now()); err != nil {
				s.Fatal(err)
			}
			s.say("GET", "/api/v1/operations/"+id, "")
			s.say("GET", "/api/v1/operations/op_0", "")
		}},
		{"list-operations", func(s *script) {
			s.operate(`{"action":"retry","filter":{"status":"error"}}`)
			s.say("GET", "/api/v1/operations?limit=1", "")
		}},
		{"stop-operation", func(s *script) {
			id := s.operate(`{"action":"retry","filter":{"status":"error"}}`)
			s.say("DELETE", "/api/v1/operations/"+id, "")
			s.say("DELETE", "/api/v1/operations/op_0", "")
		}},
		{"publish-event", func(s *script) {
			s.people("anna", "jan", "ewa", "ola")
			s.must(http.StatusOK, nil, "PUT", "/api/v1/users/jan/preferences", `{"case_changed":"daily"}`)
			s.must(http.StatusOK, nil, "PUT", "/api/v1/users/ewa/preferences", `{"case_changed":"never"}`)
			event := `{"id":"e1","kind":"case_changed","users":["anna","jan","ewa","ola"],"actor":"ola",` + lease + `,"summary":{"en":"Ola commented","pl":"Ola dodała komentarz"},"occurred_at":"2026-03-29T00:30:00+01:00"}`
			s.say("POST", "/api/v1/events", event, "Idempotency-Key", "case/OFA-1181/changed/55")
			s.say("POST", "/api/v1/events", event, "Idempotency-Key", "case/OFA-1181/changed/55")
			s.say("POST", "/api/v1/events", `{"kind":"deadline","users":["ewa"]}`, "Idempotency-Key", "case/OFA-1181/changed/55")
		}},
		{"send-message", func(s *script) {
			s.people("anna")
			s.must(http.StatusOK, nil, "PUT", "/api/v1/users/bob", `{}`)
			body := `{"id":"m1","to":["anna",{"email":"jan@out.example","name":"Jan"},"ANNA@example.org","bob"],"subject":"Contract ready","text":"It lies on your desk.",` + lease + `,"send_at":null}`
			s.say("POST", "/api/v1/messages", body, "Idempotency-Key", "m1")
			s.say("POST", "/api/v1/messages", body, "Idempotency-Key", "m1")
			s.must(http.StatusOK, nil, "PUT", "/api/v1/templates/ready", `{"subject":"Contract {{number}}","strict":true}`)
			s.say("POST", "/api/v1/messages", `{"to":["anna"],"template":{"name":"ready","data":{"number":17}},"text":"It is ready."}`)
			s.say("POST", "/api/v1/messages", `{"to":["anna"],"template":{"name":"ready"},"text":"It is ready."}`)
			s.say("POST", "/api/v1/messages", `{"to":["anna"],"cc":["Jan <jan@out.example>"],"bcc":["boss@out.example"],"reply_to":"anna","subject":"Contract ready","html":"<p>It lies on your desk.","manual":true}`)
		}},
		{"send-messages", func(s *script) {
			s.people("anna")
			body := `[{"to":["anna"],"subject":"Contract ready","text":"It lies on your desk."},{"to":["nobody"],"subject":"Contract ready","text":"x"},{"to":["jan@out.example"],"subject":"","text":"x","idempotency_key":"k"}]`
			s.say("POST", "/api/v1/messages/batch", body, "Idempotency-Key", "b1")
			s.say("POST", "/api/v1/messages/batch", body, "Idempotency-Key", "b1")
			s.say("POST", "/api/v1/messages/batch", `[{"to":["anna"],"subject":"Other","text":"x"}]`, "Idempotency-Key", "b1")
			s.say("POST", "/api/v1/messages/batch", `[{"to":["anna"],"subjekt":"Contract ready"}]`)
			s.say("POST", "/api/v1/messages/batch", `[]`)
		}},
		{"list-messages", func(s *script) {
			s.day()
			s.say("GET", "/api/v1/messages?status=deferred&user=jan&case=A-1&limit=1", "")
			s.say("GET", "/api/v1/messages?reference=nothing", "")
		}},
		{"get-message", func(s *script) {
			s.day()
			for _, reference := range []string{"m-sent", "m-error", "m-all", "e-merged", "e-skipped", "m-scheduled", "m-manual", "d-1"} {
				s.say("GET", "/api/v1/messages/"+s.find(reference), "")
			}
		}},
		{"get-message-content", func(s *script) {
			s.day()
			s.say("GET", "/api/v1/messages/"+s.find("m-sent")+"/content", "")
		}},
		{"list-attempts", func(s *script) {
			s.day()
			s.say("GET", "/api/v1/messages/"+s.find("m-error")+"/attempts", "")
			s.say("GET", "/api/v1/messages/"+s.find("e-merged")+"/attempts", "")
			s.say("GET", "/api/v1/messages/"+s.find("m-manual")+"/attempts", "")
		}},
		{"explain", func(s *script) {
			s.people("anna", "jan")
			s.must(http.StatusOK, nil, "PUT", "/api/v1/users/anna/preferences", `{"case_changed":"daily"}`)
			s.must(http.StatusAccepted, nil, "POST", "/api/v1/events", `{"id":"e1","kind":"case_changed","users":["anna"],`+lease+`,"summary":"Jan commented"}`)
			s.say("GET", "/api/v1/explain?user=anna&case=OFA/2026/1181", "")
			s.ask("POST", "/api/v1/events?strict=true", `{"kind":"case_received","users":["jan","maria"],`+lease+`}`)
			s.say("GET", "/api/v1/explain?user=jan%40example.org&case=OFA/2026/1181&kind=case_received&since=2026-01-01T00:00:00Z", "")
			s.say("GET", "/api/v1/explain", "")
		}},
		{"explain-message", func(s *script) {
			s.day()
			for _, id := range []string{"m-sent", "m-error", "m-manual", "e-merged"} {
				s.say("GET", "/api/v1/messages/"+s.find(id)+"/explain", "")
			}
		}},
		{"retry-message", func(s *script) {
			s.day()
			s.say("POST", "/api/v1/messages/"+s.find("m-error")+"/retry", "")
			s.say("POST", "/api/v1/messages/"+s.find("m-sent")+"/retry", "")
			s.say("POST", "/api/v1/messages/"+s.find("m-sent")+"/retry", `{"resend":true}`)
			s.say("POST", "/api/v1/messages/"+s.find("m-manual")+"/retry", "")
			s.say("POST", "/api/v1/messages/"+s.find("m-scheduled")+"/retry", `{}`)
		}},
		{"edit-message", func(s *script) {
			s.day()
			s.say("PATCH", "/api/v1/messages/"+s.find("m-error"), `{"to":["right@example.net"],"subject":"Contract ready, again"}`)
			s.say("PATCH", "/api/v1/messages/"+s.find("m-error"), `{"delivery":{"state":"RETRY"}}`)
			s.say("PATCH", "/api/v1/messages/"+s.find("m-sent"), `{"text":"It has changed.","delivery":{"state":"PENDING"}}`)
			s.say("PATCH", "/api/v1/messages/"+s.find("m-manual"), `{"delivery":{"state":"RETRY"}}`)
			s.say("PATCH", "/api/v1/messages/"+s.find("m-scheduled"), `{"delivery":{"state":"SUCCESS"}}`)
			s.say("PATCH", "/api/v1/messages/"+s.find("e-merged"), `{"subject":"x"}`)
			s.say("PATCH", "/api/v1/messages/"+s.find("m-scheduled"), `{"to":["bob"]}`)
		}},
		{"cancel-message", func(s *script) {
			s.day()
			s.say("POST", "/api/v1/messages/"+s.find("m-scheduled")+"/cancel", "")
			s.say("POST", "/api/v1/messages/"+s.find("m-sent")+"/cancel", "")
		}},
		{"hold-message", func(s *script) {
			s.day()
			s.say("POST", "/api/v1/messages/"+s.find("m-scheduled")+"/hold", "")
			s.say("POST", "/api/v1/messages/"+s.find("m-scheduled")+"/release", "")
			s.say("POST", "/api/v1/messages/"+s.find("m-sent")+"/hold", "")
		}},
		{"send-message-now", func(s *script) {
			s.day()
			s.say("POST", "/api/v1/messages/"+s.find("m-scheduled")+"/send-now", "")
			s.say("POST", "/api/v1/messages/"+s.find("m-sent")+"/send-now", "")
		}},
		{"release-message", func(s *script) {
			s.day()
			s.say("POST", "/api/v1/messages/"+s.find("m-manual")+"/release", "")
			s.say("POST", "/api/v1/messages/"+s.find("m-manual")+"/release", "")
		}},
		{"set-deadline", func(s *script) {
			s.people("anna", "jan")
			body := `{"due_at":"2035-11-25T15:00:00Z","users":["anna","jan"],` + lease + `,"remind_before":["72h","24h","1h"],"overdue":{"every_workday":true,"max":5}}`
			s.say("PUT", "/api/v1/deadlines/OFA%2F2026%2F1181:step-4", body)
			s.say("PUT", "/api/v1/deadlines/OFA%2F2026%2F1181:step-4", `{"key":"OFA/2026/1181:step-4","due_at":"2001-11-25T16:00:00+01:00","users":["anna","anna"]}`)
		}},
		{"get-deadline", func(s *script) {
			s.people("anna")
			s.must(http.StatusOK, nil, "PUT", "/api/v1/deadlines/OFA%2F2026%2F1181:step-4", `{"due_at":"2035-11-25T15:00:00Z","users":["anna"]}`)
			s.say("GET", "/api/v1/deadlines/OFA%2F2026%2F1181:step-4", "")
			s.say("GET", "/api/v1/deadlines/OFA%2F2026%2F1181:step-5", "")
		}},
		{"preview-deadline", func(s *script) {
			s.people("anna", "jan")
			at := "/api/v1/deadlines/A-1/preview"
			s.say("POST", at, `{"due_at":"2035-11-23T15:00:00Z","users":["anna"],"remind_before":["24h"],"overdue":{"every_workday":true,"max":1},"escalate":[{"users":["jan"],"on_day":true}]}`)
			s.say("POST", at, "")
			s.must(http.StatusOK, nil, "PUT", "/api/v1/deadlines/A-1", `{"due_at":"2035-11-25T15:00:00Z","users":["anna"]}`)
			s.say("POST", at, "")
			s.say("POST", at, `{"due_at":"2035-11-25T15:00:00Z"}`)
		}},
		{"list-deadlines", func(s *script) {
			s.people("anna")
			s.say("GET", "/api/v1/deadlines", "")
			s.must(http.StatusOK, nil, "PUT", "/api/v1/deadlines/A-1", `{"due_at":"2035-11-25T15:00:00Z","users":["anna"]}`)
			s.must(http.StatusOK, nil, "PUT", "/api/v1/deadlines/A-2", `{"due_at":"2035-11-25T14:00:00Z","users":["anna"]}`)
			s.say("GET", "/api/v1/deadlines?limit=200", "")
		}},
		{"clear-deadline", func(s *script) {
			s.people("anna")
			s.must(http.StatusOK, nil, "PUT", "/api/v1/deadlines/OFA%2F2026%2F1181:step-4", `{"due_at":"2035-11-25T15:00:00Z","users":["anna"]}`)
			s.say("DELETE", "/api/v1/deadlines/OFA%2F2026%2F1181:step-4", "")
			s.say("GET", "/api/v1/deadlines/OFA%2F2026%2F1181:step-4", "")
			s.say("DELETE", "/api/v1/deadlines/never-set", "")
		}},
		{"list-jobs", func(s *script) { s.say("GET", "/api/v1/jobs", "") }},
		{"get-job", func(s *script) {
			s.say("GET", "/api/v1/jobs/notifications", "")
			s.say("GET", "/api/v1/jobs/housekeeping", "")
		}},
		{"change-job", func(s *script) {
			s.say("PATCH", "/api/v1/jobs/notifications", `{"every":"2h","wake":true}`)
			s.say("PATCH", "/api/v1/jobs/user_notifications", `{"cron":"0 7-18 * * MON-FRI","timezone":"Europe/Warsaw"}`)
			s.say("PATCH", "/api/v1/jobs/user_notifications", `{"reset":true}`)
		}},
		{"pause-job", func(s *script) {
			s.say("POST", "/api/v1/jobs/reminders/pause", "")
			s.say("POST", "/api/v1/jobs/reminders/pause", `{"note":"the calendar is being mended"}`)
		}},
		{"resume-job", func(s *script) {
			s.must(http.StatusOK, nil, "POST", "/api/v1/jobs/reminders/pause", "")
			s.say("POST", "/api/v1/jobs/reminders/resume", "")
			s.say("POST", "/api/v1/jobs/reminders/resume", "")
		}},
		{"run-job", func(s *script) {
			s.must(http.StatusOK, nil, "POST", "/api/v1/jobs/reminders/pause", "")
			s.say("POST", "/api/v1/jobs/reminders/run", "")
		}},
		{"list-digests", func(s *script) {
			s.say("GET", "/api/v1/digests", "")
			s.await()
			s.say("GET", "/api/v1/digests?limit=1", "")
		}},
		{"get-digest", func(s *script) {
			s.await()
			s.say("GET", "/api/v1/users/anna/digest", "")
			s.say("GET", "/api/v1/users/jan/digest", "")
			s.say("GET", "/api/v1/users/nobody/digest", "")
		}},
		{"preview-digest", func(s *script) {
			s.await()
			for _, format := range []string{"html", "text", "eml"} {
				s.must(http.StatusOK, nil, "GET", "/api/v1/users/anna/digest/preview?format="+format, "")
			}
			s.say("GET", "/api/v1/users/jan/digest/preview", "")
			s.say("GET", "/api/v1/users/nobody/digest/preview", "")
			s.say("GET", "/api/v1/users/anna/digest/preview?format=pdf", "")
		}},
		{"send-digest", func(s *script) {
			s.await()
			s.say("POST", "/api/v1/users/anna/digest/send", "")
			s.say("POST", "/api/v1/users/anna/digest/send", "")
			s.say("POST", "/api/v1/users/nobody/digest/send", "")
		}},
		{"estimate-preferences", func(s *script) {
			s.people("jan")
			s.say("GET", "/api/v1/users/jan/preferences/estimate", "")
			s.say("GET", "/api/v1/users/nobody/preferences/estimate", "")
		}},
		{"simulate-jobs", func(s *script) {
			s.say("POST", "/api/v1/jobs/simulate", `{"since":"2026-01-01T00:00:00Z","until":"2026-01-08T00:00:00Z","set":{"notifications":"10m","user_notifications":"*/30 * * * *"}}`)
			s.say("POST", "/api/v1/jobs/simulate", `{"since":"2026-01-08T00:00:00Z","until":"2026-01-01T00:00:00Z","set":{"notification":"10m","reminders":"10"}}`)
		}},
		{"export-journal", func(s *script) {
			s.people("anna")
			s.must(http.StatusOK, nil, "PUT", "/api/v1/users/anna/preferences", `{"case_changed":"daily"}`)
			s.must(http.StatusAccepted, nil, "POST", "/api/v1/events", `{"id":"e1","kind":"case_changed","users":["anna"],`+lease+`,"summary":"Jan commented"}`)
			s.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", `{"id":"m1","to":["anna"],"subject":"Contract ready","text":"It lies on your desk."}`)
			s.must(http.StatusOK, nil, "PUT", "/api/v1/deadlines/A-1", `{"due_at":"2035-11-25T15:00:00Z","users":["anna"],"remind_before":["24h"]}`)
			s.say("GET", "/api/v1/journal", "")
			s.say("GET", "/api/v1/journal?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", "")
		}},
		{"list-runs", func(s *script) {
			s.say("GET", "/api/v1/jobs/notifications/runs", "")
			s.people("anna")
			s.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", `{"to":["anna"],"subject":"Contract ready","text":"…"}`)
			s.must(http.StatusAccepted, nil, "POST", "/api/v1/jobs/notifications/run", "")
			<-s.finished
			s.say("GET", "/api/v1/jobs/notifications/runs?limit=5", "")
		}},
	}...)
}

// TestRoutes plays every operation once; testdata shows what is asked and answered.
func TestRoutes(t *testing.T) {
	rows := allRoutes()
	each(t, func(h *house) {
		played := map[string]bool{}
		for _, operations := range spec(h).paths {
			for _, o := range operations {
				played[at(o, "operationId").(string)] = false
			}
		}
		for _, row := range rows {
			played[row.operation] = true
		}
		for operation, is := range played {
			if !is {
				h.Errorf("no row plays the operation %s", operation)
			}
		}
	})
	for _, row := range rows {
		t.Run(row.operation, func(t *testing.T) {
			each(t, func(h *house) {
				s := &script{house: h}
				row.play(s)
				golden(h, row.operation+".http", normal(s.text.String()))
			})
		})
	}
}
