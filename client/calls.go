package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// SendMessage sends a message to users, groups and outside people, whatever they have
// chosen. It returns a ticket per message; with the same key it may be called again.
func (c *Client) SendMessage(ctx context.Context, m Draft, key Key) (Taken, error) {
	var taken Taken
	err := c.do(ctx, request{method: http.MethodPost, path: "/messages", key: key, body: m}, &taken)
	return taken, err
}

// Notify publishes an event. The preferences of each user decide what becomes of it; the
// answer says what, and why.
func (c *Client) Notify(ctx context.Context, e Event, key Key) (Noted, error) {
	var noted Noted
	err := c.do(ctx, request{method: http.MethodPost, path: "/events", key: key, body: e}, &noted)
	return noted, err
}

// SetDeadline sets or moves the deadline that its key names; its steps start afresh. With an
// idempotency key it may be called again, however late: a deadline that was cleared
// meanwhile stays so.
func (c *Client) SetDeadline(ctx context.Context, d Deadline, key ...Key) (Deadline, error) {
	asked := Deadline{Key: d.Key, Case: d.Case, Users: d.Users, Terms: d.Terms, Escalate: d.Escalate, ForUsers: d.ForUsers}
	var set Deadline
	err := c.do(ctx, request{method: http.MethodPut, path: "/deadlines/" + url.PathEscape(d.Key), key: keyOf(key), body: asked}, &set)
	return set, err
}

// ClearDeadline ends a deadline: it was met, or is no longer wanted. One that is not there
// is as good as cleared.
func (c *Client) ClearDeadline(ctx context.Context, key string) error {
	return c.do(ctx, request{method: http.MethodDelete, path: "/deadlines/" + url.PathEscape(key)}, nil)
}

// Deadline is the deadline with that key.
func (c *Client) Deadline(ctx context.Context, key string) (Deadline, error) {
	var d Deadline
	err := c.do(ctx, request{method: http.MethodGet, path: "/deadlines/" + url.PathEscape(key)}, &d)
	return d, err
}

// SetUser adds a user, or replaces what is known of one. What the user has chosen stays.
func (c *Client) SetUser(ctx context.Context, u User) error {
	said := User{Email: u.Email, Name: u.Name, Phone: u.Phone, Timezone: u.Timezone, Language: u.Language}
	return c.do(ctx, request{method: http.MethodPut, path: "/users/" + url.PathEscape(u.ID), body: said}, nil)
}

// User is the user with that id, without preferences. Timezone and Language are those that hold;
// TimezoneFrom and LanguageFrom say whose they are, and Directory and Chosen what each said.
func (c *Client) User(ctx context.Context, id string) (User, error) {
	var u User
	err := c.do(ctx, request{method: http.MethodGet, path: "/users/" + url.PathEscape(id)}, &u)
	return u, err
}

// SetPreferences replaces what a user has chosen, and returns what applies then.
func (c *Client) SetPreferences(ctx context.Context, user string, p Preferences) (Preferences, error) {
	p.TimezoneFrom, p.LanguageFrom = "", ""
	var set Preferences
	err := c.do(ctx, request{method: http.MethodPut, path: "/users/" + url.PathEscape(user) + "/preferences", body: p}, &set)
	return set, err
}

// Preferences are what applies to a user, chosen or by default.
func (c *Client) Preferences(ctx context.Context, user string) (Preferences, error) {
	var p Preferences
	err := c.do(ctx, request{method: http.MethodGet, path: "/users/" + url.PathEscape(user) + "/preferences"}, &p)
	return p, err
}

// SendDigest does not wait for the digest of a user: what waits leaves with the next flush.
func (c *Client) SendDigest(ctx context.Context, user string, key ...Key) (SentNow, error) {
	var sent SentNow
	err := c.do(ctx, request{method: http.MethodPost, path: "/users/" + url.PathEscape(user) + "/digest/send", key: keyOf(key)}, &sent)
	return sent, err
}

// SetGroup names users together, so that a message can name the group.
func (c *Client) SetGroup(ctx context.Context, id string, users ...string) error {
	body := struct {
		Users []string `json:"users"`
	}{append([]string{}, users...)}
	return c.do(ctx, request{method: http.MethodPut, path: "/groups/" + url.PathEscape(id), body: body}, nil)
}

// Suppress writes to an address no more, deadlines apart.
func (c *Client) Suppress(ctx context.Context, address string, reason Unwanted, note string) error {
	body := struct {
		Reason Unwanted `json:"reason,omitempty"`
		Note   string   `json:"note,omitempty"`
	}{reason, note}
	return c.do(ctx, request{method: http.MethodPut, path: "/suppressions/" + url.PathEscape(address), body: body}, nil)
}

// Unsuppress writes to an address again.
func (c *Client) Unsuppress(ctx context.Context, address string) error {
	return c.do(ctx, request{method: http.MethodDelete, path: "/suppressions/" + url.PathEscape(address)}, nil)
}

// UnsuppressAll writes again to all addresses that match, and tells how many there are. It
// refuses the zero filter with ErrInvalid. A dry run only counts them.
func (c *Client) UnsuppressAll(ctx context.Context, f SuppressionFilter, dryRun bool) (removed int, err error) {
	q := url.Values{}
	if !f.Since.IsZero() {
		q.Set("since", f.Since.UTC().Format(time.RFC3339Nano))
	}
	if !f.Until.IsZero() {
		q.Set("until", f.Until.UTC().Format(time.RFC3339Nano))
	}
	if f.Reason != "" {
		q.Set("reason", string(f.Reason))
	}
	if f.Account != "" {
		q.Set("account", f.Account)
	}
	if dryRun {
		q.Set("dry_run", "true")
	}
	var answer struct {
		Removed int `json:"removed"`
	}
	err = c.do(ctx, request{method: http.MethodDelete, path: "/suppressions", query: q}, &answer)
	return answer.Removed, err
}

// RunJob runs a job now: notifications, user_notifications or reminders.
func (c *Client) RunJob(ctx context.Context, name string) error {
	return c.do(ctx, request{method: http.MethodPost, path: "/jobs/" + url.PathEscape(name) + "/run", safe: true}, nil)
}
