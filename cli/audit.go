package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notifier/access"
	"notifier/fault"
	"notifier/listing"
)

var auditColumns = []listing.Column[access.Record]{
	{Title: "At", Value: func(r access.Record) string { return clock(r.At) }},
	{Title: "By", Value: func(r access.Record) string { return r.By }},
	{Title: "Action", Value: func(r access.Record) string { return r.Action }},
	{Title: "Subject", Value: func(r access.Record) string { return r.Subject }},
	{Title: "From", Value: func(r access.Record) string { return r.From }},
	{Title: "What changed", Value: changed},
}

// changed says what is different, as in status: error → pending.
func changed(r access.Record) string {
	var parts []string
	keys := maps.Clone(r.Before)
	if keys == nil {
		keys = access.State{}
	}
	maps.Copy(keys, r.After)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		was, had := r.Before[key]
		is, has := r.After[key]
		switch {
		case had && has:
			parts = append(parts, fmt.Sprintf("%s: %s → %s", key, brief(was), brief(is)))
		case has:
			parts = append(parts, fmt.Sprintf("%s: %s", key, brief(is)))
		default:
			parts = append(parts, fmt.Sprintf("%s: no longer %s", key, brief(was)))
		}
	}
	return fault.Truncate(strings.Join(parts, ", "), 200)
}

func brief(v any) string {
	if s, is := v.(string); is {
		return fault.Truncate(s, 60)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return fault.Truncate(string(text), 60)
}

func auditCommand(s *shared) *cobra.Command {
	var by, action, subject, since string
	var limit int
	c := s.verb("audit", "Who changed what, the newest first", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
		from, err := parseSince(since, time.Now())
		if err != nil {
			return err
		}
		q := url.Values{}
		for name, value := range map[string]string{"by": by, "action": action, "subject": subject, "since": from} {
			if value != "" {
				q.Set(name, value)
			}
		}
		page, err := d.list(ctx, apiRequest{method: http.MethodGet, path: "/audit", query: q}, limit)
		if err != nil {
			return err
		}
		return listing.List(s.printer(c), page, auditColumns)
	})
	c.Example = "  notifier audit --since 24h\n  notifier audit --subject /users/anna\n  notifier audit --action revoke-key -o json"
	f := c.Flags()
	f.StringVar(&by, "by", "", "only by this `name`: of a key, a person or a user of the command line")
	f.StringVar(&action, "action", "", "only this `operation`, as in retry-message")
	f.StringVar(&subject, "subject", "", "only of this `path` below /api/v1, as in /users/anna")
	f.StringVar(&since, "since", "", "only from this `time` on: 2026-11-20, 2026-11-20T08:00:00Z, or 7d for the last week")
	f.IntVarP(&limit, "limit", "n", 100, "`how` many at most; 0: all")
	return s.reaches(c)
}
