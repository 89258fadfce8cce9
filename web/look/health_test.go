package look_test

import (
	"testing"

	"notifier/health"
	"notifier/language"
	"notifier/web/look"
)

// TestEveryConditionHasAText: what keeps the service from its work is said on the console, too.
func TestEveryConditionHasAText(t *testing.T) {
	for _, lang := range language.Tags() {
		for _, name := range health.Names {
			if !look.In(lang).Has("health." + name) {
				t.Errorf("%s has no text for health.%s", lang, name)
			}
		}
	}
}
