package request

import (
	"time"

	"notifier/message"
)

// Taken is the answer to SendMessage: one ticket per message.
type Taken struct {
	Shortened message.Shortened `json:"shortened,omitempty" doc:"Places of texts that mails do not show whole." example:"/subject"`
	ID        message.ID        `json:"id,omitempty" doc:"Of this request; absent of a dry run." example:"req_06f3n5mmmt1fq2r6s0hj0v7k9c"`
	Messages  []Ticket          `json:"messages"`
	DryRun    bool              `json:"dry_run,omitempty" doc:"Nothing was stored: this is what would have happened."`
}

// Ticket names a message that was taken.
type Ticket struct {
	ID message.ID `json:"id,omitempty" doc:"Absent of a dry run." example:"msg_06f3n5mmmt1fq2r6s0hj0v7k9c"`
	To string     `json:"to" example:"anna@example.org"`
	// User and Users say which of the texts in to, cc and bcc meant users.
	User   string         `json:"user,omitempty" doc:"The user that it is for; absent if it is for an address." example:"anna"`
	Users  []string       `json:"users,omitempty" doc:"The users among the recipients of one mail for all."`
	Status message.Status `json:"status" example:"pending"`
	Reason message.Reason `json:"reason,omitempty" doc:"Why it has that status, if the status does not say."`
	// ExpectedBy is stored with the answer, so that a repetition is told the same.
	ExpectedBy *time.Time `json:"expected_by,omitempty" doc:"The run of Notifications by which it leaves, if nothing holds it up."`
	URL        string     `json:"url,omitempty" doc:"Where people see what becomes of it; absent unless http.public_url is set."`
}

// Noted is the answer to an event: what becomes of it for each user.
type Noted struct {
	Shortened  message.Shortened `json:"shortened,omitempty" doc:"Places of texts that mails do not show whole." example:"/case/title"`
	ID         message.ID        `json:"id,omitempty" doc:"Absent of a dry run." example:"evt_06f3n5mmmt1fq2r6s0hj0v7k9c"`
	Recipients []Decision        `json:"recipients"`
	DryRun     bool              `json:"dry_run,omitempty" doc:"Nothing was stored: this is what would have happened."`
}

// Decision is what an event comes to for one user, and why.
type Decision struct {
	User     string         `json:"user"`
	Status   message.Status `json:"status" example:"deferred"`
	Reason   message.Reason `json:"reason" example:"preference_daily"`
	DueAt    *time.Time     `json:"due_at,omitempty" doc:"When a deferred message is due."`
	LeavesAt *time.Time     `json:"leaves_at" nullable:"true" doc:"When a deferred message leaves: with the first run of the jobs at or after it is due. Null while a job is paused without an end, and where nothing is deferred."`
	WaitsFor string         `json:"waits_for,omitempty" doc:"The job that is paused without an end, so that nobody knows when a deferred message leaves." example:"user_notifications"`
	Timezone string         `json:"timezone,omitempty" doc:"The zone that due_at was reckoned in."`
	Message  message.ID     `json:"message,omitempty" doc:"The message that keeps the decision; absent of a dry run."`
}
