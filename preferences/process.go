package preferences

import (
	"fmt"
	"slices"

	"notifier/fault"
	"notifier/message"
)

// Process is a workflow whose admin may have switched kinds of event off for everybody
// (AMODIT-17).
type Process struct {
	ID    string         `json:"process" example:"lease"`
	Muted []message.Kind `json:"muted" doc:"Kinds of event that nobody is told of."`
}

// CheckProcess tells what is wrong with a process as *fault.Invalid, or nil. What is
// mandatory cannot be muted.
func (c Catalog) CheckProcess(p Process) error {
	var bad fault.Invalid
	if p.ID == "" {
		bad.Add("/process", "missing", "a process needs an id, as events name it")
	}
	bad.Check("/process", "bad_text", fault.CheckLine(p.ID, message.MaxLine))
	for i, kind := range p.Muted {
		at := fmt.Sprintf("/muted/%d", i)
		switch _, known := c[kind]; {
		case c.mandatory(kind):
			bad.Add(at, "not_allowed", "%s cannot be muted: it always gets through. Leave it out", kind)
		case !known:
			bad.Add(at, "unknown_kind", "there is no kind %q.%s", fault.Truncate(string(kind), 60), fault.Suggest(string(kind), c.names()))
		case slices.Contains(p.Muted[:i], kind):
			bad.Add(at, "key_twice", "%s stands here twice. Leave one out", kind)
		}
	}
	return bad.Err()
}
