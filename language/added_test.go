package language_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestALanguageIsOneFileAndOneRow: a language is added with its file and its row, while nothing
// else in the program changes; then a mail, a reminder, a digest, a reason and a page speak it.
// The compiler sees the two over the files of today (go help build, -overlay).
func TestALanguageIsOneFileAndOneRow(t *testing.T) {
	english, err := os.ReadFile("en.json")
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile("table.go")
	if err != nil {
		t.Fatal(err)
	}
	const end = "\n}\n\n//go:embed"
	with := strings.Replace(string(table), end, "\n\t{Tag: \"de\", Name: \"Deutsch\"},"+end, 1)
	if strings.Count(with, "\n") != strings.Count(string(table), "\n")+1 {
		t.Fatal("the table of languages has another form than this test knows")
	}
	dir := t.TempDir()
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for name, content := range map[string][]byte{"table.go": []byte(with), "de.json": marked(t, english)} {
		here, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		overlay.Replace[here] = filepath.Join(dir, name)
		if err := os.WriteFile(overlay.Replace[here], content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), list, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "run", "-buildvcs=false", "-overlay", filepath.Join(dir, "overlay.json"), "./testdata/render", "de-AT", "../web").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ours := regexp.MustCompile(`<[^>]*>|(dig|msg)_\w+|notifier`).ReplaceAllString(string(out), "")
	if left := regexp.MustCompile(`.*[aeAE].*`).FindAllString(ours, -1); left != nil {
		t.Errorf("still in English: %q", left)
	}
	for _, want := range []string{"Ä cäsë rëächëd you", "3 däys lätë", "2 notificätions in 1 cäsë", "No. Thë mäil sërvër", `lang="de"`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// marked is a catalogue in which no text has an English a or e.
func marked(t *testing.T, catalogue []byte) []byte {
	t.Helper()
	var tree any
	if err := json.Unmarshal(catalogue, &tree); err != nil {
		t.Fatal(err)
	}
	parts := regexp.MustCompile(`\{[^}]*\}|[aeAE]`)
	marks := strings.NewReplacer("a", "ä", "e", "ë", "A", "Ä", "E", "Ë")
	var mark func(any) any
	mark = func(tree any) any {
		switch tree := tree.(type) {
		case map[string]any:
			for name, below := range tree {
				tree[name] = mark(below)
			}
		case string:
			return parts.ReplaceAllStringFunc(tree, func(part string) string {
				if part[0] == '{' {
					return part
				}
				return marks.Replace(part)
			})
		}
		return tree
	}
	content, err := json.Marshal(mark(tree))
	if err != nil {
		t.Fatal(err)
	}
	return content
}
