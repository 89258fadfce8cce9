package callbacks

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"go.uber.org/zap"

	"notifier/fault"
	"notifier/message"
	"notifier/request"
	"notifier/webhook"
)

// Webhooks are who is called, as they are kept.
type Webhooks interface {
	Webhook(ctx context.Context, site string, id message.ID) (webhook.Endpoint, error)
	SaveWebhook(ctx context.Context, e webhook.Endpoint) error
	GiveSecrets(ctx context.Context, e webhook.Endpoint, before []string) (bool, error)
	RemoveWebhook(ctx context.Context, site string, id message.ID) error
	Replay(ctx context.Context, site string, endpoint, callback message.ID, at time.Time) error
}

// Book is where admins write down who is told of what.
type Book struct {
	webhooks Webhooks
	job      *Job
}

// NewBook makes a book.
func NewBook(kept Webhooks, job *Job) *Book { return &Book{webhooks: kept, job: job} }

// Create adds a webhook and returns it with its secret, which is not shown again. A secret
// of the caller's own may be given.
func (b *Book) Create(ctx context.Context, c request.Call, e webhook.Endpoint, secret string) (webhook.Endpoint, string, error) {
	e.ID, e.Site, e.CreatedAt, e.UpdatedAt = message.NewID(webhook.EndpointIDs), c.Site, c.At, c.At
	if e.Naming == "" {
		e.Naming = webhook.Standard
	}
	if secret == "" {
		secret = webhook.NewSecret()
	}
	if err := b.check(ctx, e, secret); err != nil {
		return e, "", err
	}
	if !b.job.o.Vault.Seals() {
		b.job.log.Warn("the secret of the webhook is kept as it is: set secrets.key_file to have secrets sealed", zap.String("webhook", string(e.ID)))
	}
	e.Secrets = []string{b.job.o.Vault.Seal(secret, Owner(e))}
	return e, secret, b.webhooks.SaveWebhook(ctx, e)
}

func (b *Book) check(ctx context.Context, e webhook.Endpoint, secret string) error {
	var bad fault.Invalid
	if secret != "" {
		bad.Check("/secret", "bad_secret", webhook.CheckSecret(secret))
	}
	if err := fault.Join(e.Check(), bad.Err()); err != nil {
		return err
	}
	return b.job.o.Guard.Check(ctx, e.URL)
}

// Change edits a webhook; if nothing is different afterwards, nothing is written. One that is enabled again is told what has waited for it.
func (b *Book) Change(ctx context.Context, c request.Call, id message.ID, edit func(*webhook.Endpoint)) (webhook.Endpoint, error) {
	e, err := b.find(ctx, c.Site, id)
	if err != nil {
		return e, err
	}
	before := e
	edit(&e)
	if reflect.DeepEqual(before, e) {
		return e, nil
	}
	if err := b.check(ctx, e, ""); err != nil {
		return e, err
	}
	e.UpdatedAt = c.At
	return e, b.webhooks.SaveWebhook(ctx, e)
}

func (b *Book) find(ctx context.Context, site string, id message.ID) (webhook.Endpoint, error) {
	e, err := b.webhooks.Webhook(ctx, site, id)
	if errors.Is(err, message.ErrNotFound) {
		err = fmt.Errorf("there is no webhook %q: %w", fault.Truncate(string(id), 60), err)
	}
	return e, err
}

// Remove deletes a webhook, and what it was still to be told.
func (b *Book) Remove(ctx context.Context, c request.Call, id message.ID) error {
	if _, err := b.find(ctx, c.Site, id); err != nil {
		return err
	}
	return b.webhooks.RemoveWebhook(ctx, c.Site, id)
}

// Rotate gives a webhook a new secret, which it returns. The old one signs for a day more.
func (b *Book) Rotate(ctx context.Context, c request.Call, id message.ID, secret string) (webhook.Endpoint, string, error) {
	if secret == "" {
		secret = webhook.NewSecret()
	}
	var bad fault.Invalid
	bad.Check("/secret", "bad_secret", webhook.CheckSecret(secret))
	if err := bad.Err(); err != nil {
		return webhook.Endpoint{}, "", err
	}
	for range tries {
		e, err := b.find(ctx, c.Site, id)
		if err != nil {
			return e, "", err
		}
		before := e.Secrets
		e.Secrets = append([]string{b.job.o.Vault.Seal(secret, Owner(e))}, before[:min(1, len(before))]...)
		e.RotatedAt, e.UpdatedAt = &c.At, c.At
		if err := b.check(ctx, e, ""); err != nil {
			return e, "", err
		}
		if done, err := b.webhooks.GiveSecrets(ctx, e, before); err != nil || done {
			return e, secret, err
		}
	}
	return webhook.Endpoint{}, "", fmt.Errorf("the secret of %s was replaced meanwhile. Write it again: %w", id, message.ErrMoved)
}

// tries is how often a secret is given that somebody else replaces meanwhile.
const tries = 5

// Test calls a webhook now, with an event that stands for nothing.
func (b *Book) Test(ctx context.Context, c request.Call, id message.ID) (webhook.Answer, error) {
	e, err := b.find(ctx, c.Site, id)
	if err != nil {
		return webhook.Answer{}, err
	}
	return b.job.Test(ctx, e, c.At), nil
}
