package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"notifier/listing"
	"notifier/message"
	"notifier/preferences"
)

// person is a user as the API shows it.
type person struct {
	ID       string `json:"id"`
	Email    string `json:"email"`
	Name     string `json:"name"`
	Phone    string `json:"phone"`
	Timezone string `json:"timezone"`
	Language string `json:"language"`
	From     string `json:"timezone_from"`
}

var personColumns = []listing.Column[person]{
	{Title: "User", Value: func(p person) string { return p.ID }},
	{Title: "Name", Value: func(p person) string { return p.Name }},
	{Title: "Email", Value: func(p person) string { return p.Email }},
	{Title: "Timezone", Value: func(p person) string { return p.Timezone }},
	{Title: "Zone from", Value: func(p person) string { return p.From }},
	{Title: "Language", Value: func(p person) string { return p.Language }},
	{Title: "Phone", Value: func(p person) string { return p.Phone }},
}

func userCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "user", Short: "Look at the people whom the workflow knows, and change them", RunE: showHelp}
	var limit int
	list := s.verb("list", "List the users, by their ids", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
		page, err := d.list(ctx, apiRequest{method: http.MethodGet, path: "/users", query: url.Values{}}, limit)
		if err != nil {
			return err
		}
		return listing.List(s.printer(c), page, personColumns)
	})
	list.Flags().IntVar(&limit, "limit", 50, "how many at most; 0: all")
	c.AddCommand(list, s.verb("show USER", "Tell what is known of a user", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		raw, err := d.call(ctx, apiRequest{method: http.MethodGet, path: path("users", ids[0])})
		if err != nil {
			return err
		}
		return listing.Row(s.printer(c), raw, personColumns)
	}), setUser(s), removeUser(s))
	return s.reaches(c)
}

// removeUser erases a person, which cannot be undone.
func removeUser(s *shared) *cobra.Command {
	var a asked
	c := s.verb("remove USER", "Erase a person: what is known and was chosen, and what messages say", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		raw, err := d.call(ctx, apiRequest{method: http.MethodGet, path: path("users", ids[0])})
		if err != nil {
			return err
		}
		if a.dryRun {
			note(c, "This user would be erased. Nothing was done.")
			return listing.Row(s.printer(c), raw, personColumns)
		}
		if err := a.sure(c, fmt.Sprintf("All that is known of %s is erased, and nothing brings it back.", ids[0])); err != nil {
			return err
		}
		erased, raw, err := ask[message.Erased](ctx, d, apiRequest{method: http.MethodDelete, path: path("users", ids[0])})
		if err != nil {
			return err
		}
		return listing.One(s.printer(c), raw, func(out io.Writer) error {
			_, err := fmt.Fprintf(out, "%s erased, with what %s said\n", ids[0], count(erased.Messages, "message"))
			return err
		})
	})
	c.Long = "Erases a person: the user, what was chosen, memberships and places in deadlines. Messages are kept without\n" +
		"address and content; those that have not left are withdrawn."
	a.flags(c)
	return c
}

func setUser(s *shared) *cobra.Command {
	values := map[string]*string{}
	c := s.verb("set USER", "Add a user, or change what flags say; the rest stays", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		body := map[string]string{}
		for name, value := range values {
			if c.Flags().Changed(name) {
				body[name] = *value
			}
		}
		if len(body) == 0 {
			return usageError{errors.New("what is to be set? Write at least one flag, as in --email anna@example.org")}
		}
		raw, err := d.call(ctx, apiRequest{method: http.MethodPatch, path: path("users", ids[0]), body: body})
		var missing *refusal
		if errors.As(err, &missing) && missing.Status == http.StatusNotFound {
			raw, err = d.call(ctx, apiRequest{method: http.MethodPut, path: path("users", ids[0]), body: body})
		}
		if err != nil {
			return err
		}
		return listing.Row(s.printer(c), raw, personColumns)
	})
	c.Example = "  notifier user set anna --email anna@example.org --name Anna --timezone Europe/Warsaw"
	for name, usage := range map[string]string{
		"email": "`address` of mail", "name": "how the person is `called`", "phone": "`number` for text messages",
		"timezone": "`zone`, as in Europe/Warsaw", "language": "`language` of mails, as in pl",
	} {
		values[name] = c.Flags().String(name, "", usage)
	}
	return c
}

var groupColumns = []listing.Column[preferences.Group]{
	{Title: "Group", Value: func(g preferences.Group) string { return g.ID }},
	{Title: "Users", Value: func(g preferences.Group) string { return strings.Join(g.Users, ",") }},
}

func groupCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "group", Short: "Name users together, so that a message can go to all of them", RunE: showHelp}
	var users []string
	set := s.verb("set GROUP", "Name users together; those of before are no longer in it", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		raw, err := d.call(ctx, apiRequest{method: http.MethodPut, path: path("groups", ids[0]), body: map[string]any{"users": append([]string{}, users...)}})
		if err != nil {
			return err
		}
		return listing.Row(s.printer(c), raw, groupColumns)
	})
	set.Example = "  notifier group set clerks --user anna,jan"
	set.Flags().StringSliceVar(&users, "user", nil, "`id` of a member; may be repeated, or a list with commas")
	c.AddCommand(s.verb("show GROUP", "Tell who is in a group", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		raw, err := d.call(ctx, apiRequest{method: http.MethodGet, path: path("groups", ids[0])})
		if err != nil {
			return err
		}
		return listing.Row(s.printer(c), raw, groupColumns)
	}), set, listGroups(s), removeGroup(s))
	return s.reaches(c)
}

func listGroups(s *shared) *cobra.Command {
	var limit int
	c := s.verb("list", "List the groups, by their ids", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
		page, err := d.list(ctx, apiRequest{method: http.MethodGet, path: "/groups", query: url.Values{}}, limit)
		if err != nil {
			return err
		}
		return listing.List(s.printer(c), page, groupColumns)
	})
	c.Flags().IntVar(&limit, "limit", 50, "how many at most; 0: all")
	return c
}

// removeGroup forgets a group, whose users stay.
func removeGroup(s *shared) *cobra.Command {
	c := s.verb("remove GROUP", "Forget a group; its users stay", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		if _, err := d.call(ctx, apiRequest{method: http.MethodDelete, path: path("groups", ids[0])}); err != nil {
			return err
		}
		note(c, "The group %s is forgotten.", ids[0])
		return nil
	})
	c.Example = "  notifier group remove clerks"
	return c
}
