package access

import (
	"strings"
	"time"

	"notifier/fault"
)

// View is a search that a member has kept under a name.
type View struct {
	Site      string
	Email     string // of the member
	Name      string
	Query     string
	CreatedAt time.Time
}

// MaxViews is how many a member may keep.
const MaxViews = 50

// Check tells what is wrong with the view, or nil. What it looks for is not looked at.
func (v View) Check() error {
	var bad fault.Invalid
	bad.Check("/name", "bad_text", fault.CheckLine(v.Name, 60))
	if strings.TrimSpace(v.Name) == "" {
		bad.Add("/name", "missing", "a view needs a name, by which it is found again")
	}
	bad.Check("/query", "bad_text", fault.CheckLine(v.Query, 1000))
	if strings.TrimSpace(v.Query) == "" {
		bad.Add("/query", "missing", "there is nothing to keep: search for something first")
	}
	return bad.Err()
}
