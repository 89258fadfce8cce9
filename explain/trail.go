package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"notifier/message"
)

// trail is all that happened to the message, in the order of time.
func (t *teller) trail() []Step {
	m := t.Message
	steps := t.birth()
	for _, d := range t.Decisions {
		steps = append(steps, Step{d.At, string(d.What), t.deed(d)})
	}
	for _, r := range t.Retries {
		if r.Error != nil {
			steps = append(steps, Step{r.At, "wiped", "before that it had failed: " + strings.TrimSuffix(r.Error.Category.Says(), ".")})
		}
	}
	for _, a := range t.Attempts {
		steps = append(steps, Step{a.EndedAt, "tried", tried(a)})
	}
	if m.Type == message.Single && m.QueuedAt.After(m.CreatedAt) && !m.QueuedAt.IsZero() {
		steps = append(steps, Step{m.QueuedAt, "promoted", "UserNotifications moved it on alone"})
	}
	if last := t.last(); last.Text != "" {
		steps = append(steps, last)
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return a.At.Compare(b.At) })
	for i := range steps {
		steps[i].At = steps[i].At.UTC()
	}
	return steps
}

// birth is how the message came in, and what was decided of it then.
func (t *teller) birth() []Step {
	m := t.Message
	about := ""
	if m.Case.ID != "" {
		about = " for " + m.Case.ID
	}
	steps := []Step{{m.CreatedAt, "accepted", "message accepted" + about}}
	switch m.Type {
	case message.Single:
		steps[0].Text = fmt.Sprintf("event %s%s accepted", m.Kind, about)
		if late := m.CreatedAt.Sub(m.OccurredAt); !m.OccurredAt.IsZero() && late >= time.Second {
			steps[0].Text += ", which had happened on " + t.at(m.OccurredAt)
		}
	case message.Reminder:
		steps[0].Text = "reminder of the deadline " + m.Reference + " written"
	case message.Digest:
		steps[0].Text = "digest made of " + t.facts["items"]
	}
	setting := m.Setting
	for _, d := range t.Decisions { // what was chosen when it came in
		if d.What == message.Rescheduled {
			setting = cmp.Or(d.Details[message.FromSetting], setting)
			break
		}
	}
	if m.Type != message.Single || setting == "" {
		return steps
	}
	chosen := fmt.Sprintf("the setting of %s was %s", m.Kind, t.wall(setting))
	if c := t.Chosen; c != nil {
		chosen += ", set on " + t.at(c.At)
		if c.By != "" {
			chosen += " by " + c.By
		}
	}
	return append(steps, Step{m.CreatedAt, "decided", chosen})
}

// deed says what somebody decided.
func (t *teller) deed(d message.Decided) string {
	by := ""
	if d.By != "" {
		by = " by " + d.By
	}
	switch d.What {
	case message.Rescheduled:
		text := "rescheduled: the setting became " + t.wall(d.Details[message.ToSetting]) + by
		if due, err := time.Parse(time.RFC3339, d.Details[message.ToDue]); err == nil {
			text += ", so it is due on " + t.at(due)
		}
		return text
	case message.DeadlineMet:
		return "the deadline was met" + by + ", the reminder was dropped"
	case message.DeadlineMoved:
		return "the deadline was set anew" + by + ", the reminder was dropped"
	case message.CaseMovedOn:
		return "the case came to another stage or owner" + by + ", the reminder was dropped"
	case message.DidSendNow:
		return "asked for before its time" + by
	case message.DidRetry:
		return "another try was asked for" + by
	case message.DidCancel:
		return "withdrawn" + by
	}
	return string(d.What) + by
}

func tried(a message.Attempt) string {
	text := fmt.Sprintf("try %d", a.Claim)
	if a.Server != "" {
		text += " at " + a.Server
	}
	said := quoted("", a.Response)
	if said == "" && a.Failure != nil {
		said = quoted(a.Failure.Code, a.Failure.Text)
	}
	if said != "" {
		text += ": “" + said + "”"
	}
	if a.Uncertain {
		text += "; it may have gone out"
	}
	if a.LedTo != "" {
		text += " → " + string(a.LedTo)
	}
	return text
}

// last is how the message came to where it stands, where no attempt or decision says so.
func (t *teller) last() Step {
	m := t.Message
	step := Step{At: m.UpdatedAt, What: string(m.Status)}
	switch m.Status {
	case message.Merged:
		step.Text = "merged into the digest " + string(m.Digest)
	case message.Delivered:
		step.Text = "a receipt came"
	case message.Expired:
		step.Text = "it was too late to send it"
	case message.Skipped:
		step.Text = "skipped: " + strings.ReplaceAll(string(m.Reason), "_", " ")
	case message.Sending:
		step.Text = "taken from the queue"
	case message.Cancelled:
		if len(t.Decisions) == 0 {
			step.Text = "withdrawn"
		}
	}
	return step
}
