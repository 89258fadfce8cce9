package preferences

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"

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
}

const maxPhone = 50 // characters

// Check tells all that is wrong with the user as a *message.Invalid, or nil. What the
// user has chosen is for Catalog.Check to say.
func (u User) Check() error {
	var wrong message.Invalid
	wrong.Check("/id", "bad_id", message.CheckUserID(u.ID))
	if u.Email != "" {
		wrong.Check("/email", "bad_address", message.CheckEmail(u.Email))
	}
	wrong.Check("/name", "bad_text", message.CheckLine(u.Name, message.MaxLine))
	wrong.Check("/phone", "bad_text", message.CheckLine(u.Phone, maxPhone))
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

// language is a tag of BCP 47 with language, script and region, each in its own case.
var language = regexp.MustCompile(`^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$`)

func checkLanguage(tag string) error {
	if tag == "" || language.MatchString(tag) {
		return nil
	}
	// "PL", "pt-br" and "pt_BR" are understood and refused: texts are looked up by the tag.
	parts := strings.Split(strings.ReplaceAll(strings.ToLower(tag), "_", "-"), "-")
	for i := 1; i < len(parts); i++ {
		switch part := parts[i]; {
		case len(part) == 2:
			parts[i] = strings.ToUpper(part)
		case len(part) == 4:
			parts[i] = strings.ToUpper(part[:1]) + part[1:]
		}
	}
	if meant := strings.Join(parts, "-"); language.MatchString(meant) {
		return fmt.Errorf("%q is not how a language is written. Write %s", tag, meant)
	}
	return fmt.Errorf("%q is not a language. Write its short tag, as in en, pl or pt-BR", shorten(tag))
}
