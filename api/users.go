package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"notifier/message"
	"notifier/preferences"
	"notifier/request"
)

// Users keeps the people who are written to.
type Users interface {
	User(ctx context.Context, site, id string) (preferences.User, error)
	Users(ctx context.Context, site, after string, n int) ([]preferences.User, error)
	SetUser(ctx context.Context, c request.Call, u preferences.User) (preferences.User, error)
	EditUser(ctx context.Context, c request.Call, id string, edit func(*preferences.User)) (preferences.User, error)
	EraseUser(ctx context.Context, c request.Call, id string) (message.Erased, error)
}

// UserIn names a user.
type UserIn struct {
	ID string `path:"id" doc:"The user's id in the workflow system." example:"anna"`
}

type setUserIn struct {
	UserIn
	IfMatch
	Body body[userBody]
}

// userBody is what a journal's line says of a user too.
type userBody struct {
	ID string `json:"user,omitempty" doc:"The same as in the path, if it is given."`
	preferences.User
}

type editUserIn struct {
	UserIn
	IfMatch
	Body patch[userEdit]
}

// userEdit is what is to be changed of a user; what is absent stays.
type userEdit struct {
	Email    *string `json:"email,omitempty" nullable:"true" doc:"Where mail goes; null for nowhere." example:"anna@example.org"`
	Name     *string `json:"name,omitempty" nullable:"true"`
	Phone    *string `json:"phone,omitempty" nullable:"true" maxLength:"50"`
	Timezone *string `json:"timezone,omitempty" nullable:"true" doc:"The directory's: an IANA name; null for the site's. What the person chose holds over it." example:"Europe/Warsaw"`
	Language *string `json:"language,omitempty" nullable:"true" example:"pl"`
}

type userView struct {
	ID string `json:"id" example:"anna"`
	preferences.User
	Owners
	Directory preferences.Own `json:"directory,omitzero" doc:"The zone and the language that the directory gave (PUT and PATCH of the user)."`
	Chosen    preferences.Own `json:"chosen,omitzero" doc:"The zone and the language that the person chose; they hold over the directory's."`
}

// Owners tell whose zone and whose language hold.
type Owners struct {
	TimezoneFrom preferences.Source `json:"timezone_from" enum:"choice,directory,site" doc:"Whose timezone holds: the person's choice, the directory's, or the site's."`
	LanguageFrom preferences.Source `json:"language_from" enum:"choice,directory,site" doc:"Whose language holds."`
}

func ownersOf(u preferences.User) Owners {
	return Owners{TimezoneFrom: u.Holds.Timezone, LanguageFrom: u.Holds.Language}
}

func viewUser(u preferences.User) userView {
	return userView{ID: u.ID, User: u, Owners: ownersOf(u), Directory: u.Directory, Chosen: u.Chosen}
}

type userOut struct {
	ETag string `header:"ETag" doc:"Its version, for If-Match."`
	Body userView
}

func answerUser(u preferences.User, err error) (*userOut, error) {
	return &userOut{ETag: etag(int64(u.Version)), Body: viewUser(u)}, err
}

type erasedOut struct{ Body message.Erased }

type usersIn struct {
	Limit  int    `query:"limit" doc:"How many at most." minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before."`
}

type usersOut struct{ Body page[userView] }

func (h *handler) userRoutes(api huma.API) {
	tags, gone := []string{"users"}, []int{http.StatusNotFound, http.StatusPreconditionFailed}
	register(h, api, huma.Operation{
		OperationID: "list-users", Method: http.MethodGet, Path: "/users", Tags: tags, Summary: "The users, by their ids",
	}, func(ctx context.Context, in *usersIn) (*usersOut, error) {
		found, err := h.Users.Users(ctx, callerOf(ctx).Site, in.Cursor, in.Limit+1)
		return &usersOut{Body: pageOf(found, in.Limit, viewUser, func(u preferences.User) string { return u.ID })}, err
	})
	register(h, api, huma.Operation{
		OperationID: "set-user", Method: http.MethodPut, Path: "/users/{id}", Tags: tags, Errors: []int{http.StatusPreconditionFailed},
		Summary: "Add or change a user", Description: "What is left out is empty. It writes what the directory says: a zone and a language that the person chose hold over it. A zone that holds acts at once on what waits for a digest.",
	}, func(ctx context.Context, in *setUserIn) (*userOut, error) {
		u, err := in.Body.read()
		if err != nil {
			return nil, err
		}
		if err := same("/user", in.ID, u.ID); err != nil {
			return nil, err
		}
		u.User.ID = in.ID
		return answerUser(h.Users.SetUser(ctx, matching(ctx, in.Match), u.User))
	})
	register(h, api, huma.Operation{
		OperationID: "get-user", Method: http.MethodGet, Path: "/users/{id}", Tags: tags, Errors: []int{http.StatusNotFound}, Summary: "One user",
	}, func(ctx context.Context, in *UserIn) (*userOut, error) {
		return answerUser(h.Users.User(ctx, callerOf(ctx).Site, in.ID))
	})
	register(h, api, huma.Operation{
		OperationID: "edit-user", Method: http.MethodPatch, Path: "/users/{id}", Tags: tags, Errors: gone,
		Summary: "Change some of a user", Description: "What is left out stays as it is, and null takes a value away. A zone and a language that the person chose hold over those given here.",
	}, h.editUser)
	register(h, api, huma.Operation{
		OperationID: "erase-user", Method: http.MethodDelete, Path: "/users/{id}", Tags: tags, Errors: []int{http.StatusNotFound},
		Summary: "Erase a person",
		Description: "The user, what was chosen, memberships and places in deadlines are gone. Messages are kept without address and content; those that have not left are withdrawn. " +
			"Answers that are kept for Idempotency-Keys go within seven days.",
	}, func(ctx context.Context, in *UserIn) (*erasedOut, error) {
		e, err := h.Users.EraseUser(ctx, call(ctx, ""), in.ID)
		return &erasedOut{Body: e}, err
	})
}

// matching is a call that changes only what is still as the caller read it.
func matching(ctx context.Context, match string) request.Call {
	c := call(ctx, "")
	c.Match = match
	return c
}

func (h *handler) editUser(ctx context.Context, in *editUserIn) (*userOut, error) {
	e, err := in.Body.read()
	if err != nil {
		return nil, err
	}
	return answerUser(h.Users.EditUser(ctx, matching(ctx, in.Match), in.ID, func(u *preferences.User) {
		set(&u.Email, e.Email)
		set(&u.Name, e.Name)
		set(&u.Phone, e.Phone)
		set(&u.Timezone, e.Timezone)
		set(&u.Language, e.Language)
	}))
}
