package message

import (
	"time"

	"notifier/fault"
)

// ConquerView is a message as Conquer's parent record has it (CQ-8). Its error fields are
// blank unless the status is Rate Limited or Error: each change wipes what was there
// before (CQ-11), and a message that was sent in the end has only its count left (CQ-12).
type ConquerView struct {
	ActionStatus          string    `json:"action_status"`
	ErrorMessage          string    `json:"error_message" doc:"At most 5,000 characters."`
	ErrorMessageTruncated string    `json:"error_message_truncated" doc:"At most 255 characters."`
	ErrorCode             string    `json:"error_code"`
	ManualRetryCount      int       `json:"manual_retry_count"`
	StatusLastUpdated     time.Time `json:"status_last_updated"`
}

// Conquer is the message in Conquer's words. For a merged message hand in its digest.
func (m Message) Conquer() ConquerView {
	v := ConquerView{ActionStatus: m.ConquerStatus(), ManualRetryCount: m.RetryCount, StatusLastUpdated: m.UpdatedAt}
	if v.ActionStatus != words[RateLimited].conquer && v.ActionStatus != words[Error].conquer {
		return v
	}
	switch {
	case m.Error != nil:
		v.ErrorMessage, v.ErrorCode = fault.Truncate(m.Error.Text, MaxErrorText), fault.Truncate(m.Error.Code, MaxErrorCode)
	case m.Reason != "":
		v.ErrorMessage = string(m.Reason)
	}
	v.ErrorMessageTruncated = fault.Truncate(v.ErrorMessage, MaxErrorTruncated)
	return v
}
