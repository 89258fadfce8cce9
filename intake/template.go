package intake

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"notifier/fault"
	"notifier/message"
	"notifier/request"
	"notifier/template"
)

// Templates are what mails are filled from.
type Templates interface {
	Template(ctx context.Context, site, name string) (template.Template, error)
	Partials(ctx context.Context, site string) (map[string]template.Template, error)
	// SaveTemplates fails with a *request.ChangedError where the call is for another version.
	SaveTemplates(ctx context.Context, c request.Call, all ...template.Template) error
	RemoveTemplate(ctx context.Context, site, name string) error
}

// fillIn is the draft with what its template makes, in place of what it says itself (TE-14).
func (d *Desk) fillIn(ctx context.Context, c request.Call, draft message.Draft) (message.Draft, error) {
	if draft.Template == nil {
		return draft, nil
	}
	var bad fault.Invalid
	name := draft.Template.Name
	made, err := d.FillTemplate(ctx, c.Site, name, draft.Template.Data)
	var invalid *fault.Invalid
	switch {
	case errors.Is(err, message.ErrNotFound):
		bad.Add("/template/name", "unknown_template", "%s. Add it with PUT /api/v1/templates/%s", noTemplate(name), url.PathEscape(name))
		return draft, bad.Err()
	case errors.As(err, &invalid):
		bad.Take("/template", invalid)
		return draft, bad.Err()
	case err != nil:
		return draft, err
	}
	filled := draft
	if made.Subject != "" {
		filled.Subject = made.Subject
	}
	if made.Text != "" {
		filled.Text = made.Text
	}
	if made.HTML != "" {
		filled.HTML = made.HTML
	}
	if made.Attachments != nil {
		filled.Attachments = made.Attachments
	}
	filled.Template = nil
	filled.Subject = message.Subject(filled.Subject)
	if err := filled.Check(c.At); errors.As(err, &invalid) {
		for _, f := range invalid.Faults {
			bad.Add(f.Pointer, f.Code, "with what the template %q makes: %s", name, f.Detail)
		}
		bad.More += invalid.More
		return draft, bad.Err()
	}
	filled.Template = draft.Template
	return filled, nil
}

// FillTemplate is what a template makes of data; message.ErrNotFound if there is none.
func (d *Desk) FillTemplate(ctx context.Context, site, name string, data message.Data) (template.Mail, error) {
	t, err := d.templates.Template(ctx, site, name)
	if err != nil {
		return template.Mail{}, missing(name, err)
	}
	var partials map[string]template.Template
	if t.Includes() {
		if partials, err = d.templates.Partials(ctx, site); err != nil {
			return template.Mail{}, err
		}
	}
	return t.Fill(data, partials)
}

// SetTemplates adds templates, or changes them: all or none. The next message that names one
// is made of it.
func (d *Desk) SetTemplates(ctx context.Context, c request.Call, all ...template.Template) error {
	for i := range all {
		all[i].UpdatedAt = c.At
		if err := all[i].Check(); err != nil {
			return err
		}
	}
	return d.templates.SaveTemplates(ctx, c, all...)
}

// RemoveTemplate deletes one. Messages that it made stay as they are.
func (d *Desk) RemoveTemplate(ctx context.Context, c request.Call, name string) error {
	return missing(name, d.templates.RemoveTemplate(ctx, c.Site, name))
}

func missing(name string, err error) error {
	if errors.Is(err, message.ErrNotFound) {
		return fmt.Errorf("%s: %w", noTemplate(name), err)
	}
	return err
}

func noTemplate(name string) string {
	return fmt.Sprintf("there is no template %q", fault.Truncate(name, 60))
}
