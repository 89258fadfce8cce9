package service

import (
	"context"
	"fmt"
	"strings"

	"notifier/account"
	"notifier/fault"
	"notifier/message"
)

// Accounts lists the outgoing accounts in the order of their names.
func (h *Service) Accounts(ctx context.Context) ([]message.Account, error) {
	pauses, err := h.store.Pauses(ctx, h.config.Site)
	if err != nil {
		return nil, err
	}
	var all []message.Account
	for _, name := range h.outgoing().Configured().Names() {
		a, err := h.account(ctx, name, pauses)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

func (h *Service) account(ctx context.Context, name string, pauses []message.Pause) (message.Account, error) {
	settings := h.outgoing().Configured()[name]
	a := message.Account{Name: name, Login: settings.Username != "", From: settings.From, Senders: settings.Senders, Sites: settings.Sites, Fallback: settings.Fallback}
	a.Server, a.TLS = h.outgoing().Courier(name).Server()
	for _, p := range pauses {
		if p.Account == name {
			a.Paused = p.Show()
		}
	}
	for _, b := range h.outgoing().Budgets(name) {
		used, err := h.store.Used(ctx, b, h.now())
		if err != nil {
			return a, err
		}
		a.Budgets = append(a.Budgets, b.Usage(used))
	}
	return a, nil
}

// TryAccount has a conversation with the account's server that sends nothing.
func (h *Service) TryAccount(ctx context.Context, name string) (message.Trial, error) {
	courier := h.outgoing().Courier(name)
	if courier == nil {
		if len(h.outgoing().Configured()) == 0 {
			var bad fault.Invalid
			bad.Add("", "no_account", "%s", account.ErrNone.Error())
			return message.Trial{}, &bad
		}
		return message.Trial{}, fmt.Errorf("there is no account %q.%s: %w", fault.Truncate(name, 60),
			fault.Suggest(name, h.outgoing().Configured().Names()), message.ErrNotFound)
	}
	said, f := courier.Try(ctx)
	if f != nil {
		says, remedy := f.Words("en", message.Outlook{Final: true})
		return message.Trial{
			Conversation: said, Category: f.Category, Says: says, Remedy: remedy,
			Message: strings.TrimSpace(f.Code + " " + f.Text),
		}, nil
	}
	return message.Trial{Works: true, Conversation: said}, h.store.Resume(ctx, h.config.Site, name)
}
