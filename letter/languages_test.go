package letter

import (
	"testing"

	"notifier/language"
)

// The labels of the text part stand in one column, in each language.
func TestLabelsStandInOneColumn(t *testing.T) {
	for _, tag := range language.Tags() {
		if why, id := language.In(tag).T("letter.why"), language.In(tag).T("letter.id"); columns(why) != columns(id) {
			t.Errorf("%s: %q and %q do not stand in one column", tag, why, id)
		}
	}
}
