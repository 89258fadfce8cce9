package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"notifier/message"
)

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
	h.preferenceRoutes(api)
	h.choiceRoutes(api)
	tags := []string{"users"}
	register(h, api, huma.Operation{
		OperationID: "set-group", Method: http.MethodPut, Path: "/groups/{id}", Tags: tags,
		Summary: "Name users together", Description: "A message to the group is one to each of its users.",
	}, func(ctx context.Context, in *setGroupIn) (*groupOut, error) {
		g, err := in.Body.read()
		if err != nil {
			return nil, err
		}
		if err := h.desk.SetGroup(ctx, call(ctx, ""), in.ID, g.Users); err != nil {
			return nil, err
		}
		return h.group(ctx, in.ID)
	})
	register(h, api, huma.Operation{
		OperationID: "get-group", Method: http.MethodGet, Path: "/groups/{id}", Tags: tags, Errors: []int{http.StatusNotFound}, Summary: "One group",
	}, func(ctx context.Context, in *groupIn) (*groupOut, error) { return h.group(ctx, in.ID) })
}

func (h *handler) group(ctx context.Context, id string) (*groupOut, error) {
	members, err := h.desk.Group(ctx, callerOf(ctx).Site, id)
	return &groupOut{Body: groupView{ID: id, Users: append([]string{}, members...)}}, err
}

// same refuses a body that is about something else than its path. It need not repeat it.
func same(pointer, path, body string) error {
	if body == "" || body == path {
		return nil
	}
	var wrong message.Invalid
	wrong.Add(pointer, "other_than_path", "it is %q here and %q in the path. Leave it out here", message.Truncate(body, 60), message.Truncate(path, 60))
	return &wrong
}
