package letter_test

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"notifier/letter"
	"notifier/message"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is now\n%s\nand was\n%s", path, got, want)
	}
}

func utc(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

// single is a message as intake writes it: what happened, not how it looks.
func single() message.Message {
	return message.Message{
		ID: "msg_068wq3k9m0r7kb3f6y1t2v4w5x", Site: "default", Type: message.Single,
		Kind: message.CaseChanged, UserID: "anna", Timezone: "Europe/Warsaw", Language: "en",
		Envelope: message.Envelope{To: []message.Address{{Email: "anna@example.org"}}},
		Case: message.Case{
			ID: "OFA/2026/1181", Title: "Lease – Łódź", URL: "https://bpm.example.com/c/1181",
		},
		Actor: "jan", Summary: "Document lease-v2.pdf added", OccurredAt: utc("2026-11-21 13:48"),
		Domain: "bpm.example.com", Setting: "immediately", Reason: "preference_immediately",
		CreatedAt: utc("2026-11-21 13:48"),
	}
}

func TestSubject(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*message.Message)
		want   string
	}{
		{
			"the case, then what happened", func(*message.Message) {},
			"OFA/2026/1181 Lease – Łódź: Document lease-v2.pdf added",
		},
		{
			"a case that came with nothing said", func(m *message.Message) { m.Kind, m.Summary = message.CaseReceived, "" },
			"OFA/2026/1181 Lease – Łódź: Reached you",
		},
		{"a case that came to a stage", func(m *message.Message) {
			m.Kind, m.Summary, m.Case.Stage = message.CaseReceived, "", "Manager approval"
		}, `OFA/2026/1181 Lease – Łódź: Step "Manager approval" → you`},
		{
			"a change with nothing said", func(m *message.Message) { m.Summary = " " },
			"OFA/2026/1181 Lease – Łódź: Changed",
		},
		{
			"a kind of the admin's, by its title", func(m *message.Message) { m.Kind, m.Summary = "audit", "" },
			"OFA/2026/1181 Lease – Łódź: An audit begins",
		},
		{
			"a kind of the admin's without a title", func(m *message.Message) { m.Kind, m.Summary = "stock_taking", "" },
			"OFA/2026/1181 Lease – Łódź: stock taking",
		},
		{"no case", func(m *message.Message) { m.Case = message.Case{} }, "Document lease-v2.pdf added"},
		{"nothing at all", func(m *message.Message) { m.Case, m.Kind, m.Summary = message.Case{}, "", "" }, "Notifications"},
		{"a long title is cut after a word", func(m *message.Message) {
			m.Case.Title = "Purchase of forty office chairs for the second floor of the new building"
		}, "OFA/2026/1181 Purchase of forty office chairs for the…: Document lease-v2.pdf added"},
		{
			"a long text too", func(m *message.Message) { m.Summary = strings.Repeat("very ", 99) + "long" },
			"OFA/2026/1181 Lease – Łódź: " + strings.Repeat("very ", 17) + "very…",
		},
		{"never Re:", func(m *message.Message) { m.Case, m.Summary = message.Case{}, "RE: re:Contract" }, "Contract"},
		{
			"one line", func(m *message.Message) { m.Summary = "a\r\nBcc: x@y.test\u2028b\x00c\td" },
			"OFA/2026/1181 Lease – Łódź: a Bcc: x@y.test b c d",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := single()
			c.change(&m)
			w := letter.Writer{Titles: map[message.Kind]string{"audit": "An audit begins"}}
			if got := w.Subject(m); got != c.want {
				t.Errorf("Subject = %q, want %q", got, c.want)
			}
		})
	}
}

func TestWriteSingle(t *testing.T) {
	m := letter.Writer{}.Write(single())
	golden(t, "single.txt", m.Text)
	golden(t, "single.html", m.HTML)
	if want := (letter.Writer{}).Subject(single()); m.Subject != want {
		t.Errorf("Subject = %q, want %q", m.Subject, want)
	}

	bare := single()
	bare.Case, bare.Kind, bare.Actor, bare.Timezone = message.Case{}, "audit", "42", "Atlantis/Capital"
	bare.Summary = "The yearly audit of all contracts begins next week; please have the papers of your department ready by then"
	w := letter.Writer{Titles: map[message.Kind]string{"audit": "An audit begins"}}
	golden(t, "single-bare.txt", w.Write(bare).Text)
}

func TestWriteLeavesTheRestAlone(t *testing.T) {
	with := func(change func(*message.Message)) message.Message {
		m := single()
		change(&m)
		return m
	}
	for name, m := range map[string]message.Message{
		"a single with a text":     with(func(m *message.Message) { m.Text = "written" }),
		"a single with HTML":       with(func(m *message.Message) { m.HTML = "<p>written" }),
		"a digest":                 with(func(m *message.Message) { m.Type = message.Digest }),
		"a reminder":               with(func(m *message.Message) { m.Type = message.Reminder }),
		"a direct one with a text": with(func(m *message.Message) { m.Type, m.Text = message.Direct, "t" }),
		"a direct one with both": with(func(m *message.Message) {
			m.Type, m.Text, m.HTML = message.Direct, "t", "<p>h"
		}),
		"a direct one with neither": with(func(m *message.Message) { m.Type = message.Direct }),
	} {
		if got := (letter.Writer{}).Write(m); !reflect.DeepEqual(got, m) {
			t.Errorf("%s: Write changed it to %+v", name, got)
		}
	}
	given := with(func(m *message.Message) { m.Subject = "As given" })
	if got := (letter.Writer{}).Write(given); got.Subject != "As given" || got.Text == "" {
		t.Errorf("a subject that is there: Write made it %q", got.Subject)
	}
}

// The same message becomes the same mail, also where many are written at once.
func TestWriteIsDeterministic(t *testing.T) {
	var all sync.WaitGroup
	want := letter.Writer{}.Write(single())
	for range 8 {
		all.Go(func() {
			for range 20 {
				if got := (letter.Writer{}).Write(single()); !reflect.DeepEqual(got, want) {
					t.Errorf("Write made\n%s\nand then\n%s", want.HTML, got.HTML)
				}
			}
		})
	}
	all.Wait()
}

// The footer says why the person gets the mail, in the words of the settings page.
func TestWhy(t *testing.T) {
	for _, c := range []struct {
		kind    message.Kind
		setting string
		reason  message.Reason
		want    string
	}{
		{message.CaseReceived, "immediately", "", `You get this mail because "A case reaches me" is set to "right away".`},
		{message.CaseReceived, "hourly", "", `You get this mail because "A case reaches me" is set to "once an hour".`},
		{message.CaseChanged, "daily 08:00", "", `You get this mail because "Anything else changes" is set to "once a day at 08:00".`},
		{message.CaseChanged, "daily", "", `You get this mail because "Anything else changes" is set to "once a day".`},
		{message.CaseChanged, "weekly monday 08:00", "", `You get this mail because "Anything else changes" is set to "once a week, Monday 08:00".`},
		{message.CaseChanged, "weekly sometime", "", `You get this mail because "Anything else changes" is set to "once a week".`},
		{message.CaseChanged, "never", "", `You get this mail because "Anything else changes" is set to "never".`},
		{message.CaseChanged, "at full moon", "", `You get this mail because "Anything else changes" is set to "at full moon".`},
		{"audit", "hourly", "", `You get this mail because "An audit begins" is set to "once an hour".`},
		{"stock_taking", "", "", `You get this mail because of "stock taking".`},
		{"audit", "", message.Mandatory, `Mails about "An audit begins" cannot be turned off. Why: your organisation keeps them on.`},
		{message.Deadline, "", message.Mandatory, "Deadline mails cannot be turned off. Why: your organisation keeps them on so that no deadline is missed."},
	} {
		m := single()
		m.Kind, m.Setting, m.Reason = c.kind, c.setting, c.reason
		w := letter.Writer{Titles: map[message.Kind]string{"audit": "An audit begins"}}
		got := w.Frame(m, letter.Why{Kind: m.Kind, Setting: m.Setting}).Reasons
		if len(got) != 1 || got[0] != c.want {
			t.Errorf("%s, %q: the footer says %q, want %q", c.kind, c.setting, got, c.want)
		}
		m = w.Write(m)
		if flat := strings.Join(strings.Fields(m.Text), " "); !strings.Contains(flat, string(m.ID)) {
			t.Errorf("%s, %q: the text does not name the id:\n%s", c.kind, c.setting, m.Text)
		}
	}
}

func TestFooterHasRoomForLinks(t *testing.T) {
	var w letter.Writer
	f := w.Frame(single(), letter.Why{Kind: message.CaseChanged, Setting: "hourly"})
	f.Links = []letter.Button{{Label: "Change how often", URL: "https://n.example.com/p/1"}, {Label: "Stop", URL: "https://n.example.com/u/1"}}
	var p letter.Paper
	f.Sign(&p)
	want := "-- \n" + `Why: "Anything else changes" = once an hour` + "\n" +
		"Change how often: https://n.example.com/p/1\nStop: https://n.example.com/u/1\nId:  " + string(f.ID) + "\n"
	if p.String() != want {
		t.Errorf("the text is signed\n%s\nwant\n%s", p.String(), want)
	}
	html := letter.NewPage(`{{.}}`).HTML(f, "content")
	for _, part := range []string{`<a href="https://n.example.com/p/1"`, ` · <a href="https://n.example.com/u/1"`, "content"} {
		if !strings.Contains(html, part) {
			t.Errorf("the page lacks %s:\n%s", part, html)
		}
	}
}

func TestTextIsNarrow(t *testing.T) {
	m := single()
	m.Case.Title = strings.Repeat("długi tytuł ", 16)
	m.Case.URL = "https://bpm.example.com/" + strings.Repeat("long/", 30)
	m.Summary = strings.Repeat("東京 Żółw ", 60)
	m.Actor = strings.Repeat("a b ", 50)
	for line := range strings.Lines((letter.Writer{}).Write(m).Text) {
		line = strings.TrimSuffix(line, "\n")
		if utf8.RuneCountInString(line) > letter.Width && strings.Contains(strings.TrimSpace(line), " ") {
			t.Errorf("a line has %d columns: %q", utf8.RuneCountInString(line), line)
		}
	}
}

func TestNoControlReachesTheSubject(t *testing.T) {
	for r := range rune(0x2100) {
		m := single()
		m.Subject, m.Case.Title, m.Summary = "", "t"+string(r)+"Bcc: x", "s"+string(r)
		got := (letter.Writer{}).Subject(m)
		if strings.ContainsFunc(got, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }) {
			t.Errorf("%U came through to %q", r, got)
		}
	}
}
