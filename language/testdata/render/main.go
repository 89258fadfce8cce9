// Render writes a mail, a digest, a reason and a page in one language, for a test of language.
package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"time"

	"notifier/digest"
	"notifier/explain"
	"notifier/letter"
	"notifier/message"
	"notifier/web/look"
)

func main() {
	lang, web := os.Args[1], os.Args[2]
	at := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	m := message.Message{
		ID: "msg_1", Type: message.Single, UserID: "42", Language: lang, Timezone: "UTC", Kind: message.CaseReceived,
		Setting: "daily 08:00", Case: message.Case{ID: "C-1", Title: "Zyx"}, OccurredAt: at, CreatedAt: at, UpdatedAt: at,
	}
	fmt.Println(letter.Writer{}.Write(m).Text)
	fmt.Println(letter.Writer{}.Remind(m, letter.Due{At: at.AddDate(0, 0, -3), Now: at}).Text)
	fmt.Println(digest.Merge(letter.Writer{}, []message.Message{m, m}, at.Add(time.Hour)).Text)
	m.Status, m.Error = message.Error, &message.Failure{Category: message.MailboxFull}
	fmt.Println(explain.Explain(explain.Facts{Now: at, Lang: lang, Message: m}).Sentence)
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
	pages := look.NewPages(os.DirFS(web), nil, "*.html")
	page := struct {
		Scope string
		Who   struct{ Role, Name string }
	}{Scope: "C-2"}
	if err := pages.Render(w, r, look.Choose(lang), 403, "forbidden.html", page); err != nil {
		panic(err)
	}
	fmt.Println(w.Body.String())
}
