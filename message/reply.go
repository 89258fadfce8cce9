package message

import (
	"regexp"
	"strings"
	"time"
)

// Stage is where in the conversation a reply was given. The same reply to MAIL is about the
// sender, to RCPT about the recipient, and after the mail about its content.
type Stage int

// The stages of a conversation.
const (
	AtConnect Stage = 1 << iota // greeting, EHLO
	AtTLS
	AtAuth
	AtMail
	AtRcpt
	AtData
	AtDot
	anywhere Stage = 0
)

const afterMail = AtRcpt | AtData | AtDot

// About is whom or what a refusal is about: who has to act.
type About string

// Whom a refusal is about.
const (
	AboutRecipient  About = "recipient"
	AboutSender     About = "sender"
	AboutAccount    About = "account"
	AboutConnection About = "connection"
	AboutContent    About = "content"
	AboutPolicy     About = "policy"
)

// Next is what the queue does about a refusal.
type Next string

// What the queue does next.
const (
	GiveUp      Next = "no"
	TryLater    Next = "later"
	WaitAccount Next = "account" // the account waits: at once for a quota, else if three domains say the same (RULES 5)
	TryAgain    Next = "again"   // at once, over another connection or in another mail
)

// Reply is what a server answered.
type Reply struct {
	Code     int
	Enhanced string // as in "5.1.1" (RFC 3463); empty if the server gave none
	Text     string // without the codes; several lines are kept apart by \n
}

// Verdict is what a reply means.
type Verdict struct {
	Category Category
	About    About
	Next     Next
	// Gone is true where the server said of the recipient, by a code or in words that leave
	// no doubt, that there is no such mailbox. Only that may suppress an address.
	Gone bool
	// Wait is how long to wait at least: what greylisting asks for, or a quota of that period.
	Wait time.Duration
	// Bare is true where the three digits are all that the verdict is founded on.
	Bare bool
	hint hint
}

// Judge finds what a reply at that stage means. Ambiguity is resolved to what costs least:
// nobody is suppressed, and what an account or a rate may be to blame for is tried again.
func Judge(at Stage, r Reply) Verdict {
	said := r.said()
	if r.Enhanced == "" {
		r.Enhanced = r.hidden()
	}
	for i := range meanings {
		if m := &meanings[i]; m.at&at != 0 || m.at == anywhere {
			if m.fits(r, said) {
				return m.verdict(at, r)
			}
		}
	}
	v := Verdict{Category: Unknown, About: AboutPolicy, Next: TryLater, Bare: true, hint: hintRead}
	if r.Code/100 == 5 {
		v.Next = GiveUp
	}
	return v
}

// hintOf finds the words for a failure that is kept without its stage: those of the first
// meaning of the same category that fits.
func hintOf(f Failure) (hint, About) {
	r := replyOf(f)
	if r.Code == 0 {
		return "", ""
	}
	said := r.said()
	if r.Enhanced == "" {
		r.Enhanced = r.hidden()
	}
	for i := range meanings {
		if m := &meanings[i]; m.is == f.Category && m.fits(r, said) {
			return m.hint, m.about
		}
	}
	return "", ""
}

// replyOf reads the reply that a failure was made of.
func replyOf(f Failure) (r Reply) {
	code, enhanced, _ := strings.Cut(f.Code, " ")
	if len(code) != 3 {
		return r
	}
	for _, c := range code {
		if c < '0' || c > '9' {
			return Reply{}
		}
		r.Code = r.Code*10 + int(c-'0')
	}
	r.Enhanced, r.Text = enhanced, f.Text
	return r
}

// said is the whole text on one line, in lower case and without addresses, whose parts may
// hold any other word.
func (r Reply) said() string {
	words := strings.Fields(strings.ToLower(strings.ReplaceAll(r.Text, "’", "'")))
	kept := words[:0]
	for _, w := range words {
		if !strings.Contains(w, "@") {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, " ")
}

var hiddenCode = regexp.MustCompile(`(?:^|[\s#(\[])([245]\.\d{1,3}\.\d{1,3})(?:$|[\s:;,)\]-])`)

// hidden is an enhanced code that does not stand where RFC 2034 wants it: "#5.1.0",
// "(5.7.1)", or on a later line. One of another class than the reply is not its own.
func (r Reply) hidden() string {
	for _, found := range hiddenCode.FindAllStringSubmatch(r.Text, -1) {
		if int(found[1][0]-'0') == r.Code/100 {
			return found[1]
		}
	}
	return ""
}

// meaning is a row of the table: what a reply means that fits. Empty fields fit all replies.
type meaning struct {
	is    Category
	about About
	hint  hint
	next  Next // by the class of the code if empty
	gone  bool // suppresses, if it is said at RCPT and for good
	wait  time.Duration

	at       Stage
	codes    []int
	enhanced []string // with or without the class; "7." is all that begins so without it
	words    *regexp.Regexp
}

func (m *meaning) fits(r Reply, said string) bool {
	if len(m.codes) > 0 {
		found := false
		for _, c := range m.codes {
			found = found || c == r.Code
		}
		if !found {
			return false
		}
	}
	if len(m.enhanced) > 0 && !m.fitsEnhanced(r.Enhanced) {
		return false
	}
	return m.words == nil || m.words.MatchString(said)
}

func (m *meaning) fitsEnhanced(code string) bool {
	if len(code) < 3 {
		return false
	}
	for _, e := range m.enhanced {
		if code == e || code[2:] == e || strings.HasSuffix(e, ".") && (strings.HasPrefix(code, e) || strings.HasPrefix(code[2:], e)) {
			return true
		}
	}
	return false
}

func (m *meaning) verdict(at Stage, r Reply) Verdict {
	v := Verdict{Category: m.is, About: m.about, Next: m.next, Wait: m.wait, hint: m.hint}
	v.Bare = len(m.enhanced) == 0 && m.words == nil
	permanent := r.Code/100 == 5
	switch {
	case v.Next == "" && permanent:
		v.Next = GiveUp
	case v.Next == "", v.Next == WaitAccount && !permanent && m.is != TooFast:
		// What an account is refused for now, and is no quota, the next try may find mended.
		v.Next = TryLater
	}
	v.Gone = m.gone && at == AtRcpt && permanent
	return v
}

// Failure is the verdict with what the server said.
func (v Verdict) Failure(code, text string) *Failure {
	f := &Failure{Category: v.Category, Code: code, Text: text, About: v.About, Next: v.Next, Gone: v.Gone, Temporary: v.Next != GiveUp}
	if f.Temporary {
		f.NotBefore = v.Wait
	}
	return f
}
