package conformance_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"notifier/client"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := t.Context()
	ready := client.Template{
		Name: "contract_ready", Subject: "{{name}}, contract {{contract.number}} is ready", Text: "It is.", HTML: "<p>{{> hello}} {{contract.number}}", Strict: true,
		Attachments: []client.Enclosure{{Filename: "{{contract.number}}.txt", ContentType: "text/plain", Text: "{{name}}"}, {Filename: "logo.png", ContentID: "logo", Content: []byte("png")}},
	}
	for _, one := range []client.Template{{Name: "hello", Partial: true, HTML: "Hello {{name}}"}, ready} {
		set, err := s.SetTemplate(ctx, one)
		if err != nil || set.UpdatedAt.IsZero() {
			t.Fatalf("SetTemplate(%s) = %+v, %v", one.Name, set, err)
		}
		if set, err = s.SetTemplate(ctx, set); err != nil { // as it was read
			t.Fatal(err)
		}
		got, err := s.Template(ctx, one.Name)
		if one.UpdatedAt = got.UpdatedAt; err != nil || !reflect.DeepEqual(got, one) || !got.UpdatedAt.Equal(set.UpdatedAt) {
			t.Errorf("Template(%s) = %+v, %v, want %+v", one.Name, got, err, one)
		}
	}
	var names []string
	for one, err := range s.Templates(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, one.Name)
	}
	if got := strings.Join(names, " "); got != "contract_ready hello" {
		t.Errorf("Templates lists %s", got)
	}
	data := client.Data(`{"name":"Anna","contract":{"number":"C-1"}}`)
	made, err := s.RenderTemplate(ctx, "contract_ready", data)
	if err != nil || made.Subject != "Anna, contract C-1 is ready" || made.HTML != "<p>Hello Anna C-1" || len(made.Attachments) != 2 || made.Attachments[0].Filename != "C-1.txt" {
		t.Errorf("RenderTemplate = %+v, %v", made, err)
	}
	if _, err := s.RenderTemplate(ctx, "contract_ready", nil); !errors.Is(err, client.ErrInvalid) {
		t.Errorf("without what a strict template needs: %v", err)
	}
	_, err = s.SetTemplate(ctx, client.Template{Name: "broken", Subject: "{{#if x}}"})
	if p, is := errors.AsType[*client.Problem](err); !is || len(p.Errors) == 0 || p.Errors[0].Pointer != "/subject" {
		t.Errorf("a template that cannot be read: %v", err)
	}
	draft := client.Draft{To: []client.Recipient{client.ParseRecipient("guest@example.net")}, Template: &client.Filling{Name: "contract_ready", Data: data}}
	if _, err := s.SendMessage(ctx, draft, "case/C-1/mail"); err != nil {
		t.Fatal(err)
	}
	if got := s.SentTo("guest@example.net"); len(got) != 1 || got[0].Subject != made.Subject {
		t.Errorf("sent %+v", got)
	}
	if err := s.RemoveTemplate(ctx, "contract_ready"); err != nil {
		t.Error(err)
	}
	if _, err := s.Template(ctx, "contract_ready"); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("a template that was removed: %v", err)
	}
}
