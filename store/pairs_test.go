package store_test

import (
	"errors"
	"testing"
	"time"

	staff "notifier/access"
	"notifier/message"
	"notifier/store"
	"notifier/store/storetest"
)

// L4: whoever is removed from the staff and added again has no session, view or network of before,
// not even one that was being begun when the removal came.
func TestStaffWhoComeBackBeginAnew(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		if err := s.AddSite(ctx, site, "UTC", noon); err != nil {
			t.Fatal(err)
		}
		member := staff.Member{Site: site, Email: "ola@example.org", Name: "Ola", Role: staff.Support, CreatedAt: noon}
		session := func(hash string) staff.Session {
			return staff.Session{Site: site, Email: member.Email, Hash: hash, CreatedAt: noon, UsedAt: noon, ExpiresAt: noon.Add(time.Hour), Network: "192.0.2.0/24"}
		}
		for range 2 {
			if err := s.AddMember(ctx, member); err != nil {
				t.Fatal(err)
			}
			for _, hash := range []string{"before", "late"} {
				if x, err := s.SessionOfHash(ctx, hash); !errors.Is(err, message.ErrNotFound) {
					t.Errorf("added, there is the session %+v, %v", x, err)
				}
			}
			if err := s.AddSession(ctx, session("before")); err != nil {
				t.Fatal(err)
			}
			if err := s.RemoveMember(ctx, member); err != nil {
				t.Fatal(err)
			}
			if err := s.AddSession(ctx, session("late")); !errors.Is(err, message.ErrNotFound) {
				t.Errorf("a session of somebody who was removed: %v, want ErrNotFound", err)
			}
		}
	})
}
