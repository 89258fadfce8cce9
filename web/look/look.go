// Package look is what all pages have in common: the style sheet, and how times are written.
//
// It knows no page and no data.
package look

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"

	"notifier/language"
)

//go:embed style.css *.js icon.svg uplot
var files embed.FS

// AssetPath is where style sheet and scripts are; their addresses change with their content.
const AssetPath = "/assets/"

type asset struct {
	address   string
	mediaType string
	plain, gz []byte
}

// assets are the files that pages load, by name. They and the pages are read
// when somebody looks at a page: most commands show none.
var assets = sync.OnceValue(func() map[string]asset {
	scripts, _ := fs.Glob(files, "*.js")
	return read(append(scripts, "style.css", "icon.svg", "uplot/uPlot.iife.min.js", "uplot/uPlot.min.css")...)
})

func read(names ...string) map[string]asset {
	all := map[string]asset{}
	for _, name := range names {
		content, err := files.ReadFile(name)
		if err != nil {
			panic(err) // it is part of the program
		}
		name = path.Base(name)
		sum := sha256.Sum256(content)
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
		_, _ = z.Write(content)
		_ = z.Close()
		all[name] = asset{AssetPath + hex.EncodeToString(sum[:6]) + "/" + name, mime.TypeByExtension(path.Ext(name)), content, b.Bytes()}
	}
	return all
}

// Assets answers below AssetPath.
func Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, known := assets()[path.Base(r.URL.Path)]
		if !known || r.URL.Path != a.address {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.mediaType)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Vary", "Accept-Encoding")
		body := a.plain
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = a.gz
		}
		_, _ = w.Write(body)
	})
}

// Guarded keeps a page from loading anything from elsewhere and from telling others where
// its reader comes from, and others from framing it or keeping it.
func Guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Robots-Tag", "noindex")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// Pages are templates in every language.
type Pages func() map[string]*template.Template

// NewPages reads templates of a room. Each may use t and n for texts of the catalogue,
// asset for addresses, and what the room adds.
func NewPages(from fs.FS, add template.FuncMap, patterns ...string) Pages {
	return sync.OnceValue(func() map[string]*template.Template { return readPages(from, add, patterns) })
}

func readPages(from fs.FS, add template.FuncMap, patterns []string) map[string]*template.Template {
	pages := map[string]*template.Template{}
	for _, lang := range append(language.Tags(), language.Pseudo) {
		words := In(lang)
		functions := template.FuncMap{
			"path":  url.PathEscape, // an id in the path of a page, whatever is in it
			"asset": func(name string) string { return assets()[name].address },
			"t":     words.T,
			"n":     words.N,
			"form":  words.Form,
			"lang":  func() string { return lang },
			"dict":  dict,
		}
		maps.Copy(functions, add)
		pages[lang] = template.Must(template.New("").Funcs(functions).ParseFS(from, patterns...))
	}
	return pages
}

// dict gives a template more than one thing: names and values in turn.
func dict(pairs ...any) map[string]any {
	all := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		all[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return all
}

// Render answers with a page in a language.
func (p Pages) Render(w http.ResponseWriter, r *http.Request, lang string, status int, name string, data any) error {
	var b bytes.Buffer
	if err := p()[lang].ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("write the page %s: %w", name, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", lang)
	h.Add("Vary", "Accept-Encoding")
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.WriteHeader(status)
		_, _ = w.Write(b.Bytes())
		return nil
	}
	h.Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
	_, _ = z.Write(b.Bytes())
	return z.Close()
}
