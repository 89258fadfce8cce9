package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// fence is a fenced block of a page of the docs.
type fence struct {
	page     string // as in docs/api.md
	line     int
	language string
	text     string
	// notRun says why it is not run: "<!-- not run: … -->" stands before it.
	notRun string
	// differs says why it prints something else here: "<!-- prints otherwise: … -->".
	differs string
}

var remark = regexp.MustCompile(`^<!-- (not run|prints otherwise): (.+) -->$`)

// fences are all blocks of the README and the docs, by page.
func fences(t *testing.T) map[string][]fence {
	t.Helper()
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	decisions, err := filepath.Glob("../docs/decisions/*.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]fence{}
	for _, file := range append(append(pages, decisions...), "../README.md") {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		page := strings.TrimPrefix(filepath.ToSlash(file), "../")
		all[page] = fencesOf(page, string(b))
	}
	return all
}

func fencesOf(page, text string) (all []fence) {
	var open *fence
	var notRun, differs string
	for i, line := range strings.Split(text, "\n") {
		language, edge := strings.CutPrefix(line, "```")
		switch found := remark.FindStringSubmatch(line); {
		case open != nil && edge:
			all = append(all, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		case edge:
			open = &fence{page: page, line: i + 1, language: language, notRun: notRun, differs: differs}
			notRun, differs = "", ""
		case found != nil && found[1] == "not run":
			notRun = found[2]
		case found != nil:
			differs = found[2]
		case strings.TrimSpace(line) != "":
			notRun, differs = "", ""
		}
	}
	return all
}

// typed is what a person types, and what is shown of what comes back.
type typed struct{ command, shown string }

// session takes a console apart. A command goes on while the shell wants more of it.
func (f fence) session() (all []typed) {
	for line := range strings.Lines(f.text) {
		command, begins := strings.CutPrefix(line, "$ ")
		switch last := len(all) - 1; {
		case begins:
			all = append(all, typed{command: command})
		case last < 0:
			all = append(all, typed{shown: line})
		case all[last].shown == "" && !complete(all[last].command):
			all[last].command += line
		default:
			all[last].shown += line
		}
	}
	return all
}

// complete tells whether the shell would run that, rather than wait for more.
func complete(command string) bool {
	return !strings.HasSuffix(command, "\\\n") && exec.Command("bash", "-n", "-c", command).Run() == nil
}

// prints tells whether what came back has in it what is shown, where … stands for anything
// and blanks for any number of them.
func (c typed) prints(output string) bool {
	var parts []string
	for _, part := range strings.Split(strings.Join(strings.Fields(shortID.ReplaceAllString(c.shown, "${1}_…")), " "), "…") {
		parts = append(parts, regexp.QuoteMeta(part))
	}
	shown := regexp.MustCompile(`(?s)` + strings.Join(parts, ".*?"))
	return shown.MatchString(strings.Join(strings.Fields(output), " "))
}

func TestConsolesAreTakenApart(t *testing.T) {
	f := fencesOf("x.md", "<!-- not run: too long -->\n```console\n$ echo 'a\nb' \\\n  c\na\nb c\n$ true\n```\n\n<!-- prints otherwise: why -->\ntext\n```json\n{}\n```\n")
	if len(f) != 2 || f[0].notRun != "too long" || f[0].line != 2 || f[1].differs != "" || f[1].language != "json" {
		t.Fatalf("the blocks are %+v", f)
	}
	want := []typed{{"echo 'a\nb' \\\n  c\n", "a\nb c\n"}, {"true\n", ""}}
	if got := f[0].session(); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("the session is %q, want %q", got, want)
	}
	for output, want := range map[string]bool{"x 17 y": true, "x 17\n  y\n": true, "before x  y after": true, "x y z": true, "x z": false} {
		if got := (typed{shown: "x …y"}).prints(output); got != want {
			t.Errorf("%q: %t, want %t", output, got, want)
		}
	}
}
