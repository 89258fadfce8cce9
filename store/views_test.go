package store_test

import (
	"errors"
	"fmt"
	"testing"

	rights "notifier/access"
	"notifier/fault"
	"notifier/store"
	"notifier/store/storetest"
)

func TestViews(t *testing.T) {
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		kept(t, s)
		member := rights.Member{Site: site, Email: "anna@example.org", Role: rights.Support, CreatedAt: noon}
		if err := s.AddMember(t.Context(), member); err != nil {
			t.Fatal(err)
		}
		save := func(email, name, query string) error {
			return s.SaveView(t.Context(), rights.View{Site: site, Email: email, Name: name, Query: query, CreatedAt: noon})
		}
		for _, v := range [][3]string{{"anna@example.org", "b", "status:error"}, {"anna@example.org", "a", "since:1h"}, {"anna@example.org", "b", "code:552"}, {"jan@example.org", "a", "type:digest"}} {
			if err := save(v[0], v[1], v[2]); err != nil {
				t.Fatal(err)
			}
		}
		told := func(email string) (text string) {
			all, err := s.Views(t.Context(), site, email)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range all {
				text += v.Name + "=" + v.Query + " "
			}
			return text
		}
		if got := told("anna@example.org"); got != "a=since:1h b=code:552 " {
			t.Errorf("she has kept %q", got)
		}
		if err := s.RemoveView(t.Context(), site, "anna@example.org", "a"); err != nil {
			t.Fatal(err)
		}
		for i := range rights.MaxViews - 1 {
			if err := save("anna@example.org", fmt.Sprintf("view %02d", i), "since:1h"); err != nil {
				t.Fatal(err)
			}
		}
		if _, is := errors.AsType[*fault.Invalid](save("anna@example.org", "one more", "since:1h")); !is {
			t.Error("there is no end to views")
		}
		if err := save("anna@example.org", "b", "since:2h"); err != nil {
			t.Errorf("one that is there cannot be changed: %v", err)
		}
		// Whoever leaves takes the views along.
		if err := s.RemoveMember(t.Context(), member); err != nil {
			t.Fatal(err)
		}
		if a, j := told("anna@example.org"), told("jan@example.org"); a != "" || j != "a=type:digest " {
			t.Errorf("after she left: %q, and of another %q", a, j)
		}
	})
}
