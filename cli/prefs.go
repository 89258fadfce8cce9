package cli

import (
	"cmp"
	"context"
	"encoding/csv"
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

	"notifier/fault"
	"notifier/listing"
)

func prefsCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "prefs", Short: "Look at what people have chosen, and change it", RunE: showHelp}
	get := s.verb("get USER", "Tell what applies to a user, chosen or by default", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		return s.printPrefs(ctx, c, d, apiRequest{method: http.MethodGet, path: path("users", ids[0], "preferences")})
	})
	reset := s.verb("reset USER", "Go back to the defaults; it acts at once on what waits", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		return s.printPrefs(ctx, c, d, apiRequest{method: http.MethodPut, path: path("users", ids[0], "preferences"), body: struct{}{}})
	})
	link := s.verb("link USER", "Print a link by which a user changes preferences without a login", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		answer, raw, err := ask[struct{ URL string }](ctx, d, apiRequest{method: http.MethodPost, path: path("users", ids[0], "preferences", "link")})
		if err != nil {
			return err
		}
		note(c, "Hand it to that person alone.")
		return listing.One(s.printer(c), raw, func(out io.Writer) error {
			_, err := fmt.Fprintln(out, answer.URL)
			return err
		})
	})
	history := s.verb("history USER", "List how what a user has chosen changed, the newest first", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		page, err := d.list(ctx, apiRequest{method: http.MethodGet, path: path("users", ids[0], "history")}, 0)
		if err != nil {
			return err
		}
		return listing.List(s.printer(c), page, rechosenColumns)
	})
	c.AddCommand(get, setPrefs(s), reset, importPrefs(s), link, history)
	return s.reaches(c)
}

// rechosen is a change of what a user has chosen.
type rechosen struct {
	At     time.Time      `json:"at"`
	By     string         `json:"by"`
	Before map[string]any `json:"before"`
	After  map[string]any `json:"after"`
}

var rechosenColumns = []listing.Column[rechosen]{
	{Title: "At", Value: func(c rechosen) string { return clock(c.At) }},
	{Title: "By", Value: func(c rechosen) string { return c.By }},
	{Title: "What", Value: rechosen.what},
}

// what tells each choice that is another than before.
func (c rechosen) what() string {
	before, after := map[string]string{}, map[string]string{}
	flatten(c.Before, before)
	flatten(c.After, after)
	keys := maps.Clone(before)
	maps.Copy(keys, after)
	var all []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if before[key] != after[key] {
			all = append(all, fmt.Sprintf("%s: %s → %s", key, cmp.Or(before[key], "default"), cmp.Or(after[key], "default")))
		}
	}
	return strings.Join(all, ", ")
}

// flatten lists the single values of an object and of those in it.
func flatten(from map[string]any, into map[string]string) {
	for key, value := range from {
		if below, is := value.(map[string]any); is {
			flatten(below, into)
		} else if value != nil {
			into[key] = fmt.Sprint(value)
		}
	}
}

// printPrefs prints preferences, a choice a line.
func (s *shared) printPrefs(ctx context.Context, c *cobra.Command, d *door, q apiRequest) error {
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
		chosen := map[string]*string{}
		for _, pair := range arguments[1:] {
			key, value, isPair := strings.Cut(pair, "=")
			if !isPair {
				return usageError{fmt.Errorf("%q is no choice. Write it as case_changed=daily", fault.Truncate(pair, 60))}
			}
			if chosen[key] = &value; value == "" {
				chosen[key] = nil
			}
		}
		return s.printPrefs(ctx, c, d, apiRequest{method: http.MethodPatch, path: path("users", arguments[0], "preferences"), body: chosen})
	})
	c.Long = "Changes what a user has chosen. An empty value takes a choice back: timezone= is the directory's again."
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
		if _, err := d.call(ctx, apiRequest{method: http.MethodPut, path: path("users", one.user, "preferences"), body: one.chosen}); err != nil {
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
		if err != nil {
			var wrong *csv.ParseError
			if errors.As(err, &wrong) {
				return nil, wrong.Line, wrong.Err
			}
			return nil, 1, err
		}
		line, _ = r.FieldPos(0)
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
		if err := fault.Decode([]byte(text), &one.chosen); err != nil {
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
