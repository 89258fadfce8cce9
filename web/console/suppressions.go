package console

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"notifier/access"
	"notifier/fault"
	"notifier/message"
	"notifier/request"
	"notifier/web"
)

// SuppressionRecords reads suppressions.
type SuppressionRecords interface {
	Suppressed(ctx context.Context, site string, addresses []string) (map[string]message.Suppression, error)
	FindSuppressions(ctx context.Context, site string, f message.SuppressionFilter, after string, n int) ([]message.Suppression, error)
	CountSuppressions(ctx context.Context, site string, f message.SuppressionFilter) (int, error)
}

// SuppressionLifter lifts many suppressions at once.
type SuppressionLifter interface {
	UnsuppressAll(ctx context.Context, c request.Call, f message.SuppressionFilter) (int, error)
}

type suppressionsPage struct {
	base
	All     []message.Suppression
	Next    string
	Reasons []choice
	// Since, Until and Account are the fields of the form, times in the reader's zone.
	Since, Until, Account string
	// Exact is the filter of the confirmation, with times in UTC. It ends now, so that nothing
	// is lifted that was suppressed after somebody had looked.
	Exact   message.SuppressionFilter
	N       int // how many match
	Narrow  bool
	Changed bool // N is another than the number that was confirmed
}

// onForm is how a form shows an instant, in the zone of the page.
const onForm = "2006-01-02T15:04:05"

// suppressions lists the addresses that are not written to, and offers to lift all that match.
func (c *console) suppressions(w http.ResponseWriter, r *http.Request) error {
	p := suppressionsPage{base: c.base(r, "errors", "suppressions.title")}
	f, err := p.suppressionFilter(r.URL.Query())
	if err != nil {
		return err
	}
	if n, err := strconv.Atoi(r.URL.Query().Get("removed")); err == nil {
		p.Done = p.Clock.Words.N("suppressions.removed", n)
	}
	return c.showSuppressions(w, r, http.StatusOK, p, f)
}

func (c *console) showSuppressions(w http.ResponseWriter, r *http.Request, status int, p suppressionsPage, f message.SuppressionFilter) error {
	found, err := c.Suppressions.FindSuppressions(r.Context(), site(r), f, r.URL.Query().Get("after"), perPage+1)
	if err != nil {
		return err
	}
	p.Exact, p.Narrow = f, f != message.SuppressionFilter{}
	if p.Exact.Until.IsZero() {
		p.Exact.Until = p.Clock.Now()
	}
	if p.N, err = c.Suppressions.CountSuppressions(r.Context(), site(r), p.Exact); err != nil {
		return err
	}
	if len(found) > perPage {
		found = found[:perPage]
		q := url.Values{"since": {p.Since}, "until": {p.Until}, "reason": {string(f.Reason)}, "account": {p.Account}, "after": {found[perPage-1].Address}}
		p.Next = "/suppressions?" + q.Encode()
	}
	p.All = found
	for _, reason := range []message.Unwanted{"", message.Bounced, message.Complained, message.OptedOut} {
		word := "all"
		if reason != "" {
			word = string(reason)
		}
		p.Reasons = append(p.Reasons, choice{string(reason), p.Clock.Words.T("suppressions.reason." + word), reason == f.Reason})
	}
	return pages.Render(w, r, p.Lang, status, "suppressions.html", p)
}

// suppressionFilter reads the filter of a form, and keeps what the form is to show again.
func (p *suppressionsPage) suppressionFilter(form url.Values) (f message.SuppressionFilter, err error) {
	f.Reason, f.Account = message.Unwanted(form.Get("reason")), form.Get("account")
	p.Account = f.Account
	var bad fault.Invalid
	for _, field := range []struct {
		name string
		into *time.Time
		show *string
	}{{"since", &f.Since, &p.Since}, {"until", &f.Until, &p.Until}} {
		text := form.Get(field.name)
		if text == "" {
			continue
		}
		t, err := time.Parse(time.RFC3339Nano, text)
		if err == nil {
			err = fault.CheckTime(t)
		} else {
			t, err = p.onWall(text)
		}
		if err != nil {
			bad.Add("query."+field.name, "bad_time", "%q is no time. Write it as 2026-11-30T08:00", fault.Truncate(text, 60))
			continue
		}
		*field.into, *field.show = t.UTC(), p.Clock.Wall(t).Format(onForm)
	}
	if err := bad.Err(); err != nil {
		return f, err
	}
	return f, f.Check()
}

// liftSuppressions removes all suppressions that match, if they are as many as was confirmed.
func (c *console) liftSuppressions(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if r.ParseForm() != nil {
		return message.ErrNotFound
	}
	p := suppressionsPage{base: c.base(r, "errors", "suppressions.title")}
	f, err := p.suppressionFilter(r.PostForm)
	if err == nil {
		err = f.CheckRemoval()
	}
	if err != nil {
		return err
	}
	n, err := c.Suppressions.CountSuppressions(r.Context(), site(r), f)
	if err != nil {
		return err
	}
	if r.PostForm.Get("count") != strconv.Itoa(n) {
		p.Changed = true
		return c.showSuppressions(w, r, http.StatusConflict, p, f)
	}
	if n, err = c.SuppressionLifter.UnsuppressAll(r.Context(), call(r), f); err != nil {
		return err
	}
	web.Tell(r.Context(), func(record *access.Record) {
		record.Subject, record.After = "/suppressions", access.State{"removed": n}
		for name, value := range map[string]string{"since": instantText(f.Since), "until": instantText(f.Until), "reason": string(f.Reason), "account": f.Account} {
			if value != "" {
				record.After[name] = value
			}
		}
	})
	http.Redirect(w, r, "/suppressions?removed="+strconv.Itoa(n), http.StatusSeeOther)
	return nil
}

// Instant is a time as a hidden field of a form and the audit have it; empty for none.
func (suppressionsPage) Instant(t time.Time) string { return instantText(t) }

func instantText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
