package request_test

import (
	"testing"

	"notifier/message"
	"notifier/request"
)

// P4: an operation ends as its messages do, not as it could move them.
func TestTheResultOfAnOperation(t *testing.T) {
	for _, c := range []struct {
		name             string
		action           request.Action
		status           request.OperationStatus
		succeeded, refus int
		became           *request.Became
		want             request.Result
	}{
		{"it runs", request.ActRetry, request.Running, 3, 0, nil, ""},
		{"all are on the way", request.ActRetry, request.Done, 3, 0, &request.Became{Waiting: 3}, request.ResultOpen},
		{"one is still on the way", request.ActRetry, request.Done, 3, 0, &request.Became{Failed: 2, Waiting: 1}, request.ResultOpen},
		{"all failed again", request.ActRetry, request.Done, 3, 0, &request.Became{Failed: 3}, request.ResultFailed},
		{"all failed again, and one was left alone", request.ActRetry, request.Done, 3, 1, &request.Became{Failed: 3}, request.ResultFailed},
		{"all were skipped", request.ActRetry, request.Done, 3, 0, &request.Became{Unsent: 3}, request.ResultFailed},
		{"some failed again", request.ActRetry, request.Done, 3, 0, &request.Became{Sent: 2, Failed: 1}, request.ResultPartly},
		{"all were sent", request.ActRetry, request.Done, 3, 0, &request.Became{Sent: 3}, request.ResultDone},
		{"all were sent, and one was left alone", request.ActRetry, request.Done, 3, 1, &request.Became{Sent: 3}, request.ResultPartly},
		{"all were left alone", request.ActRetry, request.Done, 0, 3, nil, request.ResultNothing},
		{"they are purged", request.ActRetry, request.Done, 3, 0, &request.Became{}, ""},
		{"what was released failed", request.ActRelease, request.Done, 3, 0, &request.Became{Failed: 3}, request.ResultFailed},
		{"all are cancelled", request.ActCancel, request.Done, 3, 0, nil, request.ResultDone},
		{"some had left", request.ActCancel, request.Done, 3, 1, nil, request.ResultPartly},
		{"all had left", request.ActCancel, request.Done, 0, 3, nil, request.ResultNothing},
		{"somebody stopped it", request.ActHold, request.Stopped, 3, 0, nil, request.ResultPartly},
	} {
		o := request.Operation{Action: c.action, Status: c.status, Succeeded: c.succeeded, Refused: c.refus}
		if got := o.Judged(c.became).Result; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	var b request.Became
	for _, s := range message.Statuses() {
		b.Count(s, 1)
	}
	if b != (request.Became{Sent: 3, Failed: 1, Unsent: 3, Waiting: 6}) {
		t.Errorf("of one message of each status there are %+v", b)
	}
}
