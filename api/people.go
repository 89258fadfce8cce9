package api

import (
	"context"
	"encoding/json"
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
	Body body[userBody]
}

// userBody is what a journal's line says of a user too.
type userBody struct {
	ID string `json:"user,omitempty" doc:"The same as in the path, if it is given."`
	preferences.User
}

type userView struct {
	ID string `json:"id" example:"anna"`
	preferences.User
}

type userOut struct{ Body userView }

type setPreferencesIn struct {
	ID   string `path:"id" doc:"The user's id in the workflow system." example:"anna"`
	Body body[choice]
}

// choice is what a user has chosen, perhaps with the user's id, as in a journal.
type choice struct {
	User string
	preferences.Preferences
}

// UnmarshalJSON takes the id out; all other keys are those of preferences.
func (c *choice) UnmarshalJSON(raw []byte) error {
	var keys map[string]json.RawMessage
	_ = json.Unmarshal(raw, &keys) // what is no object, preferences tell
	if id, given := keys["user"]; given {
		if err := json.Unmarshal(id, &c.User); err != nil {
			return &message.Invalid{Faults: []message.Fault{{Pointer: "/user", Code: "bad_type", Detail: "a user's id is a text. Write it in quotes, or leave it out."}}}
		}
		delete(keys, "user")
		raw, _ = json.Marshal(keys)
	}
	return c.Preferences.UnmarshalJSON(raw)
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
		if err := same("/user", in.ID, u.ID); err != nil {
			return nil, err
		}
		u.User.ID = in.ID
		set, err := h.desk.SetUser(ctx, call(ctx, ""), u.User)
		return &userOut{Body: userView{ID: set.ID, User: set}}, err
	})
	register(h, api, huma.Operation{
		OperationID: "get-user", Method: http.MethodGet, Path: "/users/{id}", Tags: tags, Errors: []int{http.StatusNotFound}, Summary: "One user",
	}, func(ctx context.Context, in *userIn) (*userOut, error) {
		u, err := h.desk.User(ctx, callerOf(ctx).Site, in.ID)
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
		u, err := h.desk.User(ctx, callerOf(ctx).Site, in.ID)
		return &preferencesOut{Body: u.Preferences}, err
	})
}

func (h *handler) setPreferences(ctx context.Context, in *setPreferencesIn) (*preferencesOut, error) {
	chosen, err := in.Body.read()
	if err != nil {
		return nil, unsaved(err)
	}
	if err := same("/user", in.ID, chosen.User); err != nil {
		return nil, err
	}
	u, err := h.desk.SetPreferences(ctx, call(ctx, ""), in.ID, chosen.Preferences)
	return &preferencesOut{Body: u.Preferences}, unsaved(err)
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
