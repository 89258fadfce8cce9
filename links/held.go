package links

import (
	"bytes"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"notifier/message"
)

// A link lets whoever has it act as a person, so what is kept of a mail has none: it has
// place-holders, which lead nowhere. They become links when the mail is handed over, and
// only there. Whoever may read mails, or has a copy of the database, cannot act as the
// people whom they were for.

// held begins what stands in a place-holder where a link has its token. No token is so short.
const held = "yours"

// HeldChoose is the place-holder of Choose.
func (d Door) HeldChoose() string { return d.Base + ChoosePath + held }

// HeldFresh is that of Fresh.
func (d Door) HeldFresh() string { return d.Base + ChoosePath + held + ".fresh" }

// HeldStop is that of Stop.
func (d Door) HeldStop(kinds []message.Kind) string {
	escaped := names(kinds)
	for i, kind := range escaped {
		escaped[i] = url.PathEscape(kind)
	}
	return d.Base + StopPath + held + "." + strings.Join(escaped, ",")
}

// Fill puts links in place of their place-holders in a mail that is handed over. They are
// those of the time at which it was queued, so that each attempt sends the same mail. A mail
// that does not go to one person alone gets none: its links would be everybody's.
func (d Door) Fill(m message.Message) message.Message {
	if m.UserID == "" || len(m.To) != 1 || len(m.Cc)+len(m.Bcc) > 0 {
		return m
	}
	f := filler{d, m, m.QueuedAt}
	if f.at.IsZero() {
		f.at = m.CreatedAt
	}
	m.Text, m.HTML = f.fill(m.Text), f.fill(m.HTML)
	if len(m.Headers) == 0 {
		return m
	}
	filled := make([]message.Header, 0, len(m.Headers))
	for _, h := range m.Headers {
		h.Value = f.fill(h.Value)
		if h.Name != "List-Unsubscribe" || h.Check() == nil { // of very many kinds it may be too long
			filled = append(filled, h)
		}
	}
	m.Headers = filled
	return m
}

// filler makes the links of one mail.
type filler struct {
	Door
	m  message.Message
	at time.Time
}

func (f filler) fill(text string) string {
	for _, path := range []string{ChoosePath, StopPath} {
		holder := f.Base + path + held
		if !strings.Contains(text, holder) {
			continue
		}
		var b strings.Builder
		for {
			before, after, found := strings.Cut(text, holder)
			b.WriteString(before)
			if !found {
				break
			}
			text = after
			says := text[:len(text)-len(strings.TrimLeftFunc(text, inHolder))]
			link, known := f.link(path, says)
			if !known {
				b.WriteString(holder)
				continue
			}
			b.WriteString(link)
			text = text[len(says):]
		}
		text = b.String()
	}
	return text
}

// inHolder tells what a place-holder is made of after its beginning.
func inHolder(r rune) bool {
	return r == '.' || r == ',' || r == '_' || r == '-' || r == '%' || r == '~' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// link is what a place-holder stands for, by what it says after its beginning.
func (f filler) link(path, says string) (string, bool) {
	kinds, stops := strings.CutPrefix(says, ".")
	switch {
	case path == StopPath && stops:
		var all []message.Kind
		for kind := range strings.SplitSeq(kinds, ",") {
			kind, err := url.PathUnescape(kind)
			if err != nil {
				return "", false
			}
			all = append(all, message.Kind(kind))
		}
		return f.Stop(f.m.Site, f.m.UserID, all, f.at), true
	case path == ChoosePath && says == ".fresh":
		return f.Fresh(f.m.Site, f.m.UserID, f.at), true
	case path == ChoosePath && says == "":
		return f.Choose(f.m.Site, f.m.UserID, f.at), true
	}
	return "", false
}

// live finds links of ours: each token begins with its version, and none is shorter than 38 characters.
var live = regexp.MustCompile(`(/[pu]/)A[Q-Za-f][A-Za-z0-9_-]{36,}`)

// Hide takes the links out of a mail that somebody else than its reader looks at: mails that
// were written before place-holders were, and what a caller wrote, have some.
func Hide(m message.Message) message.Message {
	m.Case.URL = HideIn(m.Case.URL)
	m.Subject, m.Summary, m.Text, m.HTML = HideIn(m.Subject), HideIn(m.Summary), HideIn(m.Text), HideIn(m.HTML)
	if slices.ContainsFunc(m.Headers, func(h message.Header) bool { return live.MatchString(h.Value) }) {
		m.Headers = slices.Clone(m.Headers)
		for i, h := range m.Headers {
			m.Headers[i].Value = HideIn(h.Value)
		}
	}
	return m
}

// HideIn is Hide of one text.
func HideIn(text string) string {
	if !strings.Contains(text, ChoosePath) && !strings.Contains(text, StopPath) {
		return text
	}
	return live.ReplaceAllString(text, "${1}"+held)
}

// HideInBytes is HideIn of bytes.
func HideInBytes(b []byte) []byte {
	if !bytes.Contains(b, []byte(ChoosePath+"A")) && !bytes.Contains(b, []byte(StopPath+"A")) {
		return b
	}
	return live.ReplaceAll(b, []byte("${1}"+held))
}
