package console

import (
	"context"
	"errors"
	"net/http"
	"time"

	"notifier/access"
	"notifier/fault"
	"notifier/message"
	"notifier/web"
)

// Settings are the configuration of the service.
type Settings interface {
	// Configuration is what is in force, and where each value comes from.
	Configuration(ctx context.Context) (Configuration, error)
	// Kept are what is wrong with the configuration that was read last, while the one
	// before counts; nil if nothing is.
	Kept() []string
	// Reloads tells whether the configuration can be read again, and Reload does it.
	Reloads() bool
	Reload(ctx context.Context) (changed, restart []string, err error)
	// Export is what is in force as a file would say it, without its secrets.
	Export() ([]byte, error)
}

// Configuration is what is in force on a replica.
type Configuration struct {
	Replica  string
	Settings []Setting
	Reading
}

// Setting is one value of the configuration.
type Setting struct {
	Key, Value, Origin string
	Default            bool // nobody has set it
	AtOnce             bool // another value counts as soon as the configuration is read again
	Waits              bool // there is another value, which counts after a restart
}

// Reading is how the last reading of the configuration ended.
type Reading struct {
	At       time.Time // zero if there was none since the start
	Changed  []string
	Restart  []string // changed, too, but count after a restart
	Problems []string // nothing was changed for these
}

type settingsPage struct {
	base
	Configuration
	Only    bool // what somebody has set, alone
	Reloads bool
	All     int
}

// settings shows the configuration, with where each value comes from.
func (c *console) settings(w http.ResponseWriter, r *http.Request) error {
	p := settingsPage{base: c.base(r, "settings", "nav.settings"), Only: r.URL.Query().Get("only") == "set"}
	if err := c.mayConfigure(r); err != nil {
		return err
	}
	found, err := c.o.Settings.Configuration(r.Context())
	if err != nil {
		return err
	}
	p.Configuration, p.Reloads, p.All = found, c.o.Settings.Reloads(), len(found.Settings)
	if p.Only {
		p.Settings = nil
		for _, s := range found.Settings {
			if !s.Default {
				p.Settings = append(p.Settings, s)
			}
		}
	}
	return c.show(w, r, p.Lang, "settings.html", p)
}

// mayConfigure refuses the admins of other sites: the configuration is that of all.
func (c *console) mayConfigure(r *http.Request) error {
	if c.o.Settings == nil || !web.Who(r.Context()).Home {
		return message.ErrNotFound
	}
	return nil
}

// reload reads the configuration again. How it ended stays on the page.
func (c *console) reload(w http.ResponseWriter, r *http.Request) error {
	if err := c.mayConfigure(r); err != nil {
		return err
	}
	changed, restart, err := c.o.Settings.Reload(r.Context())
	if _, wrong := errors.AsType[*fault.Invalid](err); err != nil && !wrong {
		return err
	}
	web.Tell(r.Context(), func(record *access.Record) {
		record.Subject, record.After = "/config", access.State{"changed": changed, "restart_needed": restart}
		if err != nil {
			record.After = access.State{"refused": fault.Truncate(err.Error(), 300)}
		}
	})
	http.Redirect(w, r, "/settings", http.StatusSeeOther)
	return nil
}

// export gives the configuration as a file.
func (c *console) export(w http.ResponseWriter, r *http.Request) error {
	if err := c.mayConfigure(r); err != nil {
		return err
	}
	content, err := c.o.Settings.Export()
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/yaml; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="config.yaml"`)
	_, err = w.Write(content)
	return err
}
