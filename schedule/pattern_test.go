package schedule_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"notifier/schedule"
)

// T9: a cron that restricts both day fields runs when one of them fits, so it is no "Mondays".
func TestWordsOfBothDayFields(t *testing.T) {
	for cron, words := range map[string]string{
		"0 12 1-31 * 1":      "daily at 12:00 (UTC)",
		"0 12 */1 * 1":       "Mondays at 12:00 (UTC)", // a field that begins with * restricts nothing
		"0 12 15 * 0-6":      "daily at 12:00 (UTC)",
		"0 12 15 * */1":      `cron "0 12 15 * */1" (UTC)`,
		"0 12 15 * sun-sat":  "daily at 12:00 (UTC)",
		"0 12 1,2 * 1":       `cron "0 12 1,2 * 1" (UTC)`,
		"0 12 1-31 2 1":      `cron "0 12 1-31 2 1" (UTC)`,
		"30 0-23 * * *":      `cron "30 0-23 * * *" (UTC)`, // fixed hours: a change of clocks differs
		"30 */1 1-31 1-12 0": "every hour at :30 (UTC)",
		"5 8 * jan-dec sun":  "Sundays at 08:05 (UTC)",
	} {
		s, err := schedule.Spec{Cron: cron}.Compile()
		if err != nil || s.Words() != words {
			t.Errorf("%s is called %s (%v), want %s", cron, s.Words(), err, words)
		}
	}
}

// said reads the words of a cron back, and tells on which readings of a wall clock it runs.
var said = regexp.MustCompile(`^(daily at|every hour at|([A-Z][a-z]+)s at) ([0-9]{2})?:([0-9]{2}) \(UTC\)$`)

func saidAt(words string) func(time.Time) bool {
	found := said.FindStringSubmatch(words)
	if found == nil {
		return nil
	}
	m, _ := strconv.Atoi(found[4])
	h, noHour := strconv.Atoi(found[3])
	return func(at time.Time) bool {
		return at.Minute() == m && at.Second() == 0 && (noHour != nil || at.Hour() == h) && (found[2] == "" || at.Weekday().String() == found[2])
	}
}

// T9: whatever a cron is called, its next sixty runs are just those that the words promise.
func TestWordsAreWhatRuns(t *testing.T) {
	field := func(least, most int, names ...string) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			a, b := rapid.IntRange(least, most).Draw(t, "a"), rapid.IntRange(least, most).Draw(t, "b")
			a, b = min(a, b), max(a, b)
			step := rapid.IntRange(1, most-least).Draw(t, "step")
			name := strconv.Itoa(a)
			if len(names) > 0 {
				name = names[a-least]
			}
			return rapid.SampledFrom([]string{
				"*", "*", "*", "*/1", strconv.Itoa(a), strconv.Itoa(a), name, fmt.Sprintf("%d-%d", least, most), fmt.Sprintf("%d-%d", a, b),
				fmt.Sprintf("%d,%d", a, b), fmt.Sprintf("*/%d", step), fmt.Sprintf("%d-%d/%d", least, most, step), fmt.Sprintf("%d/%d", a, step),
				fmt.Sprintf("%d-%d/1", least, most), fmt.Sprintf("%d,*", a),
			}).Draw(t, "field")
		})
	}
	months := strings.Fields("jan feb mar apr may jun jul aug sep oct nov dec")
	minutes, hours, days := field(0, 59), field(0, 23), field(1, 31)
	month, weekday := field(1, 12, months...), field(0, 6, strings.Fields("sun mon tue wed thu fri sat")...)
	valid := rapid.Custom(func(t *rapid.T) string {
		return strings.Join([]string{minutes.Draw(t, "minute"), hours.Draw(t, "hour"), days.Draw(t, "day"), month.Draw(t, "month"), weekday.Draw(t, "weekday")}, " ")
	}).Filter(func(cron string) bool {
		_, err := schedule.Spec{Cron: cron}.Compile()
		return err == nil
	})
	rapid.Check(t, func(t *rapid.T) {
		cron := valid.Draw(t, "cron")
		s, err := schedule.Spec{Cron: cron}.Compile()
		if err != nil {
			t.Fatal(err)
		}
		promised := saidAt(s.Words())
		if promised == nil {
			return
		}
		at := time.Date(2026, 2, 26, 23, 59, 0, 0, time.UTC)
		for _, run := range s.NextN(at, 60) {
			for at = at.Add(time.Minute); at.Before(run); at = at.Add(time.Minute) {
				if promised(at) {
					t.Fatalf("%s is called %s and does not run at %s", cron, s.Words(), at)
				}
			}
			if !promised(run) {
				t.Fatalf("%s is called %s and runs at %s", cron, s.Words(), run)
			}
		}
	})
}
