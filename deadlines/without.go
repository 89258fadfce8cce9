package deadlines

import (
	"maps"
	"slices"
)

// Without is the deadline without a user, and whether it named the user at all. Who was
// told by an escalation alone goes, and so does an escalation that is left with nobody.
func (d Deadline) Without(user string) (without Deadline, named bool) {
	is := func(u string) bool { return u == user }
	drop := func(users []string) []string {
		rest := slices.DeleteFunc(slices.Clone(users), is)
		named = named || len(rest) < len(users)
		return rest
	}
	d.Users = drop(d.Users)
	var others []Escalation
	for _, e := range d.Escalate {
		if e.Users = drop(e.Users); len(e.Users) > 0 {
			others = append(others, e)
		}
	}
	d.Escalate = others
	if _, own := d.ForUsers[user]; own {
		named = true
		d.ForUsers = maps.Clone(d.ForUsers)
		delete(d.ForUsers, user)
	}
	return d, named
}
