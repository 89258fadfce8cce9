package explain

// Verdict is the answer in a word.
type Verdict string

// The verdicts.
const (
	Sent     Verdict = "sent"
	InDigest Verdict = "in_digest"
	NotYet   Verdict = "not_yet"
	No       Verdict = "no"
	Unknown  Verdict = "unknown"
)

// Reason is why, in a word. Each belongs to one verdict.
type Reason string

// The reasons. What each says stands in the files of language, below explain.says.
const (
	Accepted     Reason = "accepted_by_server"
	AcceptedSome Reason = "accepted_for_some"
	Receipt      Reason = "delivered"

	Merged Reason = "merged"

	DeferredHourly Reason = "deferred_hourly"
	DeferredDaily  Reason = "deferred_daily"
	DeferredWeekly Reason = "deferred_weekly"
	PausedByUser   Reason = "paused_by_user"
	WaitingRun     Reason = "waiting_next_run"
	SendAtFuture   Reason = "send_at_future"
	AwaitingManual Reason = "awaiting_manual_send"
	WaitingFlush   Reason = "waiting_next_flush"
	RetryAt        Reason = "retry_at"
	RateLimited    Reason = "rate_limited"
	JobPaused      Reason = "job_paused"
	AccountPaused  Reason = "account_paused"
	BeingSent      Reason = "being_sent"
	DeadlineAhead  Reason = "deadline_ahead"

	PreferenceNever     Reason = "preference_never"
	OwnAction           Reason = "own_action"
	ProcessMuted        Reason = "process_muted"
	NoAddress           Reason = "no_address"
	SkippedUnknown      Reason = "unknown_user" // nobody had the id when the request came in
	SuppressedBounce    Reason = "suppressed_bounce"
	SuppressedComplaint Reason = "suppressed_complaint"
	Unsubscribed        Reason = "unsubscribed"
	OtherRule           Reason = "other_rule"
	Cancelled           Reason = "cancelled"
	Superseded          Reason = "superseded"
	Expired             Reason = "expired"
	TemplateFailed      Reason = "template_failed"
	Rejected            Reason = "smtp_rejected"
	DuplicateKey        Reason = "duplicate_key"

	LeaseLost   Reason = "lease_lost"
	NoEvent     Reason = "no_event"
	UserUnknown Reason = "user_unknown"
)

// verdicts are what each reason leads to.
var verdicts = map[Reason]Verdict{
	Accepted:            Sent,
	AcceptedSome:        Sent,
	Receipt:             Sent,
	Merged:              InDigest,
	DeferredHourly:      NotYet,
	DeferredDaily:       NotYet,
	DeferredWeekly:      NotYet,
	PausedByUser:        NotYet,
	WaitingRun:          NotYet,
	SendAtFuture:        NotYet,
	AwaitingManual:      NotYet,
	WaitingFlush:        NotYet,
	RetryAt:             NotYet,
	RateLimited:         NotYet,
	JobPaused:           NotYet,
	AccountPaused:       NotYet,
	BeingSent:           NotYet,
	DeadlineAhead:       NotYet,
	PreferenceNever:     No,
	OwnAction:           No,
	ProcessMuted:        No,
	NoAddress:           No,
	SkippedUnknown:      No,
	SuppressedBounce:    No,
	SuppressedComplaint: No,
	Unsubscribed:        No,
	OtherRule:           No,
	Cancelled:           No,
	Superseded:          No,
	Expired:             No,
	TemplateFailed:      No,
	Rejected:            No,
	DuplicateKey:        No,
	LeaseLost:           Unknown,
	NoEvent:             Unknown,
	UserUnknown:         Unknown,
}

// jobTitles are how jobs are called in a sentence.
var jobTitles = map[string]string{"notifications": "Notifications", "user_notifications": "UserNotifications", "reminders": "Reminders"}
