package message

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
	TooLate         Category = "expired"
	LeaseLost       Category = "lease_lost"
	Unknown         Category = "unknown"
)

// plainWords are what each category says to a person, and what the person can do about
// it. Page, command line and API have them from here.
var plainWords = map[Category]struct{ says, remedy string }{
	AddressUnknown:  {"The address does not exist.", "Correct it, then retry."},
	MailboxFull:     {"The mailbox is full.", "Ask the person to make room."},
	TooFast:         {"The mail server asks us to slow down.", "Nothing: it goes on by itself."},
	RejectedContent: {"The server refused the content (spam or policy).", "Look at the mail and change what it says."},
	RejectedSender:  {"The server does not let us send from this address.", "Check SPF and DKIM, or smtp.from."},
	AuthFailed:      {"Login to the mail server failed.", "Correct smtp.username and the password."},
	TLSFailed:       {"There is no safe connection to the mail server.", "Have its certificate renewed, or set smtp.ca_file."},
	ConnectFailed:   {"The mail server did not answer.", "Wait, or check smtp.host and smtp.port."},
	TooLarge:        {"The mail is too large for the server.", "Shorten it."},
	TooLate:         {"It was too late to send it.", "Write it again if it is still of use."},
	LeaseLost:       {"The process stopped while sending; it may have gone out.", "Ask whether it came before you retry."},
	Unknown:         {"The server answered something that we do not know yet.", "Read its answer."},
}

// Says is what happened, in one sentence.
func (c Category) Says() string { return plainWords[c].says }

// Remedy is what a person can do about it, in one sentence.
func (c Category) Remedy() string { return plainWords[c].remedy }
