package template_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"notifier/fault"
	"notifier/template"
)

// What a template says of its attachments is checked when it is stored, not first when a
// mail is made of it.
func TestCheckAttachments(t *testing.T) {
	for _, row := range []struct {
		a    template.Enclosure
		want string // the place of the fault; empty if there is none
	}{
		{template.Enclosure{Filename: "logo.png", Content: []byte("x"), ContentID: "logo"}, ""},
		{template.Enclosure{Filename: "{{case.id}}.ics", Text: "x", ContentType: "text/calendar; method=REQUEST"}, ""},
		{template.Enclosure{Filename: "x", Text: "x", ContentID: strings.Repeat("x", 101)}, "/attachments/0/content_id"},
		{template.Enclosure{Filename: "x", Text: "x", ContentID: "a>\r\nBcc: evil@example.org"}, "/attachments/0/content_id"},
		{template.Enclosure{Filename: "x", Text: "x", ContentType: "text"}, "/attachments/0/content_type"},
		{template.Enclosure{Filename: "x", Text: "x", ContentType: "multipart/mixed"}, "/attachments/0/content_type"},
		{template.Enclosure{Filename: "x", Text: "x", ContentType: "text/plain\r\nX-Evil: 1"}, "/attachments/0/content_type"},
		{template.Enclosure{Filename: "x"}, "/attachments/0"},
		{template.Enclosure{Text: "x"}, "/attachments/0/filename"},
	} {
		err := template.Template{Name: "t", Text: "x", Attachments: []template.Enclosure{row.a}}.Check()
		bad, is := errors.AsType[*fault.Invalid](err)
		if (err == nil) != (row.want == "") || is && !slices.ContainsFunc(bad.Faults, func(f fault.Fault) bool { return f.Pointer == row.want }) {
			t.Errorf("%+v: %v, want a fault at %q", row.a, err, row.want)
		}
	}
}
