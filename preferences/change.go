package preferences

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"notifier/message"
)

// Choices are all that a person has a say in. The zone and the language stand beside the
// preferences; empty ones are the directory's.
type Choices struct {
	Preferences Preferences `json:"preferences"`
	Timezone    string      `json:"timezone,omitempty"`
	Language    string      `json:"language,omitempty"`
}

// Choices are what the user has chosen, without defaults if the user is as it is kept.
func (u User) Choices() Choices {
	p := u.Preferences
	p.Timezone, p.Language = "", ""
	return Choices{Preferences: p, Timezone: u.Chosen.Timezone, Language: u.Chosen.Language}
}

// With is the user with other choices.
func (u User) With(c Choices) User {
	u.Preferences, u.Chosen = c.Preferences, Own{Timezone: c.Timezone, Language: c.Language}
	u = u.Normal()
	u.Preferences.Timezone, u.Preferences.Language, u.Preferences.Back = "", "", GivenBack{}
	return u
}

// Change is one time that a person's choices changed, and who did it.
type Change struct {
	ID     message.ID
	At     time.Time
	By     string // as in request.Call
	Before Choices
	After  Choices
}

// Noted is what a record of a user says. Before Owned, records had one zone and one language,
// whoever had set them.
type Noted struct {
	User
	Preferences Preferences `json:"preferences"`
	Owned       bool        `json:"owned,omitempty"`
}

// Note is the record of a kept user.
func (u User) Note() Noted { return Noted{User: u, Preferences: u.Sent(), Owned: true} }

// ReadNote reads a record. In one of before Owned, the zone and the language are the directory's.
func ReadNote(r message.Change) (User, bool, error) {
	var n Noted
	if err := json.Unmarshal(r.Content, &n); err != nil {
		return User{}, false, fmt.Errorf("read the change %s: %w", r.ID, err)
	}
	return n.User.Choosing(n.Preferences), n.Owned, nil
}

// Changes are what the records of a user, newest first, say of choices: those where they
// changed. What stood before the oldest record is not known, so that one is left out.
func Changes(records []message.Change) ([]Change, error) {
	var all []Change
	var later Change
	var after User
	for i, r := range records {
		u, owned, err := ReadNote(r)
		if err != nil {
			return nil, err
		}
		if !owned {
			u.Chosen = Own{Timezone: u.Timezone, Language: u.Language}
			if u.Timezone == cmp.Or(after.Chosen.Timezone, after.Timezone) && i > 0 { // it was the directory's
				u.Chosen.Timezone = after.Chosen.Timezone
			}
			if u.Language == cmp.Or(after.Chosen.Language, after.Language) && i > 0 {
				u.Chosen.Language = after.Chosen.Language
			}
		}
		if later.Before = u.Choices(); i > 0 && !reflect.DeepEqual(later.Before, later.After) {
			all = append(all, later)
		}
		later, after = Change{ID: r.ID, At: r.At, By: r.By, After: u.Choices()}, u
	}
	return all, nil
}
