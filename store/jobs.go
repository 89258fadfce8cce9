package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"notifier/message"
	"notifier/schedule"
	"notifier/store/sql"
)

// The timetable belongs to the service rather than to one of its sites; its rows bear
// the empty site.
const serviceSite = ""

type jobRow struct {
	Site string
	Job  jobColumns `gorm:"embedded"`
}

type jobColumns struct {
	Name string
	schedule.Spec
	Wake        *bool
	Paused      bool
	Note        string
	PausedUntil time.Time `gorm:"serializer:instant"`
	Planned     string
	ChangedAt   time.Time `gorm:"serializer:instant"`
	ChangedBy   string
	Version     int
	Holder      string
	HeldUntil   time.Time `gorm:"serializer:instant"`
}

func (jobRow) TableName() string  { return "jobs" }
func (r jobRow) is() schedule.Job { return schedule.Job(r.Job) }

// job is the row of a job.
func (s *Store) job(ctx context.Context, name string) *gorm.DB {
	return s.db.Gorm(ctx, nil).Model(&jobRow{}).Where("site = ? AND name = ?", serviceSite, name)
}

// Job reads the saved line of a job, and begins it if there is none.
func (s *Store) Job(ctx context.Context, begin schedule.Job) (schedule.Job, error) {
	doing := "read the job " + begin.Name
	j, err := one[jobRow](doing, s.job(ctx, begin.Name))
	if errors.Is(err, message.ErrNotFound) {
		row := jobRow{serviceSite, jobColumns{Name: begin.Name, Planned: begin.Planned, ChangedAt: begin.ChangedAt, Version: 1}}
		if err = done(doing, s.db.Gorm(ctx, nil).Clauses(unlessThere).Create(&row)); err == nil {
			j, err = one[jobRow](doing, s.job(ctx, begin.Name))
		}
	}
	return j, err
}

// Versions are those of all saved lines, by the name of the job.
func (s *Store) Versions(ctx context.Context) (map[string]int, error) {
	all, err := find[jobRow]("read the versions of the jobs", s.db.Gorm(ctx, nil).Select("name", "version").Where("site = ?", serviceSite))
	if err != nil {
		return nil, err
	}
	versions := map[string]int{}
	for _, j := range all {
		versions[j.Name] = j.Version
	}
	return versions, nil
}

// SaveJob writes the line if it is still at the version that j has, and fails with
// message.ErrMoved if not. Who holds the job is not its business.
func (s *Store) SaveJob(ctx context.Context, j schedule.Job) error {
	row := jobRow{Job: jobColumns(j)}
	row.Job.Version++
	return while("save the job "+j.Name, first(s.job(ctx, j.Name).Where("version = ?", j.Version).
		Select("*").Omit("site", "name", "holder", "held_until").Updates(row)))
}

type runRow struct {
	Site string
	Run  runColumns `gorm:"embedded"`
}

type runColumns struct {
	ID          string
	Job         string
	Slot        string
	ScheduledAt time.Time `gorm:"serializer:instant"`
	StartedAt   time.Time `gorm:"serializer:instant"`
	EndedAt     time.Time `gorm:"serializer:instant"`
	Trigger     schedule.Trigger
	Replica     string
	Counts      map[string]int `gorm:"serializer:sparse"`
	Error       string
}

func (runRow) TableName() string  { return "runs" }
func (r runRow) is() schedule.Run { return schedule.Run(r.Run) }

// Fire notes that the run takes its scheduled time. It is false if another run has it.
func (s *Store) Fire(ctx context.Context, r schedule.Run) (bool, error) {
	row := runRow{serviceSite, runColumns{ID: r.ID, Job: r.Job, Slot: r.Slot, ScheduledAt: r.ScheduledAt, Trigger: r.Trigger, Replica: r.Replica, StartedAt: r.StartedAt}}
	return met("note a run of "+r.Job, s.db.Gorm(ctx, nil).Clauses(instead([]string{"site", "job", "slot", "scheduled_at"}, nil)).Create(&row))
}

// Finish notes how a run ended.
func (s *Store) Finish(ctx context.Context, r schedule.Run) error {
	r.Error = harmless(r.Error, message.MaxErrorText)
	return done("note the end of a run of "+r.Job, s.db.Gorm(ctx, nil).Model(&runRow{}).Where("site = ? AND id = ?", serviceSite, r.ID).
		Select("ended_at", "counts", "error").Updates(runRow{Run: runColumns(r)}))
}

// LastFire is the latest scheduled time of the job that was taken in the slot; zero if none was.
func (s *Store) LastFire(ctx context.Context, job, slot string) (time.Time, error) {
	return s.earliest(ctx, "SELECT scheduled_at FROM runs WHERE site = ? AND job = ? AND slot = ? ORDER BY scheduled_at DESC LIMIT 1",
		serviceSite, job, slot)
}

// Runs lists the last n runs of a job, newest first.
func (s *Store) Runs(ctx context.Context, job string, n int) ([]schedule.Run, error) {
	return find[runRow]("list the runs of "+job, s.db.Gorm(ctx, nil).Where("site = ? AND job = ?", serviceSite, job).Order("id DESC").Limit(n))
}

// LastRun is the last run of a job; zero if there was none.
func (s *Store) LastRun(ctx context.Context, job string) (schedule.Run, error) {
	runs, err := s.Runs(ctx, job, 1)
	if err != nil || len(runs) == 0 {
		return schedule.Run{}, err
	}
	return runs[0], nil
}

// ForgetRuns deletes at most n records of runs that are older than that.
func (s *Store) ForgetRuns(ctx context.Context, n int, before time.Time) (int, error) {
	forgotten, err := s.forgetFirst(ctx, "runs WHERE site = ?", "started_at", n, before, serviceSite)
	if err != nil {
		return 0, fmt.Errorf("forget old runs: %w", err)
	}
	return forgotten, nil
}

// Hold takes or keeps a job for a replica; it is false while another has it.
func (s *Store) Hold(ctx context.Context, job, replica string, at, until time.Time) (bool, error) {
	return met("take the job "+job, s.job(ctx, job).Where("(holder = ? OR holder = '' OR held_until <= ?)", replica, sql.Instant(at)).
		Updates(map[string]any{"holder": replica, "held_until": sql.Instant(until)}))
}

// LetGo gives a job up for others.
func (s *Store) LetGo(ctx context.Context, job, replica string) error {
	return done("let go of the job "+job, s.job(ctx, job).Where("holder = ?", replica).Updates(map[string]any{"holder": "", "held_until": nil}))
}
