package message_test

import (
	"strings"
	"testing"

	"notifier/message"
)

func TestErrManualSaysWhatToDo(t *testing.T) {
	if got := message.ErrManual.Error(); !strings.Contains(got, "Write it again") {
		t.Errorf("CQ-6: %q", got)
	}
}

func TestFailureReads(t *testing.T) {
	for _, c := range []struct {
		f    message.Failure
		want string
	}{
		{message.Failure{Category: message.MailboxFull, Code: "552 5.2.2", Text: "over quota"}, "mailbox_full: 552 5.2.2 over quota"},
		{message.Failure{Category: message.ConnectFailed, Text: "connection refused"}, "connect_failed: connection refused"},
	} {
		if got := c.f.Error(); got != c.want {
			t.Errorf("%+v reads %q, want %q", c.f, got, c.want)
		}
	}
}
