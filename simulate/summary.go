package simulate

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"notifier/message"
)

// Summary is what a plan comes to, for people who decide about schedules.
type Summary struct {
	Mails   int
	ByType  map[message.Type]int
	Days    int // with at least one mail
	MaxDay  int
	Busiest time.Time // the minute with the most mails
	Peak    int       // and how many they were
	// RightAway is how long mails wait that nobody deferred; PastDue is how long digests
	// wait after they were due.
	RightAway, PastDue Spread
	Digest             Sizes
}

// Spread is how long half and how long all but a twentieth take at the most.
type Spread struct{ P50, P95 time.Duration }

// Sizes are the numbers of items in digests.
type Sizes struct{ P50, P95, Max int }

// Summarize counts mails.
func Summarize(mails []Mail) Summary {
	s := Summary{Mails: len(mails), ByType: map[message.Type]int{}}
	days, minutes := map[time.Time]int{}, map[time.Time]int{}
	var soon, late []time.Duration
	var sizes []int
	for _, m := range mails {
		s.ByType[m.Type]++
		days[m.At.Truncate(24*time.Hour)]++
		minutes[m.At.Truncate(time.Minute)]++
		switch {
		case m.Type == message.Digest:
			sizes = append(sizes, len(m.Items))
			late = append(late, m.At.Sub(m.Due))
		case m.Due.Equal(m.Since[0]):
			soon = append(soon, m.At.Sub(m.Due))
		default:
			late = append(late, m.At.Sub(m.Due))
		}
	}
	s.Days = len(days)
	for _, n := range days {
		s.MaxDay = max(s.MaxDay, n)
	}
	for minute, n := range minutes {
		if n > s.Peak || n == s.Peak && minute.Before(s.Busiest) {
			s.Busiest, s.Peak = minute, n
		}
	}
	s.RightAway = Spread{percentile(soon, 50), percentile(soon, 95)}
	s.PastDue = Spread{percentile(late, 50), percentile(late, 95)}
	s.Digest = Sizes{percentile(sizes, 50), percentile(sizes, 95), percentile(sizes, 100)}
	return s
}

// percentile sorts all and takes the smallest that p percent do not exceed.
func percentile[T int | time.Duration](all []T, p int) T {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[(len(all)*p+99)/100-1]
}

// Column is a summary with a title.
type Column struct {
	Title string
	Summary
}

// Compare writes summaries side by side.
func Compare(w io.Writer, columns ...Column) error {
	t := tabwriter.NewWriter(w, 0, 8, 3, ' ', 0)
	row := func(name string, cell func(Summary) string) {
		fmt.Fprint(t, name)
		for _, c := range columns {
			fmt.Fprint(t, "\t"+cell(c.Summary))
		}
		fmt.Fprintln(t)
	}
	if len(columns) > 1 {
		for _, c := range columns {
			fmt.Fprint(t, "\t"+c.Title)
		}
		fmt.Fprintln(t)
	}
	row("Mails", func(s Summary) string { return fmt.Sprint(s.Mails) })
	for _, kind := range []struct {
		message.Type
		name string
	}{{message.Single, "  about one event"}, {message.Digest, "  digests"}, {message.Reminder, "  deadline mails"}, {message.Direct, "  direct messages"}} {
		row(kind.name, func(s Summary) string { return fmt.Sprint(s.ByType[kind.Type]) })
	}
	row("Mails a day, mean / max", func(s Summary) string { return fmt.Sprintf("%.1f / %d", mean(s.Mails, s.Days), s.MaxDay) })
	row("Wait of right-away mails, p50 / p95", func(s Summary) string { return s.RightAway.String() })
	row("Wait past due of deferred mails, p50 / p95", func(s Summary) string { return s.PastDue.String() })
	row("Busiest minute", func(s Summary) string {
		if s.Peak == 0 {
			return "none"
		}
		return fmt.Sprintf("%d at %s UTC", s.Peak, s.Busiest.UTC().Format("2006-01-02 15:04"))
	})
	row("Digest size, p50 / p95 / max", func(s Summary) string {
		return fmt.Sprintf("%d / %d / %d", s.Digest.P50, s.Digest.P95, s.Digest.Max)
	})
	return t.Flush()
}

func mean(n, days int) float64 {
	if days == 0 {
		return 0
	}
	return float64(n) / float64(days)
}

func (s Spread) String() string {
	return s.P50.Round(time.Second).String() + " / " + s.P95.Round(time.Second).String()
}
