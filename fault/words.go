package fault

import (
	"fmt"
	"strings"
)

// Suggest is the end of an error sentence about a word that is not known: which known
// word was probably meant, or which there are.
func Suggest(word string, known []string) string {
	best := Nearest(word, known)
	switch {
	case best != "":
		return fmt.Sprintf(" Did you mean %q?", best)
	case len(known) == 0 || len(known) > 30:
		return ""
	}
	if len(known) == 1 {
		return " There is " + known[0]
	}
	return " There are " + strings.Join(known, ", ")
}

// Nearest is the known word that was meant by a mistyped one; empty if none is near.
func Nearest(word string, known []string) string {
	best, distance := "", 3
	for _, k := range known {
		if len(word) > 60 {
			break // no slip of a finger
		}
		if d := editDistance(strings.ToLower(word), strings.ToLower(k)); d < distance && d < len(word) {
			best, distance = k, d
		}
	}
	return best
}

// editDistance is how many letters must be put in, left out or changed (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}

// Either writes words as in "a, b or c".
func Either(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
