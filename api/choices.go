package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"notifier/links"
	"notifier/preferences"
)

// changeView is one change of what a user has chosen.
type changeView struct {
	ID     string              `json:"id"`
	At     time.Time           `json:"at"`
	By     string              `json:"by" doc:"Who changed it: link and one_click are the person, by a mail; else the name of a key or an admin."`
	Before preferences.Choices `json:"before"`
	After  preferences.Choices `json:"after"`
}

func viewChange(c preferences.Change) changeView {
	return changeView{ID: string(c.ID), At: c.At, By: c.By, Before: c.Before, After: c.After}
}

type changesOut struct{ Body list[changeView] }

type linkView struct {
	URL       string    `json:"url" doc:"The page of the person's choices. It is to be handed to that person alone."`
	ExpiresAt time.Time `json:"expires_at" doc:"Until then it changes something."`
}

type linkOut struct{ Body linkView }

func (h *handler) choiceRoutes(api huma.API) {
	tags := []string{"users"}
	register(h, api, huma.Operation{
		OperationID: "link-to-preferences", Method: http.MethodPost, Path: "/users/{id}/preferences/link", Tags: tags,
		Errors: []int{http.StatusNotFound, http.StatusConflict}, Summary: "A link by which a user changes preferences without a login",
		Description: "Hand it to that person alone: for an hour it may also show what waits, and send it.",
	}, h.linkToPreferences)
	register(h, api, huma.Operation{
		OperationID: "list-preference-changes", Method: http.MethodGet, Path: "/users/{id}/history", Tags: tags, Errors: []int{http.StatusNotFound},
		Summary: "How what a user has chosen changed, newest first", Description: "The last twenty changes, each with who made it.",
	}, func(ctx context.Context, in *UserIn) (*changesOut, error) {
		changes, err := h.Preferences.Changes(ctx, callerOf(ctx).Site, in.ID)
		return &changesOut{Body: listOf(changes, viewChange)}, err
	})
}

func (h *handler) linkToPreferences(ctx context.Context, in *UserIn) (*linkOut, error) {
	if h.o.Links == nil {
		return nil, problem(http.StatusConflict, "no_links", "There is no address for links. Set http.public_url and secrets.key_file.")
	}
	u, err := h.Users.User(ctx, callerOf(ctx).Site, in.ID)
	if err != nil {
		return nil, err
	}
	at := call(ctx, "").At.Truncate(time.Second)
	return &linkOut{Body: linkView{URL: h.o.Links.Fresh(callerOf(ctx).Site, u.ID, at), ExpiresAt: at.Add(links.Life)}}, nil
}
