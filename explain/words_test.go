package explain

import (
	"slices"
	"strings"
	"testing"
	"time"

	"notifier/language"
	"notifier/message"
)

// spoken are the words of every language.
func spoken() (all []words) {
	for _, tag := range language.Tags() {
		all = append(all, speak(tag))
	}
	return all
}

// Every reason is said in every language, and no text says a reason that there is not.
func TestEveryReasonIsSaid(t *testing.T) {
	for _, w := range spoken() {
		for reason := range verdicts {
			if !w.Has("explain.says." + string(reason) + ".sentence") {
				t.Errorf("%s says nothing for %s", w.Lang, reason)
			}
		}
		for _, key := range w.Keys() {
			if reason, is := strings.CutPrefix(key, "explain.says."); is {
				reason, _, _ = strings.Cut(reason, ".")
				if _, known := verdicts[Reason(reason)]; !known {
					t.Errorf("%s says something for %s, which is no reason", w.Lang, reason)
				}
			}
		}
	}
}

func TestCounts(t *testing.T) {
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
		if got := speak(c.lang).N("explain."+c.noun, c.n); got != c.want {
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
		if !slices.Contains(language.Tags(), speak(list).Lang) {
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
	for _, lang := range language.Tags()[1:] {
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
		for _, w := range spoken() {
			for reason, path := range map[Reason]string{UserUnknown: "users", NoAddress: "users", SkippedUnknown: "users", ProcessMuted: "processes", DeadlineAhead: "deadlines"} {
				advice := w.do(reason, facts{"user": id, "process": id, "key": id, "kind": "case_changed"})
				if !strings.Contains(advice, " /api/v1/"+path+"/"+want) || strings.Contains(advice, "{") {
					t.Errorf("%s, %s: %q does not name /api/v1/%s/%s", w.Lang, reason, advice, path, want)
				}
			}
		}
	}
}
