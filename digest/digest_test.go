package digest_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"notifier/digest"
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

// eight is when Anna's daily digest leaves.
var eight = utc("2026-11-22 07:00")

var bpm = letter.Writer{CasesURL: "https://bpm.example.com/inbox"}

// changed is something that happened to a case of Anna's, hh:mm on the day before in UTC.
func changed(id int, at, summary string) message.Message {
	when := utc("2026-11-21 " + at)
	return message.Message{
		ID: message.ID(fmt.Sprintf("msg_%s_%d", at, id)), Site: "default", Type: message.Single,
		Kind: message.CaseChanged, UserID: "anna", Timezone: "Europe/Warsaw", Language: "en",
		Envelope: message.Envelope{To: []message.Address{{Email: "anna@example.org", Name: "Anna"}}},
		Case: message.Case{
			ID: fmt.Sprintf("OFA/2026/%d", id), Title: "Lease – Łódź", URL: fmt.Sprintf("https://bpm.example.com/c/%d", id),
		},
		Actor: "jan", Summary: summary, OccurredAt: when, CreatedAt: when, Domain: "bpm.example.com",
		Setting: "daily 08:00", Reason: "preference_daily", Status: message.Deferred,
	}
}

// reached is a case that came to Anna.
func reached(id int, at string) message.Message {
	m := changed(id, at, `Step "Manager approval" → you`)
	m.Kind = message.CaseReceived
	return m
}

// with is m, changed.
func with(m message.Message, change func(*message.Message)) message.Message {
	change(&m)
	return m
}

// merge is the digest with an id that does not change from run to run.
func merge(w letter.Writer, items []message.Message, at time.Time) message.Message {
	d := digest.Merge(w, items, at)
	id := string(d.ID)
	d.ID = "dig_068wq3k9m0r7kb3f6y1t2v4w5x"
	d.Text, d.HTML = strings.ReplaceAll(d.Text, id, string(d.ID)), strings.ReplaceAll(d.HTML, id, string(d.ID))
	return d
}

func TestSubject(t *testing.T) {
	hourly := func(m *message.Message) { m.Setting = "hourly" }
	nowhere := func(m *message.Message) { m.Case = message.Case{} }
	for _, c := range []struct {
		name  string
		items []message.Message
		at    time.Time
		want  string
	}{
		{
			"several cases",
			[]message.Message{changed(1, "08:00", "a"), changed(2, "08:00", "a"), changed(3, "08:00", "a"), changed(3, "09:00", "b")},
			eight,
			"4 notifications in 3 cases – 22 Nov",
		},
		{
			"one case is named",
			[]message.Message{changed(1181, "08:00", "a"), changed(1181, "09:00", "b")},
			eight,
			"OFA/2026/1181 Lease – Łódź: 2 notifications – 22 Nov",
		},
		{
			"of two cases, the number of the one that reached me",
			[]message.Message{reached(1180, "08:00"), changed(1181, "09:00", "b")},
			eight,
			"OFA/2026/1180: 2 notifications in 2 cases – 22 Nov",
		},
		{
			"of two cases, the number of the latest",
			[]message.Message{changed(1180, "08:00", "a"), changed(1181, "09:00", "b")},
			eight,
			"OFA/2026/1181: 2 notifications in 2 cases – 22 Nov",
		},
		{
			"hourly adds the hour",
			[]message.Message{changed(1, "12:10", "a"), with(changed(2, "12:20", "a"), hourly), changed(3, "12:30", "a")},
			utc("2026-11-21 13:00"),
			"3 notifications in 3 cases – 21 Nov, 14:00",
		},
		{
			"the date is the person's",
			[]message.Message{changed(1, "08:00", "a"), changed(2, "08:00", "a"), changed(3, "08:00", "a")},
			utc("2026-11-21 23:30"),
			"3 notifications in 3 cases – 22 Nov",
		},
		{
			"a long title is cut before the date",
			[]message.Message{
				with(changed(1, "08:00", "a"), func(m *message.Message) {
					m.Case.Title = "Purchase of forty office chairs for the second floor"
				}), changed(1, "07:00", "b"),
			},
			eight,
			"OFA/2026/1 Purchase of forty office chairs…: 2 notifications – 22 Nov",
		},
		{
			"no case at all",
			[]message.Message{with(changed(1, "08:00", "a"), nowhere), with(changed(1, "08:00", "b"), nowhere)},
			eight,
			"2 notifications – 22 Nov",
		},
		{
			"one case and something else",
			[]message.Message{changed(1181, "08:00", "a"), with(changed(1, "08:00", "b"), nowhere)},
			eight,
			"OFA/2026/1181: 2 notifications in 1 case – 22 Nov",
		},
		{
			"a single item",
			[]message.Message{changed(1181, "08:00", "a")},
			eight,
			"OFA/2026/1181 Lease – Łódź: 1 notification – 22 Nov",
		},
		{
			"one line, no reply",
			[]message.Message{
				with(changed(1, "08:00", "a"), func(m *message.Message) { m.Case = message.Case{ID: "Re: a\r\nBcc: b"} }),
				with(changed(1, "08:00", "b"), func(m *message.Message) { m.Case = message.Case{ID: "Re: a\r\nBcc: b"} }),
			},
			eight,
			"a Bcc: b: 2 notifications – 22 Nov",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := digest.Merge(bpm, c.items, c.at).Subject
			if got != c.want {
				t.Errorf("Subject = %q, want %q", got, c.want)
			}
			before, _, _ := strings.Cut(got, " – 2")
			if n := len([]rune(before)); n > 60 {
				t.Errorf("%q has %d characters before the date", got, n)
			}
		})
	}
}

// small is the digest of UX 7.2.
func small() []message.Message {
	var items []message.Message
	for i, at := range []string{"07:10", "07:11", "07:12"} {
		items = append(items, reached(1180+i, at), changed(1180+i, "08"+at[2:], "Anna Żółkiewska commented"))
	}
	for i, at := range []string{"09:13", "09:14", "09:15", "09:16"} {
		items = append(items, changed(1183+i, at, "Document lease-v2.pdf added"), changed(1183+i, "10"+at[2:], "Step \"Legal check\" finished"))
	}
	return items
}

func TestText(t *testing.T) {
	d := merge(bpm, small(), eight)
	golden(t, "small.txt", d.Text)
	golden(t, "small.html", d.HTML)

	var many []message.Message
	for i := range 41 {
		kind := reached(1000+i, fmt.Sprintf("07:%02d", i))
		if i >= 20 {
			kind.Kind = message.CaseChanged
		}
		many = append(many, kind)
		for j := range 8 {
			many = append(many, changed(1000+i, fmt.Sprintf("%02d:%02d", 8+j, i), fmt.Sprintf("Document %d of eight added", j+1)))
		}
	}
	golden(t, "many.txt", merge(letter.Writer{}, many, eight).Text)

	mixed := []message.Message{
		with(reached(1180, "12:05"), func(m *message.Message) { m.Setting = "hourly" }),
		changed(1180, "12:06", "Jan commented"),
		changed(1180, "12:07", "Jan commented"),
		with(changed(1180, "12:08", "Document added"), func(m *message.Message) { m.Actor = "ewa" }),
		changed(1180, "12:09", "Document added"),
		changed(1180, "12:30", "Jan commented"),
		with(changed(0, "12:31", "Stock-taking begins on Monday"), func(m *message.Message) {
			m.Case, m.Kind, m.Setting = message.Case{}, "audit", "weekly monday 08:00"
		}),
		with(changed(0, "12:32", "New form"), func(m *message.Message) { m.Case = message.Case{Title: "Travel costs"} }),
	}
	w := letter.Writer{CasesURL: "javascript:alert(1)", Titles: map[message.Kind]string{"audit": "An audit begins"}}
	golden(t, "mixed.txt", merge(w, mixed, utc("2026-11-21 13:00")).Text)
}

// The times are as long as they must be to tell one from another.
func TestTimes(t *testing.T) {
	for _, c := range []struct{ name, zone, first, at, line, head string }{
		{"an hour", "Europe/Warsaw", "2026-11-21 12:10", "2026-11-21 13:00", "    13:10  a\n", "Sat 21 Nov 13:10 - 14:00 (Europe/Warsaw)\n"},
		{"a day", "Europe/Warsaw", "2026-11-21 07:00", "2026-11-22 07:00", "    08:00  a\n", "Sat 21 Nov 08:00 - Sun 22 Nov 08:00 (Europe/Warsaw)\n"},
		{"a day of 25 hours", "Europe/Warsaw", "2026-10-24 06:00", "2026-10-25 07:00", "    Sat 08:00  a\n", "Sat 24 Oct 08:00 - Sun 25 Oct 08:00 (Europe/Warsaw)\n"},
		{"a day of 23 hours", "Europe/Warsaw", "2027-03-27 07:30", "2027-03-28 07:00", "    Sat 08:30  a\n", "Sat 27 Mar 08:30 - Sun 28 Mar 09:00 (Europe/Warsaw)\n"},
		{"a week less an hour", "Europe/Warsaw", "2027-03-22 07:30", "2027-03-29 07:00", "    22 Mar 08:30  a\n", "Mon 22 Mar 08:30 - Mon 29 Mar 09:00 (Europe/Warsaw)\n"},
		{"a week", "Europe/Warsaw", "2026-11-16 07:30", "2026-11-23 07:00", "    Mon 08:30  a\n", "Mon 16 Nov 08:30 - Mon 23 Nov 08:00 (Europe/Warsaw)\n"},
		{"longer", "Europe/Warsaw", "2026-11-05 07:00", "2026-11-23 07:00", "    5 Nov 08:00  a\n", "Thu 5 Nov 08:00 - Mon 23 Nov 08:00 (Europe/Warsaw)\n"},
		{"over new year", "Asia/Kathmandu", "2026-12-31 12:00", "2027-01-01 02:15", "    17:45  a\n", "Thu 31 Dec 2026 17:45 - Fri 1 Jan 2027 08:00 (Asia/Kathmandu)\n"},
		{"no zone", "", "2026-11-21 12:10", "2026-11-21 13:00", "    12:10  a\n", "Sat 21 Nov 12:10 - 13:00 (UTC)\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			items := []message.Message{changed(1, "07:00", "a"), changed(2, "07:00", "a")}
			for i := range items {
				items[i].OccurredAt, items[i].Timezone = utc(c.first), c.zone
			}
			text := digest.Merge(bpm, items, utc(c.at)).Text
			if !strings.Contains(text, c.line) || !strings.Contains(text, "\n"+c.head) {
				t.Errorf("the text lacks %q or %q:\n%s", c.line, c.head, text)
			}
		})
	}
}

// Cases that reached the person come first, the newest first; other cases by their latest
// event; the events of a case from the oldest to the newest, whatever order they are given in.
func TestOrder(t *testing.T) {
	items := []message.Message{
		reached(1, "07:00"), changed(1, "20:00", "late change"),
		reached(2, "09:00"),
		changed(3, "08:00", "x"), changed(3, "10:00", "y"),
		changed(4, "09:30", "z"),
		// T12: at one instant in the order of arrival, which is that of our ids.
		with(changed(5, "06:00", "second"), func(m *message.Message) { m.Reference, m.ID = "a", "msg_b" }),
		with(changed(5, "06:00", "first"), func(m *message.Message) { m.Reference, m.ID = "b", "msg_a" }),
		with(changed(5, "06:00", "fourth"), func(m *message.Message) { m.Reference, m.ID = "c", "msg_d" }),
		with(changed(5, "06:00", "third"), func(m *message.Message) { m.Reference, m.ID = "d", "msg_c" }),
	}
	want := merge(bpm, items, eight)
	at := 0
	for _, next := range []string{"REACHED YOU (2)", "OFA/2026/2", "OFA/2026/1", "late change", "OTHER CHANGES (3)", "OFA/2026/3", "x", "y", "OFA/2026/4", "z", "OFA/2026/5", "first", "second", "third", "fourth"} {
		i := strings.Index(want.Text[at:], next)
		if i < 0 {
			t.Fatalf("%q is not where it belongs in\n%s", next, want.Text)
		}
		at += i
	}
	slices.Reverse(items)
	if got := merge(bpm, items, eight); !reflect.DeepEqual(got, want) {
		t.Errorf("the order in which they are given changes the digest to\n%s", got.Text)
	}
}

// AMODIT-7: one collective mail, addressed as the message that was written last.
func TestMerge(t *testing.T) {
	items := []message.Message{
		with(changed(1, "09:00", "a"), func(m *message.Message) {
			m.To = []message.Address{{Email: "new@example.org"}}
			m.Timezone, m.Language, m.Domain = "Asia/Tokyo", "fr", "new.example.com"
			m.CreatedAt = utc("2026-11-21 12:00")
		}),
		changed(1, "10:00", "b"),
	}
	d := digest.Merge(bpm, items, eight)
	if !strings.HasPrefix(string(d.ID), message.DigestIDs+"_") {
		t.Errorf("ID = %q, want a digest's", d.ID)
	}
	want := message.Message{
		ID: d.ID, Site: "default", Type: message.Digest, Kind: message.CaseChanged, UserID: "anna",
		Envelope: message.Envelope{To: []message.Address{{Email: "new@example.org"}}},
		Timezone: "Asia/Tokyo", Language: "fr", Domain: "new.example.com",
		Setting: "daily 08:00", Reason: "preference_daily", Status: message.Pending,
		OccurredAt: eight, CreatedAt: eight, QueuedAt: eight, DueAt: eight, UpdatedAt: eight,
		Subject: d.Subject, Text: d.Text, HTML: d.HTML,
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("Merge = %+v\nwant    %+v", d, want)
	}
}

func TestMergeNamesWhatTheItemsShare(t *testing.T) {
	mixed := digest.Merge(bpm, []message.Message{
		with(reached(1, "09:00"), func(m *message.Message) { m.Setting, m.Reason = "hourly", "preference_hourly" }),
		changed(1, "10:00", "b"),
	}, eight)
	if mixed.Kind != "" || mixed.Setting != "" || mixed.Reason != digest.Mixed {
		t.Errorf("of two kinds: kind %q, setting %q, reason %q", mixed.Kind, mixed.Setting, mixed.Reason)
	}
	bare := digest.Merge(bpm, []message.Message{{OccurredAt: eight}, {OccurredAt: eight}}, eight)
	if bare.Reason != digest.Mixed || bare.Text == "" || bare.HTML == "" {
		t.Errorf("of bare items: reason %q, text %q", bare.Reason, bare.Text)
	}
}

// The last setting of a kind is the one that the footer names.
func TestFooter(t *testing.T) {
	text := digest.Merge(bpm, []message.Message{
		with(changed(1, "08:00", "a"), func(m *message.Message) { m.Setting = "hourly" }),
		changed(1, "09:00", "b"), with(reached(2, "09:00"), func(m *message.Message) { m.Setting = "hourly" }),
	}, eight).HTML
	want := `You get this mail because &#34;A case reaches me&#34; is set to &#34;once an hour&#34; and &#34;Anything else changes&#34; is set to &#34;once a day at 08:00&#34;.`
	if !strings.Contains(text, want) {
		t.Errorf("the footer does not say %s:\n%s", want, text)
	}
	var many []message.Message
	for i := range 14 {
		many = append(many, with(changed(i, "08:00", "a"), func(m *message.Message) { m.Kind = message.Kind(fmt.Sprintf("kind_%02d", i)) }))
	}
	if text := digest.Merge(bpm, many, eight).Text; !strings.Contains(text, "     4 more kinds are due\n") || strings.Contains(text, "kind 10") {
		t.Errorf("of 14 kinds the footer names not 10:\n%s", text)
	}
}

func TestPreheader(t *testing.T) {
	html := digest.Merge(bpm, small(), eight).HTML
	if want := ">OFA/2026/1182 Lease – Łódź · OFA/2026/1181 Lease – Łódź · and 5 more</div>"; !strings.Contains(html, want) {
		t.Errorf("the page lacks the preheader %q:\n%s", want, html)
	}
}
