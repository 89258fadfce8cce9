package api_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"notifier/explain"
)

// await lets two messages wait for anna.
func (h *house) await() {
	h.Helper()
	h.people("anna", "jan")
	h.must(http.StatusOK, nil, "PUT", "/api/v1/users/anna/preferences", `{"case_changed":"daily"}`)
	for i := range 2 {
		h.must(http.StatusAccepted, nil, "POST", "/api/v1/events",
			fmt.Sprintf(`{"id":"e%d","kind":"case_changed","users":["anna"],%s,"summary":"Comment %d – Łódź"}`, i, lease, i))
	}
}

// variable is what differs between two mails of the same content.
var variable = regexp.MustCompile(`(?m)^(Date|Message-ID|X-Notifier-Id|Feedback-ID|References): .*(\r\n[ \t].*)*\r\n|dig_[0-9a-z]{26}|msg_[0-9a-z]{26}`)

func withoutVariables(mail []byte) string {
	text := variable.ReplaceAllString(string(mail), "")
	if _, rest, found := strings.Cut(text, "boundary="); found { // which is made of the id
		boundary, _, _ := strings.Cut(rest, "\r\n")
		text = strings.ReplaceAll(text, strings.Trim(boundary, `"; `), "BOUNDARY")
	}
	return text
}

// UX: the preview is what is sent, but for id and date, and has no side effect.
func TestThePreviewIsWhatIsSent(t *testing.T) {
	each(t, func(h *house) {
		h.await()
		var waits struct {
			DueAt    *time.Time `json:"due_at"`
			Messages []struct{ ID string }
		}
		h.must(http.StatusOK, &waits, "GET", "/api/v1/users/anna/digest", "")
		if waits.DueAt == nil || len(waits.Messages) != 2 {
			h.Fatalf("what waits is %+v", waits)
		}
		mail := h.ask("GET", "/api/v1/users/anna/digest/preview?format=eml&now=true", "")
		html := h.ask("GET", "/api/v1/users/anna/digest/preview?format=html&now=true", "")
		if mail.Header.Get("Content-Type") != "message/rfc822" || !strings.HasPrefix(html.Header.Get("Content-Type"), "text/html") || !strings.Contains(string(html.body), "Łódź") {
			h.Errorf("the preview is %s and %s", mail.Header, html.Header)
		}
		if n := len(h.relay.Got()); n != 0 {
			h.Errorf("the preview sent %d mails", n)
		}
		var after struct{ Messages []struct{ ID string } }
		h.must(http.StatusOK, &after, "GET", "/api/v1/users/anna/digest", "")
		if !slices.Equal(after.Messages, waits.Messages) {
			h.Errorf("after the preview %v waits, before %v", after.Messages, waits.Messages)
		}

		var sent struct {
			Messages int
			Message  string
		}
		h.must(http.StatusOK, &sent, "POST", "/api/v1/users/anna/digest/send", "")
		if sent.Messages != 2 || !strings.HasPrefix(sent.Message, "dig_") {
			h.Errorf("send = %+v", sent)
		}
		h.run(h.flush.Run)
		got := h.relay.Got()
		if len(got) != 1 {
			h.Fatalf("%d mails were sent, want one digest", len(got))
		}
		if a, b := withoutVariables(mail.body), withoutVariables(got[0].Data); a != b {
			h.Errorf("the preview is\n%s\nand sent was\n%s", a, b)
		}
		if a := h.why("user=anna&case=OFA/2026/1181", explain.Merged); a.Digest == nil || a.Digest.Reason != explain.Accepted || !strings.Contains(fmt.Sprint(a.Trail), "asked for before its time by first key") {
			h.Errorf("why: %+v", a)
		}
		h.must(http.StatusOK, &sent, "POST", "/api/v1/users/anna/digest/send", "")
		if sent.Messages != 0 {
			h.Errorf("it was sent twice: %+v", sent)
		}
	})
}

// One message that waits leaves as it is.
func TestASingleMessageIsSentAsItIs(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		h.must(http.StatusOK, nil, "PUT", "/api/v1/users/anna/preferences", `{"case_changed":"weekly"}`)
		h.must(http.StatusAccepted, nil, "POST", "/api/v1/events", `{"kind":"case_changed","users":["anna"],`+lease+`}`)
		// As it would leave now: in a mail of another year, the day of what happened has its year.
		preview := h.ask("GET", "/api/v1/users/anna/digest/preview?format=eml&now=true", "")
		h.must(http.StatusOK, nil, "POST", "/api/v1/users/anna/digest/send", "")
		h.run(h.flush.Run)
		got := h.relay.Got()
		if len(got) != 1 || withoutVariables(preview.body) != withoutVariables(got[0].Data) {
			h.Errorf("%d mails; the preview is\n%s", len(got), preview.body)
		}
	})
}

// UX: estimates are from the person's own events; no history, no number.
func TestEstimates(t *testing.T) {
	each(t, func(h *house) {
		h.await()
		var got struct {
			Days  int
			Kinds map[string]struct {
				Events  int
				Chosen  string
				Choices map[string]float64 `json:"mails_a_week"`
			}
		}
		h.must(http.StatusOK, &got, "GET", "/api/v1/users/anna/preferences/estimate", "")
		changed, received := got.Kinds["case_changed"], got.Kinds["case_received"]
		if got.Days != 7 || changed.Events != 2 || changed.Chosen != "daily" || len(changed.Choices) != 5 || changed.Choices["immediately"] != 2 || changed.Choices["weekly"] != 1 || changed.Choices["never"] != 0 {
			h.Errorf("the estimate is %+v", got)
		}
		if received.Events != 0 || received.Choices != nil {
			h.Errorf("without events there are numbers: %+v", received)
		}
	})
}
