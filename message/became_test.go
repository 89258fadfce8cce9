package message_test

import (
	"testing"

	"notifier/message"
)

// P4: an operation ends as its messages do, not as it could move them.
func TestTheResultOfAnOperation(t *testing.T) {
	for _, c := range []struct {
		name             string
		action           message.Action
		status           message.OperationStatus
		succeeded, refus int
		became           *message.Became
		want             message.Result
	}{
		{"it runs", message.ActRetry, message.Running, 3, 0, nil, ""},
		{"all are on the way", message.ActRetry, message.Done, 3, 0, &message.Became{Waiting: 3}, message.ResultOpen},
		{"one is still on the way", message.ActRetry, message.Done, 3, 0, &message.Became{Failed: 2, Waiting: 1}, message.ResultOpen},
		{"all failed again", message.ActRetry, message.Done, 3, 0, &message.Became{Failed: 3}, message.ResultFailed},
		{"all failed again, and one was left alone", message.ActRetry, message.Done, 3, 1, &message.Became{Failed: 3}, message.ResultFailed},
		{"all were skipped", message.ActRetry, message.Done, 3, 0, &message.Became{Unsent: 3}, message.ResultFailed},
		{"some failed again", message.ActRetry, message.Done, 3, 0, &message.Became{Sent: 2, Failed: 1}, message.ResultPartly},
		{"all were sent", message.ActRetry, message.Done, 3, 0, &message.Became{Sent: 3}, message.ResultDone},
		{"all were sent, and one was left alone", message.ActRetry, message.Done, 3, 1, &message.Became{Sent: 3}, message.ResultPartly},
		{"all were left alone", message.ActRetry, message.Done, 0, 3, nil, message.ResultNothing},
		{"they are purged", message.ActRetry, message.Done, 3, 0, &message.Became{}, ""},
		{"what was released failed", message.ActRelease, message.Done, 3, 0, &message.Became{Failed: 3}, message.ResultFailed},
		{"all are cancelled", message.ActCancel, message.Done, 3, 0, nil, message.ResultDone},
		{"some had left", message.ActCancel, message.Done, 3, 1, nil, message.ResultPartly},
		{"all had left", message.ActCancel, message.Done, 0, 3, nil, message.ResultNothing},
		{"somebody stopped it", message.ActHold, message.Stopped, 3, 0, nil, message.ResultPartly},
	} {
		o := message.Operation{Action: c.action, Status: c.status, Succeeded: c.succeeded, Refused: c.refus}
		if got := o.Judged(c.became).Result; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	var b message.Became
	for _, s := range message.Statuses() {
		b.Count(s, 1)
	}
	if b != (message.Became{Sent: 3, Failed: 1, Unsent: 3, Waiting: 6}) {
		t.Errorf("of one message of each status there are %+v", b)
	}
}
