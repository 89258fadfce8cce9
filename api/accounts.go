package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"notifier/message"
)

// Accounts are the outgoing accounts.
type Accounts interface {
	Accounts(ctx context.Context) ([]message.Account, error)
	// TryAccount has a conversation with the account's server that sends nothing. Without
	// such an account it fails with message.ErrNotFound.
	TryAccount(ctx context.Context, name string) (message.Trial, error)
}

type accountIn struct {
	Name string `path:"name" doc:"The account's name; default is that of smtp." example:"default"`
}

type accountsOut struct{ Body list[message.Account] }

type trialOut struct{ Body message.Trial }

func (h *handler) accountRoutes(api huma.API) {
	tags := []string{"accounts"}
	register(h, api, huma.Operation{
		OperationID: "list-accounts", Method: http.MethodGet, Path: "/accounts", Tags: tags,
		Summary: "The outgoing accounts, how they stand and what is spent of their budgets",
	}, func(ctx context.Context, _ *struct{}) (*accountsOut, error) {
		all, err := h.o.Accounts.Accounts(ctx)
		return &accountsOut{Body: listOf(all, func(a message.Account) message.Account { return a })}, err
	})
	register(h, api, huma.Operation{
		OperationID: "test-account", Method: http.MethodPost, Path: "/accounts/{name}/test", Tags: tags, Errors: []int{http.StatusNotFound},
		Summary:     "Try an account, step by step",
		Description: "Connects, makes the connection safe, logs in and asks whether the server would take a mail. Nothing is sent. An account that works is paused no longer.",
	}, func(ctx context.Context, in *accountIn) (*trialOut, error) {
		trial, err := h.o.Accounts.TryAccount(ctx, in.Name)
		return &trialOut{Body: trial}, err
	})
}
