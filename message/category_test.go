package message_test

import (
	"strings"
	"testing"

	"notifier/message"
)

// UX section 5.5: what happened, then what to do; no "please", no exclamation marks, no
// bare codes.
func TestEveryCategorySpeaksPlainly(t *testing.T) {
	seen := map[string]message.Category{}
	for _, c := range []message.Category{
		message.AddressUnknown, message.MailboxFull, message.TooFast, message.RejectedContent, message.RejectedSender, message.AuthFailed,
		message.TLSFailed, message.ConnectFailed, message.TooLarge, message.TooLate, message.LeaseLost, message.Unknown,
	} {
		for _, sentence := range []string{c.Says(), c.Remedy()} {
			if !strings.HasSuffix(sentence, ".") || strings.ContainsAny(sentence, "!0123456789") || strings.Contains(strings.ToLower(sentence), "please") {
				t.Errorf("%s: %q", c, sentence)
			}
		}
		if other, again := seen[c.Says()]; again {
			t.Errorf("%s and %s say the same", c, other)
		}
		seen[c.Says()] = c
	}
	if unheard := message.Category("unheard"); unheard.Says() != "" {
		t.Errorf("an unknown category says %q", unheard.Says())
	}
}
