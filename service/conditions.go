package service

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"notifier/health"
	"notifier/language"
	"notifier/schedule"
)

// watchHealth says what keeps the service from its work. Each check is a method below, which
// asks the database no more often than it must.
func (h *Service) watchHealth() {
	h.health.Log(h.log)
	h.health.Add(30*time.Second, h.schemaFits)
	h.health.Add(time.Minute, h.keyFits)
	h.health.Add(0, h.jobsRun)
	h.health.Add(0, h.databaseHasRoom)
	h.health.Add(15*time.Second, h.mailLeaves)
	h.health.Add(0, h.clockIsTrusted)
	h.health.Add(0, h.panicsTold)
	h.health.Add(15*time.Second, h.accountsWork)
	h.health.Add(time.Minute, h.nobodyBounces)
}

// jobsRun tells of jobs that make no progress.
func (h *Service) jobsRun(context.Context) (all []health.Condition, _ error) {
	for _, s := range h.timetable.Silent() {
		quiet := s.For.Truncate(time.Second)
		all = append(all, health.Condition{
			Name: health.JobStuck, Subject: s.Job, For: quiet, Blocks: true,
			Says: fmt.Sprintf("%s has made no progress for %s.", s.Job, language.In("en").Span(quiet)),
			Do:   "The log says what it waited for; another run is begun as soon as one can be.",
		})
	}
	return all, nil
}

// databaseHasRoom tells when the last thing that was to be stored found no room.
func (h *Service) databaseHasRoom(context.Context) ([]health.Condition, error) {
	says := h.store.Full()
	if says == "" {
		return nil, nil
	}
	return []health.Condition{{
		Name: health.DatabaseFull, Value: says, Blocks: true,
		Says: "Nothing can be stored: " + says + ".", Do: "Make room: mail is taken again as soon as there is some.",
	}}, nil
}

// keyFits tells of secrets that secrets.key does not open, and looks for keys that were made lately.
func (h *Service) keyFits(ctx context.Context) ([]health.Condition, error) {
	if err := h.readKeys(ctx); err != nil {
		return nil, err
	}
	return keyFits(ctx, h.store, h.config)
}

// lateMail is how long mail may be due before somebody should look.
const lateMail = 90 * time.Second

// mailLeaves tells of mail that is due and does not leave, which is no reason to send the
// callers elsewhere: other replicas have the same queue.
func (h *Service) mailLeaves(ctx context.Context) ([]health.Condition, error) {
	at := h.now()
	if state, err := h.timetable.Line(ctx, schedule.Notifications); err != nil || state.Paused {
		return nil, err
	}
	due, err := h.store.OldestDue(ctx)
	if err != nil || due.IsZero() || at.Sub(due) < lateMail {
		return nil, err
	}
	waited := at.Sub(due).Truncate(time.Second)
	return []health.Condition{{
		Name: health.MailLate, For: waited,
		Says: fmt.Sprintf("The oldest due mail has waited for %s.", language.In("en").Span(waited)),
		Do:   "notifier queue list --status pending shows it, and notifier why says why.",
	}}, nil
}

// schemaFits tells of a database that a newer program has migrated: what this one writes may
// be read wrongly there.
func (h *Service) schemaFits(ctx context.Context) ([]health.Condition, error) {
	has, knows, err := h.store.SchemaVersion(ctx)
	if err != nil || has <= knows {
		return nil, err
	}
	return []health.Condition{NewerSchema(has, knows)}, nil
}

// NewerSchema is that the schema is newer than the program.
func NewerSchema(has, knows int64) health.Condition {
	return health.Condition{
		Name: health.SchemaNewer, Value: strconv.FormatInt(has, 10), Blocks: true,
		Says: fmt.Sprintf("The schema of the database is at version %d, this program knows %d.", has, knows),
		Do:   "Install the newer program.",
	}
}

// jobMetrics tell how long jobs have made no progress.
type jobMetrics struct{ *Service }

var jobSilence = prometheus.NewDesc("notifier_job_silent_seconds", "How long a job has made no progress, or has not begun a run that was due; only of jobs that are silent for a minute.", []string{"job"}, nil)

func (j *jobMetrics) Describe(all chan<- *prometheus.Desc) { all <- jobSilence }

func (j *jobMetrics) Collect(all chan<- prometheus.Metric) {
	for _, s := range j.timetable.Silent() {
		all <- prometheus.MustNewConstMetric(jobSilence, prometheus.GaugeValue, s.For.Seconds(), s.Job)
	}
}
