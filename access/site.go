package access

import (
	"strings"
	"time"

	"notifier/fault"
)

// Site is a tenant: whose rows are kept apart from those of others.
type Site struct {
	Name      string    `json:"site" example:"acme"`
	Timezone  string    `json:"timezone" doc:"For people without a zone of their own, and for workdays." example:"Europe/Warsaw"`
	CreatedAt time.Time `json:"created_at"`
}

// CheckSiteName tells what is wrong with the name of a site, or nil.
func CheckSiteName(name string) error {
	var bad fault.Invalid
	switch {
	case name == "":
		bad.Add("/site", "missing", "a site needs a name, as in acme")
	case strings.ContainsAny(name, "~/"):
		bad.Add("/site", "bad_name", "a site's name has no ~ and no / in it. Write it as acme")
	}
	bad.Check("/site", "bad_text", fault.CheckLine(name, 60))
	return bad.Err()
}
