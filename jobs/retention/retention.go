// Package retention forgets what has had its time: messages that a site has kept long enough,
// and records that only serve to tell repetitions and to look back.
//
// It asks once on which sites there is something of each sort, and visits those. What is
// forgotten goes a page at a time: one statement must not keep others from the database.
package retention

import (
	"context"
	"slices"
	"time"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/message"
	"notifier/webhook"
)

// Messages are those that sites keep, with the mails that test keys caught.
type Messages interface {
	PurgeableSites(ctx context.Context) ([]string, error)
	// TakeTurns tells for which sites it is this replica's turn, of all replicas, until a time.
	TakeTurns(ctx context.Context, chore string, sites []string, at, until time.Time) (mine []string, err error)
	// Purge deletes up to n messages after an id, and returns the last id that it looked at; empty at the end.
	Purge(ctx context.Context, site string, after message.ID, n int, before time.Time) (purged int, last message.ID, err error)
	ForgetDocuments(ctx context.Context, site string, n int, before time.Time) (int, error)
	KeptSites(ctx context.Context) ([]string, error)
	ForgetKept(ctx context.Context, site string, n int, before time.Time) error
}

// Records are those of each site that tell repetitions, and what was changed and refused.
type Records interface {
	OldKeys(ctx context.Context, before time.Time) ([]string, error)
	ForgetKeys(ctx context.Context, site string, n int, before time.Time) (int, error)
	OldChanges(ctx context.Context, before time.Time) ([]string, error)
	ForgetChanges(ctx context.Context, site string, n int, before time.Time) (int, error)
	OldRefusals(ctx context.Context, before time.Time) ([]string, error)
	ForgetRefusals(ctx context.Context, site string, n int, before time.Time) (int, error)
}

// Shared are the records that are forgotten on all sites at once.
type Shared interface {
	OldCallbacks(ctx context.Context, before time.Time) ([]webhook.Endpoint, error)
	ForgetCallbacks(ctx context.Context, site string, endpoint message.ID, n int, before time.Time) (int, error)
	ForgetSeries(ctx context.Context, now time.Time) (int, error)
	ForgetBudgets(ctx context.Context, n int, since time.Time) (int, error)
	ForgetRuns(ctx context.Context, n int, before time.Time) (int, error)
	ForgetSessions(ctx context.Context, at time.Time) error
}

// queue is all that one value keeps for the job.
type queue interface {
	Messages
	Records
	Shared
}

// Options say how long messages are kept.
type Options struct {
	// Keeps is how long the messages of a site are kept; 0: for ever.
	Keeps func(site string) time.Duration
	// From are the ids that purging begins with, one for each sort of message.
	From []message.ID
}

// How long records are kept.
const (
	keepKeys    = 7 * 24 * time.Hour
	keepRuns    = 30 * 24 * time.Hour
	keepBudgets = 2 * 24 * time.Hour
	keepCalls   = 30 * 24 * time.Hour
	keepChanges = 92 * 24 * time.Hour
	keepRefused = 7 * 24 * time.Hour
	keepTests   = 7 * 24 * time.Hour
	keepMails   = 1000 // of a test mailbox
)

const (
	purgeEvery = time.Hour
	page       = 1000 // how much one statement forgets
	purgePage  = 200  // messages have more that hangs on them
)

// Job forgets. One Run at a time, as the timetable has it.
type Job struct {
	messages Messages
	records  Records
	common   Shared
	o        Options
	log      *zap.Logger
	hour     time.Time // when this replica last did what is done once an hour
}

// New makes the job.
func New(kept queue, o Options, log *zap.Logger) *Job {
	return &Job{messages: kept, records: kept, common: kept, o: o, log: log}
}

// sort is what is forgotten by site: on which sites there is some, and how a page of it goes.
type sort struct {
	hourly bool
	sites  func(ctx context.Context) ([]string, error)
	forget func(ctx context.Context, site string) (int, error)
}

// Run forgets what has had its time. Most of it is done once an hour.
func (j *Job) Run(ctx context.Context, at time.Time) (map[string]int, error) {
	hourly := !at.Before(j.hour.Add(purgeEvery))
	for _, s := range j.sorts(at) {
		if s.hourly && !hourly {
			continue
		}
		sites, err := s.sites(ctx)
		for _, site := range sites {
			err = pages(ctx, err, func() (int, error) { return s.forget(ctx, site) })
		}
		if err != nil {
			return nil, err
		}
	}
	if !hourly {
		return nil, nil
	}
	j.hour = at
	return nil, j.shared(ctx, at)
}

func (j *Job) sorts(at time.Time) []sort {
	return []sort{
		older(false, j.records.OldKeys, j.records.ForgetKeys, at.Add(-keepKeys)),
		older(true, j.records.OldChanges, j.records.ForgetChanges, at.Add(-keepChanges)),
		older(true, j.records.OldRefusals, j.records.ForgetRefusals, at.Add(-keepRefused)),
		{true, func(ctx context.Context) ([]string, error) { return j.turns(ctx, at) }, func(ctx context.Context, site string) (int, error) { return 0, j.Purge(ctx, site, at) }},
		{true, j.messages.KeptSites, func(ctx context.Context, site string) (int, error) {
			if !access.IsSandbox(site) {
				return 0, nil
			}
			return 0, j.messages.ForgetKept(ctx, site, keepMails, at.Add(-keepTests))
		}},
	}
}

func older(hourly bool, sites func(context.Context, time.Time) ([]string, error), forget func(context.Context, string, int, time.Time) (int, error), before time.Time) sort {
	return sort{
		hourly,
		func(ctx context.Context) ([]string, error) { return sites(ctx, before) },
		func(ctx context.Context, site string) (int, error) { return forget(ctx, site, page, before) },
	}
}

// pages forgets until a page is not full. It does nothing after an error.
func pages(ctx context.Context, err error, forget func() (int, error)) error {
	for n := page; err == nil && n >= page && ctx.Err() == nil; {
		n, err = forget()
	}
	return err
}

// shared forgets what is asked for on all sites at once.
func (j *Job) shared(ctx context.Context, at time.Time) error {
	old, err := j.common.OldCallbacks(ctx, at.Add(-keepCalls))
	for _, e := range old {
		err = pages(ctx, err, func() (int, error) {
			return j.common.ForgetCallbacks(ctx, e.Site, e.ID, page, at.Add(-keepCalls))
		})
	}
	if err == nil {
		_, err = j.common.ForgetSeries(ctx, at)
	}
	err = pages(ctx, err, func() (int, error) { return j.common.ForgetBudgets(ctx, page, at.Add(-keepBudgets)) })
	err = pages(ctx, err, func() (int, error) { return j.common.ForgetRuns(ctx, page, at.Add(-keepRuns)) })
	if err == nil {
		err = j.common.ForgetSessions(ctx, at)
	}
	return err
}

// turns are the sites that it is this replica's turn to purge: once an hour one of them all
// purges a site, if there is something that may be too old.
func (j *Job) turns(ctx context.Context, at time.Time) ([]string, error) {
	sites, err := j.messages.PurgeableSites(ctx)
	if err != nil {
		return nil, err
	}
	sites = slices.DeleteFunc(sites, func(site string) bool { return j.o.Keeps(site) == 0 })
	return j.messages.TakeTurns(ctx, "purge", sites, at, at.Add(purgeEvery))
}

// Purge deletes messages of a site that have been kept long enough, and then the documents that
// nothing names any more.
func (j *Job) Purge(ctx context.Context, site string, at time.Time) error {
	keep := j.o.Keeps(site)
	if keep == 0 {
		return nil
	}
	n := 0
	for _, after := range j.o.From {
		for after != "" && ctx.Err() == nil {
			purged, last, err := j.messages.Purge(ctx, site, after, purgePage, at.Add(-keep))
			if err != nil {
				return err
			}
			after, n = last, n+purged
		}
	}
	if err := pages(ctx, nil, func() (int, error) { return j.messages.ForgetDocuments(ctx, site, page, at.Add(-keep)) }); err != nil {
		return err
	}
	if n > 0 {
		j.log.Info("old messages deleted", zap.String("site", site), zap.Int("messages", n))
	}
	return nil
}
