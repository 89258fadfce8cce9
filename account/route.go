package account

import (
	"maps"
	"slices"

	"notifier/access"
	"notifier/fault"
	"notifier/message"
)

// Configured are all accounts that have a mail server, by name.
type Configured map[string]Settings

// Names lists the accounts in the order of their names.
func (all Configured) Names() []string { return slices.Sorted(maps.Keys(all)) }

// Of is the account of a site whose messages name none: one that is for the site
// alone, or else smtp, or else the first that is for all. It is empty if there is none.
func (all Configured) Of(site string) string {
	names := all.Names()
	for _, name := range names {
		if slices.Contains(all[name].Sites, site) {
			return name
		}
	}
	if s, known := all[Default]; known && s.Serves(site) {
		return Default
	}
	for _, name := range names {
		if all[name].Serves(site) {
			return name
		}
	}
	return ""
}

// Route finds the account for a message, which may name it, or the sender that it is to
// come from. It is empty where the site's own will do.
func (all Configured) Route(site, account string, sender message.Address) (string, error) {
	if account == "" && sender.Email == "" {
		return "", nil // as most of them
	}
	var bad fault.Invalid
	site = access.Home(site) // a test finds what is wrong as in earnest
	named, known := all[account]
	switch {
	case account != "" && (!known || !named.Serves(site)):
		bad.Add("/account", "unknown_account", "there is no account %q for this site.%s", fault.Truncate(account, 60), fault.Suggest(account, all.forSite(site)))
	case account != "" && sender.Email != "" && !named.Allows(sender.Email):
		bad.Add("/sender", "sender_not_allowed", "the account %s may not send from %s. Leave sender out, or add it to the account's senders", account, sender.Email)
	case account != "" || sender.Email == "":
	default:
		account = all.thatAllows(site, sender.Email)
		if account == "" {
			bad.Add("/sender", "sender_not_allowed", "no account may send from %s. Leave sender out, or add it to the senders of smtp in config.yaml", sender.Email)
		}
	}
	if account == all.Of(site) {
		account = ""
	}
	return account, bad.Err()
}

// forSite lists the accounts that serve a site.
func (all Configured) forSite(site string) []string {
	return slices.DeleteFunc(all.Names(), func(name string) bool { return !all[name].Serves(site) })
}

// thatAllows is the site's own account, or else the first that may send so.
func (all Configured) thatAllows(site, sender string) string {
	for _, name := range append([]string{all.Of(site)}, all.forSite(site)...) {
		if s, known := all[name]; known && s.Allows(sender) {
			return name
		}
	}
	return ""
}
