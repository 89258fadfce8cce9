// Package explain answers in one sentence why a mail came, or did not.
//
// It decides nothing and reads no settings of today: it tells what was noted when each
// decision was made. Only what holds a mail now, such as a paused job, is looked at as it is.
package explain

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"notifier/fault"
	"notifier/message"
	"notifier/schedule"
)

// Explanation is one verdict with its reason, in words and for programs.
type Explanation struct {
	Verdict  Verdict `json:"verdict" enum:"sent,in_digest,not_yet,no,unknown"`
	Reason   Reason  `json:"reason" doc:"Why, in a word of a closed set." example:"deferred_daily"`
	Sentence string  `json:"sentence" doc:"The whole answer; every time in it bears its zone." example:"Not yet. It is held for the daily digest of Anna, which goes out on Sun 22 Nov 2026, 08:00 Europe/Warsaw (in 17 h 12 min)."`
	Do       string  `json:"do,omitempty" doc:"What can be done; absent where there is nothing to do but wait."`
	Next     *Next   `json:"next,omitempty" doc:"What comes next, and when."`

	Message  message.ID       `json:"message,omitempty" doc:"The message that it is about."`
	Status   message.Status   `json:"status,omitempty"`
	User     string           `json:"user,omitempty"`
	Case     string           `json:"case,omitempty"`
	Kind     message.Kind     `json:"kind,omitempty"`
	Category message.Category `json:"error_category,omitempty"`
	Timezone string           `json:"timezone,omitempty" doc:"The zone of the times in the sentence."`

	Trail  []Step       `json:"trail,omitempty" doc:"What happened, the first first."`
	Digest *Explanation `json:"digest,omitempty" doc:"Of a message that is part of a digest: what became of that."`
	Others []Brief      `json:"others,omitempty" doc:"Older messages that the question is about, too."`
	Near   *Near        `json:"near,omitempty" doc:"What nearly fits the question."`
}

// Next is what comes next.
type Next struct {
	At time.Time `json:"at" doc:"When it is due."`
	// LeavesAt is nil where it is not known.
	LeavesAt *time.Time `json:"leaves_at" nullable:"true" doc:"When the mail leaves: with the first run of the jobs at or after it is due; null while a job is paused without an end, and where no mail leaves."`
	WaitsFor string     `json:"waits_for,omitempty" doc:"The job that is paused without an end, so that nobody knows when the mail leaves." example:"user_notifications"`
	Timezone string     `json:"timezone"`
	What     string     `json:"what" example:"the digest is made"`
}

// Step is something that happened.
type Step struct {
	At   time.Time `json:"at"`
	What string    `json:"what" doc:"In a word." example:"accepted"`
	Text string    `json:"text" doc:"In a sentence's part." example:"event case_changed for OFA/2026/1181"`
}

// Brief is the answer for one more message.
type Brief struct {
	Message  message.ID `json:"message"`
	At       time.Time  `json:"at" doc:"When it came in."`
	Subject  string     `json:"subject,omitempty"`
	Verdict  Verdict    `json:"verdict"`
	Reason   Reason     `json:"reason"`
	Sentence string     `json:"sentence"`
}

// Job is how a job stands that a message may wait for.
type Job struct {
	Name     string // notifications or user_notifications
	Paused   bool
	By, Note string    // who paused it, and why
	Since    time.Time // when it was paused
	Next     time.Time // its next run; zero if it is not known
	Until    time.Time // when its pause ends; zero if somebody must end it
	// Standing is how it stands for what is due later; its zero value never runs.
	Standing schedule.Standing
}

// Facts are what was noted of a message, and what holds it now.
type Facts struct {
	Now       time.Time
	Lang      string // what the reader speaks: a tag, or a list as browsers send it; English if empty
	Reader    string // the zone of the reader; that of the person if empty
	Zone      string // of the site; UTC if empty
	Message   message.Message
	Attempts  []message.Attempt
	Retries   []message.Retried
	Decisions []message.Decided
	// Chosen is the last change of its user before the message was written; nil if it is
	// not known. Muted is the same of its process.
	Chosen, Muted *message.Change
	Suppression   *message.Suppression // of its address, if there is one still
	Flush, Close  Job                  // Notifications and UserNotifications
	Departures    schedule.Departures  // the timetable in force
	Pause         *message.Pause       // of its account; nil if that works
	Digest        *Facts               // of the digest that it was merged into
	Items         int                  // of a digest, or of that which it was merged into
}

// Explain is the answer for one message.
func Explain(f Facts) Explanation {
	t := tell(f)
	reason := t.reason()
	a := Explanation{
		Verdict: verdicts[reason], Reason: reason, Message: f.Message.ID, Status: f.Message.Status, User: f.Message.UserID,
		Case: f.Message.Case.ID, Kind: f.Message.Kind, Timezone: t.name(), Next: t.next,
	}
	if f.Digest != nil && reason == Merged {
		digest := Explain(*f.Digest)
		a.Digest, t.facts["digest_says"] = &digest, digest.Sentence
		a.Next, t.next = digest.Next, digest.Next
	}
	if f.Message.Error != nil {
		a.Category = f.Message.Error.Category
	}
	a.Sentence, a.Do = t.sentence(reason, t.facts), t.do(reason, t.facts)
	a.Trail = t.trail()
	return a
}

// teller finds the reason, and the facts that its sentence needs.
type teller struct {
	Facts
	clock
	facts
	theirs string // the zone of the person, in which settings are meant
	next   *Next
}

func tell(f Facts) *teller {
	m := f.Message
	w, theirs := speak(f.Lang), cmp.Or(m.Timezone, f.Zone)
	t := &teller{Facts: f, clock: clockOf(w, cmp.Or(f.Reader, theirs), f.Now), theirs: clockOf(w, theirs, f.Now).name()}
	who := m.UserID
	if len(m.To) > 0 {
		who = cmp.Or(m.To[0].Name, who, m.To[0].Email)
	}
	t.facts = facts{
		"id": string(m.ID), "user": cmp.Or(m.UserID, m.Recipients()), "who": cmp.Or(who, w.T("explain.person")), "to": cmp.Or(strings.Join(m.Everyone(), ", "), m.UserID),
		"kind": cmp.Or(string(m.Kind), "it"), "key": m.Reference, "message_id": m.MessageID(), "account": cmp.Or(m.Account, "default"),
		"at": t.at(m.UpdatedAt), "process": m.Process, "code": string(m.Reason), "digest": string(m.Digest),
		"items": w.N("explain.messages", max(f.Items, 2)), "tries": w.N("explain.tries", max(m.Attempts, 1)), "server": w.T("explain.server"), "expires": t.from(m.ExpiresAt),
		"case": m.Case.ID,
	}
	if f := m.Error; f != nil {
		t.failed(*f, m.Outlook())
		t.facts["response"] = quoted(f.Code, f.Text)
	}
	return t
}

// failed notes what went wrong, and what can be done about it.
func (t *teller) failed(f message.Failure, o message.Outlook) {
	t.facts["failure"], t.facts["remedy"] = t.failure(f, o)
}

// servedBy notes which server it was; one that is not known leaves what stands there.
func (t *teller) servedBy(server string) {
	if server != "" {
		t.facts["server"] = t.say("explain.server_named", facts{"server": server})
	}
}

// quoted is what a server said, on one line and short enough for a sentence.
func quoted(code, text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if code != "" && !strings.HasPrefix(text, code) {
		text = strings.TrimSpace(code + " " + text)
	}
	text = strings.NewReplacer("“", "'", "”", "'", "„", "'", "«", "'", "»", "'").Replace(text)
	if short := fault.Truncate(text, 200); short != text {
		return short + "…"
	}
	return text
}

// then notes what comes next.
func (t *teller) then(at time.Time, what string) {
	if !at.IsZero() {
		t.next = &Next{At: at.UTC(), Timezone: t.name(), What: t.say("explain.next."+what, t.facts)}
	}
}

// reason is why the message stands where it does.
func (t *teller) reason() Reason {
	switch m := t.Message; m.Status {
	case message.Sent, message.Delivered:
		return t.sent()
	case message.Merged:
		return Merged
	case message.Deferred:
		return t.deferred()
	case message.PendingManual:
		return AwaitingManual
	case message.Scheduled, message.Pending, message.RateLimited:
		return t.queued()
	case message.Sending:
		return t.sending()
	case message.Error:
		return t.gaveUp()
	case message.Cancelled:
		return t.cancelled()
	case message.Expired:
		return Expired
	case message.Skipped:
		return t.skipped()
	}
	return OtherRule
}

func (t *teller) sent() Reason {
	m := t.Message
	for _, a := range t.Attempts { // the last one counts
		if len(a.Accepted) > 0 {
			t.facts["at"], t.facts["response"] = t.at(a.EndedAt), quoted("", a.Response)
			t.servedBy(a.Server)
		}
		if a.Failure != nil && len(a.Rejected) > 0 {
			t.failed(*a.Failure, message.Outlook{Final: true})
		}
	}
	if m.Status == message.Delivered {
		return Receipt
	}
	if len(m.Rejected) > 0 {
		t.facts["rejected"] = strings.Join(m.Rejected, ", ")
		return AcceptedSome
	}
	return Accepted
}

// paused tells whether the job rests, and what is said of that.
func (t *teller) paused(j Job) bool {
	t.facts["job"] = cmp.Or(jobTitles[j.Name], j.Name)
	if !j.Paused {
		t.facts["run"] = ""
		if j.Next.After(t.now) {
			t.facts["run"] = t.ahead(j.Next)
		}
		return false
	}
	t.facts["pause_end"] = t.ahead(j.Until)
	t.facts["paused_at"], t.facts["by"], t.facts["note"] = t.at(j.Since), j.By, quoted("", j.Note)
	return true
}

func (t *teller) deferred() Reason {
	m := t.Message
	paused := t.paused(t.Close)
	t.facts["due"], t.facts["due_since"] = t.ahead(m.DueAt), t.from(m.DueAt)
	leaving := t.Departures.OfDigest(m.DueAt, t.now)
	if m.DueAt.After(t.now) {
		t.facts["due"] = t.leaving(m.DueAt, leaving)
		t.then(m.DueAt, "due")
		t.leaves(leaving)
		if m.Reason == message.PausedByUser {
			return PausedByUser
		}
		switch strings.TrimPrefix(string(m.Reason), string(message.ByPreference)) {
		case "hourly":
			return DeferredHourly
		case "weekly":
			return DeferredWeekly
		}
		return DeferredDaily
	}
	if paused {
		t.then(t.Close.Until, "run")
		t.leaves(leaving)
		return JobPaused
	}
	t.then(t.Close.Next, "run")
	t.leaves(leaving)
	return WaitingRun
}

// queued is for what Notifications sends when its time has come.
func (t *teller) queued() Reason {
	m := t.Message
	paused := t.paused(t.Flush)
	t.facts["due"] = t.ahead(m.DueAt)
	ahead := m.DueAt.After(t.now)
	leaving := t.Departures.OfQueue(m.DueAt, t.now)
	if m.Status == message.Scheduled && ahead {
		t.then(m.DueAt, "leave")
		t.leaves(leaving)
		return SendAtFuture
	}
	if paused {
		t.then(t.Flush.Until, "run")
		t.leaves(leaving)
		return JobPaused
	}
	if p := t.Pause; p != nil && !p.Over(t.now) {
		t.facts["since"], t.facts["until"] = t.from(p.Since), t.ahead(p.Until)
		t.failed(p.Failure, p.Outlook())
		t.then(p.Until, "account")
		return AccountPaused
	}
	if ahead {
		t.then(m.DueAt, "retry")
		switch {
		case m.Status == message.RateLimited:
			if t.facts["failure"] == "" {
				t.failed(message.Failure{Category: message.TooFast}, m.Outlook())
			}
			return RateLimited
		case m.Error != nil:
			t.facts["number"] = strconv.Itoa(max(m.Attempts, 1))
			return RetryAt
		}
		t.facts["run"] = t.ahead(m.DueAt)
		return WaitingFlush
	}
	t.then(t.Flush.Next, "run")
	t.leaves(leaving)
	return WaitingFlush
}

func (t *teller) sending() Reason {
	m := t.Message
	if m.LeaseExpiresAt.After(t.now) {
		t.facts["lease"] = t.ahead(m.LeaseExpiresAt)
		t.then(m.LeaseExpiresAt, "taken")
		return BeingSent
	}
	t.facts["at"] = t.at(cmp.Or(m.LeaseExpiresAt, m.UpdatedAt))
	return LeaseLost
}

func (t *teller) gaveUp() Reason {
	for _, a := range t.Attempts {
		t.servedBy(a.Server)
	}
	switch f := t.Message.Error; {
	case f == nil:
		t.failed(message.Failure{Category: message.Unknown}, message.Outlook{Final: true})
	case f.Category == message.LeaseLost:
		return LeaseLost
	case f.Category == message.TemplateFailed:
		return TemplateFailed
	}
	return Rejected
}

func (t *teller) cancelled() Reason {
	if t.Message.Reason != message.Superseded {
		t.facts["by"] = t.by(message.DidCancel)
		return Cancelled
	}
	t.facts["cause"] = t.say("explain.cause", t.facts)
	for _, why := range []struct {
		deed  message.Deed
		cause string
	}{
		{message.DeadlineMet, "explain.cause_met"}, {message.DeadlineMoved, "explain.cause_moved"}, {message.CaseMovedOn, "explain.cause_left"},
	} {
		if d := t.decided(why.deed); d != nil {
			t.facts["cause"], t.facts["by"] = t.say(why.cause, t.facts), d.By
			if due, err := time.Parse(time.RFC3339, d.Details[message.ToDeadline]); err == nil {
				t.facts["deadline_due"] = t.ahead(due)
			}
		}
	}
	return Superseded
}

// decided is the last decision of that sort; nil if there was none.
func (t *teller) decided(what message.Deed) (last *message.Decided) {
	for i, d := range t.Decisions {
		if d.What == what {
			last = &t.Decisions[i]
		}
	}
	return last
}

func (t *teller) by(what message.Deed) string {
	if d := t.decided(what); d != nil {
		return d.By
	}
	return ""
}

func (t *teller) skipped() Reason {
	m := t.Message
	if s := t.Suppression; s != nil && !s.Since.After(m.UpdatedAt) {
		t.facts["since"] = t.from(s.Since)
	}
	switch m.Reason {
	case message.Never:
		if t.Chosen != nil {
			t.facts["set_at"] = t.at(t.Chosen.At)
		}
		return PreferenceNever
	case message.OwnAction:
		return OwnAction
	case message.ProcessMuted:
		if t.Muted != nil {
			t.facts["set_at"], t.facts["by"] = t.at(t.Muted.At), t.Muted.By
		}
		return ProcessMuted
	case message.NoAddress:
		return NoAddress
	case message.UnknownUser:
		return SkippedUnknown
	case message.SuppressedBounce:
		return SuppressedBounce
	case message.SuppressedComplaint:
		return SuppressedComplaint
	case message.Unsubscribed:
		return Unsubscribed
	}
	return OtherRule
}
