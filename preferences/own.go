package preferences

import "cmp"

// Own are the two fields that a person, the directory and the site all have a say in: what the
// person chose holds over what the directory says, and that over the site's (RULES 2).
type Own struct {
	Timezone string `json:"timezone,omitempty" doc:"An IANA name." example:"Europe/Warsaw"`
	Language string `json:"language,omitempty" doc:"A tag of BCP 47." example:"pl"`
}

// GivenBack are the fields of Own that a person gives back to the directory.
type GivenBack struct{ Timezone, Language bool }

// Source says whose value holds.
type Source string

// The sources, the strongest first.
const (
	FromChoice    Source = "choice"
	FromDirectory Source = "directory"
	FromSite      Source = "site"
)

// Sources lists them, the strongest first.
func Sources() []Source { return []Source{FromChoice, FromDirectory, FromSite} }

// Holds says whose zone and whose language hold for a user.
type Holds struct{ Timezone, Language Source }

// The keys by which an answer tells whose value holds.
const (
	timezoneFrom = "timezone_from"
	languageFrom = "language_from"
)

// Choosing is a kept user who has sent these preferences: they replace all that was chosen
// before, but for a zone and a language that they neither name nor give back.
func (u User) Choosing(p Preferences) User {
	if p.Timezone != "" || p.Back.Timezone {
		u.Chosen.Timezone = p.Timezone
	}
	if p.Language != "" || p.Back.Language {
		u.Chosen.Language = p.Language
	}
	p.Timezone, p.Language, p.Back = "", "", GivenBack{}
	u.Preferences = p
	return u.Normal()
}

// Sent are the preferences of a kept user as the person would send them: with the zone and the
// language that were chosen.
func (u User) Sent() Preferences {
	p := u.Preferences
	p.Timezone, p.Language, p.Back = u.Chosen.Timezone, u.Chosen.Language, GivenBack{}
	return p
}

// CompleteUser fills in what a kept user has left open: a zone and a language from the
// directory and the site, and the catalog's defaults.
func (c Catalog) CompleteUser(u User, zone string) User {
	u.Directory = Own{Timezone: u.Timezone, Language: u.Language}
	u.Holds = Holds{Timezone: source(u.Chosen.Timezone, u.Timezone), Language: source(u.Chosen.Language, u.Language)}
	u.Inherited = Own{Timezone: cmp.Or(u.Timezone, zone), Language: u.Language}
	u.Timezone = cmp.Or(u.Chosen.Timezone, u.Inherited.Timezone)
	u.Language = cmp.Or(u.Chosen.Language, u.Language)
	u.Preferences.Timezone = ""
	u.Preferences = c.Complete(u.Preferences, u.Timezone)
	u.Preferences.Language = u.Language
	return u
}

func source(chosen, directory string) Source {
	switch {
	case chosen != "":
		return FromChoice
	case directory != "":
		return FromDirectory
	}
	return FromSite
}
