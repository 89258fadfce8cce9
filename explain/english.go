package explain

import "golang.org/x/text/feature/plural"

var english = words{
	lang: "en",
	says: map[Reason]said{
		Accepted: {
			"Yes. {server} took it on {at}[ and answered “{response}”].",
			"If it is not in the inbox, look in spam; the mail team finds it by {message_id}.",
		},
		AcceptedSome: {
			"In part. {server} took it on {at}, but not for {rejected}.[ {failure}]",
			"[{remedy} ]Then write again to those who did not get it.",
		},
		Receipt: {
			"Yes. It was delivered on {at}.",
			"If it is not in the inbox, look in spam; the mail team finds it by {message_id}.",
		},

		Merged: {"It is part of the digest {digest}, made of {items} on {at}. {digest_says}", ""},

		DeferredHourly: {
			"Not yet. It is held for the hourly digest of {who}, which goes out on {due}.",
			"To send it now: notifier digest send[ {user}]. To see it before: notifier digest preview[ {user}].",
		},
		DeferredDaily: {
			"Not yet. It is held for the daily digest of {who}, which goes out on {due}.",
			"To send it now: notifier digest send[ {user}]. To see it before: notifier digest preview[ {user}].",
		},
		DeferredWeekly: {
			"Not yet. It is held for the weekly digest of {who}, which goes out on {due}.",
			"To send it now: notifier digest send[ {user}]. To see it before: notifier digest preview[ {user}].",
		},
		PausedByUser: {
			"Not yet. {who} wants no mail for a while: what happens meanwhile comes on {due}.",
			"To send it now: notifier digest send[ {user}]. To see it before: notifier digest preview[ {user}].",
		},
		WaitingRun: {
			"Not yet. It is due[ since {due_since}] and moves on with the next run of {job}[, on {run}].",
			"To send it now: notifier digest send[ {user}].",
		},
		SendAtFuture: {
			"Not yet. Whoever sent it asked for {due}.",
			"To withdraw it: notifier queue cancel {id}.",
		},
		AwaitingManual: {
			"Not yet. It waits for a person to release it.",
			"To release it: notifier queue release {id}.",
		},
		WaitingFlush: {"Not yet. It is in the outgoing queue and leaves with the next run of {job}[, on {run}].", ""},
		RetryAt: {
			"Not yet. Try {number} failed: {failure} It is tried again on {due}.",
			"{remedy}",
		},
		RateLimited: {"Not yet. {failure} It goes on by itself on {due}.", ""},
		JobPaused: {
			"Not yet. The job {job} was paused on {paused_at}[ by {by}][, with the note “{note}”].[ It goes on automatically on {pause_end}.]",
			"Resume {job} when that is over.",
		},
		AccountPaused: {
			"Not yet. The mail account {account} has not worked since {since}: {failure} It is asked again on {until}.",
			"{remedy} To try at once: notifier account test {account}.",
		},
		BeingSent: {"Not yet. It is being handed over; that may take until {lease}.", ""},
		DeadlineAhead: {
			"Not yet. The next reminder of the deadline[ {key}] goes out on {due}; it is due on {deadline_due}.",
			"To see its steps: GET /api/v1/deadlines[/{key}].",
		},

		PreferenceNever: {
			"No. {who} had chosen never for {kind}[ on {set_at}].",
			"Only {who} should change that: in the preferences[ of {user}].",
		},
		OwnAction: {
			"No. {who} did it, and is not told of own actions.",
			"If somebody else did it, name that person as the event's actor.",
		},
		ProcessMuted: {
			"No. Nobody is told of {kind} in the process[ {process}]: it was switched off[ on {set_at}][ by {by}].",
			"To switch it on again: PUT /api/v1/processes[/{process}] without {kind} in muted.",
		},
		NoAddress: {
			"No. {who} had no address on {at}.",
			"Give the user one: PUT /api/v1/users[/{user}] with email.",
		},
		SkippedUnknown: {
			"No. On {at} no user had the id[ {user}], so nobody was notified[ about {case}].",
			"Check the id in the workflow system, or add the user: PUT /api/v1/users[/{user}].",
		},
		SuppressedBounce: {
			"No. The address[ {to}] is not written to[ since {since}]: a mail server said that it does not exist.",
			"Correct the address of the user, or remove it from the list: notifier suppression remove[ {to}].",
		},
		SuppressedComplaint: {
			"No. The address[ {to}] is not written to[ since {since}]: a mail to it was reported as spam.",
			"If the person wants mail again: notifier suppression remove[ {to}].",
		},
		Unsubscribed: {
			"No. The address[ {to}] is not written to[ since {since}]: the person wants no mail.",
			"If the person wants mail again: notifier suppression remove[ {to}].",
		},
		OtherRule: {
			"No. It was skipped on {at}[, for the reason {code}].",
			"Look at the whole message: notifier queue show {id}.",
		},
		Cancelled: {
			"No. It was withdrawn on {at}[ by {by}].",
			"If it is still wanted, write it again.",
		},
		Superseded: {
			"No. {cause} on {at}[ (by {by})], before the reminder left[; it is due on {deadline_due} now].",
			"To see what holds now: GET /api/v1/deadlines[/{key}].",
		},
		Expired: {
			"No. It was of use until {expires} only, and had not been sent by then.",
			"If it still is of use, write it again.",
		},
		TemplateFailed: {
			"No. It could not be written on {at}: {failure}[ It says “{response}”.]",
			"{remedy}",
		},
		Rejected: {
			"No. {server} did not take it, after {tries}, last on {at}: {failure}[ It says “{response}”.]",
			"{remedy} To retry: notifier queue retry {id}.",
		},
		DuplicateKey: {
			"No new mail. The request of {at} was the same as one before[, by its Idempotency-Key,] and was answered as that was.",
			"Look at what the first one made: notifier why {first}. A new mail needs a new key.",
		},

		LeaseLost: {
			"We do not know. The process that sent it stopped on {at} before it reported; the mail may have gone out.",
			"Ask the person whether it has come. If it has not: notifier queue retry {id}.",
		},
		NoEvent: {
			"We know of no mail about it: no event and no message [for {who} ][about the case {case} ]came in[ of the kind {kind}][ since {since}]{last}.",
			"Look at what is listed below, and at whether the workflow system sent the event at all.",
		},
		UserUnknown: {
			"There is no user {user} here, and nothing was ever sent to that address.",
			"Ask by the id that the workflow system uses, or add the user: PUT /api/v1/users/{user}.",
		},
	},
	texts: map[string]string{
		"person": "the person", "server": "The mail server", "server.named": "{server}",
		"last":          "; the last request that was refused came on {at} ({status} {code})",
		"in":            "{time} (in {span})",
		"leaves":        "{leaves}, with the first run after it is due on {due}",
		"leaves.paused": "{due} at the earliest: {job} is paused until somebody resumes it",

		"cause":          "The deadline[ {key}] was met or moved",
		"cause.met":      "The deadline[ {key}] was met",
		"cause.moved":    "The deadline[ {key}] was set anew",
		"cause.left":     "The case moved on to another stage or owner",
		"cause.over":     "The deadline[ {key}] was met, or its case moved on,",
		"cause.left.for": "The case moved on to another stage or owner, which ended the deadline[ {key}],",

		"next.due":      "it moves on, with whatever else waits for the same person then",
		"next.run":      "{job} runs",
		"next.leave":    "it may leave",
		"next.account":  "the mail account is asked again",
		"next.retry":    "it is tried again",
		"next.taken":    "if it has not been reported by then, another process takes over",
		"next.reminder": "the next reminder is written",

		"step.message":   "message accepted[ for {case}]",
		"step.event":     "event {kind}[ for {case}] accepted[, which had happened on {occurred}]",
		"step.reminder":  "reminder of the deadline[ {key}] written",
		"step.digest":    "digest made of {items}",
		"step.deadline":  "deadline {key} set",
		"step.setting":   "the setting of {kind} was {setting}[, set on {set_at}][ by {set_by}]",
		"step.wiped":     "before that it had failed: {failure}",
		"step.tried":     "try {number}[ at {server}][: “{response}”][; {uncertain}][ → {led_to}]",
		"step.uncertain": "it may have gone out",
		"step.promoted":  "{job} moved it on alone",
		"step.merged":    "merged into the digest {digest}",
		"step.delivered": "a receipt came",
		"step.expired":   "it was too late to send it",
		"step.skipped":   "skipped: {code}",
		"step.sending":   "taken from the queue",
		"step.cancelled": "withdrawn",

		"deed.rescheduled":      "rescheduled: the setting became {setting}[ by {by}][, so it is due on {due}]",
		"deed.retried":          "another try was asked for[ by {by}]",
		"deed.cancelled":        "withdrawn[ by {by}]",
		"deed.held":             "held back[ by {by}]",
		"deed.released":         "released[ by {by}]",
		"deed.edited":           "what it says was changed[ by {by}]",
		"deed.sent_now":         "asked for before its time[ by {by}]",
		"deed.deadline_cleared": "the deadline was met[ by {by}], the reminder was dropped",
		"deed.deadline_moved":   "the deadline was set anew[ by {by}], the reminder was dropped",
		"deed.case_moved_on":    "the case came to another stage or owner[ by {by}], the reminder was dropped",
		"deed.other":            "{deed}[ by {by}]",

		"to.pending": "pending", "to.rate_limited": "rate_limited", "to.sent": "sent", "to.error": "error",

		"setting.immediately": "immediately", "setting.hourly": "hourly", "setting.never": "never",
		"setting.daily":  "daily {hour}",
		"setting.weekly": "weekly {weekday} {hour}",
	},
	counts: map[string]map[plural.Form]string{
		"messages": {plural.One: "{n} message", plural.Other: "{n} messages"},
		"tries":    {plural.One: "{n} try", plural.Other: "{n} tries"},
	},
	point:    "{weekday} {day} {month} {year}, {hour}",
	since:    "{weekday} {day} {month} {year}, {hour}",
	weekdays: [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
	months:   [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	named:    [7]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"},
}
