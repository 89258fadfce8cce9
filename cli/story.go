package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"notifier/fault"
	"notifier/message"
	"notifier/webhook"
)

// mailAttempt is a try to hand a message over.
type mailAttempt struct {
	Number    int            `json:"attempt"`
	Ended     time.Time      `json:"ended_at"`
	Server    string         `json:"server"`
	LedTo     message.Status `json:"led_to"`
	Uncertain bool           `json:"uncertain"`
	Accepted  []string       `json:"accepted"`
	Rejected  []string       `json:"rejected"`
	Pending   []string       `json:"pending"`
	Response  string         `json:"response"`
	Failure   string         `json:"failure"`
}

// manualRetry is what the history of errors calls a retry that a person asked for.
const manualRetry = "Manual Retry"

// mailRecord is a row of the history of errors.
type mailRecord struct {
	Status   string           `json:"status"`
	At       time.Time        `json:"at"`
	Category message.Category `json:"category"`
	Code     string           `json:"code"`
	Message  string           `json:"message"`
}

// told is what a webhook was told, or is to be.
type told struct {
	ID      message.ID     `json:"id"`
	Webhook message.ID     `json:"webhook"`
	Message message.ID     `json:"message"`
	Status  message.Status `json:"status"`
	Reason  message.Reason `json:"reason"`
	At      time.Time      `json:"at"`
	Calls   int            `json:"calls"`
	Due     *time.Time     `json:"due_at"`
	Ended   *time.Time     `json:"ended_at"`
	Code    int            `json:"code"`
	Answer  string         `json:"answer"`
}

// how says what became of it.
func (t told) how() string {
	answer := fault.Truncate(strings.TrimSpace(fmt.Sprint(t.Code, " ", t.Answer)), 100)
	switch {
	case t.Ended != nil && t.Code >= 200 && t.Code < 300:
		return fmt.Sprintf("told with call %d (%d)", t.Calls, t.Code)
	case t.Ended != nil:
		return fmt.Sprintf("given up after %s: %s", count(t.Calls, "call"), answer)
	case t.Calls == 0:
		return "waits"
	}
	return fmt.Sprintf("again at %s: %s", clockOf(t.Due), answer)
}

// tell prints a message and its history. One that was merged fares as its digest.
func (m queued) tell(out io.Writer) error {
	fmt.Fprintf(out, "%s  %s  %s  %s\n", m.ID, m.Status, cmp.Or(m.To, m.User), m.Subject)
	for _, e := range m.story() {
		fmt.Fprintf(out, "  %s  %s\n", clock(e.at), e.what)
	}
	if m.Error != nil {
		fmt.Fprintf(out, "%s %s\n", m.Error.Says, m.Error.Remedy)
	}
	return nil
}

// episode is one thing that happened to a message.
type episode struct {
	at   time.Time
	what string
}

func (m queued) story() []episode {
	written := "written"
	if m.Setting != "" {
		written += ", the setting was " + m.Setting
	}
	all := []episode{{m.Created, written}}
	for _, a := range m.AttemptRecords {
		all = append(all, episode{a.Ended, a.how()})
	}
	for _, r := range m.ErrorRecords {
		if r.Status != manualRetry {
			continue
		}
		again := "asked for again"
		if r.Category != "" {
			again += "; before: " + (mailError{Category: r.Category, Code: r.Code, Message: r.Message}).failure().Error()
		}
		all = append(all, episode{r.At, again})
	}
	for _, c := range m.Callbacks {
		event := webhook.Callback{Status: c.Status, Reason: c.Reason}.Event(m.Type)
		all = append(all, episode{c.At, fmt.Sprintf("webhook %s is told %s: %s", c.Webhook, event, c.how())})
	}
	if len(m.AttemptRecords) == 0 || m.Status.Final() && m.Status != message.Sent && m.Status != message.Error || m.Status == message.Sending {
		all = append(all, episode{m.Updated, m.stands()})
	}
	slices.SortStableFunc(all, func(a, b episode) int { return a.at.Compare(b.at) })
	if m.Due != nil {
		all = append(all, episode{*m.Due, "due"})
	}
	return all
}

// stands says what a message came to without an attempt, and why.
func (m queued) stands() string {
	what := string(m.Status)
	if m.Reason != "" {
		what += ": " + string(m.Reason)
	}
	if m.Digest != nil {
		what += " into " + string(*m.Digest)
	}
	return what
}

// how says what an attempt was and what it led to.
func (a mailAttempt) how() string {
	var parts []string
	for _, list := range []struct {
		what      string
		addresses []string
	}{{"accepted", a.Accepted}, {"refused", a.Rejected}, {"refused for now", a.Pending}} {
		if len(list.addresses) > 0 {
			parts = append(parts, list.what+" "+strings.Join(list.addresses, ", "))
		}
	}
	what := fmt.Sprintf("attempt %d", a.Number)
	if a.Server != "" {
		what += " at " + a.Server
	}
	if a.Uncertain {
		parts = append(parts, "it may have gone out")
	}
	return strings.TrimSuffix(fmt.Sprintf("%s → %s: %s (%s)", what, a.LedTo, cmp.Or(a.Response, a.Failure), strings.Join(parts, "; ")), " ()")
}
