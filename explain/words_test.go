package explain

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/feature/plural"

	"notifier/message"
)

// holes are the names that a text has to be filled in with.
func holes(text string) []string {
	all := named.FindAllString(text, -1)
	slices.Sort(all)
	return slices.Compact(all)
}

// Every language says everything, with the same facts, and nothing that nobody asks for.
func TestLanguagesAreComplete(t *testing.T) {
	code := ""
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if !slices.Contains([]string{"english.go", "polish.go", "french.go"}, name) {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			code += string(content)
		}
	}
	asked := func(key string) bool {
		group, _, _ := strings.Cut(key, ".")
		return strings.Contains(code, `"`+key+`"`) || strings.Contains(code, `"`+group+`."`) // built from a word
	}
	for _, w := range spoken {
		for key, text := range w.texts {
			if english.texts[key] == "" || text == "" || !slices.Equal(holes(text), holes(english.texts[key])) {
				t.Errorf("%s: %s is %q, in English %q", w.lang, key, text, english.texts[key])
			}
			if !asked(key) {
				t.Errorf("nobody asks for %s", key)
			}
		}
		for key := range english.texts {
			if w.texts[key] == "" {
				t.Errorf("%s has no text for %s", w.lang, key)
			}
		}
		for reason := range verdicts {
			ours, theirs := w.says[reason], english.says[reason]
			if ours.sentence == "" || !slices.Equal(holes(ours.sentence), holes(theirs.sentence)) || !slices.Equal(holes(ours.do), holes(theirs.do)) {
				t.Errorf("%s: %s says %+v, in English %+v", w.lang, reason, ours, theirs)
			}
		}
		if len(w.says) != len(verdicts) {
			t.Errorf("%s has %d sentences for %d reasons", w.lang, len(w.says), len(verdicts))
		}
		for i := range reflect.TypeFor[words]().NumField() {
			if field := reflect.ValueOf(*w).Field(i); field.IsZero() || field.Kind() == reflect.Array && slices.ContainsFunc(slices.Collect(elements(field)), reflect.Value.IsZero) {
				t.Errorf("%s lacks %s", w.lang, reflect.TypeFor[words]().Field(i).Name)
			}
		}
	}
}

func elements(array reflect.Value) func(func(reflect.Value) bool) {
	return func(yield func(reflect.Value) bool) {
		for i := range array.Len() {
			if !yield(array.Index(i)) {
				return
			}
		}
	}
}

// Each number has the forms that its language has (CLDR), and no other.
func TestPluralsAreComplete(t *testing.T) {
	for _, w := range spoken {
		forms := map[string][]plural.Form{
			"en": {plural.Other, plural.One}, "fr": {plural.Other, plural.One, plural.Many}, "pl": {plural.Other, plural.One, plural.Few, plural.Many},
		}[w.lang]
		if !slices.Equal(slices.Sorted(maps.Keys(w.counts)), slices.Sorted(maps.Keys(english.counts))) {
			t.Errorf("%s counts %v", w.lang, w.counts)
		}
		for noun, has := range w.counts {
			if !slices.Equal(slices.Sorted(maps.Keys(has)), forms) {
				t.Errorf("%s has the forms %v of %s, want %v", w.lang, has, noun, forms)
			}
		}
	}
	for _, c := range []struct {
		lang string
		n    int
		noun string
		want string
	}{
		{"en", 1, "tries", "1 try"},
		{"en", 2, "tries", "2 tries"},
		{"pl", 1, "tries", "1 próbie"},
		{"pl", 22, "tries", "22 próbach"},
		{"pl", 5, "messages", "5 wiadomości"},
		{"fr", 0, "tries", "0 tentative"},
		{"fr", 3, "tries", "3 tentatives"},
	} {
		if got := speak(c.lang).count(c.n, c.noun); got != c.want {
			t.Errorf("%s: %q, want %q", c.lang, got, c.want)
		}
	}
}

func TestChoose(t *testing.T) {
	for list, want := range map[string]string{"pl": "pl", "pl-PL": "pl", "de, fr-CA;q=0.8, en;q=0.5": "fr", "de": "en", "": "en", "!!": "en", "en-XA": "en"} {
		if got := Choose(list); got != want {
			t.Errorf("Choose(%q) = %s, want %s", list, got, want)
		}
	}
}

func FuzzChoose(f *testing.F) {
	f.Add("de, fr-CA;q=0.8")
	f.Fuzz(func(t *testing.T, list string) {
		if !slices.Contains(spoken, speak(list)) {
			t.Errorf("%q speaks %s", list, Choose(list))
		}
	})
}

// The reader's language and zone; what was chosen keeps the zone of who chose it.
func TestTranslated(t *testing.T) {
	held := anna(func(*message.Message) {})
	never := anna(func(m *message.Message) { m.Status, m.Reason, m.Setting = message.Skipped, message.Never, "never" })
	never.Chosen = &message.Change{At: noon.AddDate(0, 0, -18), By: "42"}
	away := anna(func(m *message.Message) { m.Reason = message.PausedByUser })
	gone := anna(func(m *message.Message) {
		m.Status, m.Attempts, m.Error = message.Error, 5, &message.Failure{Category: message.MailboxFull, Code: "552 5.2.2", Text: "mailbox full"}
	})
	for _, c := range []struct {
		facts              Facts
		lang, zone         string
		sentence, do, step string
	}{
		{
			held, "pl", "", "Jeszcze nie. Czeka na codzienne zestawienie (odbiorca: Anna), które wyjdzie w niedzielę 22 listopada 2026 o 08:00 Europe/Warsaw (za 16 godz. 12 min).",
			"Żeby wysłać ją teraz: notifier digest send 42. Żeby najpierw ją zobaczyć: notifier digest preview 42.", "ustawienie dla case_changed: raz dziennie o 08:00 Europe/Warsaw",
		},
		{
			held, "fr", "Europe/Lisbon", "Pas encore. Il attend le récapitulatif quotidien pour Anna, qui part le dimanche 22 novembre 2026 à 07:00 Europe/Lisbon (dans 16 h 12 min).",
			"Pour l’envoyer maintenant\u00a0: notifier digest send 42. Pour le voir avant\u00a0: notifier digest preview 42.", "le réglage de case_changed était\u00a0: une fois par jour à 08:00 Europe/Warsaw",
		},
		{
			away, "en", "", "Not yet. Anna wants no mail for a while: what happens meanwhile comes on Sun 22 Nov 2026, 08:00 Europe/Warsaw (in 16 h 12 min).",
			"To send it now: notifier digest send 42. To see it before: notifier digest preview 42.", "the setting of case_changed was daily 08:00 Europe/Warsaw",
		},
		{
			never, "pl-PL, en;q=0.8", "", "Nie. Odbiorca (Anna) ma dla case_changed wybrane „nigdy”; ten wybór zapisano we wtorek 3 listopada 2026 o 15:48:03 Europe/Warsaw.",
			"Zmienić to powinien tylko odbiorca (Anna): w swoich ustawieniach (użytkownik 42).", "ustawienie dla case_changed: nigdy; zapisano je we wtorek 3 listopada 2026 o 15:48:03 Europe/Warsaw (42)",
		},
		{
			gone, "pl", "", "Nie. Serwer pocztowy jej nie przyjął, po 5 próbach, ostatnio w sobotę 21 listopada 2026 o 15:48:03 Europe/Warsaw: Skrzynka jest pełna. Odpowiedź: „552 5.2.2 mailbox full”.",
			"Poproś osobę o zwolnienie miejsca. Żeby ponowić: notifier queue retry msg_1.", "ustawienie dla case_changed: raz dziennie o 08:00 Europe/Warsaw",
		},
	} {
		c.facts.Lang, c.facts.Reader = c.lang, c.zone
		a := Explain(c.facts)
		checkAnswer(t, a, "Europe/Warsaw")
		if a.Sentence != c.sentence || a.Do != c.do || a.Trail[1].Text != c.step {
			t.Errorf("in %s: %q\n%q\n%q", c.lang, a.Sentence, a.Do, a.Trail[1].Text)
		}
	}
}

// Reasons, verdicts and what steps are called are for programs: they are not translated.
func TestCodesStay(t *testing.T) {
	facts := anna(func(*message.Message) {})
	facts.Attempts = []message.Attempt{{Claim: 1, LedTo: message.Pending, Receipt: message.Receipt{EndedAt: noon.Add(time.Hour)}}}
	want := Explain(facts)
	for _, lang := range []string{"pl", "fr"} {
		facts.Lang = lang
		got := Explain(facts)
		if got.Verdict != want.Verdict || got.Reason != want.Reason || len(got.Trail) != len(want.Trail) {
			t.Errorf("%s: %+v", lang, got)
		}
		for i := range got.Trail {
			if got.Trail[i].What != want.Trail[i].What || !got.Trail[i].At.Equal(want.Trail[i].At) || got.Trail[i].Text == want.Trail[i].Text {
				t.Errorf("%s: %+v, in English %+v", lang, got.Trail[i], want.Trail[i])
			}
		}
	}
}

// T10: an advice names the path of an id as it has to be written, in every language; one
// with a slash in it advised a PUT that was refused.
func TestPathsCanBeCopied(t *testing.T) {
	for id, want := range map[string]string{"anna": "anna", "a/b": "a%2Fb", "x y": "x%20y", "a?b#c": "a%3Fb%23c", "50%": "50%25"} {
		for _, w := range spoken {
			for reason, path := range map[Reason]string{UserUnknown: "users", NoAddress: "users", SkippedUnknown: "users", ProcessMuted: "processes", DeadlineAhead: "deadlines"} {
				advice := facts{"user": id, "process": id, "key": id, "kind": "case_changed"}.fill(w.says[reason].do)
				if !strings.Contains(advice, " /api/v1/"+path+"/"+want) || strings.Contains(advice, "{") {
					t.Errorf("%s, %s: %q does not name /api/v1/%s/%s", w.lang, reason, advice, path, want)
				}
			}
		}
	}
}
