package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"notifier/listing"
)

// member is who may sign in, as the API tells it.
type member struct {
	Email, Name, Role string
	SignsInBy         string     `json:"signs_in_by"`
	SignedInAt        *time.Time `json:"signed_in_at"`
}

var staffColumns = []listing.Column[member]{
	{Title: "Address", Value: func(m member) string { return m.Email }},
	{Title: "Name", Value: func(m member) string { return cmp.Or(m.Name, "-") }},
	{Title: "Role", Value: func(m member) string { return m.Role }},
	{Title: "By", Value: func(m member) string { return m.SignsInBy }},
	{Title: "Signed in", Value: func(m member) string {
		if m.SignedInAt == nil {
			return "never signed in"
		}
		return "signed in " + clock(*m.SignedInAt)
	}},
}

func staffCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "staff", Short: "Look at who may sign in to the console, and change it", RunE: showHelp}
	role := s.verb("role ADDRESS ROLE", "Give a member another role: viewer, support or admin", func(ctx context.Context, _ *cobra.Command, d *door, named []string) error {
		_, err := d.call(ctx, apiRequest{method: http.MethodPatch, path: path("staff", named[0]), body: map[string]string{"role": named[1]}})
		return err
	})
	role.Example = "  notifier staff role anna@example.org support"
	remove := s.verb("remove ADDRESS", "Keep a member from signing in, and end all sessions", func(ctx context.Context, _ *cobra.Command, d *door, named []string) error {
		_, err := d.call(ctx, apiRequest{method: http.MethodDelete, path: path("staff", named[0])})
		return err
	})
	remove.Example = "  notifier staff remove anna@example.org"
	unlock := s.verb("unlock ADDRESS", "Let a member sign in at once after too many wrong passwords", func(ctx context.Context, _ *cobra.Command, d *door, named []string) error {
		_, err := d.call(ctx, apiRequest{method: http.MethodPost, path: path("staff", named[0]) + "/unlock"})
		return err
	})
	unlock.Long = "Forgets wrong passwords that were tried for the account, from wherever they came. For a quarter of an hour ten times as\n" +
		"many are taken, so that whoever goes on guessing does not lock the account again before its owner has signed in."
	unlock.Example = "  notifier staff unlock anna@example.org"
	c.AddCommand(
		s.verb("list", "List who may sign in", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
			page, err := d.list(ctx, apiRequest{method: http.MethodGet, path: "/staff"}, 0)
			if err != nil {
				return err
			}
			return listing.List(s.printer(c), page, staffColumns)
		}),
		addStaff(s), setPassword(s), role, remove, unlock,
	)
	return s.reaches(c)
}

func addStaff(s *shared) *cobra.Command {
	var role, name, file string
	var oidc bool
	c := s.verb("add ADDRESS", "Let somebody sign in to the console", func(ctx context.Context, c *cobra.Command, d *door, named []string) error {
		body := map[string]any{"email": named[0], "name": name, "role": role}
		password, made, err := "", false, error(nil)
		if oidc {
			body["oidc"] = true
		} else if password, made, err = readPassword(c, file); err == nil {
			body["password"] = password
		}
		if err == nil {
			_, err = d.call(ctx, apiRequest{method: http.MethodPost, path: "/staff", body: body})
		}
		return tellMade(c, password, made, err)
	})
	c.Long = "Lets somebody sign in with a password: that of the file, or what is typed, or else one that is made and\n" +
		"printed. With --oidc there is none: the OpenID Connect provider of the configuration proves the address."
	c.Example = "  notifier staff add anna@example.org --role admin\n  notifier staff add jan@example.org --role viewer --oidc"
	c.Flags().StringVar(&role, "role", "viewer", "`role`: viewer, support or admin")
	c.Flags().StringVar(&name, "name", "", "`name` of the person")
	c.Flags().StringVar(&file, "password-file", "", "`file` with nothing but the password; - reads standard input")
	c.Flags().BoolVar(&oidc, "oidc", false, "no password: only by OpenID Connect")
	return c
}

func setPassword(s *shared) *cobra.Command {
	var file string
	c := s.verb("password ADDRESS", "Give a member another password, and end all sessions", func(ctx context.Context, c *cobra.Command, d *door, named []string) error {
		password, made, err := readPassword(c, file)
		if err == nil {
			_, err = d.call(ctx, apiRequest{method: http.MethodPatch, path: path("staff", named[0]), body: map[string]string{"password": password}})
		}
		return tellMade(c, password, made, err)
	})
	c.Example = "  notifier staff password anna@example.org"
	c.Flags().StringVar(&file, "password-file", "", "`file` with nothing but the password; - reads standard input")
	return c
}

// tellMade prints a password that was made, once it is set.
func tellMade(c *cobra.Command, password string, made bool, err error) error {
	if err == nil && made {
		_, err = fmt.Fprintln(c.OutOrStdout(), password)
	}
	return err
}

// readPassword reads a password from a file or a person. Where there is neither, or nothing
// is typed, it makes one, and says so.
func readPassword(c *cobra.Command, file string) (password string, made bool, err error) {
	if file != "" {
		in, _, err := openInput(c, file)
		if err != nil {
			return "", false, err
		}
		content, err := io.ReadAll(io.LimitReader(in, 4096))
		if err := errors.Join(err, in.Close()); err != nil {
			return "", false, usageError{fmt.Errorf("the password cannot be read: %w", err)}
		}
		password = strings.TrimRight(string(content), "\r\n")
		if password == "" {
			return "", false, usageError{errors.New("the password is empty. Write one, or leave --password-file out and have one made")}
		}
		return password, false, nil
	}
	if in, is := c.InOrStdin().(*os.File); is && term.IsTerminal(int(in.Fd())) {
		fmt.Fprint(c.ErrOrStderr(), "Password (empty: one is made): ")
		typed, err := term.ReadPassword(int(in.Fd()))
		fmt.Fprintln(c.ErrOrStderr())
		if err != nil || len(typed) > 0 {
			return string(typed), false, err
		}
	}
	return strings.ToLower(rand.Text()), true, nil
}
