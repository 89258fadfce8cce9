// Package web is where people sign in to the pages, and what all of them ask about that.
//
// The pages themselves are in console and centre.
package web

import (
	"embed"
	"net/http"

	"go.uber.org/zap"

	"notifier/wallclock/timekeeper"
	"notifier/web/look"
)

//go:embed *.html
var files embed.FS

var pages = look.NewPages(files, nil, "*.html")

// language is the one that was chosen in the console, or the browser's.
func language(r *http.Request) string {
	chosen := ""
	if c, err := r.Cookie("notifier_lang"); err == nil {
		chosen = c.Value
	}
	return look.Choose(r.URL.Query().Get("lang"), chosen, r.Header.Get("Accept-Language"))
}

// clockFor writes times in the zone of the reader's device, as far as it has told it.
func clockFor(r *http.Request) look.Clock {
	zone := "UTC"
	if c, err := r.Cookie("notifier_zone"); err == nil {
		zone = c.Value
	}
	return look.NewClock(look.In(language(r)), zone, timekeeper.Now(r.Context()))
}

// rendered answers with a page, or with none if it cannot be written.
func rendered(w http.ResponseWriter, r *http.Request, log *zap.Logger, status int, name string, page any) {
	if err := pages.Render(w, r, language(r), status, name, page); err != nil {
		log.Error("a page failed", zap.Error(err))
		http.Error(w, look.In(language(r)).T("fault.text"), http.StatusInternalServerError)
	}
}
