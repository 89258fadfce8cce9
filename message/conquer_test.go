package message_test

import (
	"strings"
	"testing"
	"time"

	"notifier/message"
)

// TestConquerWipes goes every way through the table and looks at the parent record after
// each step: CQ-2 to -6, -8, -11 and -12.
func TestConquerWipes(t *testing.T) {
	failure := &message.Failure{Category: message.MailboxFull, Code: strings.Repeat("5", 300), Text: strings.Repeat("ż", 6000)}
	at := noon
	for _, from := range message.Statuses() {
		for _, move := range []message.Move{
			message.Release, message.Hold, message.Promote, message.Claim, message.Accept, message.Postpone, message.Limit, message.Fail, message.Confirm,
			message.Retry, message.Cancel, message.Expire, message.Skip,
		} {
			before := message.Message{ID: "msg_1", Status: from, RetryCount: 2, Error: failure, Reason: message.NoAddress}
			at = at.Add(time.Second)
			after, err := before.Do(move, at)
			if err != nil {
				continue
			}
			if move == message.Accept || move == message.Hold || move == message.Promote || move == message.Release || move == message.Retry {
				after.Error = nil // as the queue writes it
			}
			v := after.Conquer()
			failed := v.ActionStatus == "Error" || v.ActionStatus == "Rate Limited"
			if (v.ErrorMessage != "") != failed || (v.ErrorMessageTruncated != "") != failed {
				t.Errorf("%s, %s: %s with %.40q", from, move, v.ActionStatus, v.ErrorMessage)
			}
			if n := len([]rune(v.ErrorMessage)); n > 5000 || len([]rune(v.ErrorMessageTruncated)) > 255 || len(v.ErrorCode) > 255 {
				t.Errorf("%s, %s: an error of %d characters", from, move, n)
			}
			if v.ManualRetryCount != 2 || !v.StatusLastUpdated.Equal(at) {
				t.Errorf("%s, %s: %d retries at %s", from, move, v.ManualRetryCount, v.StatusLastUpdated)
			}
			switch v.ActionStatus {
			case "Scheduled", "Pending Manual Send", "Rate Limited", "Sent", "Error", "Manual Retry":
			default:
				t.Errorf("%s, %s: %q is none of Conquer's", from, move, v.ActionStatus)
			}
		}
	}
	gone := message.Message{Status: message.Skipped, Reason: message.Unsubscribed}
	if v := gone.Conquer(); v.ActionStatus != "Error" || v.ErrorMessage != "unsubscribed" {
		t.Errorf("a skip is %+v: it must be on record (CQ-17)", v)
	}
}
