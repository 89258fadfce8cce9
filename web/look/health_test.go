package look_test

import (
	"testing"

	"notifier/health"
)

// TestEveryConditionHasAText: what keeps the service from its work is said on the console, too.
func TestEveryConditionHasAText(t *testing.T) {
	for _, lang := range []string{"en", "pl", "fr"} {
		all, _ := texts(t, lang)
		for _, name := range health.Names {
			if all["health."+name] == "" {
				t.Errorf("%s has no text for health.%s", lang, name)
			}
		}
	}
}
