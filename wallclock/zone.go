package wallclock

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the zones travel with the binary: a scratch image has none
)

//go:generate sh -c "unzip -Z1 \"$(go env GOROOT)/lib/time/zoneinfo.zip\" | grep -v -e '/$' -e '^Factory$' | LC_ALL=C sort > zones.txt"

//go:embed zones.txt
var zonesText string

// names are the IANA names that were known when the binary was built. They serve for
// hints and lists; a newer name that the machine knows is taken as well.
var names = strings.Fields(zonesText)

// zones keeps what was loaded: *time.Location by name. Only valid names get in.
var zones sync.Map

// Names lists the IANA names of the zones.
func Names() []string { return slices.Clone(names) }

// Zone is the place with that IANA name. The same name leads to the same pointer.
func Zone(name string) (*time.Location, error) {
	if loc, ok := zones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, unknown(name)
	}
	kept, loaded := zones.LoadOrStore(name, loc)
	if !loaded {
		tables.Store(loc, newTable(loc))
	}
	return kept.(*time.Location), nil
}

var (
	// wellFormed keeps out paths that a file system would take: "./UTC", "Europe//Warsaw".
	wellFormed = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z][A-Za-z0-9_+-]*){0,2}$`)
	anOffset   = regexp.MustCompile(`^[A-Za-z]{0,5} ?[+-][0-9]{1,2}(:?[0-9]{2})?$`)
)

const (
	longest = 60 // of a name
	remedy  = "Write the name of a place, as in Europe/Warsaw"
)

// checkName refuses what package time would load although it names no place.
func checkName(name string) error {
	folder, rest, _ := strings.Cut(name, "/")
	foreign := folder == "posix" || folder == "right" // other readings of the same zones
	switch {
	case name == "":
		return fmt.Errorf("a time zone is missing. %s", remedy)
	case name == "Local" || name == "localtime" || name == "posixrules":
		return fmt.Errorf("%q is another zone on every machine. %s", name, remedy)
	case foreign && slices.Contains(names, rest):
		return fmt.Errorf("%q is not an IANA name. Did you mean %q?", name, rest)
	case foreign || name == "Factory" || len(name) > longest || !wellFormed.MatchString(name):
		return unknown(name)
	}
	if listed := sameLetters(name); listed != "" && listed != name {
		return unknown(name) // macOS and Windows would load it
	}
	return nil
}

// sameLetters is the name that differs from s in nothing but capitals; empty if none does.
func sameLetters(s string) string {
	for _, n := range names {
		if strings.EqualFold(n, s) {
			return n
		}
	}
	return ""
}

// unknown says that there is no such zone, and which one may have been meant.
func unknown(name string) error {
	near := sameLetters(name)
	switch {
	case near == "" && anOffset.MatchString(name):
		return fmt.Errorf("%q is an offset, which knows no summer time. %s", name, remedy)
	case near == "":
		near = nearest(name)
	}
	if near == "" {
		return fmt.Errorf("%q is not a time zone. %s", shorten(name), remedy)
	}
	return fmt.Errorf("%q is not a time zone. Did you mean %q?", name, near)
}

// nearest is the name that is most like s; empty if none is. A city alone is enough.
func nearest(s string) string {
	if len(s) > longest {
		return ""
	}
	s = strings.NewReplacer(" ", "_", `\`, "/").Replace(strings.ToLower(strings.TrimSpace(s)))
	best, least := "", len(s)/5+1
	for _, n := range names {
		candidate := strings.ToLower(n)
		if !strings.Contains(s, "/") {
			candidate = candidate[strings.LastIndexByte(candidate, '/')+1:]
		}
		if len(candidate) >= len(s)+least || len(s) >= len(candidate)+least {
			continue
		}
		if d := distance(s, candidate); d < least {
			best, least = n, d
		}
	}
	return best
}

// distance counts the letters to add, drop or change until a reads b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// shorten keeps a sentence readable when what is wrong is very long.
func shorten(s string) string {
	if r := []rune(s); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return s
}
