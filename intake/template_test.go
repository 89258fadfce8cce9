package intake_test

import (
	"strings"
	"testing"
	"time"

	"notifier/fault"
	"notifier/message"
	"notifier/template"
)

// fillingOf is a draft to Jan that a template fills in.
func fillingOf(name, data string, change func(d *message.Draft)) message.Draft {
	d := message.Draft{To: list("jan"), Template: &message.Filling{Name: name, Data: message.Data(data)}}
	if change != nil {
		change(&d)
	}
	return d
}

// TestTemplates is TE-14: what a template makes stands in the place of what the message says;
// what it does not make is left to the message.
func TestTemplates(t *testing.T) {
	each(t, func(h *house) {
		h.people("jan")
		h.templates(
			template.Template{
				Name: "all", Subject: "Contract {{no}} & co", Text: "Dear {{name}}, {{> hello}}", HTML: "<p>{{name}} {{> hello}}",
				Attachments: []template.Enclosure{{Filename: "{{no}}.csv", Text: "no;{{no}}"}, {Filename: "logo.png", ContentID: "logo", Content: []byte("png")}},
			},
			template.Template{Name: "hello", Partial: true, Text: "it is {{state}}", HTML: "it is <b>{{state}}</b>"},
			template.Template{Name: "subject", Subject: "Contract {{no}}"},
			template.Template{Name: "html", HTML: "<p>{{no}}"},
		)
		own := func(d *message.Draft) {
			d.Subject, d.Text, d.HTML = "own", "own text", "<p>own"
			d.Attachments = []message.File{{Filename: "own.txt", Content: []byte("own")}}
		}
		data := `{"no":"<17>","name":"Jan & Ola","state":"re<ady"}`
		for _, row := range []struct {
			draft                             message.Draft
			subject, text, html, files, first string
		}{
			{fillingOf("all", data, nil), "Contract <17> & co", "Dear Jan & Ola, it is re<ady", "<p>Jan &amp; Ola it is <b>re&lt;ady</b>", "<17>.csv logo.png", "no;<17>"},
			{fillingOf("all", data, own), "Contract <17> & co", "Dear Jan & Ola, it is re<ady", "<p>Jan &amp; Ola it is <b>re&lt;ady</b>", "<17>.csv logo.png", "no;<17>"},
			{fillingOf("subject", data, own), "Contract <17>", "own text", "<p>own", "own.txt", "own"},
			{fillingOf("html", data, own), "own", "own text", "<p>&lt;17&gt;", "own.txt", "own"},
			{fillingOf("html", `{}`, own), "own", "own text", "<p>", "own.txt", "own"},
		} {
			taken, _, err := h.SendMessage(ctx, at(noon), row.draft)
			if err != nil {
				h.Fatal(err)
			}
			m, err := h.store.Message(ctx, site, taken.Messages[0].ID)
			if err != nil {
				h.Fatal(err)
			}
			if m, err = h.store.Attach(ctx, m); err != nil {
				h.Fatal(err)
			}
			var files []string
			first := ""
			for i, a := range m.Attachments {
				files = append(files, a.Filename)
				if i == 0 {
					first = string(a.Content)
				}
			}
			if m.Subject != row.subject || m.Text != row.text || m.HTML != row.html || strings.Join(files, " ") != row.files || first != row.first {
				h.Errorf("%s makes %q, %q, %q, %s %q; want %+v", row.draft.Template.Name, m.Subject, m.Text, m.HTML, files, first, row)
			}
			if m.Template != row.draft.Template.Name {
				h.Errorf("it is made of %q", m.Template)
			}
		}
	})
}

// templates adds some.
func (h *house) templates(all ...template.Template) {
	h.Helper()
	if err := h.SetTemplates(ctx, at(noon), all...); err != nil {
		h.Fatal(err)
	}
}

// TestATemplateChanges: the next message is made of it at once; those before stay, and a
// repetition is answered as it was.
func TestATemplateChanges(t *testing.T) {
	each(t, func(h *house) {
		h.people("jan")
		subject := func(id message.ID) string {
			m, err := h.store.Message(ctx, site, id)
			if err != nil {
				h.Fatal(err)
			}
			return m.Subject
		}
		d := fillingOf("ready", `{"no":17}`, func(d *message.Draft) { d.Text = "x" })
		h.templates(template.Template{Name: "ready", Subject: "Contract {{no}}"})
		call := at(noon)
		call.Key = "k"
		first, _, err := h.SendMessage(ctx, call, d)
		if err != nil {
			h.Fatal(err)
		}
		h.templates(template.Template{Name: "ready", Subject: "{{no}} is ready"})
		second, _, err := h.SendMessage(ctx, at(noon), d)
		if err != nil {
			h.Fatal(err)
		}
		if a, b := subject(first.Messages[0].ID), subject(second.Messages[0].ID); a != "Contract 17" || b != "17 is ready" {
			h.Errorf("the subjects are %q and %q", a, b)
		}
		again, replayed, err := h.SendMessage(ctx, call, d)
		if err != nil || !replayed || again.ID != first.ID {
			h.Errorf("repeated it is %+v, %v, %v", again, replayed, err)
		}
		d.Template.Data = message.Data(`{"no":18}`)
		if _, _, err = h.SendMessage(ctx, call, d); err == nil {
			h.Error("other data is taken for a repetition")
		}
		if err := h.RemoveTemplate(ctx, at(noon.Add(time.Second)), "ready"); err != nil {
			h.Fatal(err)
		}
		h.refused(fillingOf("ready", `{}`, nil), "/template/name unknown_template")
	})
}

// TestTemplatesThatCannotBeFilled: nothing is stored, and the caller is told where it is.
func TestTemplatesThatCannotBeFilled(t *testing.T) {
	each(t, func(h *house) {
		h.people("jan")
		h.templates(
			template.Template{Name: "strict", Subject: "Contract {{case.title}}", Text: "x", Strict: true},
			template.Template{Name: "lines", Subject: "Contract {{title}}", Text: "x"},
			template.Template{Name: "part", Text: "x", Partial: true},
			template.Template{Name: "nobody", Subject: "x", Text: "{{> nobody}}"},
			template.Template{Name: "loops", Subject: "x", Text: "{{#each l}}{{#each ../l}}{{#each ../../l}}{{/each}}{{/each}}{{/each}}"},
			template.Template{Name: "html", HTML: "<p>x"},
		)
		h.refused(fillingOf("strict", `{"case":{}}`, nil), "/template/subject template_failed")
		h.refused(fillingOf("lines", `{"title":"a\r\nBcc: b@example.org"}`, nil), "/subject bad_text")
		h.refused(fillingOf("part", `{}`, nil), "/template/name not_allowed")
		h.refused(fillingOf("nobody", `{}`, nil), "/template/text template_failed")
		h.refused(fillingOf("loops", `{"l":[`+strings.Repeat("1,", 1000)+`1]}`, nil), "/template/text template_failed")
		h.refused(fillingOf("html", `{}`, nil), "/subject missing")
		if all, err := h.store.Messages(ctx, site, message.Filter{Limit: 10}); err != nil || len(all) != 0 {
			h.Errorf("there are %d messages, %v", len(all), err)
		}
	})
}

// refused wants one fault: its pointer and code.
func (h *house) refused(d message.Draft, want string) {
	h.Helper()
	_, _, err := h.SendMessage(ctx, at(noon), d)
	invalid, is := err.(*fault.Invalid)
	if !is || len(invalid.Faults) != 1 || invalid.Faults[0].Pointer+" "+invalid.Faults[0].Code != want {
		h.Errorf("it is %v, want %s", err, want)
	}
}
