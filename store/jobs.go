package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"notifier/message"
	"notifier/schedule"
	"notifier/store/sql"
)

// The timetable belongs to the service rather than to one of its sites; its rows bear
// the empty site.
const serviceSite = ""

// Job reads the saved line of a job, and begins it if there is none.
func (s *Store) Job(ctx context.Context, begin schedule.Job) (schedule.Job, error) {
	j := schedule.Job{Name: begin.Name}
	read := func() error {
		var wake sql.NullBool
		err := s.db.Row(ctx, nil, []any{
			&j.Every, &j.Cron, &j.Timezone, &wake, &j.Paused, &j.Note, (*sql.Instant)(&j.PausedUntil), &j.Planned, (*sql.Instant)(&j.ChangedAt), &j.ChangedBy, &j.Version,
			&j.Holder, (*sql.Instant)(&j.HeldUntil),
		}, `SELECT every, cron, timezone, wake, paused, note, paused_until, planned, changed_at, changed_by, version, holder, held_until
			FROM jobs WHERE site = ? AND name = ?`, serviceSite, begin.Name)
		if wake.Valid {
			j.Wake = &wake.Bool
		}
		return err
	}
	err := read()
	if errors.Is(err, sql.ErrNoRows) {
		_, err = s.db.Exec(ctx, nil, `INSERT INTO jobs (site, name, every, cron, timezone, paused, note, planned, changed_at, changed_by, version, holder)
			VALUES (?, ?, '', '', '', ?, '', ?, ?, '', 1, '') ON CONFLICT (site, name) DO NOTHING`,
			serviceSite, begin.Name, false, begin.Planned, sql.Instant(begin.ChangedAt))
		if err == nil {
			err = read()
		}
	}
	if err != nil {
		return j, fmt.Errorf("read the job %s: %w", begin.Name, err)
	}
	return j, nil
}

// Versions are those of all saved lines, by the name of the job.
func (s *Store) Versions(ctx context.Context) (map[string]int, error) {
	versions := map[string]int{}
	rows, err := s.db.Query(ctx, nil, `SELECT name, version FROM jobs WHERE site = ?`, serviceSite)
	_, err = sql.Collect(rows, err, func(scan func(...any) error) (struct{}, error) {
		var name string
		var version int
		err := scan(&name, &version)
		versions[name] = version
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the versions of the jobs: %w", err)
	}
	return versions, nil
}

// SaveJob writes the line if it is still at the version that j has, and fails with
// message.ErrMoved if not.
func (s *Store) SaveJob(ctx context.Context, j schedule.Job) error {
	var wake sql.NullBool
	if j.Wake != nil {
		wake = sql.NullBool{Bool: *j.Wake, Valid: true}
	}
	n, err := s.db.Exec(ctx, nil, `UPDATE jobs SET every = ?, cron = ?, timezone = ?, wake = ?, paused = ?, note = ?, paused_until = ?, planned = ?,
		changed_at = ?, changed_by = ?, version = version + 1 WHERE site = ? AND name = ? AND version = ?`,
		j.Every, j.Cron, j.Timezone, wake, j.Paused, j.Note, sql.Instant(j.PausedUntil), j.Planned, sql.Instant(j.ChangedAt), j.ChangedBy, serviceSite, j.Name, j.Version)
	if err == nil && n != 1 {
		err = message.ErrMoved
	}
	if err != nil {
		return fmt.Errorf("save the job %s: %w", j.Name, err)
	}
	return nil
}

// Fire notes that the run takes its scheduled time. It is false if another run has it.
func (s *Store) Fire(ctx context.Context, r schedule.Run) (bool, error) {
	n, err := s.db.Exec(ctx, nil, `INSERT INTO runs (site, id, job, slot, scheduled_at, trigger, replica, started_at, counts, error)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', '') ON CONFLICT (site, job, slot, scheduled_at) DO NOTHING`,
		serviceSite, r.ID, r.Job, r.Slot, sql.Instant(r.ScheduledAt), r.Trigger, r.Replica, sql.Instant(r.StartedAt))
	if err != nil {
		return false, fmt.Errorf("note a run of %s: %w", r.Job, err)
	}
	return n == 1, nil
}

// Finish notes how a run ended.
func (s *Store) Finish(ctx context.Context, r schedule.Run) error {
	counts := ""
	if len(r.Counts) > 0 {
		b, err := json.Marshal(r.Counts)
		if err != nil {
			return err
		}
		counts = string(b)
	}
	_, err := s.db.Exec(ctx, nil, "UPDATE runs SET ended_at = ?, counts = ?, error = ? WHERE site = ? AND id = ?",
		sql.Instant(r.EndedAt), counts, harmless(r.Error, message.MaxErrorText), serviceSite, r.ID)
	if err != nil {
		return fmt.Errorf("note the end of a run of %s: %w", r.Job, err)
	}
	return nil
}

// LastFire is the latest scheduled time of the job that was taken in the slot; zero if none was.
func (s *Store) LastFire(ctx context.Context, job, slot string) (time.Time, error) {
	return s.earliest(ctx, "SELECT scheduled_at FROM runs WHERE site = ? AND job = ? AND slot = ? ORDER BY scheduled_at DESC LIMIT 1",
		serviceSite, job, slot)
}

// Runs lists the last n runs of a job, newest first.
func (s *Store) Runs(ctx context.Context, job string, n int) ([]schedule.Run, error) {
	rows, err := s.db.Query(ctx, nil, `SELECT id, job, slot, scheduled_at, trigger, replica, started_at, ended_at, counts, error
		FROM runs WHERE site = ? AND job = ? ORDER BY id DESC LIMIT ?`, serviceSite, job, n)
	runs, err := sql.Collect(rows, err, func(scan func(...any) error) (r schedule.Run, err error) {
		var counts string
		err = scan((*string)(&r.ID), &r.Job, &r.Slot, (*sql.Instant)(&r.ScheduledAt), (*string)(&r.Trigger), &r.Replica,
			(*sql.Instant)(&r.StartedAt), (*sql.Instant)(&r.EndedAt), &counts, &r.Error)
		if err == nil && counts != "" {
			err = json.Unmarshal([]byte(counts), &r.Counts)
		}
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the runs of %s: %w", job, err)
	}
	return runs, nil
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
	n, err := s.db.Exec(ctx, nil, `UPDATE jobs SET holder = ?, held_until = ?
		WHERE site = ? AND name = ? AND (holder = ? OR holder = '' OR held_until <= ?)`,
		replica, sql.Instant(until), serviceSite, job, replica, sql.Instant(at))
	if err != nil {
		return false, fmt.Errorf("take the job %s: %w", job, err)
	}
	return n == 1, nil
}

// LetGo gives a job up for others.
func (s *Store) LetGo(ctx context.Context, job, replica string) error {
	_, err := s.db.Exec(ctx, nil, "UPDATE jobs SET holder = '', held_until = NULL WHERE site = ? AND name = ? AND holder = ?",
		serviceSite, job, replica)
	if err != nil {
		return fmt.Errorf("let go of the job %s: %w", job, err)
	}
	return nil
}
