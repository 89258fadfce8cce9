package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"notifier/fault"
	"notifier/message"
	"notifier/request"
	"notifier/template"
)

// TemplateRecords reads templates.
type TemplateRecords interface {
	Template(ctx context.Context, site, name string) (template.Template, error)
	Templates(ctx context.Context, site, after string, n int) ([]template.Template, error)
}

// TemplateWriter changes templates, and fills them.
type TemplateWriter interface {
	SetTemplates(ctx context.Context, c request.Call, all ...template.Template) error
	RemoveTemplate(ctx context.Context, c request.Call, name string) error
	FillTemplate(ctx context.Context, site, name string, data message.Data) (template.Mail, error)
}

type templateIn struct {
	Name string `path:"name" doc:"The template's name." example:"contract_ready"`
}

// templateBody is a template as it is handed in; its name may be left to the path.
type templateBody struct {
	Name        string               `json:"name,omitempty" doc:"The same as in the path, if it is given."`
	Subject     string               `json:"subject,omitempty" doc:"Handlebars; what it makes must be one line. Empty: the message's."`
	Text        string               `json:"text,omitempty" doc:"Handlebars. Empty: the message's."`
	HTML        string               `json:"html,omitempty" doc:"Handlebars, with what the data says escaped. Empty: the message's."`
	Partial     bool                 `json:"partial,omitempty" doc:"A part of other templates, which include it as {{> name}}."`
	Strict      bool                 `json:"strict,omitempty" doc:"Refuse data in which something is missing that is to be printed."`
	Attachments []template.Enclosure `json:"attachments,omitempty" doc:"Instead of those of the message." maxItems:"20"`
}

type setTemplateIn struct {
	Name string `path:"name" doc:"The template's name." example:"contract_ready"`
	IfMatch
	Body body[templateBody]
}

type fillBody struct {
	Data message.Data `json:"data,omitempty" doc:"What it is filled in with."`
}

type fillIn struct {
	Name string `path:"name" doc:"The template's name." example:"contract_ready"`
	Body *body[fillBody]
}

type templatesIn struct {
	Limit  int    `query:"limit" doc:"How many at most." minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before."`
}

type templateOut struct {
	ETag string `header:"ETag" doc:"Its version, for If-Match."`
	Body template.Template
}

type filledOut struct{ Body template.Mail }

// templateLine is a template in a list, without what it says.
type templateLine struct {
	Name      string    `json:"name"`
	Subject   string    `json:"subject,omitempty"`
	Partial   bool      `json:"partial"`
	UpdatedAt time.Time `json:"updated_at"`
}

type templatesOut struct{ Body page[templateLine] }

func (h *handler) templateRoutes(api huma.API) {
	tags, gone := []string{"templates"}, []int{http.StatusNotFound}
	register(h, api, huma.Operation{
		OperationID: "list-templates", Method: http.MethodGet, Path: "/templates", Tags: tags, Summary: "The templates, by name",
	}, func(ctx context.Context, in *templatesIn) (*templatesOut, error) {
		found, err := h.Templates.Templates(ctx, callerOf(ctx).Site, in.Cursor, in.Limit+1)
		line := func(t template.Template) templateLine { return templateLine{t.Name, t.Subject, t.Partial, t.UpdatedAt} }
		return &templatesOut{Body: pageOf(found, in.Limit, line, func(t template.Template) string { return t.Name })}, err
	})
	register(h, api, huma.Operation{
		OperationID: "get-template", Method: http.MethodGet, Path: "/templates/{name}", Tags: tags, Errors: gone, Summary: "A template",
	}, func(ctx context.Context, in *templateIn) (*templateOut, error) {
		t, err := h.Templates.Template(ctx, callerOf(ctx).Site, in.Name)
		if errors.Is(err, message.ErrNotFound) {
			err = fmt.Errorf("there is no template %q: %w", fault.Truncate(in.Name, 60), err)
		}
		return &templateOut{ETag: etag(t.UpdatedAt.UnixMicro()), Body: t}, err
	})
	register(h, api, huma.Operation{
		OperationID: "set-template", Method: http.MethodPut, Path: "/templates/{name}", Tags: tags, Errors: []int{http.StatusPreconditionFailed},
		Summary: "Add a template, or replace it", Description: "The next message that names it is made of it. Messages that were made before stay as they are.",
	}, func(ctx context.Context, in *setTemplateIn) (*templateOut, error) {
		b, err := in.Body.read()
		if err != nil {
			return nil, err
		}
		if err := same("/name", in.Name, b.Name); err != nil {
			return nil, err
		}
		all := []template.Template{{Name: in.Name, Subject: b.Subject, Text: b.Text, HTML: b.HTML, Partial: b.Partial, Strict: b.Strict, Attachments: b.Attachments}}
		err = h.TemplateWriter.SetTemplates(ctx, matching(ctx, in.Match), all...)
		return &templateOut{ETag: etag(all[0].UpdatedAt.UnixMicro()), Body: all[0]}, err
	})
	register(h, api, huma.Operation{
		OperationID: "render-template", Method: http.MethodPost, Path: "/templates/{name}/render", Tags: tags, Errors: gone,
		Summary: "What a template makes of data", Description: "Nothing is stored or sent.",
	}, func(ctx context.Context, in *fillIn) (*filledOut, error) {
		b, err := in.Body.read()
		if err != nil {
			return nil, err
		}
		m, err := h.TemplateWriter.FillTemplate(ctx, callerOf(ctx).Site, in.Name, b.Data)
		return &filledOut{Body: m}, err
	})
	register(h, api, huma.Operation{
		OperationID: "remove-template", Method: http.MethodDelete, Path: "/templates/{name}", Tags: tags, DefaultStatus: http.StatusNoContent, Errors: gone,
		Summary: "Delete a template", Description: "Messages that were made of it stay as they are; those that name it from now on are refused.",
	}, func(ctx context.Context, in *templateIn) (*struct{}, error) {
		return nil, h.TemplateWriter.RemoveTemplate(ctx, call(ctx, ""), in.Name)
	})
}
