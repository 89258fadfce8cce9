package console

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"notifier/access"
	"notifier/message"
	"notifier/preferences"
	"notifier/webhook"
)

// Codes are for programs: pages say them in words, with the code itself beside them or in a
// title where a search or a request needs it.

// known is the text of a code, or the code where no catalogue has a text of its key: a newer
// replica, or a caller, may have codes of its own.
func known(text, group, code string) string {
	if text == group+code {
		return code
	}
	return text
}

// ActionSays is what the audit says of an operation.
func (b base) ActionSays(code string) string {
	return known(b.Clock.Words.T("action."+code), "action.", code)
}

// ReasonSays is why a message has its status.
func (b base) ReasonSays(r message.Reason) string {
	return known(b.Clock.Words.T("reason."+string(r)), "reason.", string(r))
}

// deed is what was decided of a message.
func (b base) deed(d message.Deed) string {
	return known(b.Clock.Words.T("deed."+string(d)), "deed.", string(d))
}

// About is what a kind of event is about: as the operator calls it, in words of ours where that
// is a kind of ours.
func (b base) About(k message.Kind) string {
	title, ours := b.catalog()[k].Title, preferences.DefaultCatalog()[k].Title
	if title != "" && title != ours {
		return title
	}
	return known(b.Clock.Words.T("about."+string(k)), "about.", strings.ReplaceAll(string(k), "_", " "))
}

// catalog is what kinds of events a site has; ours, where there is no desk but a mailbox alone.
func (c *console) catalog(ctx context.Context, site string) preferences.Catalog {
	if c.Users == nil {
		return preferences.DefaultCatalog()
	}
	return c.Users.Catalog(ctx, site)
}

// counted is About for what statistics are kept by: kinds, and types of messages that have none.
func (b base) counted(label string) string {
	if slices.Contains([]message.Type{message.Direct, message.Digest, message.Reminder}, message.Type(label)) {
		return b.Clock.Words.T("type." + label)
	}
	return b.About(message.Kind(label))
}

// SettingSays is what a person chose, given as in "weekly monday 08:00". Its hour is that of the
// person's zone, which is named, since the other times of a page are those of its reader.
func (b base) SettingSays(code, zone string) string {
	words, parts := b.Clock.Words, strings.Fields(code)
	if len(parts) == 0 {
		return code
	}
	says := known(words.T("frequency."+parts[0]), "frequency.", parts[0])
	switch len(parts) {
	case 2:
		says = words.T("setting.at", "Says", says, "Hour", parts[1])
	case 3:
		says = words.T("setting.on", "Says", says, "Weekday", known(words.T("day."+parts[1]), "day.", parts[1]), "Hour", parts[2])
	default:
		return says
	}
	if zone != "" {
		says += " (" + zone + ")"
	}
	return says
}

// Off is why a webhook is disabled.
func (b base) Off(why string) string {
	words := b.Clock.Words
	switch why {
	case webhook.OffAsked:
		return words.T("hook_off.asked")
	case webhook.OffGone:
		return words.T("hook_off.gone")
	case webhook.OffFailing:
		return words.T("hook_off.failed")
	}
	return why
}

// TLS is how the connection to a server is encrypted.
func (b base) TLS(mode string) string {
	if mode == "none" {
		return b.Clock.Words.T("tls.none")
	}
	return strings.ToUpper(cmp.Or(mode, "starttls"))
}

// ScopeSays is what a key may do.
func (b base) ScopeSays(s access.Scope) string {
	return b.Clock.Words.T("scope." + strings.ReplaceAll(string(s), ":", "_"))
}

// Because is why a person gets a mail, given as its header says it: "case_changed; setting=hourly".
func (b base) Because(header string) string {
	about, setting, chosen := strings.Cut(header, "; setting=")
	switch about {
	case "":
		return ""
	case "message":
		about = string(message.Direct)
	}
	if !chosen {
		return b.counted(about)
	}
	return b.counted(about) + " · " + b.SettingSays(setting, "")
}
