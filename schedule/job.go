package schedule

import "time"

// The names of the three jobs, in config.yaml, in the API and in the database.
const (
	Notifications     = "notifications"
	UserNotifications = "user_notifications"
	Reminders         = "reminders"
)

// Public are the jobs that people see and change, in the order of a mail's way.
func Public() []string { return []string{Notifications, UserNotifications, Reminders} }

// Job is the saved line of a job: what an admin has set over config.yaml.
type Job struct {
	Name string `json:"name" doc:"Which job." example:"user_notifications"`
	Spec        // empty: as config.yaml says
	// Wake lets new work start a run between two ticks; nil: as config.yaml says.
	Wake   *bool  `json:"wake,omitempty" doc:"Whether new work starts a run between two ticks."`
	Paused bool   `json:"paused" doc:"Whether the job rests until it is resumed."`
	Note   string `json:"note,omitempty" doc:"Why it is paused." maxLength:"200"`
	// PausedUntil is when a pause ends by itself; zero if somebody must end it.
	PausedUntil time.Time `json:"paused_until,omitzero" doc:"When the pause ends by itself."`
	// Planned is what config.yaml said when the line was last read, as Schedule.String
	// writes it: another text means that the file was changed meanwhile.
	Planned string `json:"-"`
	// ChangedAt is when the schedule became what it is. Ticks before it were not missed.
	ChangedAt time.Time `json:"changed_at,omitzero"`
	ChangedBy string    `json:"changed_by,omitempty" doc:"The admin who changed it."`
	Version   int       `json:"-"` // counts the changes
	// Holder is the replica that runs the job until HeldUntil, where one has it for all.
	Holder    string    `json:"-"`
	HeldUntil time.Time `json:"-"`
}

// Woken tells whether what is due wakes the job, where config.yaml says so or not.
func (j Job) Woken(configured bool) bool {
	if j.Wake != nil {
		return *j.Wake
	}
	return configured
}

// Resting tells whether the job is paused at that time. A pause with an end needs nobody
// to end it: all replicas agree on it by the clock.
func (j Job) Resting(at time.Time) bool {
	return j.Paused && (j.PausedUntil.IsZero() || at.Before(j.PausedUntil))
}

// Trigger is what started a run.
type Trigger string

// The triggers.
const (
	Scheduled Trigger = "schedule" // its time had come
	Missed    Trigger = "missed"   // its time came while the service was down
	Manual    Trigger = "manual"   // somebody asked for it
)

// Run is the record of one run of a job.
type Run struct {
	ID  string `json:"id"` // as message.NewID makes it
	Job string `json:"job"`
	// Slot is whose tick it is: the replica's for a job that runs on each of them, and
	// empty for one that runs once in the cluster. A slot has one run at one time.
	Slot        string         `json:"-"`
	ScheduledAt time.Time      `json:"scheduled_at,omitzero" doc:"For when it was planned; absent if somebody asked for it."`
	StartedAt   time.Time      `json:"started_at"`
	EndedAt     time.Time      `json:"ended_at,omitzero" doc:"Absent while it runs."`
	Trigger     Trigger        `json:"trigger" enum:"schedule,missed,manual"`
	Replica     string         `json:"replica" doc:"Which process ran it."`
	Counts      map[string]int `json:"counts,omitempty" doc:"What it did, as in {\"sent\": 12}."`
	Error       string         `json:"error,omitempty" doc:"What went wrong; absent if nothing did."`
}
