package message

import (
	"fmt"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"notifier/fault"
)

// Header is a field that a caller adds to a mail's head.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// MaxHeaderLine is the longest line of a mail, without its end (RFC 5322 §2.1.1).
const MaxHeaderLine = 998

const (
	maxHeaders     = 20
	maxHeaderName  = 60
	maxHeaderValue = 10_000 // in characters; some receivers take no more than 32 KB for a whole head
)

// structured are the fields beside X-… that a caller may add whose values are no free text, each
// with the form of its value and how to write it. They are written as they are: an encoded word
// in them has no meaning, and is decoded by some readers all the same (RFC 2047 §5).
var structured = map[string]struct {
	form *regexp.Regexp
	how  string
}{
	"Feedback-Id":           {regexp.MustCompile(`^[^\s:]*(:[^\s:]*)*$`), "Write up to four words with colons between them, for example campaign:customer:mail:sender"},
	"Importance":            {regexp.MustCompile(`(?i)^(high|normal|low)$`), "Write high, normal or low"},
	"In-Reply-To":           {reMessageIDs, howMessageIDs},
	"List-Archive":          {reURIs, howURIs},
	"List-Help":             {reURIs, howURIs},
	"List-Owner":            {reURIs, howURIs},
	"List-Unsubscribe":      {reURIs, howURIs},
	"List-Unsubscribe-Post": {regexp.MustCompile(`^List-Unsubscribe=One-Click$`), "Write List-Unsubscribe=One-Click (RFC 8058)"},
	"Precedence":            {regexp.MustCompile(`^[A-Za-z-]+$`), "Write one word, for example bulk"},
	"References":            {reMessageIDs, howMessageIDs},
	"Sensitivity":           {regexp.MustCompile(`(?i)^(personal|private|company-confidential)$`), "Write personal, private or company-confidential"},
}

var (
	reMessageIDs = regexp.MustCompile(`^<[^\s<>@]+@[^\s<>@]+>(\s*<[^\s<>@]+@[^\s<>@]+>)*$`)
	// A comment may stand behind each address of a list's field (RFC 2369 §2).
	reURIs = regexp.MustCompile(`(?i)^<(https?://|mailto:)[^\s<>]+>( *\([^()]*\))?( *, *<(https?://|mailto:)[^\s<>]+>( *\([^()]*\))?)*$`)
	reURI  = regexp.MustCompile(`<([^<>]+)>`)
)

const (
	howMessageIDs = "Write Message-IDs with blanks between them, for example <1181@bpm.example.org>"
	howURIs       = "Write web or mailto: addresses in angle brackets, for example <https://bpm.example.org/stop>"
)

// structuredNames are those of structured, for sentences.
var structuredNames = []string{
	"Feedback-Id", "Importance", "In-Reply-To", "List-Archive", "List-Help", "List-Owner", "List-Unsubscribe",
	"List-Unsubscribe-Post", "Precedence", "References", "Sensitivity",
}

// free are those whose values are texts.
var free = []string{"Comments", "Keywords", "Organization"}

// ours are fields beginning with X- that only we write.
var ours = []string{"X-Auto-Response-Suppress", "X-Notifier-"}

// Structured tells whether the field's value is written as it is, rather than as a text.
func (h Header) Structured() bool {
	_, is := structured[h.Name]
	return is
}

// Check tells what is wrong with the field, or nil.
func (h Header) Check() error {
	if err := h.CheckName(); err != nil {
		return err
	}
	return h.checkValue(textproto.CanonicalMIMEHeaderKey(h.Name))
}

// checkHeader tells what is wrong with what a draft sets a header to, or nil. What has a structure
// stands in a mail once (RFC 5322 §3.6).
func checkHeader(name string, values Values) error {
	one := Header{Name: name}
	if len(values) == 0 {
		return one.Check()
	}
	if _, is := structured[textproto.CanonicalMIMEHeaderKey(name)]; is && len(values) > 1 {
		return fmt.Errorf("the header %s stands in a mail once. Write one text", textproto.CanonicalMIMEHeaderKey(name))
	}
	for _, one.Value = range values {
		if err := one.Check(); err != nil {
			return err
		}
	}
	return nil
}

// CheckName tells why a caller may not set a field of that name, or nil.
func (h Header) CheckName() error {
	name := textproto.CanonicalMIMEHeaderKey(h.Name)
	if len(h.Name) > maxHeaderName || strings.ContainsFunc(h.Name, notInName) || h.Name == "" {
		return fmt.Errorf("%q is no name of a header. Write letters, digits and hyphens", fault.Truncate(h.Name, maxHeaderName))
	}
	ofCaller := strings.HasPrefix(name, "X-") && !slices.ContainsFunc(ours, func(p string) bool { return strings.HasPrefix(name, p) })
	if _, is := structured[name]; !ofCaller && !is && !slices.Contains(free, name) {
		return fmt.Errorf("the header %s may not be set. Set one that begins with X-, or %s", name, fault.Either(append(slices.Clone(free), structuredNames...)))
	}
	return nil
}

func (h Header) checkValue(name string) error {
	if err := fault.CheckLine(h.Value, maxHeaderValue); err != nil {
		return err
	}
	if strings.TrimSpace(h.Value) == "" {
		return fmt.Errorf("the header %s is empty. Give it a value, or leave it out", name)
	}
	kind, is := structured[name]
	printable := !strings.ContainsFunc(h.Value, notPrintable)
	switch {
	case is && !printable:
		return fmt.Errorf("the header %s takes printable ASCII alone. Encode what is not", name)
	case is && strings.Contains(h.Value, "=?"):
		return fmt.Errorf("the header %s has =? in it, which mail programs take for encoded text. Leave it out", name)
	case is && !kind.form.MatchString(strings.TrimSpace(h.Value)):
		return fmt.Errorf("%q cannot be the header %s. %s", fault.Truncate(h.Value, 60), name, kind.how)
	case is && kind.form == reURIs:
		for _, found := range reURI.FindAllStringSubmatch(h.Value, -1) {
			if _, err := url.Parse(found[1]); err != nil {
				return fmt.Errorf("%q in the header %s is no address. %s", fault.Truncate(found[1], 60), name, howURIs)
			}
		}
	}
	if !printable || strings.Contains(h.Value, "=?") {
		return nil // it goes out as encoded words, which can be folded anywhere
	}
	for i, word := range Words(strings.TrimSpace(h.Value)) {
		room := MaxHeaderLine - 1
		if i == 0 {
			room -= len(name) + 1
		}
		if len(word) > room {
			return fmt.Errorf("the header %s has %d characters without a single blank, and a line of a mail has at most %d. Put blanks where it may be folded, or shorten it", name, len(word), MaxHeaderLine)
		}
	}
	return nil
}

// Words are what a header's value consists of if it may be folded between them: it is cut at
// single blanks. Two blanks side by side stay within a word, since some readers make one blank of a
// folded place.
func Words(s string) []string {
	var words []string
	start := 0
	for i := 1; i < len(s)-1; i++ {
		if s[i] == ' ' && s[i-1] != ' ' && s[i+1] != ' ' {
			words = append(words, s[start:i])
			start = i + 1
		}
	}
	if s == "" {
		return nil
	}
	return append(words, s[start:])
}

func notInName(r rune) bool {
	return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-')
}

func notPrintable(r rune) bool { return r < ' ' || r > '~' }
