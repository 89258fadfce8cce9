package client

// ID names what the service keeps, as in msg_06f3n5mmmt1fq2r6s0hj0v7k9c. What begins earlier in
// the alphabet was made earlier.
type ID string

// Kind is what an event is about. An installation may have more of them.
type Kind string

// The kinds that every installation has.
const (
	CaseReceived Kind = "case_received"
	CaseChanged  Kind = "case_changed"
	KindDeadline Kind = "deadline"
)

// Type is what led to a message.
type Type string

// The types of message.
const (
	Single   Type = "single"   // one event
	Digest   Type = "digest"   // several deferred events in one mail
	Reminder Type = "deadline" // a step of a deadline
	Direct   Type = "direct"   // SendMessage
)

// Status is where a message stands in its life.
type Status string

// The statuses, in the order in which a message may meet them.
const (
	Scheduled     Status = "scheduled"      // has a later send_at
	Deferred      Status = "deferred"       // waits for its user's digest
	PendingManual Status = "pending_manual" // waits for a person to release it
	Pending       Status = "pending"        // in the outgoing queue
	Sending       Status = "sending"        // is being handed to the mail server
	RateLimited   Status = "rate_limited"   // the account may not send now; retried automatically
	Sent          Status = "sent"           // accepted by the mail server for at least one address
	Delivered     Status = "delivered"      // a receipt came
	Error         Status = "error"          // gave up; a person may retry
	Merged        Status = "merged"         // part of a digest
	Skipped       Status = "skipped"        // a rule said no
	Cancelled     Status = "cancelled"      // withdrawn before sending
	Expired       Status = "expired"        // not sent in time
)

// Reason is why a message has its status, where the status alone does not say.
type Reason string

// The reasons.
const (
	ByPreference Reason = "preference_" // followed by the frequency, as in preference_daily

	OwnAction           Reason = "own_action"           // the user did it
	ProcessMuted        Reason = "process_muted"        // the kind is switched off in its process
	PreferenceNever     Reason = "preference_never"     // the user wants to hear of it never
	PausedByUser        Reason = "paused_by_user"       // the user wants no mail until a date
	Mandatory           Reason = "mandatory"            // the kind cannot be turned off
	BySender            Reason = "direct"               // SendMessage asks no preferences
	ByDeadline          Reason = "deadline"             // a step of a deadline passed
	NoAddress           Reason = "no_address"           // the user has no address
	UnknownUser         Reason = "unknown_user"         // the request names an id that no user has
	Superseded          Reason = "superseded"           // the deadline was met, moved or replaced
	Withdrawn           Reason = "cancelled"            // somebody cancelled it
	Late                Reason = "expired"              // unsent at expires_at
	AskedAgain          Reason = "retry_requested"      // somebody asked for a retry
	SuppressedBounce    Reason = "suppressed_bounce"    // a server said that there is no such address
	SuppressedComplaint Reason = "suppressed_complaint" // the person called it spam
	Unsubscribed        Reason = "unsubscribed"         // the person wants no mail
	LeaseExpired        Reason = "lease_expired"        // its replica died while sending
)

// Category is what went wrong, in a word that people and programs understand.
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
	NotUnderstood   Category = "unknown" // the server answered something that nobody knows yet
)

// Priority says which mails of a site leave first. The zero Priority is Normal.
type Priority string

// The priorities.
const (
	High   Priority = "high"
	Normal Priority = "normal"
	Low    Priority = "low"
)

// Unwanted is why an address is suppressed.
type Unwanted string

// The reasons for a suppression.
const (
	Bounced    Unwanted = "bounce"    // a server said that there is no such address
	Complained Unwanted = "complaint" // the person called it spam
	OptedOut   Unwanted = "opt_out"   // the person wants no mail
)
