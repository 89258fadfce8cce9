package console_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"notifier/access"
)

// Whoever reads Polish is answered in Polish, and in the zone of the reader.
func TestWhyInTheReadersLanguageAndZone(t *testing.T) {
	h := open(t)
	id := h.send(1, true)[0]
	for _, c := range []struct{ lang, zone, says string }{
		{"pl", "Europe/Lisbon", "Nie. Serwer pocztowy jej nie przyjął, po 1 próbie, ostatnio"},
		{"fr", "Asia/Tokyo", "Non. Le serveur de messagerie ne l’a pas pris, après 1 tentative"},
	} {
		for _, path := range []string{"/messages/" + string(id), "/why?user=guest0@example.net&case=C-1"} {
			r := httptest.NewRequest("GET", path, nil)
			r.Header.Set("Accept-Language", c.lang)
			r.AddCookie(&http.Cookie{Name: "notifier_session", Value: h.tokens[access.Viewer]})
			r.AddCookie(&http.Cookie{Name: "notifier_zone", Value: c.zone})
			w := httptest.NewRecorder()
			h.pages.ServeHTTP(w, r)
			page := strings.ReplaceAll(text(w), "\u00a0", " ")
			if strings.HasPrefix(path, "/messages") && (!strings.Contains(page, c.says) || !strings.Contains(page, " "+c.zone+":") && !strings.Contains(page, " "+c.zone+" :")) {
				t.Errorf("%s in %s: %s", path, c.lang, page)
			}
			if w.Code != http.StatusOK || strings.Contains(w.Body.String(), `lang="en">N`) || strings.Contains(page, "We know of") {
				t.Errorf("%s in %s: %d %s", path, c.lang, w.Code, page)
			}
		}
	}
}
