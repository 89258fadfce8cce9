package schedule

import (
	"fmt"
	"strings"

	"notifier/fault"
)

// ParseSet reads a schedule on one line as ParsePatch does, perhaps with ",wake=true" or
// ",wake=false" behind it: whether what is due starts a run without waiting for a tick.
// wake is nil where the text does not say so. Only Notifications can be woken.
func ParseSet(job, text string) (p Patch, wake *bool, err error) {
	text = strings.TrimSpace(text)
	at := strings.LastIndex(text, "wake=")
	if at < 0 {
		return ParsePatch(text), nil, nil
	}
	said := strings.TrimSpace(text[at+len("wake="):])
	switch {
	case job != Notifications:
		return p, nil, fmt.Errorf("wake is for %s alone. Leave it out", Notifications)
	case said != "true" && said != "false":
		return p, nil, fmt.Errorf(`wake=%s is not understood. Write wake=true or wake=false`, fault.Truncate(said, 60))
	}
	wakes := said == "true"
	rest := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text[:at]), ","))
	if rest == "" {
		return Patch{}, &wakes, nil
	}
	return ParsePatch(rest), &wakes, nil
}
