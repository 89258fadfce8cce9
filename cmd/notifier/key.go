package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"notifier/access"
	"notifier/message"
)

func keyCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "key", Short: "Look at the keys of the API, make and end them", RunE: showHelp}
	var site string
	c.PersistentFlags().StringVar(&site, "site", "", "`site` (default: that of the configuration)")
	c.AddCommand(createKey(s, &site), &cobra.Command{
		Use: "list", Short: "List the keys, with how they begin; their secrets are not kept",
		RunE: func(c *cobra.Command, _ []string) error {
			return s.withHouse(c, site, func(ctx context.Context, h *house, call message.Call) error {
				all, err := h.gate.Keys(ctx, call.Site)
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
				for _, k := range all {
					fmt.Fprintf(w, "%s\t%s\t%s…\t%s\t%s\t%s\n", k.ID, k.Name, k.Prefix, scopesOf(k), standing(k, call.At), used(k))
				}
				return w.Flush()
			})
		},
	}, rotateKey(s, &site), oneKey(s, &site, &cobra.Command{
		Use: "revoke KEY", Short: "End a key, on all replicas within five seconds",
		Example: "  notifier key revoke key_06f3n5mmmt1fq2r6s0hj0v7k9c",
	}, func(ctx context.Context, _ *cobra.Command, h *house, call message.Call, id message.ID) error {
		return h.gate.RevokeKey(ctx, call, id)
	}))
	return c
}

func createKey(s *shared, site *string) *cobra.Command {
	var scopes []string
	var expires time.Duration
	var k access.Key
	c := &cobra.Command{
		Use: "create NAME", Short: "Make a key and print its secret, which is shown this once",
		Long: "Makes a key and prints its id and its secret. The secret is not kept: who loses it makes another key.\n" +
			"The scopes are send, events, prefs:read, prefs:write, queue:read, queue, jobs:read, jobs and admin.",
		Example: "  notifier key create bpm-prod --scope send,events\n  notifier key create reports --scope queue:read --expires 720h",
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) != 1 {
				return usageError{fmt.Errorf("who uses the key? Name it, as in notifier key create bpm-prod --scope send,events")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, arguments []string) error {
			return s.withHouse(c, *site, func(ctx context.Context, h *house, call message.Call) error {
				k.Name, k.Scopes = arguments[0], nil
				for _, scope := range scopes {
					k.Scopes = append(k.Scopes, access.Scope(scope))
				}
				if expires != 0 {
					at := call.At.Add(expires)
					k.ExpiresAt = &at
				}
				made, secret, err := h.gate.CreateKey(ctx, call, k)
				if err == nil {
					fmt.Fprintf(c.OutOrStdout(), "%s  %s\n", made.ID, secret)
				}
				return err
			})
		},
	}
	c.Flags().StringSliceVar(&scopes, "scope", nil, "`scope` that it has; may be repeated, or a list with commas")
	c.Flags().DurationVar(&expires, "expires", 0, "how `long` it lives, as in 720h (default: until it is revoked)")
	return c
}

func rotateKey(s *shared, site *string) *cobra.Command {
	var overlap time.Duration
	c := oneKey(s, site, &cobra.Command{
		Use: "rotate KEY", Short: "Replace a key by one with the same rights, and print its secret",
		Example: "  notifier key rotate key_06f3n5mmmt1fq2r6s0hj0v7k9c --overlap 1h",
	}, func(ctx context.Context, c *cobra.Command, h *house, call message.Call, id message.ID) error {
		made, secret, err := h.gate.RotateKey(ctx, call, id, overlap)
		if err == nil {
			fmt.Fprintf(c.OutOrStdout(), "%s  %s\n", made.ID, secret)
		}
		return err
	})
	c.Flags().DurationVar(&overlap, "overlap", 24*time.Hour, "how `long` the one before works, too")
	return c
}

// oneKey completes a command that is about one key.
func oneKey(s *shared, site *string, c *cobra.Command, do func(ctx context.Context, c *cobra.Command, h *house, call message.Call, id message.ID) error) *cobra.Command {
	c.Args = func(_ *cobra.Command, arguments []string) error {
		if len(arguments) != 1 {
			return usageError{fmt.Errorf("which key? Write its id, as notifier key list shows it")}
		}
		return nil
	}
	c.RunE = func(c *cobra.Command, arguments []string) error {
		return s.withHouse(c, *site, func(ctx context.Context, h *house, call message.Call) error {
			return do(ctx, c, h, call, message.ID(arguments[0]))
		})
	}
	return c
}

func scopesOf(k access.Key) string {
	var all []string
	for _, scope := range k.Scopes {
		all = append(all, string(scope))
	}
	return strings.Join(all, ",")
}

// standing says whether a key lets in, and until when.
func standing(k access.Key, at time.Time) string {
	switch {
	case k.RevokedAt != nil && !k.RevokedAt.After(at):
		return "revoked"
	case k.RevokedAt != nil:
		return "replaced, ends " + k.RevokedAt.UTC().Format(time.DateTime+"Z")
	case k.ExpiresAt != nil && !k.ExpiresAt.After(at):
		return "expired"
	case k.ExpiresAt != nil:
		return "expires " + k.ExpiresAt.UTC().Format(time.DateTime+"Z")
	}
	return "works"
}

func used(k access.Key) string {
	if k.UsedAt == nil {
		return "never used"
	}
	return "used " + k.UsedAt.UTC().Format(time.DateTime+"Z")
}
