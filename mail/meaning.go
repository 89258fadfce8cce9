package mail

import (
	"slices"
	"strings"
	"time"

	"notifier/message"
)

// stage is where in the conversation a reply was given. The same reply to MAIL is about
// the sender, to RCPT about the recipient, and after the mail about its content.
type stage int

const (
	atConnect stage = 1 << iota // greeting, EHLO
	atTLS
	atAuth
	atMail
	atRcpt
	atData
	atDot
	anywhere stage = 0
)

// meaning is a rule: a reply that fits is a failure of that category. Empty fields fit
// all replies.
type meaning struct {
	is       message.Category
	at       stage
	enhanced []string // with or without the class; "7." is all that begins so without it
	words    []string // one of them, in lower case
	codes    []int
	wait     time.Duration
}

func (m meaning) fits(at stage, r reply, said string) bool {
	if m.at != anywhere && m.at&at == 0 {
		return false
	}
	if len(m.codes) > 0 && !slices.Contains(m.codes, r.code) {
		return false
	}
	if len(m.words) > 0 && !slices.ContainsFunc(m.words, func(w string) bool { return strings.Contains(said, w) }) {
		return false
	}
	return len(m.enhanced) == 0 || r.enhanced != "" && slices.ContainsFunc(m.enhanced, func(e string) bool {
		return r.enhanced == e || r.enhanced[2:] == e || strings.HasSuffix(e, ".") && strings.HasPrefix(r.enhanced[2:], e)
	})
}

const afterMail = atRcpt | atData | atDot

// meanings is the one table of what replies mean; the first that fits holds. First the
// enhanced codes that leave no doubt (RFC 3463 and its registry), then the words of the
// large providers, then what a bare code says at its stage.
var meanings = []meaning{
	// What happens before MAIL concerns the account.
	{is: message.TooFast, at: atConnect | atAuth, words: rateWords},
	{is: message.ConnectFailed, at: atAuth | atTLS, codes: []int{421}},
	{is: message.AuthFailed, at: atAuth},
	{is: message.RejectedSender, at: atConnect, words: senderWords},
	{is: message.ConnectFailed, at: atConnect},
	{is: message.TLSFailed, at: atTLS},

	// Greylisting names no rate: it is a plain temporary failure that must wait.
	{is: message.Unknown, codes: []int{421, 450, 451, 452}, words: greyWords, wait: notBeforeGreylisting},

	{is: message.RejectedSender, at: atMail, enhanced: []string{"1."}},
	{is: message.RejectedSender, enhanced: []string{"1.7", "1.8"}},
	{is: message.AddressUnknown, enhanced: []string{"1.0", "1.1", "1.2", "1.3", "1.6", "1.10"}},
	{is: message.MailboxFull, enhanced: []string{"2.2"}},
	{is: message.TooLarge, enhanced: []string{"2.3", "3.4"}},
	{is: message.TooFast, enhanced: []string{"4.5", "5.3", "7.28"}},
	{is: message.AuthFailed, enhanced: []string{"7.8", "7.9", "7.14"}},
	{is: message.TLSFailed, enhanced: []string{"7.10", "7.11", "7.30"}},
	{is: message.RejectedSender, enhanced: []string{"7.20", "7.21", "7.22", "7.23", "7.24", "7.25", "7.26", "7.27", "7.509", "7.515"}},
	{is: message.RejectedContent, enhanced: []string{"6."}},

	{is: message.TLSFailed, words: []string{"starttls", "tls required", "encryption required"}},
	{is: message.AuthFailed, at: atMail | atRcpt, words: []string{
		"authentication required", "authentication needed", "not authenticated", "authenticate first", "log in first", "auth first",
	}},
	{is: message.TooLarge, words: []string{"too large", "too big", "message size", "size limit", "exceeds size"}},
	{is: message.MailboxFull, at: afterMail, words: []string{
		"mailbox full", "mailbox is full", "inbox is full", "over quota", "overquota", "quota exceeded", "exceeded quota",
		"exceeded storage", "exceeded his quota", "storage quota", "disk quota", "out of storage", "not enough space",
	}},
	{is: message.TooFast, words: rateWords},
	{is: message.AddressUnknown, at: atRcpt | atDot, words: []string{
		"user unknown", "unknown user", "no such user", "no such recipient", "no such mailbox", "unknown recipient",
		"recipient unknown", "user not found", "recipient not found", "user doesn't exist", "user does not exist",
		"account does not exist", "address does not exist", "mailbox does not exist", "recipient does not exist",
		"invalid recipient", "invalid mailbox", "no mailbox here", "mailbox not found", "mailbox unavailable",
		"account is disabled", "account disabled", "account has been disabled", "unrouteable address", "undeliverable address",
	}},
	{is: message.AddressUnknown, at: atRcpt, enhanced: []string{"4.1"}, words: []string{"access denied"}}, // Exchange Online
	{is: message.AddressUnknown, enhanced: []string{"5.2.1"}},
	{is: message.RejectedSender, words: senderWords},
	{is: message.RejectedContent, at: atDot | atData | atRcpt, words: []string{
		"spam", "virus", "malware", "phish", "unsolicited", "message content", "content rejected", "attachment", "header", "blocked",
	}},

	{is: message.RejectedSender, at: atMail, enhanced: []string{"7."}},
	{is: message.RejectedContent, at: afterMail, enhanced: []string{"7."}},

	{is: message.ConnectFailed, codes: []int{421}},
	{is: message.AuthFailed, codes: []int{530, 534, 535, 538}},
	{is: message.RejectedSender, at: atMail, codes: []int{550, 551, 553, 554}},
	{is: message.TooLarge, at: atMail, codes: []int{552}}, // all that it knows is the size
	{is: message.MailboxFull, codes: []int{552}},
	{is: message.AddressUnknown, at: atRcpt, codes: []int{550, 551, 553, 556}},
	{is: message.RejectedContent, at: atData | atDot, codes: []int{550, 554}},
}

var rateWords = []string{
	"rate limit", "ratelimit", "rate-limit", "limit exceeded", "exceeded the limit", "exceeded the rate", "unusual rate",
	"high rate", "rate that", "sending rate", "sending limit", "sending quota", "message limit", "throttl", "too many",
	"too fast", "too much mail", "connections limit", "concurrent connections", "connection limit", "slow down",
	"server busy", "too quickly",
}

var senderWords = []string{
	"spf", "dkim", "dmarc", "sender address rejected", "sender rejected", "sender denied", "sender verify", "not owned by user",
	"not authorized to send", "not allowed to send", "not permitted to send", "send as", "relay", "blocklist",
	"block list", "blacklist", "black list", "blocked using", "spamhaus", "spamcop", "barracuda", "poor reputation",
	"low reputation", "reverse dns", "ptr record", "helo",
}

var greyWords = []string{"greylist", "graylist", "grey-list", "gray-list", "grey list", "gray list", "postgrey"}
