package service

import (
	"context"
	"fmt"
	"time"

	"notifier/preferences"
	"notifier/schedule"
	"notifier/service/doctor"
	"notifier/settings"
	"notifier/store"
)

// lookedAt is how many people's hours doctor looks at: enough to tell whether the runs fit.
const lookedAt = 2000

// findBetween tells of people whose hours lie between two runs of UserNotifications: their digests
// leave with the later one (RULES 2, a promised time).
func findBetween(ctx context.Context, c settings.Config, database *store.Store, at time.Time) doctor.Finding {
	const check = "hours of people"
	wrong := func(err error) doctor.Finding {
		return doctor.Finding{Check: check, Verdict: doctor.Failed, Says: err.Error()}
	}
	runs, err := runsInForce(ctx, c, database)
	if err != nil {
		return wrong(err)
	}
	database.Home(c.Site)
	in, err := database.InForceNow(ctx, c.Site)
	if err != nil {
		return wrong(err)
	}
	all, err := database.UserList(ctx, c.Site, "", lookedAt)
	if err != nil {
		return wrong(err)
	}
	late, example := 0, ""
	kinds := c.Kinds.InForce(in.Rules)
	for _, u := range all {
		p := kinds.CompleteUser(u, in.Timezone).Preferences
		if due, run, is := lateDigest(p, runs, at); is {
			if late++; example == "" {
				zone, _ := time.LoadLocation(p.Timezone) // an unknown one is nil: UTC
				if zone == nil {
					zone = time.UTC
				}
				example = due.In(zone).Format("15:04") + " leaves at " + run.In(zone).Format("15:04") + " " + zone.String()
			}
		}
	}
	if late == 0 {
		return doctor.OK(check, "digests leave when they are due")
	}
	return doctor.Finding{
		Check: check, Verdict: doctor.Warning,
		Says: "the digests of " + people(late) + " are due between two runs of UserNotifications, and leave with the later one: what is due at " + example,
		Do:   "Run the job more often, as with notifier job set user_notifications --every 5m. Or leave it so: pages and emails announce the later time.",
	}
}

func people(n int) string {
	if n == 1 {
		return "one person"
	}
	return fmt.Sprintf("%d people", n)
}

// runsInForce is the schedule of UserNotifications: what somebody has set, else the configuration's.
func runsInForce(ctx context.Context, c settings.Config, database *store.Store) (schedule.Standing, error) {
	spec := c.Jobs.UserNotifications.Spec
	saved, err := database.Versions(ctx)
	if _, is := saved[schedule.UserNotifications]; is && err == nil {
		var j schedule.Job
		if j, err = database.Job(ctx, schedule.Job{Name: schedule.UserNotifications}); j.Spec != (schedule.Spec{}) {
			spec = j.Spec
		}
	}
	if err != nil {
		return schedule.Standing{}, err
	}
	compiled, err := spec.Compile()
	return schedule.Standing{Schedule: compiled}, err
}

// lateDigest finds a digest of a person that leaves later than it is due.
func lateDigest(p preferences.Preferences, runs schedule.Standing, at time.Time) (due, run time.Time, is bool) {
	for kind := range p.Frequencies {
		due, _, wanted := p.Due(kind, at)
		if !wanted || !due.After(at) {
			continue
		}
		if run, known := runs.First(due); known && run.After(due) {
			return due, run, true
		}
	}
	return due, run, false
}
