package preferences

import (
	"cmp"
	"time"

	"notifier/fault"
	"notifier/language"
	"notifier/message"
)

// User is a person whom the workflow system knows by an id. The JSON is that of the
// person; preferences have a document of their own.
type User struct {
	ID       string `json:"-"`
	Email    string `json:"email,omitempty" doc:"Where mail goes. Without one, nothing is sent." example:"anna@example.org"`
	Name     string `json:"name,omitempty" doc:"How the person is called. 200 characters are kept." example:"Anna Żółkiewska"`
	Phone    string `json:"phone,omitempty" doc:"Where text messages go." maxLength:"50" example:"+48 601 000 000"`
	Timezone string `json:"timezone,omitempty" doc:"An IANA name; the site's if absent. In an answer it is the one that holds." example:"Europe/Warsaw"`
	Language string `json:"language,omitempty" doc:"The language of mails; the site's if absent. In an answer it is the one that holds." example:"pl"`

	// Timezone and Language above are the directory's on a user as it is kept, and what holds
	// on a completed one. Chosen are those that the person chose, over the directory's.
	Chosen Own `json:"-"`
	// Directory are those of the directory, Holds says whose hold; Catalog.CompleteUser fills
	// these in.
	Directory Own   `json:"-"`
	Inherited Own   `json:"-"` // what would hold without a choice
	Holds     Holds `json:"-"`

	Preferences Preferences `json:"-"`
	Version     int         `json:"-"` // counts the changes of the user and of the preferences
	Seen        int         `json:"-"` // the version of what the user inherits by which something is decided; 0: nothing is
}

const maxPhone = 50 // characters

// Check tells all that is wrong with the user as a *fault.Invalid, or nil. What the
// user has chosen is for Catalog.Check to say.
func (u User) Check() error {
	var wrong fault.Invalid
	wrong.Check("/id", "bad_id", message.CheckUserID(u.ID))
	if u.Email != "" {
		wrong.Check("/email", "bad_address", message.CheckEmail(u.Email))
	}
	wrong.Check("/name", "bad_text", fault.CheckLine(u.Name, message.MaxLine))
	wrong.Check("/phone", "bad_text", fault.CheckLine(u.Phone, maxPhone))
	for _, own := range []Own{{u.Timezone, u.Language}, u.Chosen} {
		checkZone(&wrong, own.Timezone)
		wrong.Check("/language", "bad_language", checkLanguage(own.Language))
	}
	return wrong.Err()
}

// Person is what a message keeps of the user.
func (u User) Person() message.Person {
	return message.Person{ID: u.ID, Email: u.Email, Name: u.Name, Timezone: cmp.Or(u.Preferences.Timezone, u.Chosen.Timezone, u.Timezone), Language: cmp.Or(u.Chosen.Language, u.Language)}
}

// Decide says what becomes of an event that happened at that time for the user, whose
// preferences are complete: the status of the message, when it is due if that is not now,
// and why. A deferred one may still get an address before it is due.
func (u User) Decide(e message.Event, at time.Time) (message.Status, time.Time, message.Reason) {
	if e.Actor != "" && e.Actor == u.ID {
		return message.Skipped, time.Time{}, message.OwnAction
	}
	if e.Muted {
		return message.Skipped, time.Time{}, message.ProcessMuted
	}
	due, reason, wanted := u.Preferences.Due(e.Kind, at)
	switch {
	case !wanted:
		return message.Skipped, time.Time{}, reason
	case due.After(at):
		return message.Deferred, due, reason
	case u.Email == "":
		return message.Skipped, time.Time{}, message.NoAddress
	}
	return message.Pending, due, reason
}

// checkLanguage tells why nobody can read that, or nil. Languages are kept as BCP 47 writes
// them; Normal and Preferences.UnmarshalJSON see to it.
func checkLanguage(tag string) error {
	_, err := language.Canonical(tag)
	return err
}

// Normal is the user with the languages as BCP 47 writes them. What is none is for Check to
// refuse.
func (u User) Normal() User {
	u.Language, _ = language.Canonical(u.Language)
	u.Chosen.Language, _ = language.Canonical(u.Chosen.Language)
	return u
}
