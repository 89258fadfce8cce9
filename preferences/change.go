package preferences

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"notifier/message"
)

// Choices are all that a person has a say in. The zone stands beside the preferences, as
// it does on a User.
type Choices struct {
	Preferences Preferences `json:"preferences"`
	Timezone    string      `json:"timezone,omitempty"`
	Language    string      `json:"language,omitempty"`
}

// Choices are what the user has chosen, without defaults if the user is as it is kept.
func (u User) Choices() Choices {
	return Choices{Preferences: u.Preferences, Timezone: u.Timezone, Language: u.Language}
}

// With is the user with other choices.
func (u User) With(c Choices) User {
	u.Preferences, u.Timezone, u.Language = c.Preferences, c.Timezone, c.Language
	return u
}

// Change is one time that a person's choices changed, and who did it.
type Change struct {
	ID     message.ID
	At     time.Time
	By     string // as in message.Call
	Before Choices
	After  Choices
}

// Changes are what the records of a user, newest first, say of choices: those where they
// changed. What stood before the oldest record is not known, so that one is left out.
func Changes(records []message.Change) ([]Change, error) {
	var all []Change
	var later Change
	for i, r := range records {
		var c Choices
		if err := json.Unmarshal(r.Content, &c); err != nil {
			return nil, fmt.Errorf("read the change %s: %w", r.ID, err)
		}
		if later.Before = c; i > 0 && !reflect.DeepEqual(later.Before, later.After) {
			all = append(all, later)
		}
		later = Change{ID: r.ID, At: r.At, By: r.By, After: c}
	}
	return all, nil
}
