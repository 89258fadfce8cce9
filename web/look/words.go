package look

import "notifier/language"

// In are the texts of that language, or of the one that stands in for it.
func In(lang string) *language.Words { return language.ForPages(lang) }

// Choose is the language of a page for somebody who speaks these, the preferred one
// first; each is a tag, or a list as browsers send it.
func Choose(wanted ...string) string { return language.ChooseForPages(wanted...) }
