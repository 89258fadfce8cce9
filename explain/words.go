package explain

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	bcp47 "golang.org/x/text/language"

	"notifier/language"
	"notifier/message"
)

// words is all that an explanation says, in one language. Names in braces are filled in
// with facts; a part in brackets is left out where one of its facts is not known.
type words struct {
	lang   string // BCP 47
	says   map[Reason]said
	texts  map[string]string
	counts map[string]map[plural.Form]string // a number with its noun

	// point is a moment as it stands in a sentence, with the words that go before it; since is
	// one from which on something holds, or until which.
	point, since string
	weekdays     [7]string // of point and since, from Sunday
	months       [12]string
	named        [7]string // weekdays by themselves, as in a setting
}

// said is what is said for a reason.
type said struct {
	sentence string
	do       string // what can be done; empty where there is nothing to do but wait
}

var (
	spoken  = []*words{&english, &polish, &french}
	tongues = language.NewMatcher(english.lang, polish.lang, french.lang)
)

// speak is the catalogue for somebody who speaks that: a tag, or a list as browsers send
// it; English where there is none.
func speak(list string) *words {
	found := tongues.Choose(list)
	for _, w := range spoken {
		if w.lang == found {
			return w
		}
	}
	return &english
}

// Choose is the language in which somebody is answered who speaks that.
func Choose(list string) string { return speak(list).lang }

// count is a number with its noun, in the form that the language asks for (CLDR).
func (w *words) count(n int, noun string) string {
	forms := w.counts[noun]
	text, has := forms[plural.Cardinal.MatchPlural(bcp47.MustParse(w.lang), n, 0, 0, 0, 0)]
	if !has {
		text = forms[plural.Other]
	}
	return facts{"n": strconv.Itoa(n)}.fill(text)
}

// setting is what was chosen, as in "daily 08:00"; zone is that of its hour.
func (w *words) setting(text, zone string) string {
	parts := strings.Fields(text)
	if len(parts) == 0 {
		return text
	}
	template, known := w.texts["setting."+parts[0]]
	f := facts{"hour": parts[len(parts)-1] + " " + zone}
	if len(parts) == 3 {
		day := parts[1]
		for i, name := range english.named {
			if name == day {
				day = w.named[i]
			}
		}
		f["weekday"] = day
	}
	if !known {
		return text
	}
	return f.fill(template)
}

// failure is what a failure means, and what can be done about it.
func (w *words) failure(f message.Failure, o message.Outlook) (says, remedy string) {
	o.Next = time.Time{} // the sentence says when, in the zone of the one who asks
	return f.Words(w.lang, o)
}

// facts are what the names in a sentence stand for. An absent one is not known.
type facts map[string]string

var (
	optional = regexp.MustCompile(`\[[^\[\]]*\]`)
	named    = regexp.MustCompile(`/?\{([a-z_]+)\}`)
)

// fill writes a text of the catalogue. A part in brackets that lacks a fact is left out.
func (f facts) fill(text string) string {
	text = optional.ReplaceAllStringFunc(text, func(part string) string {
		part = part[1 : len(part)-1]
		for _, name := range named.FindAllStringSubmatch(part, -1) {
			if f[name[1]] == "" {
				return ""
			}
		}
		return f.put(part)
	})
	return strings.TrimSpace(f.put(text))
}

// put fills the names in. Behind a slash an id is a part of a path of the API, where it stands
// percent-encoded: so it can be copied (T10).
func (f facts) put(text string) string {
	return named.ReplaceAllStringFunc(text, func(name string) string {
		if rest, within := strings.CutPrefix(name, "/"); within {
			return "/" + url.PathEscape(f[rest[1:len(rest)-1]])
		}
		return f[name[1:len(name)-1]]
	})
}

// with are the facts and some more: names and values in turn.
func (f facts) with(more ...string) facts {
	all := maps.Clone(f)
	for i := 0; i+1 < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

// hourOf writes an hour as every language here does.
func hourOf(hour, minute, second int, sharp bool) string {
	if sharp {
		return fmt.Sprintf("%02d:%02d:%02d", hour, minute, second)
	}
	return fmt.Sprintf("%02d:%02d", hour, minute)
}
