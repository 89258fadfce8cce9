package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
)

// through reads a list page by page, calling between before each but the first.
func (h *house) through(path, name string, between func()) (all []string) {
	h.Helper()
	for cursor := ""; ; {
		var page struct {
			Data       []map[string]any `json:"data"`
			NextCursor string           `json:"next_cursor"`
			HasMore    bool             `json:"has_more"`
		}
		h.must(http.StatusOK, &page, "GET", path+"&cursor="+url.QueryEscape(cursor), "")
		for _, one := range page.Data {
			all = append(all, one[name].(string))
		}
		if page.HasMore != (page.NextCursor != "") {
			h.Fatalf("has_more %t with the cursor %q", page.HasMore, page.NextCursor)
		}
		if !page.HasMore {
			return all
		}
		cursor = page.NextCursor
		between()
	}
}

func TestPagesOfMessages(t *testing.T) {
	each(t, func(h *house) {
		h.day()
		send := func() {
			h.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", `{"to":["a@example.net","b@example.net","c@example.net"],"subject":"x","text":"x"}`)
		}
		for range 6 {
			send()
		}
		whole := h.through("/api/v1/messages?limit=200", "id", func() {})
		if len(whole) != 6*3+11 {
			h.Fatalf("there are %d messages, want 29", len(whole))
		}
		for _, limit := range []int{1, 7, 14, 28, 29, 30} {
			if got := h.through(fmt.Sprintf("/api/v1/messages?limit=%d", limit), "id", func() {}); !slices.Equal(got, whole) {
				h.Errorf("by %d: %d messages, want each once and in the same order", limit, len(got))
			}
		}
		// What comes meanwhile is newer than any cursor.
		if got := h.through("/api/v1/messages?limit=5", "id", send); !slices.Equal(got, whole) {
			h.Errorf("while others come: %d messages, want each once and in the same order", len(got))
		}
		pending := h.through("/api/v1/messages?limit=2&status=pending&case=", "status", func() {})
		if len(pending) < 18 || slices.ContainsFunc(pending, func(s string) bool { return s != "pending" }) {
			h.Errorf("filtered by status, the pages hold %v", pending)
		}
	})
}

func TestPagesOfDeadlines(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		want := []string{}
		for i := range 20 {
			key := fmt.Sprintf("OFA/2026/%02d %% żółć", i)
			want = append(want, key)
			// Five at a time are due at one instant.
			body := fmt.Sprintf(`{"users":["anna"],"due_at":"2035-01-%02dT12:00:00.000001Z"}`, 1+i/5)
			h.must(http.StatusOK, nil, "PUT", "/api/v1/deadlines/"+url.PathEscape(key), body)
		}
		for _, limit := range []int{1, 3, 5, 19, 20, 21} {
			if got := h.through(fmt.Sprintf("/api/v1/deadlines?limit=%d", limit), "key", func() {}); !slices.Equal(got, want) {
				h.Errorf("by %d: %q, want each once, the next first", limit, got)
			}
		}
		h.must(http.StatusNoContent, nil, "DELETE", "/api/v1/deadlines/"+url.PathEscape(want[3]), "")
		if got := h.through("/api/v1/deadlines?limit=3", "key", func() {}); !slices.Equal(got, slices.Delete(want, 3, 4)) {
			h.Errorf("after one was cleared: %q", got)
		}
	})
}
