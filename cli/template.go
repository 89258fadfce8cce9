package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"notifier/fault"
	"notifier/listing"
	"notifier/message"
	"notifier/template"
)

func templateCommand(s *shared) *cobra.Command {
	c := &cobra.Command{
		Use: "template", Short: "Look at the templates of mails, and change them", RunE: showHelp,
		Long: `A folder of templates has a folder for each, by its name: in it subject.hbs, text.hbs and html.hbs, of
which one is enough, and template.json for the rest: {"partial": true, "strict": true, "attachments": […]}.`,
	}
	c.AddCommand(
		s.verb("list", "List the templates", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
			page, err := d.list(ctx, apiRequest{method: http.MethodGet, path: "/templates", query: url.Values{}}, 0)
			if err != nil {
				return err
			}
			return listing.List(s.printer(c), page, templateColumns)
		}),
		showTemplate(s), renderCommand(s),
		&cobra.Command{
			Use: "check FOLDER", Short: "Tell what is wrong with the templates of a folder", Args: wants([]string{"FOLDER"}),
			RunE: func(c *cobra.Command, arguments []string) error {
				all, err := readTemplates(arguments[0])
				if err == nil {
					fmt.Fprintf(c.OutOrStdout(), "%s can be read.\n", count(len(all), "template"))
				}
				return err
			},
		},
		pushCommand(s), pullCommand(s),
		s.verb("remove TEMPLATE", "Delete a template", func(ctx context.Context, _ *cobra.Command, d *door, names []string) error {
			_, err := d.call(ctx, apiRequest{method: http.MethodDelete, path: path("templates", names[0])})
			return err
		}),
	)
	return s.reaches(c)
}

var templateColumns = []listing.Column[template.Template]{
	{Title: "Template", Value: func(t template.Template) string { return t.Name }},
	{Title: "Sort", Value: func(t template.Template) string {
		if t.Partial {
			return "partial"
		}
		return "template"
	}},
	{Title: "Changed", Value: func(t template.Template) string { return t.UpdatedAt.UTC().Format(time.DateOnly) }},
	{Title: "Subject", Value: func(t template.Template) string { return fault.Truncate(t.Subject, 100) }},
}

func showTemplate(s *shared) *cobra.Command {
	return s.verb("show TEMPLATE", "Print a template as JSON", func(ctx context.Context, c *cobra.Command, d *door, names []string) error {
		raw, err := d.call(ctx, apiRequest{method: http.MethodGet, path: path("templates", names[0])})
		if err != nil {
			return err
		}
		return listing.One(s.document(c), raw, nil)
	})
}

// pushCommand puts partials first: templates are checked with those that are there.
func pushCommand(s *shared) *cobra.Command {
	var dryRun bool
	c := &cobra.Command{
		Use: "push FOLDER", Short: "Add the templates of a folder, or replace those of their names", Example: "  notifier template push templates",
		Args: wants([]string{"FOLDER"}),
		RunE: func(c *cobra.Command, arguments []string) error {
			all, err := readTemplates(arguments[0])
			if err != nil {
				return err
			}
			if dryRun {
				for _, t := range all {
					fmt.Fprintln(c.OutOrStdout(), t.Name)
				}
				note(c, "%s would be pushed. Nothing was done.", count(len(all), "template"))
				return nil
			}
			return s.withDoor(c, func(ctx context.Context, d *door) error {
				if err := d.push(ctx, all); err != nil {
					return err
				}
				fmt.Fprintf(c.OutOrStdout(), "%s pushed.\n", count(len(all), "template"))
				return nil
			})
		},
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "only check the folder, and say what would be pushed")
	return c
}

// push puts templates where they belong: here all or none, elsewhere one after the other.
func (d *door) push(ctx context.Context, all []template.Template) error {
	if h := d.beside; h != nil {
		return h.SetTemplates(ctx, all)
	}
	for _, partial := range []bool{true, false} {
		for _, t := range all {
			if t.Partial != partial {
				continue
			}
			body := map[string]any{"subject": t.Subject, "text": t.Text, "html": t.HTML, "partial": t.Partial, "strict": t.Strict, "attachments": t.Attachments}
			if _, err := d.call(ctx, apiRequest{method: http.MethodPut, path: path("templates", t.Name), body: body}); err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
		}
	}
	return nil
}

func pullCommand(s *shared) *cobra.Command {
	c := s.verb("pull FOLDER", "Write all templates into a folder", func(ctx context.Context, c *cobra.Command, d *door, arguments []string) error {
		page, err := d.list(ctx, apiRequest{method: http.MethodGet, path: "/templates", query: url.Values{}}, 0)
		if err != nil {
			return err
		}
		for _, item := range page.Data {
			var line struct{ Name string }
			if err := json.Unmarshal(item, &line); err != nil {
				return err
			}
			t, _, err := ask[template.Template](ctx, d, apiRequest{method: http.MethodGet, path: path("templates", line.Name)})
			if err != nil {
				return err
			}
			if err := writeTemplate(arguments[0], t); err != nil {
				return err
			}
		}
		fmt.Fprintf(c.OutOrStdout(), "%s pulled.\n", count(len(page.Data), "template"))
		return nil
	})
	c.Example = "  notifier template pull templates"
	return c
}

func renderCommand(s *shared) *cobra.Command {
	var data string
	c := &cobra.Command{
		Use: "render TEMPLATE", Short: "Print what a template makes of data", Args: wants([]string{"TEMPLATE"}),
		Example: `  notifier template render contract_ready --data '{"name": "Anna"}'
  notifier template render contract_ready --data - <anna.json`,
		RunE: func(c *cobra.Command, arguments []string) error {
			filling, err := readData(c, data)
			if err != nil {
				return err
			}
			return s.withDoor(c, func(ctx context.Context, d *door) error {
				body := map[string]any{"data": filling}
				raw, err := d.call(ctx, apiRequest{method: http.MethodPost, path: path("templates", arguments[0], "render"), body: body})
				if err != nil {
					return err
				}
				return listing.One(s.document(c), raw, nil)
			})
		},
	}
	c.Flags().StringVar(&data, "data", "", "`JSON` that it is filled in with; - reads standard input")
	return c
}

// readData reads what a template is filled in with, as it is given or from standard input.
func readData(c *cobra.Command, given string) (data message.Data, err error) {
	b := []byte(given)
	if given == "-" {
		in := interruptible(c.Context(), c.InOrStdin())
		b, err = io.ReadAll(io.LimitReader(in, template.MaxData+1))
		if err := errors.Join(err, in.Close()); err != nil {
			return nil, fmt.Errorf("read the data: %w", err)
		}
	}
	if given != "" {
		if err := fault.Decode(b, &data); err != nil {
			return nil, usageError{fmt.Errorf("--data: %w", err)}
		}
	}
	return data, nil
}

// rest is what template.json says.
type rest struct {
	Partial     bool                 `json:"partial,omitempty"`
	Strict      bool                 `json:"strict,omitempty"`
	Attachments []template.Enclosure `json:"attachments,omitempty"`
}

// sides are the files of a template's folder.
func sides(t *template.Template) map[string]*string {
	return map[string]*string{"subject.hbs": &t.Subject, "text.hbs": &t.Text, "html.hbs": &t.HTML}
}

// readTemplates reads a folder of templates and checks them all.
func readTemplates(folder string) ([]template.Template, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, usageError{fmt.Errorf("the folder cannot be read: %w", err)}
	}
	var all []template.Template
	var wrong []error
	for _, e := range entries {
		if !e.IsDir() || e.Name()[0] == '.' {
			continue
		}
		t, err := readTemplate(folder, e.Name())
		if err == nil {
			err = t.Check()
		}
		if err != nil {
			wrong = append(wrong, usageError{fmt.Errorf("%s: %w", filepath.Join(folder, e.Name()), err)})
		}
		all = append(all, t)
	}
	if len(all) == 0 {
		return nil, usageError{fmt.Errorf("%s has no folder of a template in it, as in %s", folder, filepath.Join(folder, "contract_ready", "subject.hbs"))}
	}
	return all, errors.Join(wrong...)
}

func readTemplate(folder, name string) (template.Template, error) {
	t := template.Template{Name: name}
	for file, side := range sides(&t) {
		b, err := os.ReadFile(filepath.Join(folder, name, file))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return t, err
		}
		*side = string(b)
	}
	b, err := os.ReadFile(filepath.Join(folder, name, "template.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return t, nil
	}
	var more rest
	if err == nil {
		err = fault.Decode(b, &more)
	}
	t.Partial, t.Strict, t.Attachments = more.Partial, more.Strict, more.Attachments
	return t, err
}

// writeTemplate writes what readTemplate reads.
func writeTemplate(folder string, t template.Template) error {
	dir := filepath.Join(folder, t.Name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	files := map[string]string{}
	for name, side := range sides(&t) {
		files[name] = *side
	}
	if more := (rest{t.Partial, t.Strict, t.Attachments}); more.Partial || more.Strict || len(more.Attachments) > 0 {
		b, err := json.MarshalIndent(more, "", "  ")
		if err != nil {
			return err
		}
		files["template.json"] = string(b) + "\n"
	} else {
		files["template.json"] = ""
	}
	for name, content := range files {
		path := filepath.Join(dir, name)
		err := os.WriteFile(path, []byte(content), 0o644)
		if content == "" { // so that a push makes what is here
			err = os.Remove(path)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
