package api

import "strconv"

// IfMatch guards a change against those of others.
type IfMatch struct {
	Match string `header:"If-Match" doc:"The ETag that the change is made on: it is refused with 412 if somebody has changed it since." maxLength:"255" example:"\"7\""`
}

// etag is a version as a header.
func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }
