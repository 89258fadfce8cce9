package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// TestRetryTimer is CQ-13 and -14, with a text as previous_error (CQ-15): what the retry wipes stands in the same row, and a
// refusal is 400 with the text of the toast.
func TestRetryTimer(t *testing.T) {
	each(t, func(h *house) {
		s := &script{house: h}
		s.day()
		id := s.find("m-error")
		var row map[string]any
		if status := h.retryTimer(id, key, &row); status != http.StatusOK {
			t.Fatalf("%d %v", status, row)
		}
		for _, name := range []string{"executed_at", "served_at", "deleted_at", "error"} {
			if v, has := row[name]; v != nil || !has {
				h.Errorf("%s is %v, want null", name, v)
			}
		}
		for _, name := range []string{"previous_executed_at", "previous_served_at", "previous_error"} {
			if text, is := row[name].(string); !is || text == "" {
				h.Errorf("%s is %v, want what was wiped", name, row[name])
			}
		}
		if row["retry_count"] != 1.0 || row["status"] != "Manual Retry" || row["id"] != id {
			h.Errorf("the row is %v", row)
		}
		for name, path := range map[string]string{"a second time": id, "sent": s.find("m-sent"), "manual": s.find("m-manual"), "nothing": "msg_0"} {
			var toast map[string]string
			if status := h.retryTimer(path, key, &toast); status != http.StatusBadRequest || !strings.HasSuffix(toast["error_message"], ".") || len(toast) != 1 {
				h.Errorf("%s: %d %s, want 400 with error_message", name, status, toast)
			}
		}
		if status := h.retryTimer(id, "wrong", &row); status != http.StatusUnauthorized {
			h.Errorf("without the key: %d", status)
		}
	})
}

func (h *house) retryTimer(id, key string, into any) int {
	h.Helper()
	request, err := http.NewRequest(http.MethodPost, h.url+"/compat/timers/"+id+"/retry", nil)
	if err != nil {
		h.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		h.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		h.Fatal(err)
	}
	return answer.StatusCode
}
