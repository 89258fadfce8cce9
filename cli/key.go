package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notifier/access"
	"notifier/listing"
)

var keyColumns = []listing.Column[access.Key]{
	{Title: "Key", Value: func(k access.Key) string { return string(k.ID) }},
	{Title: "Name", Value: func(k access.Key) string { return k.Name }},
	{Title: "Begins with", Value: func(k access.Key) string { return k.Prefix + "…" }},
	{Title: "Scopes", Value: scopesOf},
	{Title: "Stands", Value: standing},
	{Title: "Used", Value: func(k access.Key) string {
		if k.UsedAt == nil {
			return "never used"
		}
		return "used " + clock(*k.UsedAt)
	}},
}

func keyCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "key", Short: "Look at the keys of the API, make and end them", RunE: showHelp}
	revoke := s.verb("revoke APIKEY", "End a key, on all replicas within five seconds", func(ctx context.Context, _ *cobra.Command, d *door, ids []string) error {
		_, err := d.call(ctx, apiRequest{method: http.MethodDelete, path: path("keys", ids[0])})
		return err
	})
	revoke.Example = "  notifier key revoke key_06f3n5mmmt1fq2r6s0hj0v7k9c"
	c.AddCommand(
		createKey(s),
		s.verb("list", "List the keys, with how they begin; their secrets are not kept", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
			page, err := d.list(ctx, apiRequest{method: http.MethodGet, path: "/keys"}, 0)
			if err != nil {
				return err
			}
			return listing.List(s.printer(c), page, keyColumns)
		}),
		rotateKey(s), revoke,
	)
	return s.reaches(c)
}

func createKey(s *shared) *cobra.Command {
	var scopes []string
	var expires time.Duration
	var test bool
	var rate float64
	c := s.verb("create NAME", "Make a key and print its secret, which is shown this once", func(ctx context.Context, c *cobra.Command, d *door, names []string) error {
		body := map[string]any{"name": names[0], "scopes": scopes, "test": test, "rate_limit": rate}
		if c.Flags().Changed("expires") {
			if expires <= 0 {
				return usageError{fmt.Errorf("--expires: %s is too short. Write how long the key lives, as in 720h, or leave it out for a key without an end", expires)}
			}
			body["expires_at"] = time.Now().Add(expires).UTC().Format(time.RFC3339)
		}
		return s.printSecret(ctx, c, d, apiRequest{method: http.MethodPost, path: "/keys", body: body})
	})
	c.Long = "Makes a key and prints its id and its secret. The secret is not kept: who loses it makes another key.\n" +
		"The scopes are send, events, prefs:read, prefs:write, queue:read, queue, jobs:read, jobs and admin."
	c.Example = "  notifier key create bpm-dev --test --scope admin\n  notifier key create bpm-prod --scope send,events\n  notifier key create reports --scope queue:read --expires 720h"
	c.Flags().StringSliceVar(&scopes, "scope", nil, "`scope` that it has; may be repeated, or a list with commas")
	c.Flags().Float64Var(&rate, "rate-limit", 0, "`requests` and messages a second that are taken at most (default: as http.rate_limit says)")
	c.Flags().BoolVar(&test, "test", false, "a test key: it acts on data of its own, and its mail stays in the test mailbox")
	c.Flags().DurationVar(&expires, "expires", 0, "how `long` it lives, as in 720h (default: until it is revoked)")
	return c
}

func rotateKey(s *shared) *cobra.Command {
	var overlap time.Duration
	c := s.verb("rotate APIKEY", "Replace a key by one with the same rights, and print its secret", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		return s.printSecret(ctx, c, d, apiRequest{method: http.MethodPost, path: path("keys", ids[0], "rotate"), body: map[string]string{"overlap": overlap.String()}})
	})
	c.Example = "  notifier key rotate key_06f3n5mmmt1fq2r6s0hj0v7k9c --overlap 1h"
	c.Flags().DurationVar(&overlap, "overlap", 24*time.Hour, "how `long` the one before works, too")
	return c
}

// printSecret prints the id of what was made, and its secret.
func (s *shared) printSecret(ctx context.Context, c *cobra.Command, d *door, q apiRequest) error {
	answer, raw, err := ask[struct{ ID, Secret string }](ctx, d, q)
	if err != nil {
		return err
	}
	return listing.One(s.printer(c), raw, func(out io.Writer) error {
		_, err := fmt.Fprintf(out, "%s  %s\n", answer.ID, answer.Secret)
		return err
	})
}

func scopesOf(k access.Key) string {
	var all []string
	for _, scope := range k.Scopes {
		all = append(all, string(scope))
	}
	return strings.Join(all, ",")
}

// standing says whether a key lets in, and until when.
func standing(k access.Key) string {
	at := time.Now()
	switch {
	case k.RevokedAt != nil && !k.RevokedAt.After(at):
		return "revoked"
	case k.RevokedAt != nil:
		return "replaced, ends " + clock(*k.RevokedAt)
	case k.ExpiresAt != nil && !k.ExpiresAt.After(at):
		return "expired"
	case k.ExpiresAt != nil:
		return "expires " + clock(*k.ExpiresAt)
	}
	return "works"
}
