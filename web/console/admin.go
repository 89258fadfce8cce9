package console

import (
	"context"
	"net/http"

	"notifier/access"
	"notifier/message"
	"notifier/webhook"
)

// Webhooks are who is told of what becomes of messages.
type Webhooks interface {
	// Test calls an endpoint with an event that is none.
	Test(ctx context.Context, c message.Call, id message.ID) (webhook.Answer, error)
}

type webhooksPage struct {
	base
	Hooks  []hook
	Tested message.ID
	Answer *webhook.Answer
}

// hook is an endpoint with its last calls.
type hook struct {
	webhook.Endpoint
	Calls []webhook.Callback
}

// lastCalls is how many calls of an endpoint are shown.
const lastCalls = 5

// webhooks shows who is told, and how the last calls went.
func (c *console) webhooks(w http.ResponseWriter, r *http.Request) error {
	p, err := c.webhooksPage(r)
	if err != nil {
		return err
	}
	return c.show(w, r, p.Lang, "webhooks.html", p)
}

func (c *console) webhooksPage(r *http.Request) (p webhooksPage, err error) {
	p.base = c.base(r, "webhooks", "nav.webhooks")
	all, err := c.records.Webhooks(r.Context(), site(r))
	if err != nil {
		return p, err
	}
	for _, e := range all {
		calls, err := c.records.CallbacksOf(r.Context(), e.Site, e.ID, "", lastCalls)
		if err != nil {
			return p, err
		}
		p.Hooks = append(p.Hooks, hook{e, calls})
	}
	return p, nil
}

// testWebhook calls an endpoint with an event that is none, and shows what it answered.
func (c *console) testWebhook(w http.ResponseWriter, r *http.Request) error {
	id := message.ID(r.PathValue("id"))
	answer, err := c.o.Webhooks.Test(r.Context(), call(r), id)
	if err != nil {
		return err
	}
	p, err := c.webhooksPage(r)
	if err != nil {
		return err
	}
	p.Tested, p.Answer = id, &answer
	return c.show(w, r, p.Lang, "webhooks.html", p)
}

type keysPage struct {
	base
	Keys []access.Key
}

// keys shows which programs are let in; their secrets are not kept.
func (c *console) keys(w http.ResponseWriter, r *http.Request) error {
	p := keysPage{base: c.base(r, "keys", "nav.keys")}
	var err error
	if p.Keys, err = c.records.Keys(r.Context(), site(r)); err != nil {
		return err
	}
	return c.show(w, r, p.Lang, "keys.html", p)
}
