package explain

import (
	"cmp"
	"slices"
	"strconv"
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
			says, _ := t.failure(*r.Error, message.Outlook{Final: true})
			steps = append(steps, Step{r.At, "wiped", t.step("wiped", "failure", strings.TrimSuffix(says, "."))})
		}
	}
	for _, a := range t.Attempts {
		steps = append(steps, Step{a.EndedAt, "tried", t.tried(a)})
	}
	if m.Type == message.Single && m.QueuedAt.After(m.CreatedAt) && !m.QueuedAt.IsZero() {
		steps = append(steps, Step{m.QueuedAt, "promoted", t.step("promoted", "job", jobTitles["user_notifications"])})
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

// step writes a text of the trail with the facts of the message, and some more.
func (t *teller) step(name string, more ...string) string {
	return t.say("explain.step."+name, t.facts.with(more...))
}

// birth is how the message came in, and what was decided of it then.
func (t *teller) birth() []Step {
	m := t.Message
	step := Step{At: m.CreatedAt, What: "accepted"}
	switch m.Type {
	case message.Single:
		occurred := ""
		if late := m.CreatedAt.Sub(m.OccurredAt); !m.OccurredAt.IsZero() && late >= time.Second {
			occurred = t.at(m.OccurredAt)
		}
		step.Text = t.step("event", "kind", string(m.Kind), "occurred", occurred)
	case message.Reminder:
		step.Text = t.step("reminder")
	case message.Digest:
		step.Text = t.step("digest")
	default:
		step.Text = t.step("message")
	}
	setting := m.Setting
	for _, d := range t.Decisions { // what was chosen when it came in
		if d.What == message.Rescheduled {
			setting = cmp.Or(d.Details[message.FromSetting], setting)
			break
		}
	}
	if m.Type != message.Single || setting == "" {
		return []Step{step}
	}
	setAt, setBy := "", ""
	if c := t.Chosen; c != nil {
		setAt, setBy = t.at(c.At), c.By
	}
	return []Step{step, {m.CreatedAt, "decided", t.step("setting", "setting", t.setting(setting, t.theirs), "set_at", setAt, "set_by", setBy)}}
}

// deed says what somebody decided.
func (t *teller) deed(d message.Decided) string {
	key := "explain.deed." + string(d.What)
	if !t.Has(key) {
		key = "explain.deed.other"
	}
	due := ""
	if at, err := time.Parse(time.RFC3339, d.Details[message.ToDue]); err == nil {
		due = t.at(at)
	}
	return t.say(key, t.facts.with("by", d.By, "deed", string(d.What), "setting", t.setting(d.Details[message.ToSetting], t.theirs), "due", due))
}

func (t *teller) tried(a message.Attempt) string {
	said := quoted("", a.Response)
	if said == "" && a.Failure != nil {
		said = quoted(a.Failure.Code, a.Failure.Text)
	}
	uncertain := ""
	if a.Uncertain {
		uncertain = t.T("explain.step.uncertain")
	}
	led := cmp.Or(t.Optional("explain.to."+string(a.LedTo)), string(a.LedTo))
	return t.step("tried", "number", strconv.Itoa(a.Claim), "server", a.Server, "response", said, "uncertain", uncertain, "led_to", led)
}

// last is how the message came to where it stands, where no attempt or decision says so.
func (t *teller) last() Step {
	m := t.Message
	step := Step{At: m.UpdatedAt, What: string(m.Status)}
	switch m.Status {
	case message.Merged, message.Delivered, message.Expired, message.Sending:
		step.Text = t.step(string(m.Status))
	case message.Skipped:
		step.Text = t.step("skipped", "code", strings.ReplaceAll(string(m.Reason), "_", " "))
	case message.Cancelled:
		if len(t.Decisions) == 0 {
			step.Text = t.step("cancelled")
		}
	}
	return step
}
