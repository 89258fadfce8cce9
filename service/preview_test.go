package service

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"notifier/mail/mailtest"
	"notifier/store/storetest"
	"notifier/web/console"
)

// So many people have random mail waiting, and so many at least of their mails are digests.
const (
	previewed = 1100 / slower
	digested  = 1000 / slower
)

// seeded is a source of chance that can be set, so that a failure can be had again.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("NOTIFIER_TEST_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("NOTIFIER_TEST_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// TestAPreviewIsWhatIsSent: the bytes that a preview shows are those that the relay gets,
// but for id, date and the tokens of links: for a thousand random digests, whether they
// leave when they are due or because somebody did not want to wait. All previews are taken
// before the first mail leaves, from a store, jobs and a composing that are the real ones.
func TestAPreviewIsWhatIsSent(t *testing.T) {
	t.Parallel()
	random := seeded(t)
	box := &inbox{got: map[string][]byte{}}
	relay, err := mailtest.Start(mailtest.Options{OnMail: box.note})
	if err != nil {
		t.Fatal(err)
	}
	defer relay.Close()
	url := storetest.URL(t, "sqlite")
	synctest.Test(t, func(t *testing.T) {
		o := &office{T: t, environment: []string{
			"NOTIFIER_DATABASE__URL=" + url, "NOTIFIER_HTTP__KEY=" + testKey, "NOTIFIER_HTTP__PUBLIC_URL=https://notify.example.org",
			"NOTIFIER_SECRETS__KEY=" + DevSecret, "NOTIFIER_LINKS__CASES=https://bpm.example.org/inbox", "NOTIFIER_SMTP__HOST=127.0.0.1",
			"NOTIFIER_SMTP__PORT=" + strconv.Itoa(relay.Port()), "NOTIFIER_SMTP__TLS=none", "NOTIFIER_SMTP__FROM=Przepływ pracy <workflow@example.org>",
		}}
		p := &crowd{office: o, Rand: random, zones: map[string]string{}}
		o.at("Mon 06:55")
		o.opens()
		for i := range previewed {
			p.person(fmt.Sprintf("p%d", i))
		}
		o.at("Mon 07:05")
		for i := range previewed / 2 {
			p.event(i)
		}
		for range previewed / 20 { // after what waits was written
			id := fmt.Sprintf("p%d", p.IntN(previewed))
			p.call(200, "PUT", "/users/"+id, p.contact(id, p.zones[id]))
		}
		o.at("Mon 07:06")
		before := map[string][]byte{}
		var now []string
		digests := 0
		for i := range previewed {
			id, query := fmt.Sprintf("p%d", i), "?format=eml"
			soon := i%4 == 0
			if soon {
				query += "&now=true"
			}
			mail := p.preview(id, query)
			if mail == nil {
				continue // nothing happened
			}
			if soon {
				now = append(now, id)
			}
			before[id] = mail
			if bytes.Contains(mail, []byte("X-Notifier-Id: dig_")) {
				digests++
			}
		}
		if digests < digested || len(box.got) != 0 {
			t.Errorf("%d of %d previews are digests; %d mails have left", digests, previewed, len(box.got))
		}
		shown := map[string][]string{} // on pages
		for _, id := range now[:min(len(now), 20)] {
			shown[id] = p.pages(id)
		}
		for _, id := range now {
			p.call(200, "POST", "/users/"+id+"/digest/send", "")
		}
		o.at("Mon 08:01")
		differ := 0
		for id, preview := range before {
			if sent := box.first(id); alike(preview) != alike(sent) {
				if differ++; differ <= 3 {
					t.Errorf("%s: %s\nThe preview is\n%s", id, difference(alike(preview), alike(sent)), preview)
				}
			}
		}
		for id, pages := range shown {
			html := alike(htmlOf(t, box.first(id)))
			for _, page := range pages {
				if page = alike([]byte(page)); page != html {
					t.Errorf("%s: a page shows another mail than was sent: %s", id, difference(page, html))
				}
			}
		}
		if differ > 0 {
			t.Errorf("%d of %d previews are not what was sent", differ, len(before))
		}
		t.Logf("%d digests and %d single mails", digests, len(before)-digests)
		o.closes()
	})
}

// incidental is what two mails of the same content may differ in.
var incidental = regexp.MustCompile(`(?m)^(Date|Message-ID): .*$|(dig|msg)_[0-9a-z]{26}|/[pu]/[A-Za-z0-9_-]{40,}|/p/yours|/u/yours\.[a-z_,]+`)

// alike is a mail without that, and without the soft breaks of quoted-printable that may
// fall into it.
func alike(mail []byte) string {
	head, body, _ := strings.Cut(string(mail), "\r\n\r\n")
	return incidental.ReplaceAllString(head+"\r\n\r\n"+strings.ReplaceAll(body, "=\r\n", ""), "…")
}

// inbox is what the relay got: the first mail of each.
type inbox struct {
	mu  sync.Mutex
	got map[string][]byte
}

func (b *inbox) note(m mailtest.Mail) {
	b.mu.Lock()
	defer b.mu.Unlock()
	id, _, _ := strings.Cut(m.To[0], "@")
	if b.got[id] == nil {
		b.got[id] = m.Data
	}
}

func (b *inbox) first(id string) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.got[id]
}

// crowd are people who chose anything, and to whom anything happens.
type crowd struct {
	*office
	*rand.Rand
	zones   map[string]string
	console http.Handler
	session string // of somebody who signed in to it
}

func (p *crowd) one(words ...string) string { return words[p.IntN(len(words))] }

// words is a text of anything.
func (p *crowd) words(most int) string {
	var all []string
	for range 1 + p.IntN(most) {
		all = append(all, p.one("Zażółć", "gęślą", "jaźń", "Jan", "commented", "–", `<b>"x"</b>`, "été", "𝔘", "=3D", ".", "..", "From ", "and 4 more", "https://example.org/?a=b&c=d"))
	}
	return strings.Join(all, " ")
}

func (p *crowd) contact(id, zone string) string {
	b, err := json.Marshal(map[string]string{
		"email": id + "@example.org", "name": p.one("", "Łucja Żak", `O"Neil, Kim`, p.words(3)), "timezone": zone, "language": p.one("", "en", "pl", "fr", "pl-PL", "de"),
	})
	if err != nil {
		p.Fatal(err)
	}
	return string(b)
}

// person chooses so that what waits is due within the next hour, wherever that is.
func (p *crowd) person(id string) {
	zone := p.one("", "Europe/Warsaw", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati", "Europe/Lisbon")
	p.zones[id] = zone
	place, err := time.LoadLocation(zone)
	if err != nil {
		p.Fatal(err)
	}
	due := time.Now().Add(time.Duration(4+p.IntN(9)) * 5 * time.Minute).In(place)
	p.call(200, "PUT", "/users/"+id, p.contact(id, zone))
	p.call(200, "PUT", "/users/"+id+"/preferences", fmt.Sprintf(`{"case_received":%q,"case_changed":%q,"daily_at":%q,"weekly_on":%q}`,
		p.one("hourly", "daily"), p.one("hourly", "daily", "weekly"), due.Format("15:04"), strings.ToLower(due.Weekday().String())))
}

// event tells some of them of something that happened within the last hours.
func (p *crowd) event(i int) {
	var users []string
	for range 1 + p.IntN(30) {
		users = append(users, fmt.Sprintf("p%d", p.IntN(previewed)))
	}
	e := map[string]any{
		"id": fmt.Sprintf("e%d", i), "kind": p.one("case_received", "case_changed", "case_changed"), "users": users, "actor": p.one("", "ewa", "p1", "Ólafur"),
		"occurred_at": time.Now().Add(-time.Duration(p.IntN(5*3600)) * time.Second), "summary": p.words(12),
	}
	if n := p.IntN(40); n > 0 {
		e["case"] = map[string]string{"id": fmt.Sprintf("OFA/2026/%d", n), "title": p.words(6), "url": p.one("", fmt.Sprintf("https://bpm.example.org/c/%d?a=1&b=2", n))}
	}
	b, err := json.Marshal(e)
	if err != nil {
		p.Fatal(err)
	}
	p.call(202, "POST", "/events", string(b))
}

// preview is the mail that somebody would get; nil where nothing waits.
func (p *crowd) preview(id, query string) []byte {
	p.Helper()
	r := httptest.NewRequest("GET", "/api/v1/users/"+id+"/digest/preview"+query, nil)
	r.Header.Set("Authorization", "Bearer "+testKey)
	w := httptest.NewRecorder()
	p.door.ServeHTTP(w, r)
	if w.Code == http.StatusNotFound {
		return nil
	}
	if w.Code != http.StatusOK {
		p.Fatalf("preview of %s = %d %s", id, w.Code, w.Body)
	}
	return w.Body.Bytes()
}

// pages is what the console and the page of the person's choices show as the mail.
func (p *crowd) pages(id string) (all []string) {
	p.Helper()
	if p.session == "" {
		if err := p.house.DemoAdmin(p.Context()); err != nil {
			p.Fatal(err)
		}
		var err error
		if _, p.session, err = p.house.staff.SignIn(p.Context(), DemoEmail, DemoPassword, "127.0.0.1", "test", time.Now()); err != nil {
			p.Fatal(err)
		}
		p.console = p.house.Console(nil, console.Mailbox{})
	}
	link := p.call(200, "POST", "/users/"+id+"/preferences/link", "")["url"].(string)
	for _, one := range []struct {
		door http.Handler
		path string
	}{{p.console, "/people/" + id + "/digest/html"}, {p.door, strings.TrimPrefix(link, "https://notify.example.org") + "/preview/html"}} {
		r := httptest.NewRequest("GET", one.path, nil)
		r.AddCookie(&http.Cookie{Name: "notifier_session", Value: p.session})
		w := httptest.NewRecorder()
		one.door.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			p.Fatalf("%s = %d %s", one.path, w.Code, w.Body)
		}
		all = append(all, w.Body.String())
	}
	return all
}

// htmlOf is the HTML of a mail.
func htmlOf(t *testing.T, raw []byte) []byte {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	_, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	for parts := multipart.NewReader(m.Body, parameters["boundary"]); ; {
		part, err := parts.NextPart()
		if err != nil {
			t.Fatalf("a mail has no HTML: %v\n%s", err, raw)
		}
		text, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
		}
	}
}
