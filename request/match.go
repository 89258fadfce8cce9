package request

import (
	"strconv"
	"strings"
	"time"
)

// Matches tells whether the call is for a thing of that version; zero is that of none.
func (c Call) Matches(version int64) bool {
	if c.Match == "" {
		return true
	}
	for tag := range strings.SplitSeq(c.Match, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if version != 0 && (tag == "*" || strings.Trim(tag, `"`) == strconv.FormatInt(version, 10)) {
			return true
		}
	}
	return false
}

// ChangedError is why a change is not made: the thing is no longer as the caller read it.
type ChangedError struct {
	By string    // who changed it; empty if it is not known
	At time.Time // when; zero if it is not known
}

func (e *ChangedError) Error() string {
	switch {
	case e.At.IsZero():
		return "it is not as you read it"
	case e.By == "":
		return "it was changed at " + e.At.UTC().Format(time.RFC3339)
	}
	return e.By + " changed it at " + e.At.UTC().Format(time.RFC3339)
}
