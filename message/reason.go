package message

// Reason is why a decision was taken, in a word. It is recorded when the decision is
// made and never reconstructed from settings, which change.
type Reason string

// The reasons.
const (
	ByPreference Reason = "preference_" // followed by the frequency, as in preference_daily

	OwnAction           Reason = "own_action"    // the user did it himself (AMODIT-18, -19)
	ProcessMuted        Reason = "process_muted" // the kind is switched off in its process (AMODIT-17)
	Never               Reason = "preference_never"
	PausedByUser        Reason = "paused_by_user"       // the user wants no mail until a date
	Mandatory           Reason = "mandatory"            // the kind cannot be turned off (AMODIT-15)
	BySender            Reason = "direct"               // SendMessage asks no preferences (AMODIT-11)
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
