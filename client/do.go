package client

import (
	"context"
	"encoding/json"
	"io"
	"net/url"
)

// Call is a call of the API that has no method of its own here.
type Call struct {
	Method string
	Path   string // below /api/v1, escaped, as in /webhooks
	Query  url.Values
	Body   any // as JSON; nil for none
	Key    Key
}

// Do makes a call and returns the answer as it came, or nothing if it had no body. It is
// made again as the calls of the methods are.
func (c *Client) Do(ctx context.Context, call Call) (json.RawMessage, error) {
	var answer json.RawMessage
	err := c.do(ctx, request{method: call.Method, path: call.Path, query: call.Query, key: call.Key, body: call.Body}, &answer)
	return answer, err
}

// Stream makes a call once, and writes the answer as it comes: that of /journal may be long.
func (c *Client) Stream(ctx context.Context, call Call, out io.Writer) error {
	patient := *c.o.HTTP
	patient.Timeout = 0
	long := *c
	long.o.HTTP = &patient
	return long.once(ctx, request{method: call.Method, path: call.Path, query: call.Query, key: Once}, nil, out)
}
