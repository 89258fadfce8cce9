package conformance_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"notifier/client"
)

// routes are the requests that the client makes, and how: what each answers with, or nil if
// the client does not look at the answer.
var routes = []struct {
	method, path string
	call         func(*testing.T, *client.Client, exchange) (any, error)
}{
	{"POST", "/messages", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		var d client.Draft
		x.into(t, &d)
		return c.SendMessage(t.Context(), d, "k")
	}},
	{"POST", "/events", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		var e client.Event
		x.into(t, &e)
		return c.Notify(t.Context(), e, "k")
	}},
	{"PUT", "/deadlines/*", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		var d client.Deadline
		x.into(t, &d)
		d.Key = x.id(1)
		return c.SetDeadline(t.Context(), d)
	}},
	{"GET", "/deadlines/*", func(t *testing.T, c *client.Client, x exchange) (any, error) { return c.Deadline(t.Context(), x.id(1)) }},
	{"DELETE", "/deadlines/*", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		return nil, c.ClearDeadline(t.Context(), x.id(1))
	}},
	{"PUT", "/users/*", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		var u client.User
		x.into(t, &u, "user")
		u.ID = x.id(1)
		return nil, c.SetUser(t.Context(), u)
	}},
	{"GET", "/users/*", func(t *testing.T, c *client.Client, x exchange) (any, error) { return c.User(t.Context(), x.id(1)) }},
	{"PUT", "/users/*/preferences", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		var p client.Preferences
		x.into(t, &p, "user")
		return c.SetPreferences(t.Context(), x.id(1), p)
	}},
	{"GET", "/users/*/preferences", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		return c.Preferences(t.Context(), x.id(1))
	}},
	{"POST", "/users/*/digest/send", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		return c.SendDigest(t.Context(), x.id(1))
	}},
	{"PUT", "/groups/*", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		var g struct {
			Users []string `json:"users"`
		}
		x.into(t, &g)
		return nil, c.SetGroup(t.Context(), x.id(1), g.Users...)
	}},
	{"PUT", "/suppressions/*", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		var s struct {
			Reason client.Unwanted `json:"reason"`
			Note   string          `json:"note"`
		}
		x.into(t, &s)
		return nil, c.Suppress(t.Context(), x.id(1), s.Reason, s.Note)
	}},
	{"DELETE", "/suppressions/*", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		return nil, c.Unsuppress(t.Context(), x.id(1))
	}},
	{"DELETE", "/suppressions", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		q := x.path.Query()
		_, err := c.UnsuppressAll(t.Context(), client.SuppressionFilter{
			Since: at(q.Get("since")), Until: at(q.Get("until")), Reason: client.Unwanted(q.Get("reason")), Account: q.Get("account"),
		}, q.Has("dry_run"))
		return nil, err
	}},
	{"POST", "/jobs/*/run", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		return nil, c.RunJob(t.Context(), x.id(1))
	}},
	{"GET", "/explain", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		q := x.path.Query()
		return c.Explain(t.Context(), client.Question{User: q.Get("user"), Case: q.Get("case"), Kind: client.Kind(q.Get("kind")), Since: at(q.Get("since"))})
	}},
	{"GET", "/messages/*/explain", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		return c.ExplainMessage(t.Context(), client.ID(x.id(1)))
	}},
	{"GET", "/messages/*", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		return c.Message(t.Context(), client.ID(x.id(1)))
	}},
	{"GET", "/messages", listed},
	{"POST", "/messages/*/retry", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		var r struct {
			Resend bool `json:"resend"`
		}
		x.into(t, &r)
		return c.Retry(t.Context(), client.ID(x.id(1)), r.Resend)
	}},
	{"POST", "/messages/*/cancel", acted((*client.Client).Cancel)},
	{"POST", "/messages/*/hold", acted((*client.Client).Hold)},
	{"POST", "/messages/*/send-now", acted((*client.Client).SendNow)},
	{"POST", "/messages/*/release", acted((*client.Client).Release)},
	{"PATCH", "/messages/*", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		var e client.Edit
		x.into(t, &e)
		return c.Edit(t.Context(), client.ID(x.id(1)), e)
	}},
	{"GET", "/stats/timeseries", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		q := x.path.Query()
		step, _ := time.ParseDuration(q.Get("step"))
		return c.Series(t.Context(), client.SeriesQuery{Metric: client.Metric(q.Get("metric")), Kind: q.Get("kind"), Since: at(q.Get("since")), Until: at(q.Get("until")), Step: step})
	}},
	{"PUT", "/templates/*", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		var made client.Template
		x.into(t, &made)
		made.Name = x.id(1)
		return c.SetTemplate(t.Context(), made)
	}},
	{"GET", "/templates/*", func(t *testing.T, c *client.Client, x exchange) (any, error) { return c.Template(t.Context(), x.id(1)) }},
	{"GET", "/templates", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		var all page[client.Template]
		for one, err := range c.Templates(t.Context()) {
			if err != nil {
				return nil, err
			}
			if all.Data = append(all.Data, one); len(all.Data) == x.items(t) {
				break
			}
		}
		return all, nil
	}},
	{"POST", "/templates/*/render", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		var fill struct {
			Data client.Data `json:"data"`
		}
		x.into(t, &fill)
		return c.RenderTemplate(t.Context(), x.id(1), fill.Data)
	}},
	{"DELETE", "/templates/*", func(t *testing.T, c *client.Client, x exchange) (any, error) {
		return nil, c.RemoveTemplate(t.Context(), x.id(1))
	}},
}

// page is how lists are answered.
type page[T any] struct {
	Data       []T    `json:"data"`
	NextCursor string `json:"next_cursor,omitempty"`
	HasMore    bool   `json:"has_more,omitempty"`
}

// items is how many things the answer lists.
func (x exchange) items(t *testing.T) int {
	t.Helper()
	var p page[json.RawMessage]
	if err := strictly(x.answer, &p); err != nil {
		t.Errorf("%s: %v", x.file, err)
	}
	return len(p.Data)
}

func listed(t *testing.T, c *client.Client, x exchange) (any, error) {
	q := x.path.Query()
	filter := client.Filter{
		ID: client.ID(q.Get("id")), Status: client.Status(q.Get("status")), Type: client.Type(q.Get("type")), Kind: client.Kind(q.Get("kind")), To: q.Get("to"),
		User: q.Get("user"), Case: q.Get("case"), Reference: q.Get("reference"), Event: client.ID(q.Get("event")), Category: client.Category(q.Get("category")),
		Code: q.Get("code"), Account: q.Get("account"), Tag: q.Get("tag"), Operation: client.ID(q.Get("operation")), Text: q.Get("text"),
		Since: at(q.Get("since")), Until: at(q.Get("until")), Site: q.Get("site"), Before: client.ID(q.Get("cursor")), Limit: x.items(t),
	}
	var all page[client.Message]
	for m, err := range c.Messages(t.Context(), filter) {
		if err != nil {
			return nil, err
		}
		all.Data = append(all.Data, m)
	}
	return all, nil
}

func acted(do func(c *client.Client, ctx context.Context, id client.ID, key ...client.Key) (client.Message, error)) func(*testing.T, *client.Client, exchange) (any, error) {
	return func(t *testing.T, c *client.Client, x exchange) (any, error) {
		return do(c, t.Context(), client.ID(x.id(1)))
	}
}

// at is a time of a query; zero if there is none.
func at(text string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t
		}
	}
	return time.Time{}
}
