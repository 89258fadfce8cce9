package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"notifier/access"
	"notifier/message"
)

func staffCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "staff", Short: "Look at who may sign in to the console, and change it", RunE: showHelp}
	var site string
	c.PersistentFlags().StringVar(&site, "site", "", "`site` (default: that of the configuration)")
	c.AddCommand(&cobra.Command{
		Use: "list", Short: "List who may sign in",
		RunE: func(c *cobra.Command, _ []string) error {
			return s.withHouse(c, site, func(ctx context.Context, h *house, call message.Call) error { return listStaff(ctx, c, h, call) })
		},
	}, addStaff(s, &site), setPassword(s, &site), oneMember(s, &site, 2, &cobra.Command{
		Use: "role ADDRESS ROLE", Short: "Give a member another role: viewer, support or admin",
		Example: "  notifier staff role anna@example.org support",
	}, func(ctx context.Context, _ *cobra.Command, h *house, call message.Call, named []string) error {
		return h.staff.SetRole(ctx, call, named[0], access.Role(named[1]))
	}), oneMember(s, &site, 1, &cobra.Command{
		Use: "remove ADDRESS", Short: "Keep a member from signing in, and end all sessions",
		Example: "  notifier staff remove anna@example.org",
	}, func(ctx context.Context, _ *cobra.Command, h *house, call message.Call, named []string) error {
		return h.staff.RemoveMember(ctx, call, named[0])
	}))
	return c
}

// onMember is what a command does with whom its arguments name.
type onMember func(ctx context.Context, c *cobra.Command, h *house, call message.Call, named []string) error

// oneMember completes a command that is about one member.
func oneMember(s *shared, site *string, arguments int, c *cobra.Command, do onMember) *cobra.Command {
	c.Args = func(_ *cobra.Command, given []string) error {
		if len(given) != arguments {
			return usageError{fmt.Errorf("write it as notifier staff %s", c.Use)}
		}
		return nil
	}
	c.RunE = func(c *cobra.Command, given []string) error {
		return s.withHouse(c, *site, func(ctx context.Context, h *house, call message.Call) error { return do(ctx, c, h, call, given) })
	}
	return c
}

func listStaff(ctx context.Context, c *cobra.Command, h *house, call message.Call) error {
	all, err := h.staff.Members(ctx, call.Site)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	for _, m := range all {
		seen, by := "never signed in", "password"
		if m.SignedInAt != nil {
			seen = "signed in " + m.SignedInAt.UTC().Format(time.DateTime+"Z")
		}
		if m.Password == "" {
			by = "OpenID Connect"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", m.Email, cmp.Or(m.Name, "-"), m.Role, by, seen)
	}
	return w.Flush()
}

func addStaff(s *shared, site *string) *cobra.Command {
	var m access.Member
	var file string
	var oidc bool
	c := oneMember(s, site, 1, &cobra.Command{
		Use: "add ADDRESS", Short: "Let somebody sign in to the console",
		Long: "Lets somebody sign in with a password: that of the file, or what is typed, or else one that is made and\n" +
			"printed. With --oidc there is none: the OpenID Connect provider of the configuration proves the address.",
		Example: "  notifier staff add anna@example.org --role admin\n  notifier staff add jan@example.org --role viewer --oidc",
	}, func(ctx context.Context, c *cobra.Command, h *house, call message.Call, named []string) error {
		m.Email = named[0]
		password, made, err := "", false, error(nil)
		if !oidc {
			password, made, err = readPassword(c, file)
		}
		if err == nil {
			_, err = h.staff.AddMember(ctx, call, m, password)
		}
		if err == nil && made {
			fmt.Fprintln(c.OutOrStdout(), password)
		}
		return err
	})
	c.Flags().StringVar((*string)(&m.Role), "role", string(access.Viewer), "`role`: viewer, support or admin")
	c.Flags().StringVar(&m.Name, "name", "", "`name` of the person")
	c.Flags().StringVar(&file, "password-file", "", "`file` with nothing but the password; - reads standard input")
	c.Flags().BoolVar(&oidc, "oidc", false, "no password: only by OpenID Connect")
	return c
}

func setPassword(s *shared, site *string) *cobra.Command {
	var file string
	c := oneMember(s, site, 1, &cobra.Command{
		Use: "password ADDRESS", Short: "Give a member another password, and end all sessions",
		Example: "  notifier staff password anna@example.org",
	}, func(ctx context.Context, c *cobra.Command, h *house, call message.Call, named []string) error {
		password, made, err := readPassword(c, file)
		if err == nil {
			err = h.staff.SetPassword(ctx, call, named[0], password)
		}
		if err == nil && made {
			fmt.Fprintln(c.OutOrStdout(), password)
		}
		return err
	})
	c.Flags().StringVar(&file, "password-file", "", "`file` with nothing but the password; - reads standard input")
	return c
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
