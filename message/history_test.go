package message_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"notifier/message"
)

// CQ-9, CQ-10: a record for Rate Limited, Error and Manual Retry, and for nothing else.
func TestErrorRecords(t *testing.T) {
	at := func(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }
	attempt := func(minute int, ledTo message.Status, c message.Category) message.Attempt {
		a := message.Attempt{LedTo: ledTo, Receipt: message.Receipt{EndedAt: at(minute)}}
		if c != "" {
			a.Failure = &message.Failure{Category: c, Text: string(c)}
		}
		return a
	}
	attempts := []message.Attempt{
		attempt(1, message.Pending, message.ConnectFailed), attempt(2, message.RateLimited, message.TooFast), attempt(3, message.Error, message.MailboxFull),
		attempt(5, message.Error, message.AddressUnknown), attempt(7, message.Sent, ""), attempt(9, message.Sent, ""), attempt(10, "", message.MailboxFull),
	}
	retries := []message.Retried{
		{Number: 1, At: at(4), Error: attempts[2].Failure}, {Number: 2, At: at(6), Error: attempts[3].Failure}, {Number: 3, At: at(8)},
	}
	var got []string
	for _, r := range message.ErrorRecords(attempts, retries) {
		line := fmt.Sprintf("%s %s", r.At.Format("15:04"), r.Status)
		if r.Error != nil {
			line += " " + r.Error.Text
		}
		got = append(got, line)
	}
	want := "12:02 Rate Limited rate_limited; 12:03 Error mailbox_full; 12:04 Manual Retry mailbox_full; " +
		"12:05 Error address_unknown; 12:06 Manual Retry address_unknown; 12:08 Manual Retry"
	if text := strings.Join(got, "; "); text != want {
		t.Errorf("the records are\n%s\nwant\n%s", text, want)
	}
}
