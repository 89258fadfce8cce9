package console

import (
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"notifier/jobs/trials"
	"notifier/message"
	"notifier/simulate"
)

// result is what a trial came to, as people read it.
type result struct {
	Rows   []compared
	Peaks  []peak // by quarters of the day
	Hours  []peak // the same by hours, as a table
	Most   int
	Says   string // the picture in words
	Warns  []string
	Week   []strip
	Data   string
	TooBig bool
}

// compared is one line of the result.
type compared struct {
	Name, Now, Try string
	Mark           string // how they differ
	Worse          bool
}

// peak is the busiest minute of a part of the day.
type peak struct {
	From     string
	Now, Try int
	X        int // where it stands in the picture
}

// The picture of the day.
const (
	quarters   = 96
	peakHeight = 100
)

// compare shows what a trial came to.
func (c *console) compare(r *http.Request, p *whatIfPage, a asked, s plans) error {
	t := p.Trial
	switch {
	case t.EndedAt.IsZero(), t.Stopped:
		return nil
	case errors.Is(t.Err, simulate.ErrTooMuch):
		p.Wrong = append(p.Wrong, p.Clock.Words.T("whatif.much"))
		return nil
	case t.Err != nil:
		return t.Err
	}
	words := p.Clock.Words
	res := &result{Rows: p.rows(t.Result, a), Data: words.N("whatif.lines", t.Result.Lines) + ", " + words.N("whatif.people", t.Result.People)}
	if simulate.TooLittle(t.Result.Summaries[0], t.Result.Summaries[1]) {
		res.Data += ": " + words.T("whatif.little")
	}
	p.peaks(t.Result, res)
	p.week(t, a, res)
	p.Result = res
	return c.warn(r, p, t, s)
}

// rows compare the numbers.
func (b base) rows(t simulate.Trial, a asked) (rows []compared) {
	now, try := t.Summaries[0], t.Summaries[1]
	words := b.Clock.Words
	add := func(key, before, after, mark string, worse bool) {
		if before == after {
			mark, worse = "", false
		}
		rows = append(rows, compared{words.T("whatif." + key), before, after, mark, worse})
	}
	// A percentage of a few says nothing, and a plan in which more waits has not saved mail.
	compare := func(before, after int) (mark string, known bool) {
		if simulate.TooLittle(now, try) || before < simulate.Little {
			return words.T("whatif.little"), false
		}
		if now.Waiting != try.Waiting {
			return "", false
		}
		return change(before, after), true
	}
	number := func(key string, of func(simulate.Summary) int, worse bool) {
		mark, known := compare(of(now), of(try))
		add(key, strconv.Itoa(of(now)), strconv.Itoa(of(try)), mark, known && worse && of(try)*4 > of(now)*5)
	}
	wait := func(key string, of func(simulate.Summary) simulate.Spread) {
		pair := func(s simulate.Spread) string { return b.Span(s.P50) + " / " + b.Span(s.P95) }
		longer := of(try).P95 - of(now).P95
		mark := ""
		switch {
		case longer > 0:
			mark = "▲ " + b.Span(longer)
		case longer < 0:
			mark = "▼ " + b.Span(-longer)
		}
		add(key, pair(of(now)), pair(of(try)), mark, longer > time.Minute && longer > of(now).P95/4)
	}
	number("mails", func(s simulate.Summary) int { return s.Mails }, false)
	number("digests", func(s simulate.Summary) int { return s.ByType[message.Digest] }, false)
	day := func(s simulate.Summary) string { return fmt.Sprintf("%.0f / %d", s.Mean(), s.MaxDay) }
	daily, _ := compare(int(now.Mean()), int(try.Mean()))
	add("a_day", day(now), day(try), daily, false)
	wait("right_away", func(s simulate.Summary) simulate.Spread { return s.RightAway })
	wait("past_due", func(s simulate.Summary) simulate.Spread { return s.PastDue })
	number("busiest", func(s simulate.Summary) int { return s.Peak }, true)
	if a.limit > 0 {
		over := func(i int) (string, int) {
			above, longest := simulate.Backlog(t.Minutes[i], a.limit)
			if above == 0 {
				return words.T("whatif.within"), 0
			}
			return words.N("whatif.above", above, "Value", b.Span(time.Duration(longest)*time.Minute)), longest
		}
		before, was := over(0)
		after, is := over(1)
		longer, _ := compare(was, is)
		add("over", before, after, longer, is > was)
	}
	size := func(s simulate.Summary) string { return fmt.Sprintf("%d / %d", s.Digest.P50, s.Digest.P95) }
	sized, _ := compare(now.ByType[message.Digest], try.ByType[message.Digest])
	if sized != words.T("whatif.little") {
		sized = change(now.Digest.P95, try.Digest.P95)
	}
	add("size", size(now), size(try), sized, false)
	add("later", strconv.Itoa(now.Later), strconv.Itoa(try.Later), "", false)
	add("waiting", strconv.Itoa(now.Waiting), strconv.Itoa(try.Waiting), "", try.Waiting > now.Waiting)
	return rows
}

// change is how much more or less there is, in percent.
func change(before, after int) string {
	sign, by := "▲", after-before
	if by < 0 {
		sign, by = "▼", -by
	}
	switch {
	case by == 0:
		return ""
	case before == 0:
		return sign
	}
	return fmt.Sprintf("%s %d %%", sign, (by*100+before/2)/before)
}

// peaks are the busiest minutes by the reader's wall.
func (b base) peaks(t simulate.Trial, res *result) {
	var all [2][quarters]int
	for i, minutes := range t.Minutes[:2] {
		for at, n := range minutes {
			wall := b.Clock.Wall(time.Unix(at, 0))
			q := (wall.Hour()*60 + wall.Minute()) / 15
			all[i][q] = max(all[i][q], n)
			res.Most = max(res.Most, n)
		}
	}
	for h := range 24 {
		one := peak{From: fmt.Sprintf("%02d:00", h)}
		for q := 4 * h; q < 4*h+4; q++ {
			one.Now, one.Try = max(one.Now, all[0][q]), max(one.Try, all[1][q])
			if all[0][q]+all[1][q] > 0 {
				res.Peaks = append(res.Peaks, peak{Now: b.tall(all[0][q], res.Most), Try: b.tall(all[1][q], res.Most), X: 10 * q})
			}
		}
		if one.Now+one.Try > 0 {
			res.Hours = append(res.Hours, one)
		}
	}
	say := func(s simulate.Summary) string {
		if s.Peak == 0 {
			return "0"
		}
		return fmt.Sprintf("%d (%s)", s.Peak, b.Clock.Moment(s.Busiest))
	}
	res.Says = b.Clock.Words.T("whatif.picture", "Value", say(t.Summaries[0]), "What", say(t.Summaries[1]), "Zone", b.Clock.Zone)
}

func (base) tall(n, most int) int {
	if n == 0 {
		return 0
	}
	return max(2, n*peakHeight/most)
}

// Rise is where a bar of that height begins.
func (base) Rise(height int) int { return peakHeight - height }

// Right is where the second bar stands.
func (base) Right(x int) int { return x + 4 }

// strip is what one person gets on one day.
type strip struct {
	Day      string
	Now, Try []string
}

// mostOnADay is how many mails of a day are written out.
const mostOnADay = 12

// week shows which mails one person would have got when.
func (b base) week(t *trials.Trial, a asked, res *result) {
	if a.user == "" {
		return
	}
	days := map[string]*strip{}
	res.Week = make([]strip, 7) // never grown, since days points into it
	last := b.Clock.Wall(t.Until)
	for i := range res.Week {
		// Its noon: where clocks change, days are not of 24 hours, and some have no midnight.
		day := time.Date(last.Year(), last.Month(), last.Day()+i-6, 12, 0, 0, 0, last.Location())
		name := b.Clock.Weekday(day) + " " + b.Clock.Date(day)
		res.Week[i].Day = name
		days[name] = &res.Week[i]
	}
	for i, mails := range t.Result.Watched[:2] {
		for _, m := range mails {
			day := days[b.Clock.Weekday(m.At)+" "+b.Clock.Date(m.At)]
			if day == nil {
				continue
			}
			into := &day.Now
			if i == 1 {
				into = &day.Try
			}
			switch text := b.Clock.Hour(m.At) + " " + b.mail(m); {
			case len(*into) < mostOnADay:
				*into = append(*into, text)
			case len(*into) == mostOnADay:
				*into = append(*into, "…")
			}
		}
	}
}

func (b base) mail(m simulate.Mail) string {
	if m.Type == message.Digest {
		return b.Clock.Words.N("whatif.digest_of", len(m.Items))
	}
	if m.Type == message.Single {
		return b.Clock.Words.T("whatif.single")
	}
	return b.Clock.Words.T("type." + string(m.Type))
}

// trialCSV gives the numbers of a trial as a file.
func (c *console) trialCSV(w http.ResponseWriter, r *http.Request) error {
	trial, err := c.o.WhatIf.Trials.Find(site(r), message.ID(r.URL.Query().Get("trial")))
	if err != nil || trial.EndedAt.IsZero() || len(trial.Result.Summaries) < 2 {
		return message.ErrNotFound
	}
	p := whatIfPage{base: c.base(r, "jobs", "whatif.title"), Trial: &trial}
	ask := readAsked(func(name string) string { return trial.Asked[name] })
	var res result
	p.peaks(trial.Result, &res)
	words := p.Clock.Words
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="what-if.csv"`)
	out := csv.NewWriter(w)
	lines := [][]string{{words.T("whatif.what"), words.T("whatif.now"), words.T("whatif.try")}}
	for _, row := range p.rows(trial.Result, ask) {
		lines = append(lines, []string{row.Name, row.Now, row.Try})
	}
	for _, hour := range res.Hours {
		lines = append(lines, []string{words.T("whatif.peak_from", "Hour", hour.From, "Zone", p.Clock.Zone), strconv.Itoa(hour.Now), strconv.Itoa(hour.Try)})
	}
	return out.WriteAll(lines)
}
