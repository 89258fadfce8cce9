package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// How often progress is told: on a terminal it is drawn anew, elsewhere a line is written.
const (
	drawEvery = 100 * time.Millisecond
	lineEvery = 10 * time.Second
)

// progress says on standard error how far something has come.
type progress struct {
	out      io.Writer
	terminal bool
	doing    string
	total    int
	began    time.Time
	told     time.Time
	drawn    bool
}

func newProgress(doing string, total int) *progress {
	now := time.Now()
	return &progress{out: os.Stderr, terminal: term.IsTerminal(int(os.Stderr.Fd())), doing: doing, total: total, began: now, told: now}
}

// at tells how many are done; more is what else is to be said.
func (p *progress) at(done int, more string, now time.Time) {
	if every := map[bool]time.Duration{true: drawEvery, false: lineEvery}[p.terminal]; now.Sub(p.told) < every {
		return
	}
	p.told = now
	left := ""
	if done > 0 && done < p.total {
		left = fmt.Sprintf("  ~%s", (now.Sub(p.began) * time.Duration(p.total-done) / time.Duration(done)).Round(time.Second))
	}
	if !p.terminal {
		fmt.Fprintf(p.out, "%s  %d/%d%s%s\n", p.doing, done, p.total, more, left)
		return
	}
	const width = 20
	full := 0
	if p.total > 0 {
		full = min(width, width*done/p.total)
	}
	fmt.Fprintf(p.out, "\r\x1b[K%s  %s%s  %d/%d%s%s", p.doing, strings.Repeat("█", full), strings.Repeat("░", width-full), done, p.total, more, left)
	p.drawn = true
}

// end takes the bar away.
func (p *progress) end() {
	if p.drawn {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
