package conformance_test

import (
	"errors"
	"net/http"
	"testing"

	"notifier/client"
)

// T10: ids are percent-encoded on their way, and come back as they were; . and .. are refused.
func TestIdsOfUsers(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, id := range []string{"CN=Anna/OU=Clerks", "a/../b", "anna@example.org", "50%", "%2F", "a b?c#d", "żółć", "..a", "\\"} {
		if err := s.SetUser(ctx, client.User{ID: id, Email: "anna@example.net"}); err != nil {
			t.Errorf("SetUser(%q): %v", id, err)
			continue
		}
		if u, err := s.User(ctx, id); err != nil || u.ID != id {
			t.Errorf("User(%q) = %+v, %v", id, u, err)
		}
		if _, err := s.SetPreferences(ctx, id, client.Preferences{Frequencies: map[client.Kind]client.Frequency{client.CaseChanged: client.Daily}}); err != nil {
			t.Errorf("SetPreferences(%q): %v", id, err)
		}
		if noted, err := s.Notify(ctx, client.Event{Kind: client.CaseChanged, Users: []string{id}, Summary: client.Plain("x")}, client.Once); err != nil || len(noted.Recipients) != 1 || noted.Recipients[0].User != id {
			t.Errorf("Notify(%q) = %+v, %v", id, noted, err)
		}
	}
	for _, id := range []string{".", "..", "/"} {
		err := s.SetUser(ctx, client.User{ID: id, Email: "anna@example.net"})
		var p *client.Problem
		if !errors.As(err, &p) || p.Status != http.StatusUnprocessableEntity {
			t.Errorf("SetUser(%q): %v", id, err)
		}
	}
}
