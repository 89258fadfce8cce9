package console

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"time"

	"go.uber.org/zap"

	"notifier/listing"
	"notifier/message"
	"notifier/message/search"
	"notifier/wallclock/timekeeper"
	"notifier/web"
)

// atATime is how many messages an export holds in memory.
const atATime = 200

// exported are the columns of an export, in the words of the API.
var exported = []struct {
	name  string
	value func(message.Message) string
}{
	{"id", func(m message.Message) string { return string(m.ID) }},
	{"created_at", func(m message.Message) string { return m.CreatedAt.UTC().Format(time.RFC3339) }},
	{"updated_at", func(m message.Message) string { return m.UpdatedAt.UTC().Format(time.RFC3339) }},
	{"status", func(m message.Message) string { return string(m.Status) }},
	{"reason", func(m message.Message) string { return string(m.Reason) }},
	{"type", func(m message.Message) string { return string(m.Type) }},
	{"kind", func(m message.Message) string { return string(m.Kind) }},
	{"to", func(m message.Message) string { return m.Recipients() }},
	{"user", func(m message.Message) string { return m.UserID }},
	{"subject", func(m message.Message) string { return m.Subject }},
	{"case", func(m message.Message) string { return m.Case.ID }},
	{"reference", func(m message.Message) string { return m.Reference }},
	{"account", func(m message.Message) string { return m.Account }},
	{"attempts", func(m message.Message) string { return strconv.Itoa(m.Attempts) }},
	{"retry_count", func(m message.Message) string { return strconv.Itoa(m.RetryCount) }},
	{"error_category", func(m message.Message) string {
		if m.Error == nil {
			return ""
		}
		return string(m.Error.Category)
	}},
	{"error_code", func(m message.Message) string {
		if m.Error == nil {
			return ""
		}
		return m.Error.Code
	}},
	{"error", func(m message.Message) string {
		if m.Error == nil {
			return ""
		}
		return m.Error.Text
	}},
}

// exportMessages hands out all messages that a search finds as CSV, a page at a time. That it was
// asked for is in the audit before the first line leaves.
func (c *console) exportMessages(login *web.Login) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if r.ParseForm() != nil {
			return message.ErrNotFound
		}
		f, err := search.Filter(r.PostForm.Get("q"), "q", timekeeper.Now(r.Context()))
		if err == nil {
			_, err = f.On(site(r), "q", nil)
		}
		if err != nil {
			return err
		}
		f.Limit = atATime
		found, err := c.Search.Find(r.Context(), site(r), f)
		if err != nil {
			return err
		}
		login.Note(r, "export-messages")
		h := w.Header()
		h.Set("Content-Type", "text/csv; charset=utf-8")
		h.Set("Content-Disposition", `attachment; filename="messages-`+timekeeper.Now(r.Context()).Format("20060102-150405")+`.csv"`)
		out := csv.NewWriter(w)
		row := make([]string, len(exported))
		for i, column := range exported {
			row[i] = column.name
		}
		_ = out.Write(row) // an error stays, and Flush tells it
		for {
			for _, m := range found.Messages {
				for i, column := range exported {
					row[i] = listing.Harmless(column.value(m))
				}
				_ = out.Write(row)
			}
			out.Flush()
			if f.Before = found.Next; f.Before == "" || out.Error() != nil {
				return nil
			}
			if found, err = c.Search.Find(r.Context(), site(r), f); err != nil {
				c.log.Error("an export was cut short", zap.Error(err))
				panic(http.ErrAbortHandler) // what has left must not pass for the whole
			}
		}
	}
}
