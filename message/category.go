package message

import (
	"time"

	"notifier/language"
)

// Category is what went wrong, in a word that people and programs understand (CQ-7).
type Category string

// The categories of failure.
const (
	AddressUnknown  Category = "address_unknown"
	MailboxFull     Category = "mailbox_full"
	TooFast         Category = "rate_limited"
	RejectedContent Category = "rejected_content"
	RejectedSender  Category = "rejected_sender"
	AuthFailed      Category = "auth_failed"
	TLSFailed       Category = "tls_failed"
	ConnectFailed   Category = "connect_failed"
	TooLarge        Category = "too_large"
	TemplateFailed  Category = "template_failed"
	TooLate         Category = "expired"
	LeaseLost       Category = "lease_lost"
	Unknown         Category = "unknown"
)

// retried are the categories that the service tries again automatically where the refusal was for
// now, and for how long at most; zero: as long as any.
var retried = map[Category]time.Duration{
	MailboxFull: 24 * time.Hour, TooFast: 0, AuthFailed: 0, TLSFailed: 0, ConnectFailed: 0, LeaseLost: 0, Unknown: 0,
}

// Categories lists every category.
func Categories() []Category {
	return []Category{
		AddressUnknown, MailboxFull, TooFast, RejectedContent, RejectedSender, AuthFailed, TLSFailed,
		ConnectFailed, TooLarge, TemplateFailed, TooLate, LeaseLost, Unknown,
	}
}

// SaysIn is what happened, in one sentence of that language, or in English where it has no words
// for it. Page, command line and API have it from here.
func (c Category) SaysIn(lang string) string {
	return language.In(lang).Optional("failure." + string(c) + ".says")
}

// RemedyIn is what a person can do about it, in one sentence.
func (c Category) RemedyIn(lang string) string {
	return language.In(lang).Optional("failure." + string(c) + ".remedy")
}

// Retried tells whether the service tries again by itself what was refused so for now.
func (c Category) Retried() bool {
	_, is := retried[c]
	return is
}

// Within is how long that is tried again at most; zero where no shorter time holds than
// for all messages.
func (c Category) Within() time.Duration { return retried[c] }
