package message

import (
	"cmp"
	"time"

	"notifier/language"
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
	w := language.In(lang)
	return about(w, string(hintBrake), "says", p.Outlook()), about(w, string(hintBrake), "meanwhile", p.Outlook())
}

// Words are what happened and what to do about it, in that language or in English: of a hint,
// else of the category. What to do may be another thing while the service tries again than it
// is once the service has given up.
func (f Failure) Words(lang string, o Outlook) (says, remedy string) {
	w, of := language.In(lang), string(f.Category)
	if h, _ := hintOf(f); h != "" {
		of = string(h)
	}
	remedy = about(w, of, "meanwhile", o)
	if final := about(w, of, "final", o); o.Final && final != "" {
		remedy = final
	}
	return about(w, of, "says", o), cmp.Or(remedy, f.Category.RemedyIn(lang))
}

// about is a text about a failure. Some say when it goes on.
func about(w *language.Words, of, what string, o Outlook) string {
	next := w.T("outlook.soon")
	if !o.Next.IsZero() {
		next = w.T("outlook.at", "Time", o.Next.UTC().Format("15:04 UTC, 2006-01-02"))
	}
	return w.Optional("failure."+of+"."+what, "Next", next)
}
