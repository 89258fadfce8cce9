package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"notifier/fault"
	"notifier/preferences"
	"notifier/request"
)

// UserPreferences keeps what people chose, and who changed it.
type UserPreferences interface {
	SetPreferences(ctx context.Context, c request.Call, id string, p preferences.Preferences) (preferences.User, error)
	EditPreferences(ctx context.Context, c request.Call, id string, edit func(*preferences.Preferences) error) (preferences.User, error)
	Changes(ctx context.Context, site, id string) ([]preferences.Change, error)
}

type setPreferencesIn struct {
	UserIn
	IfMatch
	Body body[choice]
}

// choice is what a user has chosen, perhaps with the user's id, as in a journal.
type choice struct {
	User string
	preferences.Preferences
}

// UnmarshalJSON takes the id out; all other keys are those of preferences.
func (c *choice) UnmarshalJSON(raw []byte) error {
	keys := aside(raw)
	if id, given := keys["user"]; given {
		if err := json.Unmarshal(id, &c.User); err != nil {
			return &fault.Invalid{Faults: []fault.Fault{{Pointer: "/user", Code: "bad_type", Detail: "a user's id is a text. Write it in quotes, or leave it out."}}}
		}
	}
	return c.Preferences.UnmarshalJSON(ofChoice(keys, raw))
}

// aside are the keys of a body that has any beside those of preferences; nil if it has none,
// or is no object, which preferences tell.
func aside(raw []byte) (keys map[string]json.RawMessage) {
	var beside struct {
		User     json.RawMessage `json:"user"`
		Timezone json.RawMessage `json:"timezone_from"`
		Language json.RawMessage `json:"language_from"`
	}
	if json.Unmarshal(raw, &beside) != nil || len(beside.User)+len(beside.Timezone)+len(beside.Language) == 0 {
		return nil
	}
	_ = json.Unmarshal(raw, &keys) // it was read just now
	return keys
}

// ofChoice leaves out of a body what says nothing of a choice: the user's id, and whose values
// hold. So what GET answers may be sent back: a zone that is not the person's choice does not
// become one.
func ofChoice(keys map[string]json.RawMessage, raw []byte) []byte {
	own := maps.Clone(keys)
	delete(own, "user")
	for _, key := range []string{"timezone", "language"} {
		var from preferences.Source
		if said, given := keys[key+"_from"]; given && json.Unmarshal(said, &from) == nil && slices.Contains(preferences.Sources(), from) {
			delete(own, key+"_from")
			if from != preferences.FromChoice {
				delete(own, key)
			}
		}
	}
	if len(own) == len(keys) {
		return raw
	}
	rest, _ := json.Marshal(own)
	return rest
}

// someChoice is what is to be changed of what a user has chosen.
type someChoice struct {
	choice
	keys json.RawMessage
}

// UnmarshalJSON keeps the keys that are given, to be laid over what was chosen before.
func (c *someChoice) UnmarshalJSON(raw []byte) error {
	if err := c.choice.UnmarshalJSON(raw); err != nil {
		return err
	}
	c.keys = bytes.Clone(ofChoice(aside(raw), raw))
	return nil
}

type editPreferencesIn struct {
	UserIn
	IfMatch
	Body body[someChoice]
}

type preferencesOut struct {
	ETag string `header:"ETag" doc:"The user's version, for If-Match."`
	Body preferencesView
}

// preferencesView is what applies to a user, and whose zone and language that are.
type preferencesView struct {
	preferences.Preferences
	Owners
}

// MarshalJSON writes one flat object.
func (v preferencesView) MarshalJSON() ([]byte, error) {
	applies, err := v.Preferences.MarshalJSON()
	if err != nil || v.Owners == (Owners{}) {
		return applies, err
	}
	from, err := json.Marshal(v.Owners)
	if err != nil || len(applies) <= len("{}") {
		return from, err
	}
	return slices.Concat(applies[:len(applies)-1], []byte{','}, from[1:]), nil
}

func answerPreferences(u preferences.User, err error) (*preferencesOut, error) {
	return &preferencesOut{ETag: etag(int64(u.Version)), Body: preferencesView{u.Preferences, ownersOf(u)}}, unsaved(err)
}

func (h *handler) preferenceRoutes(api huma.API) {
	tags, gone := []string{"users"}, []int{http.StatusNotFound, http.StatusPreconditionFailed}
	register(h, api, huma.Operation{
		OperationID: "set-preferences", Method: http.MethodPut, Path: "/users/{id}/preferences", Tags: tags, Errors: gone,
		Summary:     "Replace what a user has chosen",
		Description: "What is left out has its default; only a zone and a language that were chosen stay until null gives them back to the directory. It acts at once on what waits: a message is due when the new choice says, reckoned from its event; what waits for a kind that is now never wanted is sent one last time.",
	}, func(ctx context.Context, in *setPreferencesIn) (*preferencesOut, error) {
		chosen, err := in.Body.read()
		if err != nil {
			return nil, unsaved(err)
		}
		if err := same("/user", in.ID, chosen.User); err != nil {
			return nil, err
		}
		return answerPreferences(h.Preferences.SetPreferences(ctx, matching(ctx, in.Match), in.ID, chosen.Preferences))
	})
	register(h, api, huma.Operation{
		OperationID: "edit-preferences", Method: http.MethodPatch, Path: "/users/{id}/preferences", Tags: tags, Errors: gone,
		Summary:     "Change some of what a user has chosen",
		Description: "What is left out stays as it is, and null takes a choice back: a zone and a language are the directory's again then. It acts at once on what waits, as a replacement does.",
	}, func(ctx context.Context, in *editPreferencesIn) (*preferencesOut, error) {
		chosen, err := in.Body.read()
		if err != nil {
			return nil, unsaved(err)
		}
		if err := same("/user", in.ID, chosen.User); err != nil {
			return nil, err
		}
		over := func(p *preferences.Preferences) error { return p.UnmarshalJSON(chosen.keys) }
		return answerPreferences(h.Preferences.EditPreferences(ctx, matching(ctx, in.Match), in.ID, over))
	})
	register(h, api, huma.Operation{
		OperationID: "get-preferences", Method: http.MethodGet, Path: "/users/{id}/preferences", Tags: tags, Errors: []int{http.StatusNotFound},
		Summary: "What applies to a user, chosen or by default",
	}, func(ctx context.Context, in *UserIn) (*preferencesOut, error) {
		return answerPreferences(h.Users.User(ctx, callerOf(ctx).Site, in.ID))
	})
}

// unsaved tells a person what is wrong with what he has chosen.
func unsaved(err error) error {
	invalid, ok := errors.AsType[*fault.Invalid](err)
	if !ok {
		return err
	}
	p := faulty(*invalid)
	p.Title, p.Code = "These settings cannot be saved", "invalid_preferences"
	return p
}
