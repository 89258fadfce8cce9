package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"notifier/explain"
	"notifier/fault"
	"notifier/message"
	"notifier/message/search"
)

// Why answers why a mail came, or did not.
type Why interface {
	Ask(ctx context.Context, q explain.Question, at time.Time) (explain.Explanation, error)
}

type whyPage struct {
	base
	User, Case, Since string
	Message           message.ID
	Wrong             string
	Answer            *explain.Explanation
	Waits             bool // for a digest, which can be seen and sent now
}

// Tone is how an answer looks; the word beside it says the same.
func (b base) Tone(v explain.Verdict) string {
	switch v {
	case explain.Sent, explain.InDigest:
		return "good"
	case explain.NotYet:
		return "warn"
	}
	return "alert"
}

// ask answers why somebody got a mail, or did not.
func (c *console) ask(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	p := whyPage{base: c.base(r, "why", "nav.why"), User: strings.TrimSpace(query.Get("user")), Case: strings.TrimSpace(query.Get("case")), Since: strings.TrimSpace(query.Get("since"))}
	p.Message = message.ID(query.Get("message"))
	if p.User == "" && p.Case == "" && p.Message == "" {
		return c.show(w, r, p.Lang, "why.html", p)
	}
	q := explain.Question{Site: site(r), User: p.User, Case: p.Case, Message: p.Message, Lang: p.Lang, Zone: p.Clock.Zone}
	if p.Since != "" {
		var err error
		if q.Since, err = search.Time(p.Since, p.Clock.Now()); err != nil {
			p.Wrong = err.Error()
			return c.show(w, r, p.Lang, "why.html", p)
		}
	}
	answer, err := c.o.Why.Ask(r.Context(), q, p.Clock.Now())
	if invalid, is := errors.AsType[*fault.Invalid](err); is {
		p.Wrong = faults(invalid)
		return c.show(w, r, p.Lang, "why.html", p)
	}
	if err != nil {
		return err
	}
	p.Answer = &answer
	digest := []explain.Reason{explain.DeferredHourly, explain.DeferredDaily, explain.DeferredWeekly, explain.PausedByUser, explain.WaitingRun}
	p.Waits = answer.User != "" && slices.Contains(digest, answer.Reason)
	return c.show(w, r, p.Lang, "why.html", p)
}
