package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"notifier/access"
	"notifier/fault"
	"notifier/message"
	"notifier/request"
	"notifier/web"
	"notifier/webhook"
)

// WebhookRecords reads webhooks and what they were called with.
type WebhookRecords interface {
	Webhooks(ctx context.Context, site string) ([]webhook.Endpoint, error)
	CallbacksOf(ctx context.Context, site string, endpoint, before message.ID, n int) ([]webhook.Callback, error)
}

// Webhooks are who is told of what becomes of messages.
type Webhooks interface {
	Create(ctx context.Context, c request.Call, e webhook.Endpoint, secret string) (webhook.Endpoint, string, error)
	Change(ctx context.Context, c request.Call, id message.ID, edit func(*webhook.Endpoint)) (webhook.Endpoint, error)
	Remove(ctx context.Context, c request.Call, id message.ID) error
	Rotate(ctx context.Context, c request.Call, id message.ID, secret string) (webhook.Endpoint, string, error)
	Test(ctx context.Context, c request.Call, id message.ID) (webhook.Answer, error)
	// Told is the body of a callback, as it would be sent now.
	Told(ctx context.Context, e webhook.Endpoint, c webhook.Callback) (string, error)
	Replay(ctx context.Context, c request.Call, endpoint, callback message.ID) error
}

type webhooksPage struct {
	base
	Hooks []webhook.Endpoint
	Form  hookForm
	Wrong string
}

// hookForm is a webhook to make, or to change.
type hookForm struct {
	webhook.Endpoint
	Choices []choice
}

func formOfHook(e webhook.Endpoint) hookForm {
	f := hookForm{Endpoint: e}
	for _, event := range webhook.Events {
		f.Choices = append(f.Choices, choice{event, event, slices.Contains(e.Events, event)})
	}
	return f
}

// webhooks shows who is told.
func (c *console) webhooks(w http.ResponseWriter, r *http.Request) error {
	return c.hooks(w, r, webhook.Endpoint{Naming: webhook.Standard}, "")
}

func (c *console) hooks(w http.ResponseWriter, r *http.Request, asked webhook.Endpoint, wrong string) (err error) {
	p := webhooksPage{base: c.base(r, "webhooks", "nav.webhooks"), Form: formOfHook(asked), Wrong: wrong}
	if p.Hooks, err = c.Hooks.Webhooks(r.Context(), site(r)); err != nil {
		return err
	}
	if wrong != "" {
		return pages.Render(w, r, p.Lang, http.StatusUnprocessableEntity, "webhooks.html", p)
	}
	return c.show(w, r, p.Lang, "webhooks.html", p)
}

type webhookPage struct {
	base
	Hook   webhook.Endpoint
	Form   hookForm
	Calls  []told
	Next   string
	Secret string // shown this once
	Answer *webhook.Answer
	Wrong  string
}

// told is a callback with what it tells.
type told struct {
	webhook.Callback
	Body string
}

// callsOnPage is how many calls of a webhook are shown at once.
const callsOnPage = 20

// webhook shows one webhook, and what it was told.
func (c *console) webhook(w http.ResponseWriter, r *http.Request) error {
	return c.hook(w, r, webhookPage{})
}

// hook shows a webhook with what else is to be said.
func (c *console) hook(w http.ResponseWriter, r *http.Request, p webhookPage) error {
	p.base = c.base(r, "webhooks", "")
	all, err := c.Hooks.Webhooks(r.Context(), site(r))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(e webhook.Endpoint) bool { return string(e.ID) == r.PathValue("id") })
	if i < 0 {
		return message.ErrNotFound
	}
	p.Hook, p.Title = all[i], all[i].URL
	if p.Wrong == "" {
		p.Form = formOfHook(p.Hook)
	}
	before := r.URL.Query().Get("before")
	calls, err := c.Hooks.CallbacksOf(r.Context(), p.Hook.Site, p.Hook.ID, message.ID(before), callsOnPage+1)
	if err != nil {
		return err
	}
	if len(calls) > callsOnPage {
		calls = calls[:callsOnPage]
		p.Next = "/webhooks/" + string(p.Hook.ID) + "?before=" + string(calls[callsOnPage-1].ID)
	}
	for _, one := range calls {
		body, err := c.o.Webhooks.Told(r.Context(), p.Hook, one)
		if err != nil {
			return err
		}
		p.Calls = append(p.Calls, told{one, body})
	}
	status := http.StatusOK
	if p.Wrong != "" {
		status = http.StatusUnprocessableEntity
	}
	return pages.Render(w, r, p.Lang, status, "webhook.html", p)
}

// readHook reads the form of a webhook. All events are the same as none.
func readHook(w http.ResponseWriter, r *http.Request) (webhook.Endpoint, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if r.ParseForm() != nil {
		return webhook.Endpoint{}, message.ErrNotFound
	}
	e := webhook.Endpoint{
		URL: strings.TrimSpace(r.PostForm.Get("url")), Events: r.PostForm["event"], Note: strings.TrimSpace(r.PostForm.Get("note")), Naming: webhook.Naming(r.PostForm.Get("naming")),
	}
	if len(e.Events) == len(webhook.Events) {
		e.Events = nil
	}
	return e, nil
}

// createWebhook adds a webhook. Its secret is on the answer, and nowhere else.
func (c *console) createWebhook(w http.ResponseWriter, r *http.Request) error {
	e, err := readHook(w, r)
	if err != nil {
		return err
	}
	made, secret, err := c.o.Webhooks.Create(r.Context(), call(r), e, "")
	if invalid, is := errors.AsType[*fault.Invalid](err); is {
		return c.hooks(w, r, e, faults(invalid))
	}
	if err != nil {
		return err
	}
	tellHook(r, made.ID, nil, hookState(made))
	r.SetPathValue("id", string(made.ID))
	return c.hook(w, r, webhookPage{Secret: secret})
}

// changeWebhook changes where, of what and how a webhook is told.
func (c *console) changeWebhook(w http.ResponseWriter, r *http.Request) error {
	e, err := readHook(w, r)
	if err != nil {
		return err
	}
	id, before := message.ID(r.PathValue("id")), webhook.Endpoint{}
	after, err := c.o.Webhooks.Change(r.Context(), call(r), id, func(kept *webhook.Endpoint) {
		before = *kept
		kept.URL, kept.Note, kept.Naming = e.URL, e.Note, e.Naming
		if !slices.Equal(kept.Events, e.Events) { // no list and an empty one are the same
			kept.Events = e.Events
		}
	})
	if invalid, is := errors.AsType[*fault.Invalid](err); is {
		return c.hook(w, r, webhookPage{Form: formOfHook(e), Wrong: faults(invalid)})
	}
	if err != nil {
		return err
	}
	if after.UpdatedAt.Equal(before.UpdatedAt) {
		return unchanged(w, r, "/webhooks/"+string(id))
	}
	tellHook(r, id, hookState(before), hookState(after))
	return back(w, r, "/webhooks/"+string(id), "hook")
}

// switchWebhook pauses a webhook, or tells it again what has waited.
func (c *console) switchWebhook(w http.ResponseWriter, r *http.Request) error {
	id, asking, on := message.ID(r.PathValue("id")), call(r), r.PathValue("switch") == "enable"
	if !on && r.PathValue("switch") != "disable" {
		return message.ErrNotFound
	}
	var before time.Time
	after, err := c.o.Webhooks.Change(r.Context(), asking, id, func(e *webhook.Endpoint) {
		before = e.UpdatedAt
		switch {
		case on:
			e.DisabledAt, e.DisabledFor, e.FailingSince = nil, "", nil
		case e.DisabledAt == nil:
			e.DisabledAt, e.DisabledFor = &asking.At, webhook.OffAsked
		}
	})
	if err != nil {
		return err
	}
	if after.UpdatedAt.Equal(before) {
		return unchanged(w, r, "/webhooks/"+string(id))
	}
	tellHook(r, id, access.State{"enabled": !on}, access.State{"enabled": on})
	return back(w, r, "/webhooks/"+string(id), r.PathValue("switch"))
}

// rotateWebhook gives a webhook another secret; the one before signs for a day more.
func (c *console) rotateWebhook(w http.ResponseWriter, r *http.Request) error {
	id := message.ID(r.PathValue("id"))
	_, secret, err := c.o.Webhooks.Rotate(r.Context(), call(r), id, "")
	if err != nil {
		return err
	}
	tellHook(r, id, nil, access.State{"rotated": true})
	return c.hook(w, r, webhookPage{Secret: secret})
}

// removeWebhook deletes a webhook, and what it was still to be told.
func (c *console) removeWebhook(w http.ResponseWriter, r *http.Request) error {
	id := message.ID(r.PathValue("id"))
	if err := c.o.Webhooks.Remove(r.Context(), call(r), id); err != nil {
		return err
	}
	tellHook(r, id, nil, access.State{"removed": true})
	return back(w, r, "/webhooks", "remove")
}

// testWebhook calls an endpoint with an event that is none, and shows what it answered.
func (c *console) testWebhook(w http.ResponseWriter, r *http.Request) error {
	answer, err := c.o.Webhooks.Test(r.Context(), call(r), message.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return c.hook(w, r, webhookPage{Answer: &answer})
}

// replayCallback tells a webhook once more what it was told.
func (c *console) replayCallback(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if err := c.o.Webhooks.Replay(r.Context(), call(r), message.ID(id), message.ID(r.PathValue("callback"))); err != nil {
		return err
	}
	tellHook(r, message.ID(id), nil, access.State{"replayed": r.PathValue("callback")})
	return back(w, r, "/webhooks/"+id, "replay")
}

func hookState(e webhook.Endpoint) access.State {
	return access.State{"url": e.URL, "events": e.Events, "naming": e.Naming, "note": e.Note}
}

func tellHook(r *http.Request, id message.ID, before, after access.State) {
	web.Tell(r.Context(), func(record *access.Record) {
		record.Subject, record.Before, record.After = "/webhooks/"+string(id), before, after
	})
}

// Waited is how long the answer to a test took, which an Answer has as package time writes it.
func (p webhookPage) Waited(took string) string {
	d, err := time.ParseDuration(took)
	if err != nil {
		return took
	}
	return p.Span(d)
}
