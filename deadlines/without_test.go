package deadlines_test

import (
	"slices"
	"testing"

	"notifier/deadlines"
)

func TestWithout(t *testing.T) {
	d := deadlines.Deadline{
		Users: []string{"anna", "jan"}, Escalate: []deadlines.Escalation{{Users: []string{"anna"}}, {Users: []string{"boss", "anna"}}},
		ForUsers: map[string]deadlines.Terms{"anna": {}, "jan": {}},
	}
	got, named := d.Without("anna")
	if !named || !slices.Equal(got.Users, []string{"jan"}) || len(got.Escalate) != 1 || !slices.Equal(got.Escalate[0].Users, []string{"boss"}) || len(got.ForUsers) != 1 {
		t.Errorf("without anna: %+v, %t", got, named)
	}
	if len(d.Users) != 2 || len(d.ForUsers) != 2 || len(d.Escalate[1].Users) != 2 {
		t.Errorf("the deadline itself became %+v", d)
	}
	if _, named := d.Without("nobody"); named {
		t.Error("nobody is named")
	}
}
