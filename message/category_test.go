package message_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"notifier/language"
	"notifier/message"
)

// TestEveryCategorySpeaksPlainly: technical errors become categories that people can read (CQ-7).
func TestEveryCategorySpeaksPlainly(t *testing.T) {
	seen := map[string]message.Category{}
	for _, c := range message.Categories() {
		for _, sentence := range []string{c.SaysIn("en"), c.RemedyIn("en"), c.SaysIn("pl"), c.RemedyIn("pl-PL"), c.SaysIn("fr"), c.RemedyIn("fr-CA")} {
			if !strings.HasSuffix(sentence, ".") || strings.ContainsAny(sentence, "!0123456789") || strings.Contains(strings.ToLower(sentence), "please") {
				t.Errorf("%s: %q", c, sentence)
			}
		}
		if other, again := seen[c.SaysIn("en")]; again {
			t.Errorf("%s and %s say the same", c, other)
		}
		seen[c.SaysIn("en")] = c
	}
	for _, c := range message.Categories() {
		for _, lang := range language.Tags()[1:] {
			if c.SaysIn(lang) == c.SaysIn("en") || c.RemedyIn(lang) == c.RemedyIn("en") {
				t.Errorf("%s has no words in %s", c, lang)
			}
		}
		if c.SaysIn("de") != c.SaysIn("en") || c.RemedyIn("") != c.RemedyIn("en") {
			t.Errorf("%s has no English to fall back on", c)
		}
	}
	if n := len(message.Categories()); n != 13 {
		t.Errorf("there are %d categories, want the 13 of UX section 5.5", n)
	}
	if unheard := message.Category("unheard"); unheard.SaysIn("en") != "" {
		t.Errorf("an unknown category says %q", unheard.SaysIn("en"))
	}
}

// UX section 5.5: which refusals for now are tried again, and for how long.
func TestCategoriesThatAreTriedAgain(t *testing.T) {
	for _, c := range message.Categories() {
		want := slices.Contains([]message.Category{
			message.MailboxFull, message.TooFast, message.AuthFailed, message.TLSFailed, message.ConnectFailed, message.LeaseLost, message.Unknown,
		}, c)
		if c.Retried() != want {
			t.Errorf("%s is retried: %t", c, c.Retried())
		}
	}
	if got := message.MailboxFull.Within(); got != 24*time.Hour {
		t.Errorf("a full mailbox is tried for %v, want 24h", got)
	}
}

// L10: a server that refuses at RCPT has not seen the mail, so to change it may not help.
func TestARefusalBeforeTheMailDoesNotBlameItAlone(t *testing.T) {
	r := message.Reply{Code: 550, Enhanced: "5.7.1", Text: "Policy rejection"}
	v := message.Judge(message.AtRcpt, r)
	f := message.Failure{Category: v.Category, Code: "550 5.7.1", Text: r.Text}
	says, remedy := f.Words("en", message.Outlook{Final: true})
	if strings.Contains(says, "content") || !strings.Contains(remedy, "ask whoever runs that server") {
		t.Errorf("%s at RCPT: %s %s", v.Category, says, remedy)
	}
}
