package message

import "time"

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

// plainWords are what each category says to a person, what the person can do about it,
// and whether the service tries again by itself where the refusal was for now. Page,
// command line and API have them from here.
var plainWords = map[Category]struct {
	says, remedy string
	retried      bool
	// within is how long it is tried again at most; zero: as long as any.
	within time.Duration
}{
	AddressUnknown:  {"The address does not exist.", "Correct it, then retry.", false, 0},
	MailboxFull:     {"The mailbox is full.", "Ask the person to make room.", true, 24 * time.Hour},
	TooFast:         {"The mail server asks us to slow down.", "Nothing: sending goes on automatically.", true, 0},
	RejectedContent: {"The server refused the mail (spam or policy).", "Read its answer: change the mail, or ask whoever runs that server to let it through.", false, 0},
	RejectedSender:  {"The server does not let us send from this address.", "Check SPF and DKIM, or the account's from.", false, 0},
	AuthFailed:      {"Login to the mail server failed.", "Correct the account's username and password, then try it with account test.", true, 0},
	TLSFailed:       {"There is no safe connection to the mail server.", "Have its certificate renewed, or set the account's ca_file.", true, 0},
	ConnectFailed:   {"The mail server did not answer.", "Wait, or check the account's host and port.", true, 0},
	TooLarge:        {"The mail is too large for the server.", "Remove an attachment, or shorten it.", false, 0},
	TemplateFailed:  {"The mail could not be written.", "Correct what it is made of, and send it again.", false, 0},
	TooLate:         {"It was too late to send it.", "Write it again if it is still of use.", false, 0},
	LeaseLost:       {"The process stopped while sending; it may have gone out.", "Ask whether it came before you retry.", true, 0},
	Unknown:         {"The server answered something that we do not know yet.", "Read its answer.", true, 0},
}

// Categories lists every category.
func Categories() []Category {
	return []Category{
		AddressUnknown, MailboxFull, TooFast, RejectedContent, RejectedSender, AuthFailed, TLSFailed,
		ConnectFailed, TooLarge, TemplateFailed, TooLate, LeaseLost, Unknown,
	}
}

// Says is what happened, in one sentence.
func (c Category) Says() string { return plainWords[c].says }

// Remedy is what a person can do about it, in one sentence.
func (c Category) Remedy() string { return plainWords[c].remedy }

// Retried tells whether the service tries again by itself what was refused so for now.
func (c Category) Retried() bool { return plainWords[c].retried }

// Within is how long that is tried again at most; zero where no shorter time holds than
// for all messages.
func (c Category) Within() time.Duration { return plainWords[c].within }
