package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"notifier/message"
	"notifier/preferences"
)

type userIn struct {
	ID string `path:"id" doc:"The user's id in the workflow system." example:"anna"`
}

type setUserIn struct {
	ID   string `path:"id" doc:"The user's id in the workflow system." example:"anna"`
	Body body[preferences.User]
}

type userView struct {
	ID string `json:"id" example:"anna"`
	preferences.User
}

type userOut struct{ Body userView }

type setPreferencesIn struct {
	ID   string `path:"id" doc:"The user's id in the workflow system." example:"anna"`
	Body body[preferences.Preferences]
}

type preferencesOut struct{ Body preferences.Preferences }

type group struct {
	Users []string `json:"users" doc:"Ids of the members." maxItems:"10000"`
}

type groupIn struct {
	ID string `path:"id" doc:"The group's id." example:"clerks"`
}

type setGroupIn struct {
	ID   string `path:"id" doc:"The group's id." example:"clerks"`
	Body body[group]
}

type groupView struct {
	ID    string   `json:"id" example:"clerks"`
	Users []string `json:"users" doc:"Ids of the members."`
}

type groupOut struct{ Body groupView }

func (h *handler) peopleRoutes(api huma.API) {
	h.userRoutes(api)
	tags := []string{"users"}
	register(h, api, huma.Operation{
		OperationID: "set-group", Method: http.MethodPut, Path: "/groups/{id}", Tags: tags,
		Summary: "Name users together", Description: "A message to the group is one to each of its users.",
	}, func(ctx context.Context, in *setGroupIn) (*groupOut, error) {
		g, err := in.Body.read()
		if err != nil {
			return nil, err
		}
		if err := h.desk.SetGroup(ctx, h.call(""), in.ID, g.Users); err != nil {
			return nil, err
		}
		return h.group(ctx, in.ID)
	})
	register(h, api, huma.Operation{
		OperationID: "get-group", Method: http.MethodGet, Path: "/groups/{id}", Tags: tags, Errors: []int{http.StatusNotFound}, Summary: "One group",
	}, func(ctx context.Context, in *groupIn) (*groupOut, error) { return h.group(ctx, in.ID) })
}

func (h *handler) group(ctx context.Context, id string) (*groupOut, error) {
	members, err := h.desk.Group(ctx, h.o.Site, id)
	return &groupOut{Body: groupView{ID: id, Users: append([]string{}, members...)}}, err
}

func (h *handler) userRoutes(api huma.API) {
	tags := []string{"users"}
	register(h, api, huma.Operation{
		OperationID: "set-user", Method: http.MethodPut, Path: "/users/{id}", Tags: tags,
		Summary: "Add or change a user", Description: "What is left out is empty. A new zone acts at once on what waits for a digest.",
	}, func(ctx context.Context, in *setUserIn) (*userOut, error) {
		u, err := in.Body.read()
		if err != nil {
			return nil, err
		}
		u.ID = in.ID
		u, err = h.desk.SetUser(ctx, h.call(""), u)
		return &userOut{Body: userView{ID: u.ID, User: u}}, err
	})
	register(h, api, huma.Operation{
		OperationID: "get-user", Method: http.MethodGet, Path: "/users/{id}", Tags: tags, Errors: []int{http.StatusNotFound}, Summary: "One user",
	}, func(ctx context.Context, in *userIn) (*userOut, error) {
		u, err := h.desk.User(ctx, h.o.Site, in.ID)
		return &userOut{Body: userView{ID: u.ID, User: u}}, err
	})
	register(h, api, huma.Operation{
		OperationID: "set-preferences", Method: http.MethodPut, Path: "/users/{id}/preferences", Tags: tags, Errors: []int{http.StatusNotFound},
		Summary:     "Replace what a user has chosen",
		Description: "What is left out has its default. It acts at once on what waits: a message is due when the new choice says, reckoned from its event; what waits for a kind that is now never wanted is sent one last time.",
	}, h.setPreferences)
	register(h, api, huma.Operation{
		OperationID: "get-preferences", Method: http.MethodGet, Path: "/users/{id}/preferences", Tags: tags, Errors: []int{http.StatusNotFound},
		Summary: "What applies to a user, chosen or by default",
	}, func(ctx context.Context, in *userIn) (*preferencesOut, error) {
		u, err := h.desk.User(ctx, h.o.Site, in.ID)
		return &preferencesOut{Body: u.Preferences}, err
	})
}

func (h *handler) setPreferences(ctx context.Context, in *setPreferencesIn) (*preferencesOut, error) {
	chosen, err := in.Body.read()
	if err != nil {
		return nil, unsaved(err)
	}
	u, err := h.desk.SetPreferences(ctx, h.call(""), in.ID, chosen)
	return &preferencesOut{Body: u.Preferences}, unsaved(err)
}

// unsaved tells a person what is wrong with what he has chosen.
func unsaved(err error) error {
	invalid, ok := errors.AsType[*message.Invalid](err)
	if !ok {
		return err
	}
	p := faulty(*invalid)
	p.Title, p.Code = "These settings cannot be saved", "invalid_preferences"
	return p
}
