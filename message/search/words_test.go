package search_test

import (
	"slices"
	"testing"

	"notifier/message/search"
)

func TestWords(t *testing.T) {
	line := `status:error  text:"lease agreement" since:24h "two words" alone`
	want := []string{"status:error", `text:"lease agreement"`, "since:24h", `"two words"`, "alone"}
	if got := search.Words(line); !slices.Equal(got, want) {
		t.Errorf("the words are %q, want %q", got, want)
	}
	if got := search.Without(line, 1); got != `status:error since:24h "two words" alone` {
		t.Errorf("without the second: %s", got)
	}
	if got := search.Without("code:552", 0); got != "" {
		t.Errorf("without the only one: %q", got)
	}
}

func TestCorrected(t *testing.T) {
	for _, row := range []struct{ line, want string }{
		{"stauts:error since:24h", "status:error since:24h"},
		{"status:eror", "status:error"},
		{"statsu:pnding", "status:pending"},
		{"status:error", "status:error"},
		{"colour:blue", "colour:blue"},
		{`txet:"lease agreement"`, `text:"lease agreement"`},
		{"lease", "lease"},
		{"", ""},
	} {
		if got := search.Corrected(row.line); got != row.want {
			t.Errorf("%s is corrected to %q, want %q", row.line, got, row.want)
		}
	}
}

// FuzzWords: taking a search apart and putting it together changes nothing that it means.
func FuzzWords(f *testing.F) {
	for _, line := range []string{"status:error since:24h", `text:"a b"`, `"`, ":", "a:b:c", `a"b c"d`, "\u00a0to:\u2003x"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words := search.Words(line)
		for i := range words {
			if rest := search.Words(search.Without(line, i)); len(rest) != len(words)-1 {
				t.Fatalf("%q without word %d of %q is %q", line, i, words, rest)
			}
		}
		search.Corrected(line)
	})
}
