package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notifier/listing"
	"notifier/message"
)

// person is a user as the API shows it.
type person struct {
	ID       string `json:"id"`
	Email    string `json:"email"`
	Name     string `json:"name"`
	Phone    string `json:"phone"`
	Timezone string `json:"timezone"`
	Language string `json:"language"`
}

var personColumns = []listing.Column[person]{
	{Title: "User", Value: func(p person) string { return p.ID }},
	{Title: "Name", Value: func(p person) string { return p.Name }},
	{Title: "Email", Value: func(p person) string { return p.Email }},
	{Title: "Timezone", Value: func(p person) string { return p.Timezone }},
	{Title: "Language", Value: func(p person) string { return p.Language }},
	{Title: "Phone", Value: func(p person) string { return p.Phone }},
}

func userCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "user", Short: "Look at the people whom the workflow knows, and change them", RunE: showHelp}
	c.AddCommand(s.verb("show USER", "Tell what is known of a user", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		raw, err := d.call(ctx, request{method: http.MethodGet, path: path("users", ids[0])})
		if err != nil {
			return err
		}
		return listing.Row(s.printer(c), raw, personColumns)
	}), setUser(s))
	return s.reaches(c)
}

func setUser(s *shared) *cobra.Command {
	values := map[string]*string{}
	c := s.verb("set USER", "Add a user, or change what flags say; the rest stays", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		body := map[string]any{}
		known, raw, err := ask[person](ctx, d, request{method: http.MethodGet, path: path("users", ids[0])})
		var missing *refusal
		switch {
		case err == nil:
			if err := json.Unmarshal(raw, &body); err != nil {
				return err
			}
		case !errors.As(err, &missing) || missing.Status != http.StatusNotFound:
			return err
		}
		delete(body, "id")
		for name, value := range values {
			if c.Flags().Changed(name) {
				body[name] = *value
			}
		}
		if len(body) == 0 && known.ID == "" {
			return usageError{errors.New("a new user needs something that is known. Write at least --email")}
		}
		set, err := d.call(ctx, request{method: http.MethodPut, path: path("users", ids[0]), body: body})
		if err != nil {
			return err
		}
		return listing.Row(s.printer(c), set, personColumns)
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

// members is a group as the API shows it.
type members struct {
	ID    string   `json:"id"`
	Users []string `json:"users"`
}

var groupColumns = []listing.Column[members]{
	{Title: "Group", Value: func(m members) string { return m.ID }},
	{Title: "Users", Value: func(m members) string { return strings.Join(m.Users, ",") }},
}

func groupCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "group", Short: "Name users together, so that a message can go to all of them", RunE: showHelp}
	var users []string
	set := s.verb("set GROUP", "Name users together; those of before are no longer in it", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		raw, err := d.call(ctx, request{method: http.MethodPut, path: path("groups", ids[0]), body: map[string]any{"users": append([]string{}, users...)}})
		if err != nil {
			return err
		}
		return listing.Row(s.printer(c), raw, groupColumns)
	})
	set.Example = "  notifier group set clerks --user anna,jan"
	set.Flags().StringSliceVar(&users, "user", nil, "`id` of a member; may be repeated, or a list with commas")
	c.AddCommand(s.verb("show GROUP", "Tell who is in a group", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		raw, err := d.call(ctx, request{method: http.MethodGet, path: path("groups", ids[0])})
		if err != nil {
			return err
		}
		return listing.Row(s.printer(c), raw, groupColumns)
	}), set)
	return s.reaches(c)
}

func prefsCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "prefs", Short: "Look at what people have chosen, and change it", RunE: showHelp}
	get := s.verb("get USER", "Tell what applies to a user, chosen or by default", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		return s.printPrefs(ctx, c, d, request{method: http.MethodGet, path: path("users", ids[0], "preferences")})
	})
	reset := s.verb("reset USER", "Go back to the defaults; it acts at once on what waits", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		return s.printPrefs(ctx, c, d, request{method: http.MethodPut, path: path("users", ids[0], "preferences"), body: struct{}{}})
	})
	c.AddCommand(get, setPrefs(s), reset, importPrefs(s))
	return s.reaches(c)
}

// printPrefs prints preferences, a choice a line.
func (s *shared) printPrefs(ctx context.Context, c *cobra.Command, d *door, q request) error {
	chosen, raw, err := ask[map[string]string](ctx, d, q)
	if err != nil {
		return err
	}
	return listing.One(s.printer(c), raw, func(out io.Writer) error {
		for _, key := range slices.Sorted(maps.Keys(chosen)) {
			fmt.Fprintf(out, "%-14s  %s\n", key, chosen[key])
		}
		return nil
	})
}

func setPrefs(s *shared) *cobra.Command {
	c := s.verb("set USER [CHOICE…]", "Change what a user has chosen; the rest stays, and it acts at once on what waits", func(ctx context.Context, c *cobra.Command, d *door, arguments []string) error {
		if len(arguments) < 2 {
			return usageError{errors.New("what is to change? Write it as notifier prefs set anna case_changed=daily daily_at=07:30")}
		}
		chosen, _, err := ask[map[string]string](ctx, d, request{method: http.MethodGet, path: path("users", arguments[0], "preferences")})
		if err != nil {
			return err
		}
		for _, pair := range arguments[1:] {
			key, value, isPair := strings.Cut(pair, "=")
			if !isPair {
				return usageError{fmt.Errorf("%q is no choice. Write it as case_changed=daily", message.Truncate(pair, 60))}
			}
			chosen[key] = value
		}
		return s.printPrefs(ctx, c, d, request{method: http.MethodPut, path: path("users", arguments[0], "preferences"), body: chosen})
	})
	c.Example = "  notifier prefs set anna case_received=hourly case_changed=daily daily_at=07:30"
	return c
}

// choices is a line of a file of preferences.
type choices struct {
	n      int
	user   string
	chosen map[string]string
}

func importPrefs(s *shared) *cobra.Command {
	var a asked
	c := &cobra.Command{
		Use: "import FILE", Short: "Replace what the people of a file have chosen", Args: wants([]string{"FILE"}),
		Long: "Reads a CSV file whose head names the columns user, case_received, case_changed, daily_at, weekly_on, timezone\n" +
			"and kinds of your own, or NDJSON with the same keys. What is empty has its default. The first line that is\n" +
			"refused stops it; the same command may be given again.",
		Example: "  notifier prefs import choices.csv --dry-run\n  notifier prefs import choices.csv --yes",
		RunE: func(c *cobra.Command, arguments []string) error {
			all, err := readChoices(c, arguments[0])
			if err != nil {
				return err
			}
			if a.dryRun {
				note(c, "The choices of %s would be replaced. Nothing was done.", count(len(all), "user"))
				return nil
			}
			if err := a.sure(c, fmt.Sprintf("The choices of %s are replaced.", count(len(all), "user"))); err != nil {
				return err
			}
			return s.withDoor(c, func(ctx context.Context, d *door) error { return replaceChoices(ctx, c, d, arguments[0], all) })
		},
	}
	a.flags(c)
	return c
}

func replaceChoices(ctx context.Context, c *cobra.Command, d *door, name string, all []choices) error {
	shown := newProgress("importing", len(all))
	defer shown.end()
	for i, one := range all {
		if _, err := d.call(ctx, request{method: http.MethodPut, path: path("users", one.user, "preferences"), body: one.chosen}); err != nil {
			shown.end()
			return fmt.Errorf("%s:%d: %w\n%s done before it", name, one.n, err, count(i, "user"))
		}
		shown.at(i+1, "", time.Now())
	}
	shown.end()
	tell(c, "users", len(all))
	return nil
}

// readChoices reads CSV, or NDJSON where the file is called so or begins with a brace.
func readChoices(c *cobra.Command, name string) ([]choices, error) {
	in, _, err := openInput(c, name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	content, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	read := choicesOfCSV
	if ext := filepath.Ext(name); ext == ".ndjson" || ext == ".jsonl" || strings.HasPrefix(strings.TrimSpace(string(content)), "{") {
		read = choicesOfJSON
	}
	all, n, err := read(string(content))
	if err != nil {
		return nil, usageError{fmt.Errorf("%s:%d: %w", name, n, err)}
	}
	return all, nil
}

func choicesOfCSV(content string) (all []choices, line int, err error) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(content, "\uFEFF")))
	head, err := r.Read()
	if err != nil {
		return nil, 1, errors.New("there is no head. Write the names of the columns on the first line, as in user,case_changed")
	}
	user := slices.Index(head, "user")
	if user < 0 {
		return nil, 1, fmt.Errorf("the head has no column user, but %s. Add one with the ids", strings.Join(head, ", "))
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all, 0, nil
		}
		line, _ = r.FieldPos(0)
		if err != nil {
			var wrong *csv.ParseError
			if errors.As(err, &wrong) {
				return nil, wrong.Line, wrong.Err
			}
			return nil, line, err
		}
		one := choices{n: line, user: row[user], chosen: map[string]string{}}
		for i, value := range row {
			if i != user && value != "" {
				one.chosen[head[i]] = value
			}
		}
		all = append(all, one)
	}
}

func choicesOfJSON(content string) (all []choices, line int, err error) {
	for text := range strings.Lines(content) {
		line++
		if strings.TrimSpace(text) == "" {
			continue
		}
		one := choices{n: line}
		if err := message.Decode([]byte(text), &one.chosen); err != nil {
			return nil, line, err
		}
		if one.user = one.chosen["user"]; one.user == "" {
			return nil, line, errors.New(`there is no user. Write its id, as in {"user": "anna", "case_changed": "daily"}`)
		}
		for _, key := range []string{"user", "at", "do"} { // as in a journal
			delete(one.chosen, key)
		}
		all = append(all, one)
	}
	return all, 0, nil
}
