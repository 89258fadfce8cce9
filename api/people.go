package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"notifier/preferences"
)

type userIn struct {
	ID string `path:"id" doc:"The user's id in the workflow system." example:"anna"`
}

type setUserIn struct {
	userIn
	Body body[preferences.User]
}

type userView struct {
	ID string `json:"id"`
	preferences.User
}

type userOut struct{ Body userView }

type setPreferencesIn struct {
	userIn
	Body body[preferences.Preferences]
}

type preferencesOut struct{ Body preferences.Preferences }

type group struct {
	Users []string `json:"users" doc:"Ids of the members." maxItems:"10000"`
}

type groupIn struct {
	ID string `path:"id" doc:"The group's id."`
}

type setGroupIn struct {
	groupIn
	Body body[group]
}

type groupOut struct {
	Body struct {
		ID string `json:"id"`
		group
	}
}

func (h *handler) peopleRoutes(api huma.API) {
	h.userRoutes(api)
	tags := []string{"users"}
	register(h, api, huma.Operation{
		OperationID: "set-group", Method: http.MethodPut, Path: "/groups/{id}", Tags: tags,
		Summary: "Name users together", Description: "A message to the group is one to each of its users.",
	}, func(ctx context.Context, in *setGroupIn) (*groupOut, error) {
		if err := in.Body.err; err != nil {
			return nil, err
		}
		if err := h.desk.SetGroup(ctx, h.call(""), in.ID, in.Body.value.Users); err != nil {
			return nil, err
		}
		return h.group(ctx, in.ID)
	})
	register(h, api, huma.Operation{
		OperationID: "get-group", Method: http.MethodGet, Path: "/groups/{id}", Tags: tags, Summary: "One group",
	}, func(ctx context.Context, in *groupIn) (*groupOut, error) { return h.group(ctx, in.ID) })
}

func (h *handler) group(ctx context.Context, id string) (*groupOut, error) {
	members, err := h.desk.Group(ctx, h.o.Site, id)
	out := &groupOut{}
	out.Body.ID, out.Body.Users = id, append([]string{}, members...)
	return out, err
}

func (h *handler) userRoutes(api huma.API) {
	tags := []string{"users"}
	register(h, api, huma.Operation{
		OperationID: "set-user", Method: http.MethodPut, Path: "/users/{id}", Tags: tags,
		Summary: "Add or change a user", Description: "What is left out is empty. A new zone acts at once on what waits for a digest.",
	}, func(ctx context.Context, in *setUserIn) (*userOut, error) {
		if err := in.Body.err; err != nil {
			return nil, err
		}
		u := in.Body.value
		u.ID = in.ID
		u, err := h.desk.SetUser(ctx, h.call(""), u)
		return &userOut{Body: userView{ID: u.ID, User: u}}, err
	})
	register(h, api, huma.Operation{
		OperationID: "get-user", Method: http.MethodGet, Path: "/users/{id}", Tags: tags, Summary: "One user",
	}, func(ctx context.Context, in *userIn) (*userOut, error) {
		u, err := h.desk.User(ctx, h.o.Site, in.ID)
		return &userOut{Body: userView{ID: u.ID, User: u}}, err
	})
	register(h, api, huma.Operation{
		OperationID: "set-preferences", Method: http.MethodPut, Path: "/users/{id}/preferences", Tags: tags,
		Summary:     "Replace what a user has chosen",
		Description: "What is left out has its default. It acts at once on what waits: a message is due when the new choice says, reckoned from its event; what waits for a kind that is now never wanted is sent one last time.",
	}, func(ctx context.Context, in *setPreferencesIn) (*preferencesOut, error) {
		if err := in.Body.err; err != nil {
			return nil, err
		}
		u, err := h.desk.SetPreferences(ctx, h.call(""), in.ID, in.Body.value)
		return &preferencesOut{Body: u.Preferences}, err
	})
	register(h, api, huma.Operation{
		OperationID: "get-preferences", Method: http.MethodGet, Path: "/users/{id}/preferences", Tags: tags,
		Summary: "What applies to a user, chosen or by default",
	}, func(ctx context.Context, in *userIn) (*preferencesOut, error) {
		u, err := h.desk.User(ctx, h.o.Site, in.ID)
		return &preferencesOut{Body: u.Preferences}, err
	})
}
