package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"notifier/explain"
	"notifier/request"
	"notifier/schedule"
)

// why asks, and makes sure of the reason.
func (h *house) why(query string, want explain.Reason) explain.Explanation {
	h.Helper()
	var a explain.Explanation
	h.must(http.StatusOK, &a, "GET", "/api/v1/explain?"+query, "")
	if a.Reason != want || !strings.HasSuffix(a.Sentence, ".") {
		h.Errorf("%s: %s because of %s, want %s: %s", query, a.Verdict, a.Reason, want, a.Sentence)
	}
	return a
}

func TestWhy(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna", "jan")
		event := func(kind, users, id string) {
			h.must(http.StatusAccepted, nil, "POST", "/api/v1/events", `{"kind":"`+kind+`","users":`+users+`,"actor":"ola","process":"lease","case":{"id":"`+id+`"}}`)
		}
		h.must(http.StatusOK, nil, "PUT", "/api/v1/users/anna/preferences", `{"case_changed":"never"}`)
		event("case_changed", `["anna"]`, "C-never")
		if a := h.why("user=anna&case=C-never", explain.PreferenceNever); !strings.Contains(a.Sentence, " on ") || len(a.Trail) != 3 {
			h.Errorf("never: %+v, want when it was chosen, by whom", a)
		}
		h.must(http.StatusOK, nil, "PUT", "/api/v1/users/anna/preferences", `{"case_changed":"weekly"}`)
		h.why("user=anna&case=C-never", explain.PreferenceNever) // what is chosen now changes nothing

		event("case_changed", `["anna"]`, "C-moved")
		h.why("user=anna&case=C-moved", explain.DeferredWeekly)
		h.must(http.StatusOK, nil, "PUT", "/api/v1/users/anna/preferences", `{"case_changed":"hourly"}`)
		if a := h.why("user=anna&case=C-moved", explain.DeferredHourly); !strings.Contains(a.Trail[1].Text, "weekly monday 08:00 Europe/Warsaw") || !strings.Contains(a.Trail[2].Text, "rescheduled: the setting became hourly") {
			h.Errorf("rescheduled: %+v", a.Trail)
		}
		h.must(http.StatusOK, nil, "PUT", "/api/v1/users/anna/preferences", `{"case_changed":"hourly","paused_until":"`+time.Now().AddDate(0, 0, 5).Format(time.DateOnly)+`"}`)
		if a := h.why("user=anna&case=C-moved", explain.PausedByUser); !strings.Contains(a.Sentence, "wants no mail for a while") || a.Next == nil {
			h.Errorf("away: %+v", a)
		}
		h.must(http.StatusOK, nil, "PUT", "/api/v1/processes/lease", `{"muted":["case_received"]}`)
		event("case_received", `["anna","jan"]`, "C-muted")
		if a := h.why("user=jan&case=C-muted", explain.ProcessMuted); !strings.Contains(a.Sentence, "lease") || !strings.Contains(a.Sentence, "by first key") {
			h.Errorf("muted: %s", a.Sentence)
		}
		h.must(http.StatusOK, nil, "PUT", "/api/v1/users/ola", `{}`)
		event("case_changed", `["ola"]`, "C-own")
		h.why("user=ola&case=C-own", explain.OwnAction)
		h.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", `{"to":["ola"],"subject":"x","text":"x","case":{"id":"C-own"}}`)
		h.why("user=ola&case=C-own&kind=direct", explain.NoAddress)

		h.must(http.StatusOK, nil, "POST", "/api/v1/jobs/"+schedule.Notifications+"/pause", `{"note":"the server is moved"}`)
		event("case_changed", `["jan"]`, "C-paused")
		if a := h.why("user=jan&case=C-paused", explain.JobPaused); !strings.Contains(a.Sentence, "the server is moved") || !strings.Contains(a.Sentence, "first key") {
			h.Errorf("paused: %s", a.Sentence)
		}
		id := h.why("user=jan&case=C-paused", explain.JobPaused).Message
		h.must(http.StatusOK, nil, "POST", "/api/v1/messages/"+string(id)+"/cancel", "")
		if a := h.why("user=jan&case=C-paused", explain.Cancelled); !strings.Contains(a.Sentence, "by first key") {
			h.Errorf("cancelled: %s", a.Sentence)
		}
	})
}

func TestWhyOfDeadlines(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna", "jan")
		h.must(http.StatusOK, nil, "PUT", "/api/v1/deadlines/D-1", `{"due_at":"2035-11-25T15:00:00Z","users":["anna"],"case":{"id":"C-1"},"remind_before":["24h"]}`)
		if a := h.why("user=anna&case=C-1", explain.DeadlineAhead); a.Next == nil || !a.Next.At.Equal(time.Date(2035, 11, 24, 15, 0, 0, 0, time.UTC)) {
			h.Errorf("ahead: %+v", a)
		}
		h.why("user=jan&case=C-1", explain.NoEvent)
		h.must(http.StatusNoContent, nil, "DELETE", "/api/v1/deadlines/D-1", "")
		if a := h.why("user=anna&case=C-1", explain.Superseded); !strings.Contains(a.Sentence, "was met on") || !strings.Contains(a.Sentence, "by first key") {
			h.Errorf("met: %s", a.Sentence)
		}
	})
}

func TestRequestsThatLedToNothingAreTold(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna", "jan")
		const body = `{"kind":"case_changed","users":["anna"],"case":{"id":"C-1"}}`
		h.must(http.StatusUnauthorized, nil, "POST", "/api/v1/events", body, "Authorization", "Bearer wrong")
		h.must(http.StatusUnprocessableEntity, nil, "POST", "/api/v1/events", body[:len(body)-2])
		h.must(http.StatusUnprocessableEntity, nil, "POST", "/api/v1/messages", `{"to":["anna",{"email":"no"}],"cc":["jan"]}`)
		a := h.why("user=anna&case=C-1", explain.NoEvent)
		if a.Near == nil || len(a.Near.Refused) != 3 {
			h.Fatalf("the requests that were refused are %+v", a.Near)
		}
		for i, want := range []request.Refusal{
			{Status: 422, Code: "invalid", By: "first key", Path: "/api/v1/messages", Users: []string{"anna", "no", "jan"}},
			{Status: 422, Code: "invalid", By: "first key", Path: "/api/v1/events", Case: "C-1", Users: []string{"anna"}},
			{Status: 401, Code: "unauthorized", Path: "/api/v1/events", Case: "C-1", Users: []string{"anna"}},
		} {
			got := a.Near.Refused[i]
			if got.Status != want.Status || got.By != want.By || got.Path != want.Path || got.Case != want.Case || strings.Join(got.Users, " ") != strings.Join(want.Users, " ") || got.RequestID == "" || got.Code == "" {
				h.Errorf("%+v, want %+v", got, want)
			}
		}
		if !strings.Contains(a.Sentence, "(422 invalid)") {
			h.Errorf("the last one is not named: %s", a.Sentence)
		}
		h.why("user=nobody", explain.UserUnknown)

		h.must(http.StatusAccepted, nil, "POST", "/api/v1/events", body, "Idempotency-Key", "k")
		h.must(http.StatusAccepted, nil, "POST", "/api/v1/events", body, "Idempotency-Key", "k")
		first := h.why("user=anna&case=C-1", explain.WaitingFlush)
		if first.Near == nil || len(first.Near.Repeated) != 1 || first.Near.Repeated[0].First != first.Message {
			h.Errorf("the repetition is %+v, want one of %s", first.Near, first.Message)
		}
		since := first.Trail[0].At.Add(time.Microsecond).Format(time.RFC3339Nano)
		if a := h.why("user=anna&case=C-1&since="+since, explain.DuplicateKey); !strings.Contains(a.Do, string(first.Message)) {
			h.Errorf("a repetition is explained by %q, want the first message", a.Do)
		}
	})
}

// Sentences come in a language that the caller reads; codes and the zone stay.
func TestWhyInOtherLanguages(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		h.must(http.StatusOK, nil, "PUT", "/api/v1/users/anna/preferences", `{"case_changed":"never"}`)
		h.must(http.StatusAccepted, nil, "POST", "/api/v1/events", `{"kind":"case_changed","users":["anna"],"case":{"id":"C-1"}}`)
		id := h.why("user=anna&case=C-1", explain.PreferenceNever).Message
		for _, path := range []string{"/api/v1/explain?user=anna&case=C-1", "/api/v1/messages/" + string(id) + "/explain"} {
			for speaks, want := range map[string][2]string{
				"pl-PL, en;q=0.8": {"pl", "Nie. Odbiorca (anna)"}, "fr": {"fr", "Non. Pour case_changed, « jamais »"}, "de": {"en", "No. anna had chosen never"}, "": {"en", "No. anna"},
			} {
				a := h.ask("GET", path, "", "Accept-Language", speaks)
				var got explain.Explanation
				if err := json.Unmarshal(a.body, &got); err != nil {
					h.Fatal(err)
				}
				sentence := strings.ReplaceAll(got.Sentence, "\u00a0", " ")
				if a.Header.Get("Content-Language") != want[0] || !strings.HasPrefix(sentence, want[1]) || got.Reason != explain.PreferenceNever || got.Trail[0].What != "accepted" {
					h.Errorf("%s in %q: %s, %+v", path, speaks, a.Header.Get("Content-Language"), got)
				}
			}
		}
	})
}
