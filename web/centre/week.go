package centre

import (
	"net/http"
	"time"

	"notifier/explain"
	"notifier/links"
	"notifier/message"
)

// told is what became of one mail.
type told struct{ When, Full, What, About, Says string }

type weekPage struct {
	Title, Path, Zone string
	Mails             []told
	More              bool
}

// A week, and how much of it a page tells.
const (
	week      = 7 * 24 * time.Hour
	mostOfAll = 25
)

// week tells what happened to the mails of the last seven days: never what they say, and
// what they were about only to whoever has a fresh link or is signed in.
func (c *centre) week(w http.ResponseWriter, r *http.Request) {
	v, err := c.enter(r, links.Choose, links.Fresh)
	if err != nil {
		c.refuse(w, r, v, err)
		return
	}
	q := explain.Question{Site: v.token.Site, User: v.token.User, Since: v.at.Add(-week), Lang: v.lang, Zone: v.clock.Zone}
	all, err := c.o.Why.Recent(r.Context(), q, mostOfAll+1, v.at)
	if err != nil {
		c.refuse(w, r, v, err)
		return
	}
	p := weekPage{Title: v.clock.Words.T("week.title"), Path: v.path, Zone: v.clock.Zone, More: len(all) > mostOfAll}
	for _, one := range all[:min(len(all), mostOfAll)] {
		m := one.Message
		line := told{When: v.clock.Moment(m.CreatedAt), Full: v.clock.Full(m.CreatedAt), What: c.sort(v, m), Says: c.became(v, one.Explanation)}
		if v.token.Fresh(v.at) {
			line.About = m.Subject
		}
		p.Mails = append(p.Mails, line)
	}
	c.render(w, r, v, http.StatusOK, "week.html", p)
}

// sort is what sort of mail it is, as the choices call it.
func (c *centre) sort(v visit, m message.Message) string {
	words := v.clock.Words
	switch m.Type {
	case message.Single:
		return v.title(m.Kind)
	case message.Reminder:
		return v.title(message.Deadline)
	}
	return words.T("prefs.direct")
}

// became says what became of a mail, in a sentence for its recipient: without servers,
// jobs and commands.
func (c *centre) became(v visit, a explain.Explanation) string {
	words := v.clock.Words
	fill := []any{"Moment", "", "Says", a.Category.SaysIn(v.lang)}
	switch {
	case a.Digest != nil && a.Digest.Verdict == explain.Sent:
		fill[1] = v.clock.Moment(handed(*a.Digest))
		return words.T("week.sent_in", fill...)
	case a.Digest != nil:
		fill[3] = c.became(v, *a.Digest)
		return words.T("week.joined", fill...)
	case a.Verdict == explain.Sent:
		fill[1] = v.clock.Moment(handed(a))
	case a.Next != nil:
		fill[1] = v.clock.Moment(a.Next.At)
	}
	return words.T("week."+outcomes[a.Reason], fill...)
}

// handed is when a server took the mail.
func handed(a explain.Explanation) (at time.Time) {
	for _, s := range a.Trail {
		at = s.At
	}
	return at
}

// outcomes are the sentences for recipients, by reason.
var outcomes = map[explain.Reason]string{
	explain.Accepted: "sent", explain.AcceptedSome: "sent", explain.Receipt: "sent", explain.Merged: "soon",
	explain.DeferredHourly: "waits", explain.DeferredDaily: "waits", explain.DeferredWeekly: "waits", explain.PausedByUser: "paused",
	explain.SendAtFuture: "later", explain.DeadlineAhead: "later", explain.AwaitingManual: "held",
	explain.WaitingRun: "soon", explain.WaitingFlush: "soon", explain.BeingSent: "soon",
	explain.RetryAt: "delayed", explain.RateLimited: "delayed", explain.JobPaused: "delayed", explain.AccountPaused: "delayed",
	explain.PreferenceNever: "never", explain.OwnAction: "own", explain.ProcessMuted: "muted", explain.NoAddress: "address", explain.SkippedUnknown: "unknown",
	explain.SuppressedBounce: "bounced", explain.SuppressedComplaint: "complaint", explain.Unsubscribed: "unwanted",
	explain.Cancelled: "withdrawn", explain.Superseded: "withdrawn", explain.Expired: "late",
	explain.Rejected: "failed", explain.TemplateFailed: "failed",
	explain.DuplicateKey: "unknown", explain.OtherRule: "unknown", explain.LeaseLost: "unknown", explain.NoEvent: "unknown", explain.UserUnknown: "unknown",
}
