package console_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"notifier/access"
	"notifier/fault"
	"notifier/web/console"
)

// fixed is a configuration whose file has become wrong; the one of before counts.
type fixed struct{}

func (fixed) Configuration(context.Context) (console.Configuration, error) {
	return console.Configuration{Replica: "test", Settings: []console.Setting{
		{Key: "jobs.reminders.every", Value: `"15m"`, Origin: "config.yaml:2", AtOnce: true},
		{Key: "retention.days", Value: "0", Origin: "default", Default: true, Waits: true},
	}, Reading: console.Reading{Restart: []string{"retention.days"}}}, nil
}
func (fixed) Kept() []string          { return []string{"config.yaml:1: unknown key"} }
func (fixed) Reloads() bool           { return true }
func (fixed) Export() ([]byte, error) { return []byte("site: default\n"), nil }
func (fixed) Reload(context.Context) (changed, restart []string, err error) {
	var bad fault.Invalid
	bad.Add("", "bad_config", "config.yaml:1: unknown key")
	return nil, nil, bad.Err()
}

// A configuration that is wrong is told of on every page, to whoever looks.
func TestTheBannerOfAWrongConfiguration(t *testing.T) {
	h := open(t)
	for _, role := range []access.Role{access.Viewer, access.Manager} {
		h.wants(h.ask(role, "GET", "/messages", nil), http.StatusOK, "The configuration was read again and is wrong; the one before counts.")
	}
	h.wants(h.ask(access.Manager, "GET", "/settings", nil), http.StatusOK, "config.yaml:2", "another waits for a restart", "Reload", "retention.days")
	if w := h.ask(access.Manager, "GET", "/settings?only=set", nil); w.Code != http.StatusOK || len(w.Body.String()) == 0 {
		h.Errorf("only=set: %d", w.Code)
	}
	if w := h.ask(access.Manager, "POST", "/settings/reload", url.Values{}); w.Code != http.StatusSeeOther {
		h.Errorf("a reload that is refused: %d %s", w.Code, text(w))
	}
	h.wants(h.ask(access.Manager, "GET", "/audit", nil), http.StatusOK, "reload-config")
	if w := h.ask(access.Manager, "GET", "/settings/export", nil); w.Body.String() != "site: default\n" || w.Header().Get("Content-Disposition") == "" {
		h.Errorf("the export is %q", w.Body)
	}
}
