package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"notifier/message"
	"notifier/store/sql"
)

// optional is a text that is NULL when empty.
type optional string

func (o optional) Value() (driver.Value, error) {
	if o == "" {
		return nil, nil
	}
	return string(o), nil
}

func (o *optional) Scan(v any) error {
	s, _ := v.(string)
	*o = optional(s)
	return nil
}

// messageRow is a message as its two tables hold it.
type messageRow struct {
	message.Message
	toEmail, toName, envelope string
	extra                     string // JSON
	failure                   message.Failure
	windowDue, windowClosed   time.Time
	digest                    string
	rank                      int // of the priority
}

// column is a place in a row: the same pointer is read from and written to, so that
// the two cannot disagree.
type column struct {
	name  string
	value any
}

// content is the row of the table messages.
func (r *messageRow) content() []column {
	return []column{
		{"site", &r.Site},
		{"id", (*string)(&r.ID)},
		{"type", (*string)(&r.Type)},
		{"kind", (*string)(&r.Kind)},
		{"event_id", (*string)(&r.EventID)},
		{"reference", &r.Reference},
		{"user_id", &r.UserID},
		{"to_email", &r.toEmail},
		{"to_name", &r.toName},
		{"envelope", &r.envelope},
		{"timezone", &r.Timezone},
		{"language", &r.Language},
		{"case_id", &r.Case.ID},
		{"case_title", &r.Case.Title},
		{"case_url", &r.Case.URL},
		{"case_stage", &r.Case.Stage},
		{"case_owner", &r.Case.Owner},
		{"actor", &r.Actor},
		{"summary", &r.Summary},
		{"subject", &r.Subject},
		{"body_text", &r.Text},
		{"body_html", &r.HTML},
		{"domain", &r.Domain},
		{"setting", &r.Setting},
		{"manual", &r.Manual},
		{"occurred_at", (*sql.Instant)(&r.OccurredAt)},
		{"created_at", (*sql.Instant)(&r.CreatedAt)},
		{"extra", &r.extra},
	}
}

// state is the row of the table queue, without its key.
func (r *messageRow) state() []column {
	return []column{
		{"status", (*string)(&r.Status)},
		{"reason", (*string)(&r.Reason)},
		{"due_at", (*sql.Instant)(&r.DueAt)},
		{"window_id", (*optional)(&r.Window)},
		{"queued_at", (*sql.Instant)(&r.QueuedAt)},
		{"changed_at", (*sql.Instant)(&r.UpdatedAt)},
		{"claimed_at", (*sql.Instant)(&r.ClaimedAt)},
		{"retried_at", (*sql.Instant)(&r.RetriedAt)},
		{"lifted_at", (*sql.Instant)(&r.LiftedAt)},
		{"expires_at", (*sql.Instant)(&r.ExpiresAt)},
		{"claim", &r.Claim},
		{"attempts", &r.Attempts},
		{"tries", &r.Tries},
		{"retry_count", &r.RetryCount},
		{"reached", &r.Reached},
		{"rejected", (*sql.List)(&r.Rejected)},
		{"remaining", (*sql.List)(&r.Remaining)},
		{"error_category", (*string)(&r.failure.Category)},
		{"error_code", &r.failure.Code},
		{"error_text", &r.failure.Text},
		{"account", &r.Account},
		{"priority", &r.rank},
	}
}

// queue is the whole row of the table queue.
func (r *messageRow) queue() []column {
	return append([]column{{"site", &r.Site}, {"id", (*string)(&r.ID)}}, r.state()...)
}

// window is what the row of the table windows says of the message.
func (r *messageRow) window() []column {
	return []column{
		{"due_at", (*sql.Instant)(&r.windowDue)}, {"closed_at", (*sql.Instant)(&r.windowClosed)}, {"digest_id", (*optional)(&r.digest)},
	}
}

// names writes the columns' names with a prefix, for SQL.
func names(prefix string, columns []column) string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = prefix + c.name
	}
	return strings.Join(all, ", ")
}

func values(columns ...[]column) []any {
	n := 0
	for _, list := range columns {
		n += len(list)
	}
	all := make([]any, 0, n)
	for _, list := range columns {
		for _, c := range list {
			all = append(all, c.value)
		}
	}
	return all
}

// selectMessages begins to read whole messages from m, q and w.
var selectMessages = fmt.Sprintf("SELECT %s, %s, %s FROM ",
	names("m.", new(messageRow).content()), names("q.", new(messageRow).state()), names("w.", new(messageRow).window()))

// fromQueue and fromWindows say where to begin; what follows is a WHERE on
// the table that they are named after, if the database is to find its rows by an index.
func (s *Store) fromQueue() string { return selectMessages + s.queueOn() }

func (s *Store) fromWindows() string { return selectMessages + s.windowsOn() }

// queueOn, messagesOn and windowsOn are the same without the columns.
func (s *Store) queueOn() string { return "queue q" + s.withQueue() }

func (s *Store) messagesOn() string {
	return "messages m" + s.dialect.To("queue", "q", "q.site = m.site AND q.id = m.id", "") +
		s.dialect.Perhaps("windows", "w", "w.site = q.site AND w.id = q.window_id")
}

func (s *Store) windowsOn() string { return "windows w" + s.withWindows() }

// withQueue goes on from q, withWindows from w to the deferred messages in it.
func (s *Store) withQueue() string {
	return s.dialect.To("messages", "m", "m.site = q.site AND m.id = q.id", "") +
		s.dialect.Perhaps("windows", "w", "w.site = q.site AND w.id = q.window_id")
}

func (s *Store) withWindows() string {
	return s.waitingIn() + s.dialect.To("messages", "m", "m.site = q.site AND m.id = q.id", "")
}

// waitingIn goes on from w to the queue alone.
func (s *Store) waitingIn() string {
	return s.dialect.To("queue", "q", fmt.Sprintf("q.site = w.site AND q.window_id = w.id AND q.status = '%s'", message.Deferred), "")
}

// toRow takes a message apart for its two tables.
func toRow(m message.Message) *messageRow {
	r := &messageRow{Message: m, rank: m.Priority.Rank()}
	if len(m.To) > 0 {
		r.toEmail, r.toName = m.To[0].Email, m.To[0].Name
	}
	if len(m.To) > 1 || len(m.Cc)+len(m.Bcc) > 0 || len(m.ReplyTo) > 0 {
		b, _ := json.Marshal(m.Envelope) // addresses are plain strings
		r.envelope = string(b)
	}
	if !m.Extra.Empty() {
		b, _ := json.Marshal(m.Extra) // likewise
		r.extra = string(b)
	}
	if m.Error != nil {
		r.failure = *m.Error
	}
	switch {
	case m.Status == message.Sending:
		r.DueAt = m.LeaseExpiresAt
	case !slices.Contains(claimable, m.Status):
		r.DueAt = time.Time{} // nobody looks at it; a deferred one waits for its window
	}
	return r
}

// claimable are the statuses of what the queue must look at when it is due.
var claimable = message.From(message.Claim)

// toMessage puts a message together from what was read.
func (r *messageRow) toMessage() (message.Message, error) {
	m := r.Message
	m.Priority = message.Ranked(r.rank)
	switch {
	case r.envelope != "":
		if err := json.Unmarshal([]byte(r.envelope), &m.Envelope); err != nil {
			return m, fmt.Errorf("read the addresses of %s: %w", m.ID, err)
		}
	case r.toEmail != "":
		m.To = []message.Address{{Email: r.toEmail, Name: r.toName}}
	}
	if r.extra != "" {
		if err := json.Unmarshal([]byte(r.extra), &m.Extra); err != nil {
			return m, fmt.Errorf("read what else %s has: %w", m.ID, err)
		}
	}
	if r.failure.Category != "" {
		failure := r.failure
		m.Error = &failure
	}
	switch m.Status {
	case message.Sending:
		m.LeaseExpiresAt, m.DueAt = m.DueAt, time.Time{}
	case message.Deferred:
		m.DueAt = r.windowDue
		if r.digest != "" { // its window was closed for all at once
			m, _ = m.Do(message.Merge, r.windowClosed)
			m.Digest, m.DueAt = message.ID(r.digest), time.Time{}
		}
	}
	return m, nil
}

// readMessages reads the rows of selectMessages and closes them.
func readMessages(rows *sql.Rows, err error) ([]message.Message, error) {
	r := new(messageRow) // one for all: the places in it are written down once
	into := values(r.content(), r.state(), r.window())
	return sql.Collect(rows, err, func(scan func(...any) error) (message.Message, error) {
		*r = messageRow{}
		if err := scan(into...); err != nil {
			return r.Message, err
		}
		return r.toMessage()
	})
}

// in writes statuses as a list for SQL. They are constants of ours: a list that is spelled
// out lets the planner use the indexes that are made for it.
func in(statuses []message.Status) string {
	quoted := make([]string, len(statuses))
	for i, s := range statuses {
		quoted[i] = "'" + string(s) + "'"
	}
	return "(" + strings.Join(quoted, ",") + ")"
}
