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

// The reasons.
const (
	Accepted     Reason = "accepted_by_server"
	AcceptedSome Reason = "accepted_for_some"
	Receipt      Reason = "delivered"

	Merged Reason = "merged"

	DeferredHourly Reason = "deferred_hourly"
	DeferredDaily  Reason = "deferred_daily"
	DeferredWeekly Reason = "deferred_weekly"
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

// entry is what is said for a reason. Names in braces are filled in with facts; a part in
// brackets is left out where one of its facts is not known.
type entry struct {
	verdict Verdict
	says    string
	do      string // what can be done; empty where there is nothing to do but wait
}

// catalogue is every sentence that Explain can answer with.
var catalogue = map[Reason]entry{
	Accepted: {
		Sent, "Yes. {server} took it on {at}[ and answered “{response}”].",
		"If it is not in the inbox, look in spam; the mail team finds it by {message_id}.",
	},
	AcceptedSome: {
		Sent, "In part. {server} took it on {at}, but not for {rejected}.[ {failure}]",
		"[{remedy} ]Then write again to those who did not get it.",
	},
	Receipt: {
		Sent, "Yes. It was delivered on {at}.",
		"If it is not in the inbox, look in spam; the mail team finds it by {message_id}.",
	},

	Merged: {InDigest, "It is part of the digest {digest}, made of {items} on {at}. {digest_says}", ""},

	DeferredHourly: {
		NotYet, "Not yet. It is held for the hourly digest of {who}, which goes out on {due}.",
		"To send it now: notifier digest send[ {user}]. To see it before: notifier digest preview[ {user}].",
	},
	DeferredDaily: {
		NotYet, "Not yet. It is held for the daily digest of {who}, which goes out on {due}.",
		"To send it now: notifier digest send[ {user}]. To see it before: notifier digest preview[ {user}].",
	},
	DeferredWeekly: {
		NotYet, "Not yet. It is held for the weekly digest of {who}, which goes out on {due}.",
		"To send it now: notifier digest send[ {user}]. To see it before: notifier digest preview[ {user}].",
	},
	WaitingRun: {
		NotYet, "Not yet. It is due[ since {due}] and moves on with the next run of {job}[, on {run}].",
		"To send it now: notifier digest send[ {user}].",
	},
	SendAtFuture: {
		NotYet, "Not yet. Whoever sent it asked for {due}.",
		"To withdraw it: notifier queue cancel {id}.",
	},
	AwaitingManual: {
		NotYet, "Not yet. It waits for a person to release it.",
		"To release it: notifier queue release {id}.",
	},
	WaitingFlush: {NotYet, "Not yet. It is in the outgoing queue and leaves with the next run of {job}[, on {run}].", ""},
	RetryAt: {
		NotYet, "Not yet. Try {number} failed: {failure} It is tried again on {due}.",
		"{remedy}",
	},
	RateLimited: {NotYet, "Not yet. {failure} It goes on by itself on {due}.", ""},
	JobPaused: {
		NotYet, "Not yet. The job {job} was paused on {since}[ by {by}][, with the note “{note}”].",
		"Resume {job} when that is over.",
	},
	AccountPaused: {
		NotYet, "Not yet. The mail account {account} has not worked since {since}: {failure} It is asked again on {until}.",
		"{remedy} To try at once: notifier account test {account}.",
	},
	BeingSent: {NotYet, "Not yet. It is being handed over; that may take until {lease}.", ""},
	DeadlineAhead: {
		NotYet, "Not yet. The next reminder of the deadline[ {key}] goes out on {due}; it is due on {deadline_due}.",
		"To see its steps: GET /api/v1/deadlines[/{key}].",
	},

	PreferenceNever: {
		No, "No. {who} had chosen never for {kind}[ on {set_at}].",
		"Only {who} should change that: in the preferences[ of {user}].",
	},
	OwnAction: {
		No, "No. {who} did it, and is not told of own actions.",
		"If somebody else did it, name that person as the event's actor.",
	},
	ProcessMuted: {
		No, "No. Nobody is told of {kind} in the process[ {process}]: it was switched off[ on {set_at}][ by {by}].",
		"To switch it on again: PUT /api/v1/processes/[{process}] without {kind} in muted.",
	},
	NoAddress: {
		No, "No. {who} had no address on {at}.",
		"Give the user one: PUT /api/v1/users/[{user}] with email.",
	},
	SuppressedBounce: {
		No, "No. The address[ {to}] is not written to[ since {since}]: a mail server said that it does not exist.",
		"Correct the address of the user, or remove it from the list: notifier suppression remove[ {to}].",
	},
	SuppressedComplaint: {
		No, "No. The address[ {to}] is not written to[ since {since}]: a mail to it was reported as spam.",
		"If the person wants mail again: notifier suppression remove[ {to}].",
	},
	Unsubscribed: {
		No, "No. The address[ {to}] is not written to[ since {since}]: the person wants no mail.",
		"If the person wants mail again: notifier suppression remove[ {to}].",
	},
	OtherRule: {
		No, "No. It was skipped on {at}[, for the reason {code}].",
		"Look at the whole message: notifier queue show {id}.",
	},
	Cancelled: {
		No, "No. It was withdrawn on {at}[ by {by}].",
		"If it is still wanted, write it again.",
	},
	Superseded: {
		No, "No. {cause} on {at}[ (by {by})], before the reminder left[; it is due on {deadline_due} now].",
		"To see what holds now: GET /api/v1/deadlines[/{key}].",
	},
	Expired: {
		No, "No. It was of use until {expires} only, and had not been sent by then.",
		"If it still is of use, write it again.",
	},
	TemplateFailed: {
		No, "No. It could not be written on {at}: {failure}[ It says “{response}”.]",
		"{remedy}",
	},
	Rejected: {
		No, "No. {server} did not take it, after {tries}, last on {at}: {failure}[ It says “{response}”.]",
		"{remedy} To retry: notifier queue retry {id}.",
	},
	DuplicateKey: {
		No, "No new mail. The request of {at} was the same as one before[, by its Idempotency-Key,] and was answered as that was.",
		"Look at what the first one made: notifier why {first}. A new mail needs a new key.",
	},

	LeaseLost: {
		Unknown, "We do not know. The process that sent it stopped on {at} before it reported; the mail may have gone out.",
		"Ask the person whether it has come. If it has not: notifier queue retry {id}.",
	},
	NoEvent: {
		Unknown, "We know of no mail about it: no event and no message [for {who} ][about the case {case} ]came in[ of the kind {kind}][ since {since}]{last}.",
		"Look at what is listed below, and at whether the workflow system sent the event at all.",
	},
	UserUnknown: {
		Unknown, "There is no user {user} here, and nothing was ever sent to that address.",
		"Ask by the id that the workflow system uses, or add the user: PUT /api/v1/users/{user}.",
	},
}

// jobTitles are how jobs are called in a sentence.
var jobTitles = map[string]string{"notifications": "Notifications", "user_notifications": "UserNotifications", "reminders": "Reminders"}
