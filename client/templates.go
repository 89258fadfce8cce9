package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Template is a mail to be filled in, in the language of Handlebars, or a part of others.
// What is empty is left to the message.
type Template struct {
	Name        string      `json:"name"`
	Subject     string      `json:"subject,omitempty"`
	Text        string      `json:"text,omitempty"`
	HTML        string      `json:"html,omitempty"`
	Partial     bool        `json:"partial,omitempty"` // others include it as {{> name}}
	Strict      bool        `json:"strict,omitempty"`  // data in which something is missing is refused
	Attachments []Enclosure `json:"attachments,omitempty"`
	UpdatedAt   time.Time   `json:"updated_at,omitzero"` // the service says when
}

// Enclosure is a file that comes with every mail of a template: Content as it is, or Text
// to be filled in.
type Enclosure struct {
	Filename    string `json:"filename"`
	ContentType string `json:"content_type,omitempty"`
	ContentID   string `json:"content_id,omitempty"` // an image inside the HTML, which names it as cid: and this
	Text        string `json:"text,omitempty"`
	Content     []byte `json:"content,omitempty"`
}

// Filled is what a template makes of data.
type Filled struct {
	Subject     string `json:"subject"`
	Text        string `json:"text"`
	HTML        string `json:"html"`
	Attachments []File `json:"attachments"`
}

// SetTemplate adds a template, or replaces the one with its name. What is wrong with it is
// ErrInvalid, with the place of each fault.
func (c *Client) SetTemplate(ctx context.Context, t Template) (Template, error) {
	t.UpdatedAt = time.Time{}
	var set Template
	err := c.do(ctx, request{method: http.MethodPut, path: "/templates/" + url.PathEscape(t.Name), body: t}, &set)
	return set, err
}

// Template is the template with that name.
func (c *Client) Template(ctx context.Context, name string) (Template, error) {
	var t Template
	err := c.do(ctx, request{method: http.MethodGet, path: "/templates/" + url.PathEscape(name)}, &t)
	return t, err
}

// Templates lists the templates by name, without what they say; it fetches further pages
// as it goes, and ends with the first error.
func (c *Client) Templates(ctx context.Context) iter.Seq2[Template, error] {
	return func(yield func(Template, error) bool) {
		query := url.Values{"limit": {strconv.Itoa(maxPage)}}
		for {
			var found struct {
				Data       []Template `json:"data"`
				NextCursor string     `json:"next_cursor"`
			}
			if err := c.do(ctx, request{method: http.MethodGet, path: "/templates", query: query}, &found); err != nil {
				yield(Template{}, err)
				return
			}
			for _, t := range found.Data {
				if !yield(t, nil) {
					return
				}
			}
			if found.NextCursor == "" {
				return
			}
			query.Set("cursor", found.NextCursor)
		}
	}
}

// RenderTemplate is what a template makes of data; nothing is stored or sent. With data as
// a mail would have it, a test of the caller's holds that the two fit.
func (c *Client) RenderTemplate(ctx context.Context, name string, data Data) (Filled, error) {
	body := struct {
		Data Data `json:"data,omitempty"`
	}{data}
	var made Filled
	err := c.do(ctx, request{method: http.MethodPost, path: "/templates/" + url.PathEscape(name) + "/render", body: body, safe: true}, &made)
	return made, err
}

// RemoveTemplate deletes a template. Messages that were made of it stay as they are.
func (c *Client) RemoveTemplate(ctx context.Context, name string) error {
	return c.do(ctx, request{method: http.MethodDelete, path: "/templates/" + url.PathEscape(name)}, nil)
}
