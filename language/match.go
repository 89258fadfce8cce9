// Package language says in which words of ours somebody is answered: which languages there are,
// what each says, its plurals, dates and lengths of time, and which of them a reader wants.
//
// It knows no message and no page: a room asks for a text by its key.
package language

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// LongestTag is the longest language tag that is taken, in characters (RFC 5646 §4.4.1).
const LongestTag = 35

// Canonical is a language tag as BCP 47 writes it: "pl_PL" and "PL-pl" become pl-PL, "iw"
// becomes he. An empty one stays empty; what is no language is refused with words.
func Canonical(tag string) (string, error) {
	if tag == "" {
		return "", nil
	}
	if len(tag) <= LongestTag && !strings.ContainsFunc(tag, notInTag) {
		t, err := language.Parse(tag)
		if base, _, _ := t.Raw(); err == nil && base.String() != "und" && !swapped(tag) {
			return t.String(), nil
		}
	}
	return tag, fmt.Errorf("%.*q is not a language. Write its short tag, for example en, pl or pt-BR", LongestTag, tag)
}

func notInTag(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
}

// swapped tells whether a country in three letters would be taken for a language, as en-USA
// would be Usarufa. Only some languages have a second part of that kind, as zh-yue (RFC 5646
// §2.2.2).
func swapped(tag string) bool {
	parts := strings.FieldsFunc(tag, func(r rune) bool { return r == '-' || r == '_' })
	return len(parts) > 1 && len(parts[1]) == 3 && parts[1][0] > '9' && len(parts[0]) > 1 &&
		!slices.Contains([]string{"zh", "ar", "sgn", "ms", "sw", "uz", "lv", "kok"}, strings.ToLower(parts[0]))
}

// Matcher finds which of the languages in which something is written a reader wants.
type Matcher struct {
	all  []tongue
	tags []string
}

// tongue is a language tag in its parts; what the tag does not say is empty.
type tongue struct {
	tag, full            string // as it is given, and as Canonical writes it
	base, script, region string
	variants             []string
	// written is the script that it is written in, also where the tag does not say so.
	written string
}

// NewMatcher finds one of these; where two are as near to what is wanted, the first is taken.
func NewMatcher(tags ...string) Matcher {
	all := make([]tongue, len(tags))
	for i, tag := range tags {
		all[i] = tongueOf(tag)
	}
	return Matcher{all, tags}
}

func tongueOf(tag string) tongue {
	t, err := language.Parse(tag)
	if err != nil {
		return tongue{tag: tag}
	}
	l := tongue{tag: tag, full: t.String()}
	if t, err = language.All.Canonicalize(t); err != nil { // cmn is zh
		return l
	}
	base, script, region := t.Raw()
	l.base = base.String()
	if l.base == "nb" { // what a text in "no" is nearly always written in
		l.base = "no"
	}
	if s := script.String(); s != "Zzzz" {
		l.script, l.written = s, s
	} else {
		written, _ := t.Script()
		l.written = written.String()
	}
	if r := region.String(); r != "ZZ" {
		l.region = r
	}
	for _, v := range t.Variants() {
		l.variants = append(l.variants, v.String())
	}
	return l
}

// Lookup is which of the languages somebody reads who wants that one: the same, else what is
// left when the wanted tag is made shorter and shorter (RFC 4647 §3.4), else another variety
// in the same script; empty if there is none. Somebody who reads zh-Hant or sr-Latn gets no
// text in another script.
func (m Matcher) Lookup(wanted string) string {
	for _, l := range m.all {
		if l.tag == wanted {
			return wanted
		}
	}
	if wanted == "" {
		return ""
	}
	if found, sure := quickly(wanted, m.tags); sure {
		return found
	}
	w, best, found := tongueOf(wanted), 0, ""
	for _, l := range m.all {
		if near := w.near(l); near > best {
			best, found = near, l.tag
		}
	}
	return found
}

// Lookup is the Matcher's Lookup among these tags, for whoever has them only now. What is
// plain is found without making one.
func Lookup(wanted string, tags []string) string {
	if found, sure := quickly(wanted, tags); sure {
		return found
	}
	return NewMatcher(tags...).Lookup(wanted)
}

// quickly is Lookup without reading tags, where it is plain what comes of it: nothing is in
// that language, or one text is, whatever the variety. Intake asks for every recipient.
func quickly(wanted string, tags []string) (found string, sure bool) {
	base, _, _ := strings.Cut(wanted, "-")
	if !common(base) {
		return "", false
	}
	for _, tag := range tags {
		switch of, rest, _ := strings.Cut(tag, "-"); {
		case !common(of):
			return "", false
		case of != base:
		case rest != "" || found != "":
			return "", false
		default:
			found = tag
		}
	}
	return found, true
}

// common tells whether these are two letters that stand for a language, and for nothing that
// has another tag, too.
func common(base string) bool {
	if len(base) != 2 || base[0] < 'a' || base[0] > 'z' || base[1] < 'a' || base[1] > 'z' {
		return false
	}
	switch base {
	case "iw", "in", "ji", "jw", "mo", "sh", "tl", "no", "nb":
		return false
	}
	return true
}

// Choose is the Lookup of whoever wants these, the preferred one first: each is a tag, or a
// list as browsers send it in Accept-Language. A part that nobody can read is passed over.
func (m Matcher) Choose(wanted ...string) string {
	type weighed struct {
		tag    string
		weight float32
	}
	for _, list := range wanted {
		var tags []weighed
		for part := range strings.SplitSeq(list, ",") {
			parsed, weights, err := language.ParseAcceptLanguage(part)
			if err == nil && len(parsed) == 1 {
				tags = append(tags, weighed{parsed[0].String(), weights[0]})
			}
		}
		slices.SortStableFunc(tags, func(a, b weighed) int { return int(1000 * (b.weight - a.weight)) })
		for _, t := range tags {
			if found := m.Lookup(t.tag); found != "" {
				return found
			}
		}
	}
	return ""
}

// How near a text is to what is wanted. A tag that is what is left of the wanted one counts
// the more, the more it says.
const (
	unlike   = 0
	unsaid   = 1   // the reader has not said in which script: sr for sr-Latn
	maybe    = 2   // the text does not say in which script it is: sr-Latn for sr
	cousin   = 3   // another variety, in the same script: de-AT for de-CH
	standard = 4   // the usual one of them: de-AT for de-DE
	shorter  = 10  // de-AT for de, zh-Hant-TW for zh-Hant
	same     = 100 // but for what goes without saying: zh for zh-Hans
	exact    = 200
)

func (w tongue) near(l tongue) int {
	switch {
	case w.base == "" || w.base != l.base:
		return unlike
	case w.full == l.full:
		return exact
	case w.written != l.written:
		return w.otherwise(l)
	case w.region == l.region && slices.Equal(w.variants, l.variants):
		return same
	case l.region != "" && l.region != w.region || slices.ContainsFunc(l.variants, func(v string) bool { return !slices.Contains(w.variants, v) }):
		if l.usual() {
			return standard
		}
		return cousin
	}
	near := shorter + len(l.variants)
	if l.script != "" {
		near++
	}
	if l.region != "" {
		near += 5
	}
	return near
}

// otherwise is how near a text is that seems to be in another script than the wanted one.
func (w tongue) otherwise(l tongue) int {
	switch {
	case l.script == "" && l.region == "":
		return maybe
	case w.script == "" && w.region == "":
		return unsaid
	}
	return unlike
}

// usual tells whether the region is the first to think of, as DE is for de.
func (l tongue) usual() bool {
	if l.region == "" || len(l.variants) > 0 {
		return false
	}
	region, _ := language.Make(l.base + "-" + l.written).Region()
	return region.String() == l.region
}
