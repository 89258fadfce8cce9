package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"notifier/fault"
	"notifier/preferences"
	"notifier/request"
)

// Groups keeps groups of users.
type Groups interface {
	SetGroup(ctx context.Context, c request.Call, id string, users []string) error
	Group(ctx context.Context, site, id string) ([]string, error)
	GroupList(ctx context.Context, site, after string, n int) ([]preferences.Group, error)
	RemoveGroup(ctx context.Context, c request.Call, id string) error
}

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

type groupsIn struct {
	Limit  int    `query:"limit" doc:"How many at most." minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before."`
}

type groupsOut struct{ Body page[groupView] }

type groupView struct {
	ID    string   `json:"id" example:"clerks"`
	Users []string `json:"users" doc:"Ids of the members."`
}

type groupOut struct{ Body groupView }

func (h *handler) peopleRoutes(api huma.API) {
	h.userRoutes(api)
	h.preferenceRoutes(api)
	h.choiceRoutes(api)
	tags, gone := []string{"users"}, []int{http.StatusNotFound}
	register(h, api, huma.Operation{
		OperationID: "list-groups", Method: http.MethodGet, Path: "/groups", Tags: tags, Summary: "The groups, by their ids",
	}, func(ctx context.Context, in *groupsIn) (*groupsOut, error) {
		found, err := h.Groups.GroupList(ctx, callerOf(ctx).Site, in.Cursor, in.Limit+1)
		return &groupsOut{Body: pageOf(found, in.Limit, viewGroup, func(g preferences.Group) string { return g.ID })}, err
	})
	register(h, api, huma.Operation{
		OperationID: "set-group", Method: http.MethodPut, Path: "/groups/{id}", Tags: tags,
		Summary: "Name users together", Description: "A message to the group is one to each of its users.",
	}, func(ctx context.Context, in *setGroupIn) (*groupOut, error) {
		g, err := in.Body.read()
		if err != nil {
			return nil, err
		}
		if err := h.Groups.SetGroup(ctx, call(ctx, ""), in.ID, g.Users); err != nil {
			return nil, err
		}
		return h.group(ctx, in.ID)
	})
	register(h, api, huma.Operation{
		OperationID: "get-group", Method: http.MethodGet, Path: "/groups/{id}", Tags: tags, Errors: gone, Summary: "One group",
	}, func(ctx context.Context, in *groupIn) (*groupOut, error) { return h.group(ctx, in.ID) })
	register(h, api, huma.Operation{
		OperationID: "remove-group", Method: http.MethodDelete, Path: "/groups/{id}", Tags: tags, DefaultStatus: http.StatusNoContent, Errors: gone,
		Summary: "Forget a group", Description: "Its users stay, and so do messages that went to it; those that name it from now on are refused.",
	}, func(ctx context.Context, in *groupIn) (*struct{}, error) {
		return nil, h.Groups.RemoveGroup(ctx, call(ctx, ""), in.ID)
	})
}

func (h *handler) group(ctx context.Context, id string) (*groupOut, error) {
	members, err := h.Groups.Group(ctx, callerOf(ctx).Site, id)
	return &groupOut{Body: viewGroup(preferences.Group{ID: id, Users: members})}, err
}

// viewGroup is a group whose members are a list also if there are none.
func viewGroup(g preferences.Group) groupView {
	return groupView{ID: g.ID, Users: append([]string{}, g.Users...)}
}

// same refuses a body that is about something else than its path. It need not repeat it.
func same(pointer, path, body string) error {
	if body == "" || body == path {
		return nil
	}
	var wrong fault.Invalid
	wrong.Add(pointer, "other_than_path", "it is %q here and %q in the path. Leave it out here", fault.Truncate(body, 60), fault.Truncate(path, 60))
	return &wrong
}
