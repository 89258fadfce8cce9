package explain

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"notifier/deadlines"
	"notifier/message"
	"notifier/request"
	"notifier/schedule"
)

// Near is what nearly fits a question: where the mistake may lie if there is no answer.
type Near struct {
	People   []Miss            `json:"people,omitempty" doc:"Others who had mail about the same case."`
	Cases    []Miss            `json:"cases,omitempty" doc:"Other cases that the same person had mail about."`
	Refused  []request.Refusal `json:"refused,omitempty" doc:"Requests of the last seven days that named the case or the person, and were refused."`
	Repeated []request.Refusal `json:"repeated,omitempty" doc:"Requests of the last seven days that were answered as before, by their Idempotency-Key."`
}

// Miss is the newest message of another person, or about another case.
type Miss struct {
	User    string         `json:"user,omitempty"`
	Case    string         `json:"case,omitempty"`
	Kind    message.Kind   `json:"kind,omitempty"`
	At      time.Time      `json:"at"`
	Status  message.Status `json:"status"`
	Message message.ID     `json:"message"`
}

// nothing is the answer where there is no message.
func (a *asked) nothing(ctx context.Context, repeated, refused []request.Refusal) (Explanation, error) {
	zone, err := a.people.Zone(ctx, a.Site)
	if err != nil {
		return Explanation{}, err
	}
	c := clockOf(speak(a.Lang), cmp.Or(a.Zone, a.person.Timezone, zone), a.now)
	answer, found, err := a.deadline(ctx, c)
	if err != nil {
		return Explanation{}, err
	}
	near, err := a.near(ctx)
	if err != nil {
		return Explanation{}, err
	}
	near.Repeated, near.Refused = repeated, refused
	if !found {
		answer = a.unknown(c, near)
	}
	answer.User, answer.Case, answer.Kind, answer.Timezone = cmp.Or(a.person.ID, a.User), a.Case, a.Kind, c.name()
	if len(near.People)+len(near.Cases)+len(near.Refused)+len(near.Repeated) > 0 {
		answer.Near = &near
	}
	return answer, nil
}

func (a *asked) unknown(c clock, near Near) Explanation {
	f := facts{
		"user": a.User, "case": a.Case, "kind": string(a.Kind), "since": c.from(a.Since),
		"who": cmp.Or(a.person.Name, a.person.ID, a.User),
	}
	reason := NoEvent
	switch {
	case len(near.Repeated) > 0:
		last := near.Repeated[0]
		reason, f["at"], f["first"], f["by"] = DuplicateKey, c.at(last.At), string(last.First), "key"
	case a.User != "" && !a.known:
		reason = UserUnknown
	}
	if len(near.Refused) > 0 {
		last := near.Refused[0]
		f["last"] = c.say("explain.last", facts{"at": c.at(last.At), "status": strconv.Itoa(last.Status), "code": last.Code})
	}
	return c.explain(reason, f)
}

// explain is the answer of a reason and facts alone.
func (w words) explain(reason Reason, f facts) Explanation {
	return Explanation{Verdict: verdicts[reason], Reason: reason, Sentence: w.sentence(reason, f), Do: w.do(reason, f)}
}

// deadline is the answer where a deadline of the case has not led to a mail yet, or was
// over before it could.
func (a *asked) deadline(ctx context.Context, c clock) (answer Explanation, found bool, err error) {
	if a.Case == "" || a.Kind != "" && a.Kind != message.Deadline {
		return answer, false, nil
	}
	all, err := a.people.DeadlinesOf(ctx, a.Site, a.Case, looked)
	all = slices.DeleteFunc(all, func(d deadlines.Deadline) bool {
		return a.User != "" && !slices.Contains(d.People(), a.person.ID) || d.NextAt.IsZero() && d.ClearedAt.IsZero()
	})
	if err != nil || len(all) == 0 {
		return answer, false, err
	}
	d := slices.MinFunc(all, func(x, y deadlines.Deadline) int { // what is ahead, and the soonest of that
		over := func(d deadlines.Deadline) int { return min(1, len(c.at(d.ClearedAt))) }
		return cmp.Or(over(x)-over(y), x.NextAt.Compare(y.NextAt), y.ClearedAt.Compare(x.ClearedAt))
	})
	f := facts{"key": d.Key}
	reason := DeadlineAhead
	var leaving schedule.Leaving
	known := false
	if d.ClearedAt.IsZero() {
		if leaving, known, err = a.reminds(ctx, d.NextAt); err != nil {
			return answer, false, err
		}
		f["due"], f["deadline_due"] = c.ahead(d.NextAt), c.ahead(d.DueAt)
		if known {
			f["due"] = c.leaving(d.NextAt, leaving)
		}
	} else {
		reason, f["cause"], f["at"] = Superseded, c.say("explain.cause_over", f), c.at(d.ClearedAt)
		changes, err := a.people.ChangesOf(ctx, a.Site, message.OfDeadline+d.Key, 1)
		if err != nil {
			return answer, false, err
		}
		if len(changes) == 1 && changes[0].What == message.ClearDeadline {
			f["cause"], f["by"] = c.say("explain.cause_met", f), changes[0].By
			if strings.Contains(string(changes[0].Content), string(message.CaseMovedOn)) {
				f["cause"] = c.say("explain.cause_left_for", f)
			}
		}
	}
	answer = c.explain(reason, f)
	if reason == DeadlineAhead {
		answer.Next = &Next{At: d.NextAt.UTC(), Timezone: c.name(), What: c.T("explain.next.reminder")}
		if known {
			answer.Next.leaves(leaving)
		}
	}
	answer.Trail = []Step{{d.SetAt.UTC(), "deadline_set", c.say("explain.step.deadline", f)}}
	return answer, true, nil
}

// reminds is when the reminder of a step leaves; known is false where no timetable is.
func (a *asked) reminds(ctx context.Context, step time.Time) (l schedule.Leaving, known bool, err error) {
	reminders, err := a.jobs(ctx, schedule.Reminders)
	if err != nil {
		return l, false, err
	}
	flush, err := a.jobs(ctx, schedule.Notifications)
	d := schedule.Departures{Reminders: reminders.Standing, Notifications: flush.Standing}
	l = d.OfReminder(step, a.now)
	return l, !unknown(l, d), err
}

// near are the newest messages of others about the case, and of the person about others.
func (a *asked) near(ctx context.Context) (n Near, err error) {
	if a.Case != "" {
		n.People, err = a.misses(ctx, message.Filter{Case: a.Case}, func(m message.Message) string { return cmp.Or(m.UserID, m.Recipients()) })
	}
	if err == nil && a.known {
		n.Cases, err = a.misses(ctx, message.Filter{User: a.person.ID}, func(m message.Message) string { return m.Case.ID })
	}
	return n, err
}

// misses are the newest messages of each sort.
func (a *asked) misses(ctx context.Context, f message.Filter, sort func(message.Message) string) (misses []Miss, err error) {
	f.Limit = looked
	found, err := a.history.Messages(ctx, a.Site, f)
	seen := map[string]bool{"": true}
	for _, m := range found {
		if key := sort(m); !seen[key] && len(misses) < nearby {
			seen[key] = true
			misses = append(misses, Miss{User: cmp.Or(m.UserID, m.Recipients()), Case: m.Case.ID, Kind: m.Kind, At: m.CreatedAt.UTC(), Status: m.Status, Message: m.ID})
		}
	}
	return misses, err
}

// chose tells whether the later of two changes of a user changed what was chosen, or the
// zone that it is reckoned in.
func chose(before, after message.Change) bool {
	var was, is struct {
		Timezone    string          `json:"timezone"`
		Preferences json.RawMessage `json:"preferences"`
	}
	if json.Unmarshal(before.Content, &was) != nil || json.Unmarshal(after.Content, &is) != nil {
		return true
	}
	zone := func(directory string, chosen json.RawMessage) string {
		var own struct {
			Timezone string `json:"timezone"`
		}
		_ = json.Unmarshal(chosen, &own) // what is no object has no zone of its own
		return cmp.Or(own.Timezone, directory)
	}
	return zone(was.Timezone, was.Preferences) != zone(is.Timezone, is.Preferences) || !bytes.Equal(was.Preferences, is.Preferences)
}
