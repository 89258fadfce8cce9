package message

import (
	"strings"
	"time"
)

// hint is what a person should know of a refusal beyond its category; empty if the category
// says enough.
type hint string

const (
	hintQuota     hint = "quota"
	hintMany      hint = "many"
	hintGrey      hint = "grey"
	hintHello     hint = "hello"
	hintReverse   hint = "reverse"
	hintBanned    hint = "banned"
	hintSuspended hint = "suspended"
	hintLogin     hint = "login"
	hintRelay     hint = "relay"
	hintAuthority hint = "authority"
	hintVerified  hint = "verified"
	hintMembers   hint = "members"
	hintHost      hint = "host"
	hintPerhaps   hint = "perhaps"
	hintServer    hint = "server"
	hintRead      hint = "read"
	hintBrake     hint = "brake"
)

// Outlook is how a failure goes on, as far as its words depend on it.
type Outlook struct {
	Final bool      // nothing goes on unless a person acts
	Next  time.Time // when it goes on; zero if that is not known
}

// Outlook is how the message's failure goes on.
func (m Message) Outlook() Outlook {
	o := Outlook{Final: m.Status.Final()}
	if m.Status == RateLimited || m.Status == Pending {
		o.Next = m.DueAt
	}
	return o
}

// Outlook is how the pause goes on.
func (p Pause) Outlook() Outlook { return Outlook{Next: p.Until} }

// advice is what is said of a failure: what happened, what to do while the service tries
// again, and what to do once it has given up. {next} is when it goes on.
type advice struct{ says, meanwhile, final string }

// Concerns is who has to act; empty where no server's reply tells.
func (f Failure) Concerns() About {
	_, about := hintOf(f)
	return about
}

// Words are what the pause means and what to do about it.
func (p Pause) Words(lang string) (says, remedy string) {
	if p.Kind != Braked {
		return p.Failure.Words(lang, p.Outlook())
	}
	if lang = written.Lookup(lang); lang == "" {
		lang = "en"
	}
	a := advices[lang][string(hintBrake)]
	return a.says, when(a.meanwhile, lang, p.Outlook())
}

// Words are what happened and what to do about it, in that language or in English.
func (f Failure) Words(lang string, o Outlook) (says, remedy string) {
	if lang = written.Lookup(lang); lang == "" {
		lang = "en"
	}
	all := advices[lang]
	h, _ := hintOf(f)
	a, special := all[string(h)]
	if !special || h == "" {
		a = all[string(f.Category)]
		a.says = f.Category.SaysIn(lang)
	}
	remedy = a.meanwhile
	if o.Final && a.final != "" {
		remedy = a.final
	}
	if remedy == "" {
		remedy = f.Category.RemedyIn(lang)
	}
	return a.says, when(remedy, lang, o)
}

var inAWhile = map[string]string{"en": "in a while", "pl": "za jakiś czas", "fr": "dans quelque temps"}

var atTime = map[string]string{"en": "at ", "pl": "o ", "fr": "à "}

// when fills in the time at which it goes on.
func when(remedy, lang string, o Outlook) string {
	if !strings.Contains(remedy, "{next}") {
		return remedy
	}
	next := inAWhile[lang]
	if !o.Next.IsZero() {
		next = atTime[lang] + o.Next.UTC().Format("15:04 UTC, 2006-01-02")
	}
	return strings.ReplaceAll(remedy, "{next}", next)
}
