package api

import (
	"bytes"
	_ "embed"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"
)

//go:embed docs.html
var docsPage string

//go:embed docs.css
var docsStyle []byte

var docsTemplate = template.Must(template.New("docs").Parse(docsPage))

// docs answers with the document as a page for people, which is written once. It needs
// nothing from elsewhere, and no script.
func (h *handler) docs(api *huma.OpenAPI) http.Handler {
	write := sync.OnceValues(func() ([]byte, error) {
		var page bytes.Buffer
		err := docsTemplate.Execute(&page, readable(api))
		return page.Bytes(), err
	})
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		page, err := write()
		if err != nil {
			h.log.Error("the API cannot be shown", zap.Error(err))
			h.refuse(w, internal())
			return
		}
		guarded(w, "text/html; charset=utf-8")
		_, _ = w.Write(page)
	})
}

func style(w http.ResponseWriter, _ *http.Request) {
	guarded(w, "text/css; charset=utf-8")
	_, _ = w.Write(docsStyle)
}

// guarded lets a page load nothing but its style.
func guarded(w http.ResponseWriter, contentType string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
}

// What the page shows.
type (
	docsView struct {
		Title, Version, Description string
		Groups                      []docsGroup
		Schemas                     []docsSchema
	}
	docsGroup struct {
		Name, Description string
		Operations        []docsOperation
	}
	docsOperation struct {
		ID, Method, Path, Summary, Description string
		Parameters                             []docsField
		Body                                   *docsType
		BodyRequired                           bool
		Answers                                []docsAnswer
	}
	docsAnswer struct {
		Status, Description string
		Body                *docsType
	}
	docsSchema struct {
		Name, Description string
		Type              docsType
		Fields            []docsField
	}
	docsField struct {
		Name, In, Description, Example string
		Required                       bool
		Type                           docsType
	}
	// docsType is a type in a word; Link is the schema that tells more.
	docsType struct{ Before, Link, Text string }
)

// readable sorts the document by its tags.
func readable(api *huma.OpenAPI) docsView {
	v := docsView{Title: api.Info.Title, Version: api.Info.Version, Description: api.Info.Description}
	byTag := map[string][]docsOperation{}
	for _, path := range slices.Sorted(maps.Keys(api.Paths)) {
		item := api.Paths[path]
		for _, o := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if o != nil {
				byTag[o.Tags[0]] = append(byTag[o.Tags[0]], operationView(o))
			}
		}
	}
	for _, tag := range api.Tags {
		v.Groups = append(v.Groups, docsGroup{tag.Name, tag.Description, byTag[tag.Name]})
	}
	schemas := api.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		s := schemas[name]
		v.Schemas = append(v.Schemas, docsSchema{Name: name, Description: s.Description, Type: typeView(s), Fields: fieldViews(s)})
	}
	return v
}

func operationView(o *huma.Operation) docsOperation {
	v := docsOperation{ID: o.OperationID, Method: o.Method, Path: o.Path, Summary: o.Summary, Description: o.Description}
	for _, p := range o.Parameters {
		description := p.Description
		if description == "" {
			description = p.Schema.Description
		}
		v.Parameters = append(v.Parameters, docsField{Name: p.Name, In: p.In, Description: description, Required: p.Required, Type: typeView(p.Schema), Example: exampleOf(p.Schema)})
	}
	if o.RequestBody != nil {
		v.Body, v.BodyRequired = bodyView(o.RequestBody.Content), o.RequestBody.Required
	}
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		r := o.Responses[status]
		v.Answers = append(v.Answers, docsAnswer{status, r.Description, bodyView(r.Content)})
	}
	return v
}

func bodyView(content map[string]*huma.MediaType) *docsType {
	if len(content) == 0 {
		return nil
	}
	kind := slices.Min(slices.Collect(maps.Keys(content)))
	if s := content[kind].Schema; s != nil {
		t := typeView(s)
		return &t
	}
	return &docsType{Text: kind}
}

func fieldViews(s *huma.Schema) (fields []docsField) {
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		fields = append(fields, docsField{Name: name, Description: p.Description, Required: slices.Contains(s.Required, name), Type: typeView(p), Example: exampleOf(p)})
	}
	return fields
}

func exampleOf(s *huma.Schema) string {
	if s == nil || len(s.Examples) == 0 {
		return ""
	}
	if text, is := s.Examples[0].(string); is {
		return text
	}
	return ""
}

func typeView(s *huma.Schema) docsType {
	switch {
	case s == nil:
		return docsType{Text: "anything"}
	case s.Ref != "":
		return docsType{Link: s.Ref[strings.LastIndex(s.Ref, "/")+1:]}
	case s.Type == huma.TypeArray:
		t := typeView(s.Items)
		t.Before = "list of " + t.Before
		return t
	case len(s.Enum) > 0:
		var words []string
		for _, e := range s.Enum {
			if text, is := e.(string); is {
				words = append(words, text)
			}
		}
		return docsType{Text: strings.Join(words, " | ")}
	case len(s.OneOf) > 0:
		var words []string
		for _, one := range s.OneOf {
			t := typeView(one)
			words = append(words, t.Before+t.Link+t.Text)
		}
		return docsType{Text: strings.Join(words, " or ")}
	case s.Format != "":
		return docsType{Text: s.Type + " (" + s.Format + ")"}
	}
	return docsType{Text: s.Type}
}
