package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"notifier/message"
	"notifier/template"
)

func templateCommand(s *shared) *cobra.Command {
	c := &cobra.Command{
		Use: "template", Short: "Look at the templates of mails, and change them", RunE: showHelp,
		Long: `A folder of templates has a folder for each, by its name: in it subject.hbs, text.hbs and html.hbs, of
which one is enough, and template.json for the rest: {"partial": true, "strict": true, "attachments": […]}.`,
	}
	var site string
	c.PersistentFlags().StringVar(&site, "site", "", "`site` (default: that of the configuration)")
	c.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the templates",
			RunE: func(c *cobra.Command, _ []string) error {
				return s.withHouse(c, site, func(ctx context.Context, h *house, call message.Call) error {
					w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
					err := h.eachTemplate(ctx, call.Site, func(t template.Template) error {
						sort := "template"
						if t.Partial {
							sort = "partial"
						}
						fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", t.Name, sort, t.UpdatedAt.UTC().Format(time.DateOnly), message.Truncate(t.Subject, 100))
						return nil
					})
					return errors.Join(err, w.Flush())
				})
			},
		},
		renderCommand(s, &site),
		oneArgument("which folder? Write one, as in notifier template %s templates", &cobra.Command{
			Use: "check FOLDER", Short: "Tell what is wrong with the templates of a folder",
			RunE: func(c *cobra.Command, arguments []string) error {
				all, err := readTemplates(arguments[0])
				if err == nil {
					fmt.Fprintf(c.OutOrStdout(), "%s can be read.\n", count(len(all), "template"))
				}
				return err
			},
		}),
		oneArgument("which folder? Write one, as in notifier template %s templates", &cobra.Command{
			Use: "push FOLDER", Short: "Add the templates of a folder, or replace those of their names", Example: "  notifier template push templates",
			RunE: func(c *cobra.Command, arguments []string) error {
				all, err := readTemplates(arguments[0])
				if err != nil {
					return err
				}
				return s.withHouse(c, site, func(ctx context.Context, h *house, call message.Call) error {
					if err := h.desk.SetTemplates(ctx, call, all...); err != nil {
						return err
					}
					fmt.Fprintf(c.OutOrStdout(), "%s pushed.\n", count(len(all), "template"))
					return nil
				})
			},
		}),
		oneArgument("which folder? Write one, as in notifier template %s templates", &cobra.Command{
			Use: "pull FOLDER", Short: "Write all templates into a folder", Example: "  notifier template pull templates",
			RunE: func(c *cobra.Command, arguments []string) error {
				return s.withHouse(c, site, func(ctx context.Context, h *house, call message.Call) error {
					n := 0
					err := h.eachTemplate(ctx, call.Site, func(t template.Template) error {
						n++
						return writeTemplate(arguments[0], t)
					})
					if err == nil {
						fmt.Fprintf(c.OutOrStdout(), "%s pulled.\n", count(n, "template"))
					}
					return err
				})
			},
		}),
		oneArgument("which template? Write its name, as in notifier template %s contract_ready", &cobra.Command{
			Use: "remove NAME", Short: "Delete a template",
			RunE: func(c *cobra.Command, arguments []string) error {
				return s.withHouse(c, site, func(ctx context.Context, h *house, call message.Call) error {
					return h.desk.RemoveTemplate(ctx, call, arguments[0])
				})
			},
		}),
	)
	return c
}

func renderCommand(s *shared, site *string) *cobra.Command {
	var data string
	c := oneArgument("which template? Write its name, as in notifier template %s contract_ready", &cobra.Command{
		Use: "render NAME", Short: "Print what a template makes of data",
		Example: `  notifier template render contract_ready --data '{"name": "Anna"}'
  notifier template render contract_ready --data - <anna.json`,
		RunE: func(c *cobra.Command, arguments []string) error {
			filling, err := readData(c, data)
			if err != nil {
				return err
			}
			return s.withHouse(c, *site, func(ctx context.Context, h *house, call message.Call) error {
				m, err := h.desk.FillTemplate(ctx, call.Site, arguments[0], filling)
				if err != nil {
					return err
				}
				e := json.NewEncoder(c.OutOrStdout())
				e.SetEscapeHTML(false)
				e.SetIndent("", "  ")
				return e.Encode(m)
			})
		},
	})
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
		if err := message.Decode(b, &data); err != nil {
			return nil, usageError{fmt.Errorf("--data: %w", err)}
		}
	}
	return data, nil
}

// oneArgument asks for what a command cannot do without.
func oneArgument(ask string, c *cobra.Command) *cobra.Command {
	c.Args = func(_ *cobra.Command, arguments []string) error {
		if len(arguments) != 1 {
			return usageError{fmt.Errorf(ask, c.Name())}
		}
		return nil
	}
	return c
}

func (h *house) eachTemplate(ctx context.Context, site string, do func(template.Template) error) error {
	for after := ""; ; {
		all, err := h.store.Templates(ctx, site, after, 100)
		if err != nil || len(all) == 0 {
			return err
		}
		for _, t := range all {
			if err := do(t); err != nil {
				return err
			}
			after = t.Name
		}
	}
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
		err = message.Decode(b, &more)
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
