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
	// Later are the mails that left only after the end, and Waiting the messages that had not
	// left when the plan stopped; both are counted by Try alone.
	Later, Waiting int
	Unknown        int // users that were named and unknown, once for each time
}

// Little is below how many mails a percentage says nothing: one mail more or less would
// change it by more than a twentieth.
const Little = 20

// TooLittle tells whether there are too few mails to compare two plans by percentages.
func TooLittle(a, b Summary) bool { return a.Mails < Little || b.Mails < Little }

// Spread is how long half and how long all but a twentieth take at the most.
type Spread struct{ P50, P95 time.Duration }

// Sizes are the numbers of items in digests.
type Sizes struct{ P50, P95, Max int }

// Summarize counts mails.
func Summarize(mails []Mail) Summary {
	t := NewTally()
	for _, m := range mails {
		t.Add(m)
	}
	return t.Summary()
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
	row("Mails a day, mean / max", func(s Summary) string { return fmt.Sprintf("%.1f / %d", s.Mean(), s.MaxDay) })
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
	if slices.ContainsFunc(columns, func(c Column) bool { return c.Unknown > 0 }) {
		row("Unknown users, skipped", func(s Summary) string { return fmt.Sprint(s.Unknown) })
	}
	return t.Flush()
}

// Mean is how many mails leave on a day with any.
func (s Summary) Mean() float64 {
	if s.Days == 0 {
		return 0
	}
	return float64(s.Mails) / float64(s.Days)
}

func (s Spread) String() string {
	return s.P50.Round(time.Second).String() + " / " + s.P95.Round(time.Second).String()
}
