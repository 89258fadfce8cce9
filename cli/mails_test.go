package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"notifier/digest"
	"notifier/language"
	"notifier/letter"
	"notifier/mail"
	"notifier/message"
	"notifier/service"
	"notifier/settings"
)

// sample is one sort of mail that we write, in one language.
type sample struct {
	Name, Lang, Text, HTML string
	message                message.Message
}

// long is Polish as it comes in workflows: long words and many letters beyond ASCII.
const long = "Przełożony zażądał uzupełnienia załączników: „Wniosek o udzielenie zamówienia – część ósma” oraz oświadczeń najemców, źródłowych ksiąg wieczystych i pełnomocnictw, do piątku, żółtą teczką przez kancelarię."

// everyMail is each sort of mail that we write, as full as it can be, in all languages.
func everyMail(t *testing.T) (all []sample) {
	t.Helper()
	config, err := settings.Load(os.DevNull, []string{"NOTIFIER_HTTP__PUBLIC_URL=https://notify.example.org", "NOTIFIER_SECRETS__KEY=" + service.DevSecret, "NOTIFIER_LINKS__CASES=https://bpm.example.org/inbox"})
	if err != nil {
		t.Fatal(err)
	}
	w, at := service.WriterOf(config), time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	for _, lang := range language.Tags() {
		one := func(i, j int) message.Message {
			m := message.Message{
				ID: message.NewID(message.MessageIDs), Site: "default", Type: message.Single, Kind: message.CaseChanged, UserID: "anna", Domain: "example.org", Timezone: "Europe/Warsaw", Language: lang,
				Envelope: message.Envelope{To: []message.Address{{Email: "anna@example.org", Name: "Anna Żółkiewska"}}}, Setting: "daily 08:00", Reason: "preference_daily", Status: message.Pending,
				Case:  message.Case{ID: fmt.Sprintf("OFA/2026/%d", 1180+i), Title: "Najem – Łódź, ulica Źródłowa " + fmt.Sprint(i), URL: fmt.Sprintf("https://bpm.example.org/cases/%d?from=mail&step=%d", i, j)},
				Actor: fmt.Sprintf("użytkownik-%d", j%3), Summary: fmt.Sprintf("%d.%d: %s", i, j, long), CreatedAt: at, UpdatedAt: at, QueuedAt: at, OccurredAt: at.Add(-time.Duration(2000-i*20-j) * time.Minute),
			}
			if i%2 == 0 {
				m.Kind, m.Setting = message.CaseReceived, "hourly"
			}
			return m
		}
		var items []message.Message
		for i := range 31 {
			for j := range 9 {
				items = append(items, one(i, j))
			}
		}
		loose := one(40, 0)
		loose.Case = message.Case{}
		due := func(now time.Time) message.Message {
			m := one(1, 1)
			m.Type, m.Kind, m.Reference, m.Setting = message.Reminder, message.Deadline, "OFA/2026/1181:step-4", ""
			return w.Remind(m, letter.Due{At: at, Now: now, Next: now.Add(24 * time.Hour)})
		}
		for name, m := range map[string]message.Message{
			"digest": digest.Merge(w, append(items, loose), at), "single": w.Write(one(1, 1)), "loose": w.Write(loose),
			"reminder": due(at.Add(-20 * time.Hour)), "reminder-today": due(at.Add(-time.Hour)), "reminder-late": due(at.Add(50 * time.Hour)),
		} {
			m = w.Write(m)
			if m.HTML == "" || m.Text == "" {
				t.Fatalf("%s in %s has %d bytes of HTML, %d of text", name, lang, len(m.HTML), len(m.Text))
			}
			all = append(all, sample{name + "-" + lang, lang, m.Text, m.HTML, m})
		}
	}
	return all
}

// TestTheFullestDigestIsNotClipped: with more than it may show, in long Polish words, a
// digest is under 80 KB as it goes over the wire, and still full of what happened.
func TestTheFullestDigestIsNotClipped(t *testing.T) {
	for _, m := range everyMail(t) {
		raw, err := mail.Compose(m.message, message.Address{Email: "workflow@example.org"})
		if err != nil {
			t.Fatal(err)
		}
		if len(raw) > 80_000 {
			t.Errorf("%s has %d bytes", m.Name, len(raw))
		}
		if strings.HasPrefix(m.Name, "digest") {
			t.Logf("%s: %d bytes, %d cases", m.Name, len(raw), strings.Count(m.HTML, "https://bpm.example.org/cases/"))
			if len(raw) < 50_000 {
				t.Errorf("%s has %d bytes, and leaves out what there is room for", m.Name, len(raw))
			}
		}
	}
}

// accepted is what mail programs do not know of our mails, with why that does no harm.
type accepted struct {
	Feature, Support string
	Programs         []string
	Why              string
}

// TestMailProgramsKnowOurHTML: every feature that a mail program does not know is on the
// list of testdata/mails/accepted.json, with a reason; what is on it and not found any
// more is to be taken off.
func TestMailProgramsKnowOurHTML(t *testing.T) {
	t.Parallel()
	var pages []string
	for _, m := range everyMail(t) {
		pages = append(pages, m.HTML)
	}
	file := filepath.Join(t.TempDir(), "mails.json")
	b, err := json.Marshal(pages)
	if err == nil {
		err = os.WriteFile(file, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("node", script(t, "testdata/mails/caniemail.mjs"), installBrowserTools(t), file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	found := map[[2]string][]string{}
	for line := range strings.SplitSeq(strings.TrimSpace(string(out)), "\n") {
		fields := strings.SplitN(line, "\t", 3)
		if len(fields) != 3 {
			t.Fatalf("%q is no finding", line)
		}
		key := [2]string{fields[2], fields[1]}
		found[key] = append(found[key], fields[0])
	}
	var list []accepted
	b, err = os.ReadFile("testdata/mails/accepted.json")
	if err == nil {
		err = json.Unmarshal(b, &list)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		key := [2]string{a.Feature, a.Support}
		if len(a.Why) < 20 {
			t.Errorf("%s is accepted without a reason", a.Feature)
		}
		for _, program := range found[key] {
			if !slices.Contains(a.Programs, program) {
				t.Errorf("%s does not know %s (%s): find another way, or accept it with a reason", program, a.Feature, a.Support)
			}
		}
		for _, program := range a.Programs {
			if !slices.Contains(found[key], program) {
				t.Errorf("%s (%s) is accepted for %s, and not found", a.Feature, a.Support, program)
			}
		}
		delete(found, key)
	}
	for key, programs := range found {
		t.Errorf("%s (%s) is not accepted: %s", key[0], key[1], strings.Join(programs, " "))
	}
}

// TestMailsInABrowser looks at mails as testdata/mails/look.mjs says: they break no rule of
// accessibility, fit a phone, load nothing, and can be read where all styles are lost.
func TestMailsInABrowser(t *testing.T) {
	t.Parallel()
	type looked struct {
		Name, HTML string
		Sentences  []string // what happened, in order
	}
	var all []looked
	for _, m := range everyMail(t) {
		if m.Lang != "pl" && !strings.HasPrefix(m.Name, "digest") && !strings.HasPrefix(m.Name, "reminder-late") {
			continue // they differ in words alone, and Polish has the longest
		}
		l := looked{Name: m.Name, HTML: m.HTML}
		for line := range strings.Lines(m.Text) {
			if when, what, found := strings.Cut(strings.TrimSpace(line), "  "); found && strings.Contains(what, ": Prze") && len(when) < 20 {
				l.Sentences = append(l.Sentences, strings.TrimSpace(what))
			}
		}
		if strings.HasPrefix(m.Name, "digest") && len(l.Sentences) < 50 {
			t.Errorf("%s tells of %d events", m.Name, len(l.Sentences))
		}
		all = append(all, l)
	}
	file := filepath.Join(t.TempDir(), "mails.json")
	b, err := json.Marshal(all)
	if err == nil {
		err = os.WriteFile(file, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("node", script(t, "testdata/mails/look.mjs"), installBrowserTools(t), file, os.Getenv("NOTIFIER_TEST_PICTURES")).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}
