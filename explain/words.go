package explain

import (
	"cmp"
	"fmt"
	"maps"
	"strings"
	"time"

	"notifier/language"
	"notifier/message"
)

// words are those of the person who asks: the texts below "explain" in the files of language.
type words struct{ *language.Words }

// speak are the words for somebody who speaks that: a tag, or a list as browsers send it; English
// where there are none.
func speak(list string) words { return words{language.In(language.Choose(list))} }

// Choose is the language in which somebody is answered who speaks that.
func Choose(list string) string { return language.Choose(list) }

// say writes a text with facts.
func (w words) say(key string, f facts) string {
	return strings.TrimSpace(w.Optional(key, f.pairs()...))
}

// sentence is what is said for a reason.
func (w words) sentence(r Reason, f facts) string {
	return w.say("explain.says."+string(r)+".sentence", f)
}

// do is what can be done; empty where there is nothing to do but wait.
func (w words) do(r Reason, f facts) string { return w.say("explain.says."+string(r)+".do", f) }

// setting is what was chosen, as in "daily 08:00"; zone is that of its hour.
func (w words) setting(text, zone string) string {
	parts := strings.Fields(text)
	if len(parts) == 0 || !w.Has("explain.setting."+parts[0]) {
		return text
	}
	f := facts{"hour": parts[len(parts)-1] + " " + zone}
	if len(parts) == 3 {
		f["weekday"] = cmp.Or(w.Optional("explain.day."+parts[1]), parts[1])
	}
	return w.say("explain.setting."+parts[0], f)
}

// failure is what a failure means, and what can be done about it.
func (w words) failure(f message.Failure, o message.Outlook) (says, remedy string) {
	o.Next = time.Time{} // the sentence says when, in the zone of the one who asks
	return f.Words(w.Lang, o)
}

// facts are what the names in a sentence stand for. An absent one is not known.
type facts map[string]string

// pairs are names and values in turn.
func (f facts) pairs() []any {
	all := make([]any, 0, 2*len(f))
	for name, value := range f {
		all = append(all, name, value)
	}
	return all
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
