package service

import (
	"encoding/base64"
	"slices"

	"notifier/access"
	"notifier/letter"
	"notifier/links"
	"notifier/message"
	"notifier/preferences"
	"notifier/settings"
	"notifier/web/centre"
)

// doorOf is where links in mails lead, for place-holders; nil without an address for it. linkDoor has
// the keys of the installation.
func doorOf(c settings.Config) *links.Door {
	secret, err := base64.StdEncoding.DecodeString(c.Secrets.Key)
	if c.HTTP.PublicURL == "" || err != nil || len(secret) == 0 {
		return nil
	}
	return &links.Door{Key: links.NewKey(links.Derive(secret)), Base: c.HTTP.PublicURL}
}

// linksOf are the place-holders in the footer of mails of these kinds: the links themselves
// are made when a mail is handed over.
func linksOf(c settings.Config, kindsOf func(site string) preferences.Catalog) func(message.Message, []message.Kind) letter.Links {
	door := doorOf(c)
	if door == nil {
		return nil
	}
	return func(m message.Message, kinds []message.Kind) letter.Links {
		l := letter.Links{Change: door.HeldChoose()}
		l.Pause = l.Change + centre.PauseWeek
		offered := kindsOf(m.Site)
		kinds = slices.DeleteFunc(slices.Clone(kinds), func(k message.Kind) bool { return !offered.Stoppable(k) })
		if len(kinds) > 0 {
			l.Stop = door.HeldStop(kinds)
			if door.OneClick() {
				l.OneClick = l.Stop
			}
		}
		return l
	}
}

// outgoingWriter writes the mails that are handed over: those alone have links.
type outgoingWriter struct {
	letter.Writer
	door *links.Door // nil: there are no links
}

// Write is a mail as it leaves.
func (w outgoingWriter) Write(m message.Message) message.Message {
	m = w.Writer.Write(m)
	if w.door != nil && !access.IsSandbox(m.Site) { // whose mails stay here, for keys to read
		m = w.door.Fill(m)
	}
	return m
}

// shown is a mail as API and console show it: without links.
func (h *Service) shown(m message.Message) message.Message { return links.Hide(h.writer.Write(m)) }
