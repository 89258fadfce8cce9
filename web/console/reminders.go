package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"notifier/access"
	"notifier/deadlines"
	"notifier/fault"
	"notifier/message"
	"notifier/request"
	"notifier/web"
)

// DeadlineRecords reads deadlines.
type DeadlineRecords interface {
	Deadline(ctx context.Context, site, key string) (deadlines.Deadline, error)
	Deadlines(ctx context.Context, site string, n int, after time.Time, key string) ([]deadlines.Deadline, error)
}

// DeadlineSetter changes deadlines, and tells when they remind.
type DeadlineSetter interface {
	SetDeadline(ctx context.Context, c request.Call, d deadlines.Deadline) (set deadlines.Deadline, replayed bool, err error)
	ClearDeadline(ctx context.Context, c request.Call, key string) error
	ComingReminders(c request.Call, d deadlines.Deadline) []deadlines.Reminder
}

// Reminders are written by the code that does it when they are due.
type Reminders interface {
	SendNow(ctx context.Context, c request.Call, d deadlines.Deadline) (int, error)
	Preview(ctx context.Context, site string, d deadlines.Deadline, at time.Time) ([]message.Message, error)
}

type remindersPage struct {
	base
	Deadlines []deadlines.Deadline
	Next      string
}

// reminders shows deadlines, the next first.
func (c *console) reminders(w http.ResponseWriter, r *http.Request) error {
	p := remindersPage{base: c.base(r, "reminders", "nav.reminders")}
	query := r.URL.Query()
	after, err := time.Parse(time.RFC3339Nano, query.Get("after"))
	if err != nil {
		after = time.Time{}
	}
	found, err := c.Deadlines.Deadlines(r.Context(), site(r), perPage+1, after, query.Get("key"))
	if err != nil {
		return err
	}
	if len(found) > perPage {
		found = found[:perPage]
		last := found[perPage-1]
		p.Next = "/reminders?" + url.Values{"after": {last.DueAt.Format(time.RFC3339Nano)}, "key": {last.Key}}.Encode()
	}
	p.Deadlines = found
	return c.show(w, r, p.Lang, "reminders.html", p)
}

type reminderPage struct {
	base
	D       deadlines.Deadline
	Coming  []deadlines.Reminder
	Sent    []message.Message
	Mail    *message.Message // what would be sent now
	MaySet  bool
	MaySee  bool
	Holds   bool
	DueAt   string
	Wrong   string
	Address string
}

// comingShown is how many reminders to come are listed.
const comingShown = 50

// reminder shows one deadline, whom it reminds when, and what would be sent now.
func (c *console) reminder(w http.ResponseWriter, r *http.Request) error {
	return c.reminderWith(w, r, "", "")
}

func (c *console) reminderWith(w http.ResponseWriter, r *http.Request, dueAt, wrong string) error {
	d, err := c.Deadlines.Deadline(r.Context(), site(r), r.PathValue("key"))
	if err != nil {
		return err
	}
	p := reminderPage{base: c.base(r, "reminders", ""), D: d, Wrong: wrong, DueAt: dueAt, Address: "/reminders/" + url.PathEscape(d.Key)}
	p.Title, p.Holds = d.Key, d.ClearedAt.IsZero()
	if d.Case.Name() != "" {
		p.Title = d.Case.Name()
	}
	if p.DueAt == "" {
		p.DueAt = p.formTime(d.DueAt)
	}
	p.MaySet, p.MaySee = p.Who.May(access.Events), p.Who.May(access.Queue)
	p.Coming = c.DeadlineSetter.ComingReminders(call(r), d)
	p.Coming = p.Coming[:min(comingShown, len(p.Coming))]
	found, err := c.Search.Find(r.Context(), site(r), message.Filter{Type: message.Reminder, Reference: d.Key, Limit: 20})
	if err != nil {
		return err
	}
	p.Sent = found.Messages
	if p.MaySee && p.Holds {
		mails, err := c.o.Reminders.Preview(r.Context(), site(r), d, p.Clock.Now())
		if err != nil {
			return err
		}
		if len(mails) > 0 {
			one := c.o.Write(mails[0])
			p.Mail = &one
		}
	}
	status := http.StatusOK
	if wrong != "" {
		status = http.StatusUnprocessableEntity
	}
	return pages.Render(w, r, p.Lang, status, "reminder.html", p)
}

// sendReminder sends one reminder to each user of a deadline, now.
func (c *console) sendReminder(w http.ResponseWriter, r *http.Request) error {
	d, err := c.Deadlines.Deadline(r.Context(), site(r), r.PathValue("key"))
	if err != nil {
		return err
	}
	n, err := c.o.Reminders.SendNow(r.Context(), call(r), d)
	if err != nil {
		return err
	}
	c.o.Wake()
	tellDeadline(r, d.Key, nil, access.State{"sent": n})
	return back(w, r, "/reminders/"+url.PathEscape(d.Key), "send")
}

// moveReminder sets a deadline to another time; its steps start afresh.
func (c *console) moveReminder(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if r.ParseForm() != nil {
		return message.ErrNotFound
	}
	d, err := c.Deadlines.Deadline(r.Context(), site(r), r.PathValue("key"))
	if err != nil {
		return err
	}
	b, text := c.base(r, "", ""), r.PostForm.Get("due_at")
	if text == b.formTime(d.DueAt) { // to set it again would begin its steps afresh
		return unchanged(w, r, "/reminders/"+url.PathEscape(d.Key))
	}
	before := d.DueAt
	if d.DueAt, err = b.onWall(text); err != nil {
		return c.reminderWith(w, r, text, b.Clock.Words.T("reminders.bad_due"))
	}
	d.DueIn = nil
	after, _, err := c.DeadlineSetter.SetDeadline(r.Context(), call(r), d)
	if invalid, is := errors.AsType[*fault.Invalid](err); is {
		return c.reminderWith(w, r, text, faults(invalid))
	}
	if err != nil {
		return err
	}
	tellDeadline(r, d.Key, access.State{"due_at": before.UTC().Format(time.RFC3339)}, access.State{"due_at": after.DueAt.UTC().Format(time.RFC3339)})
	return back(w, r, "/reminders/"+url.PathEscape(d.Key), "move")
}

// cancelReminder ends a deadline: nobody is reminded any more.
func (c *console) cancelReminder(w http.ResponseWriter, r *http.Request) error {
	key := r.PathValue("key")
	d, err := c.Deadlines.Deadline(r.Context(), site(r), key)
	if err != nil {
		return err
	}
	if !d.ClearedAt.IsZero() {
		return unchanged(w, r, "/reminders/"+url.PathEscape(key))
	}
	if err := c.DeadlineSetter.ClearDeadline(r.Context(), call(r), key); err != nil {
		return err
	}
	tellDeadline(r, key, nil, access.State{"cleared": true})
	return back(w, r, "/reminders/"+url.PathEscape(key), "clear")
}

// formTime is a time as a field of a form shows it, to the minute.
func (b base) formTime(t time.Time) string { return b.Clock.Wall(t).Format("2006-01-02T15:04") }

func tellDeadline(r *http.Request, key string, before, after access.State) {
	web.Tell(r.Context(), func(record *access.Record) {
		record.Subject, record.Before, record.After = "/deadlines/"+url.PathEscape(key), before, after
	})
}

// Of is the address of a deadline's page; keys may hold anything.
func (remindersPage) Of(key string) string { return "/reminders/" + url.PathEscape(key) }
