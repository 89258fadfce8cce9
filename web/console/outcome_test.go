package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"notifier/access"
	"notifier/message"
)

// become carries a message as a run would have.
func (h *house) become(id message.ID, move message.Move) {
	h.Helper()
	now := time.Now().UTC()
	m, err := h.store.Message(h.Context(), site, id)
	if err != nil {
		h.Fatal(err)
	}
	after, err := m.Do(message.Claim, now)
	if err == nil {
		after, err = after.Do(move, now)
	}
	if move == message.Fail {
		after.Error = &message.Failure{Category: message.MailboxFull}
	}
	if err == nil {
		err = h.store.Replace(h.Context(), m, after)
	}
	if err != nil {
		h.Fatal(err)
	}
}

// P4: the colour and the words of an operation are those of what became of its messages.
func TestAnOperationLooksLikeItsOutcome(t *testing.T) {
	for _, c := range []struct {
		name   string
		moves  []message.Move
		class  string
		says   []string
		stream bool
	}{
		{"all on the way", nil, "b run", []string{"On the way", "2 on the way"}, true},
		{"one on the way", []message.Move{message.Fail}, "b run", []string{"On the way", "1 failed again", "1 on the way"}, true},
		{"all failed again", []message.Move{message.Fail, message.Fail}, "b err", []string{"Failed", "2 failed again"}, false},
		{"one failed again", []message.Move{message.Accept, message.Fail}, "b wait", []string{"Done in part", "1 sent", "1 failed again"}, false},
		{"one was skipped", []message.Move{message.Accept, message.Skip}, "b wait", []string{"Done in part", "1 sent", "1 not sent"}, false},
		{"all sent", []message.Move{message.Accept, message.Accept}, "b ok", []string{"Done", "2 sent"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := open(t)
			ids := h.send(2, true)
			place := h.ask(access.Support, "POST", "/operations", url.Values{"do": {"retry"}, "id": {string(ids[0]), string(ids[1])}}).Header().Get("Location")
			h.run(time.Now().UTC())
			for i, move := range c.moves {
				h.become(ids[i], move)
			}
			page := h.ask(access.Support, "GET", place, nil)
			h.wants(page, http.StatusOK, c.says...)
			for _, class := range []string{"b ok", "b run", "b err", "b wait", "b off"} {
				panel, _, _ := strings.Cut(page.Body.String()[strings.Index(page.Body.String(), "data-operation"):], "</strong>")
				if strings.Contains(panel, `class="`+class+`"`) != (class == c.class) {
					h.Errorf("the badge of %q is not %q: %s", c.name, c.class, panel)
				}
			}
			if got := strings.Contains(page.Body.String(), "/stream?operation="); got != c.stream {
				h.Errorf("the page goes on listening: %t, want %t", got, c.stream)
			}
		})
	}
}

// P4: the stream tells a page when the messages have come to an end.
func TestTheStreamTellsOfTheOutcome(t *testing.T) {
	h := open(t)
	ids := h.send(2, true)
	place := h.ask(access.Support, "POST", "/operations", url.Values{"do": {"retry"}, "id": {string(ids[0]), string(ids[1])}}).Header().Get("Location")
	h.run(time.Now().UTC())
	beat := func() string {
		return h.ask(access.Support, "GET", "/stream?once&operation="+strings.TrimPrefix(place, "/operations/"), nil).Body.String()
	}
	if got := beat(); !strings.Contains(got, `"stage":"open","over":false`) {
		h.Errorf("on the way the stream tells %s", got)
	}
	h.become(ids[0], message.Fail)
	h.become(ids[1], message.Fail)
	deadline := time.Now().Add(time.Minute)
	got := beat()
	for ; !strings.Contains(got, `"stage":"failed","over":true`); got = beat() {
		if time.Now().After(deadline) {
			h.Fatalf("after the end the stream tells %s", got)
		}
	}
}
