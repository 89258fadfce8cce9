package api_test

import (
	"net/http"
	"strings"
	"time"
)

// played is how an operation is shown: what is asked and answered.
type played struct {
	operation string
	play      func(s *script)
}

func contractRoutes() []played {
	return []played{
		{"list-users", func(s *script) {
			s.people("anna", "jan", "ola")
			s.say("GET", "/api/v1/users?limit=2", "")
			s.say("GET", "/api/v1/users?limit=2&cursor=jan", "")
		}},
		{"edit-user", func(s *script) {
			s.people("anna")
			s.say("PATCH", "/api/v1/users/anna", `{"name":"Anna","language":"pl"}`, "If-Match", `"1"`)
			s.say("PATCH", "/api/v1/users/anna", `{"timezone":""}`, "If-Match", `"1"`)
			s.say("PATCH", "/api/v1/users/anna", `{"email":"anna","language":"Polish"}`)
			s.say("PATCH", "/api/v1/users/nobody", `{}`)
		}},
		{"edit-preferences", func(s *script) {
			s.people("anna")
			s.must(http.StatusOK, nil, "PUT", "/api/v1/users/anna/preferences", `{"case_received":"hourly","case_changed":"daily"}`)
			s.say("PATCH", "/api/v1/users/anna/preferences", `{"case_changed":"weekly","case_received":null}`)
			s.say("PATCH", "/api/v1/users/anna/preferences", `{"case_received":"weekly"}`)
			s.say("PATCH", "/api/v1/users/anna/preferences", `{"user":"jan"}`)
		}},
		{"publish-events", func(s *script) {
			s.people("anna")
			s.say("POST", "/api/v1/events/batch", `[{"kind":"case_changed","users":["anna"],"id":"e1"},{"kind":"case_changed","users":["nobody"]},{"kind":"case_received","users":["anna"],"idempotency_key":"k2"}]`, "Idempotency-Key", "k1")
			s.say("POST", "/api/v1/events/batch", `[{"kind":"case_changed","users":["anna"],"id":"e1"},{"kind":"case_received","users":["anna"],"idempotency_key":"k2"}]`, "Idempotency-Key", "k1")
			s.say("POST", "/api/v1/events/batch?dry_run=true", `[{"kind":"case_changed","users":["anna"]}]`)
			s.say("POST", "/api/v1/events/batch", `[]`)
		}},
		{"try-event", func(s *script) {
			s.people("anna")
			s.must(http.StatusOK, nil, "PUT", "/api/v1/users/anna/preferences", `{"case_changed":"daily"}`)
			s.say("POST", "/api/v1/events/dry-run", `{"kind":"case_changed","users":["anna"],"occurred_at":"2011-10-11T11:45:40Z"}`)
			s.say("GET", "/api/v1/messages", "")
		}},
		{"get-raw-message", func(s *script) {
			s.people("anna")
			s.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", `{"id":"m1","to":["anna"],"subject":"Contract ready","text":"It lies here."}`)
			id := s.find("m1")
			a := s.must(http.StatusOK, nil, "GET", "/api/v1/messages/"+id+"/raw", "")
			for _, part := range []string{"Subject: Contract ready\r\n", "anna@example.org", "\r\n\r\nIt lies here."} {
				if !strings.Contains(string(a.body), part) {
					s.Errorf("the mail has no %q: %s", part, a.body)
				}
			}
			s.must(http.StatusOK, nil, "DELETE", "/api/v1/users/anna", "")
			s.say("GET", "/api/v1/messages/"+id+"/raw", "")
			s.say("GET", "/api/v1/messages/msg_0/raw", "")
		}},
		{"list-errors", func(s *script) {
			s.day()
			s.say("GET", "/api/v1/messages/"+s.find("m-error")+"/errors", "")
			s.say("GET", "/api/v1/messages/msg_0/errors", "")
		}},
		{"get-merged", func(s *script) {
			s.people("anna")
			s.must(http.StatusOK, nil, "PUT", "/api/v1/users/anna/preferences", `{"case_changed":"daily"}`)
			for _, id := range []string{"e1", "e2"} {
				s.must(http.StatusAccepted, nil, "POST", "/api/v1/events", `{"id":"`+id+`","kind":"case_changed","users":["anna"],"summary":"Commented","occurred_at":"2011-10-11T11:45:40Z"}`)
			}
			if _, err := s.promote.Run(ctx, time.Now()); err != nil {
				s.Fatal(err)
			}
			var all struct{ Data []struct{ ID string } }
			s.must(http.StatusOK, &all, "GET", "/api/v1/messages?type=digest", "")
			for _, m := range all.Data {
				s.say("GET", "/api/v1/digests/"+m.ID, "")
			}
			s.say("GET", "/api/v1/digests/dig_0", "")
		}},
		{"list-next-runs", func(s *script) {
			s.say("GET", "/api/v1/jobs/reminders/next?n=2", "")
			s.must(http.StatusOK, nil, "POST", "/api/v1/jobs/reminders/pause", "")
			s.say("GET", "/api/v1/jobs/reminders/next", "")
			s.say("GET", "/api/v1/jobs/housekeeping/next", "")
		}},
		{"get-timeseries", func(s *script) {
			s.counted(time.Now().Add(-12 * time.Hour))
			s.say("GET", "/api/v1/stats/timeseries?step=6h", "")
			s.say("GET", "/api/v1/stats/timeseries?metric=waits&step=6h", "")
			s.say("GET", "/api/v1/stats/timeseries?metric=queue&step=6h", "")
			s.say("GET", "/api/v1/stats/timeseries?metric=snet&step=7m", "")
			s.say("GET", "/api/v1/stats/timeseries?since=yesterday", "")
			s.say("GET", "/api/v1/stats/timeseries?kind=direct&since=2011-10-11T00:00:00Z&step=1m", "")
		}},
		{"get-version", func(s *script) { s.say("GET", "/api/v1/version", "") }},
		{"erase-user", func(s *script) {
			s.people("anna", "jan")
			s.must(http.StatusOK, nil, "PUT", "/api/v1/groups/clerks", `{"users":["jan","anna"]}`)
			s.must(http.StatusOK, nil, "PUT", "/api/v1/deadlines/C-1", `{"users":["anna"],"due_at":"2035-01-01T00:00:00Z","case":{"id":"C-1"}}`)
			s.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", `{"id":"m1","to":["anna"],"subject":"Contract ready","text":"It lies here."}`)
			id := s.find("m1")
			s.say("DELETE", "/api/v1/users/anna", "")
			s.say("GET", "/api/v1/messages/"+id, "")
			s.say("GET", "/api/v1/groups/clerks", "")
			s.say("GET", "/api/v1/users/anna", "")
			s.say("DELETE", "/api/v1/users/anna", "")
		}},
	}
}
