// Package service puts the rooms together: it opens, starts, reloads, drains and stops the service.
//
// It is the only place below the command line where two rooms meet. What a command needs that the API
// does not offer is a method here.
package service

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/account"
	"notifier/explain"
	"notifier/gate"
	"notifier/health"
	"notifier/intake"
	"notifier/jobs"
	"notifier/jobs/callbacks"
	"notifier/jobs/notifications"
	"notifier/jobs/operations"
	"notifier/jobs/outbox"
	"notifier/jobs/reminders"
	"notifier/jobs/retention"
	"notifier/jobs/usernotifications"
	"notifier/letter"
	"notifier/links"
	"notifier/mail"
	"notifier/schedule"
	"notifier/series"
	"notifier/settings"
	"notifier/store"
	"notifier/wallclock/timekeeper"
)

// Service is the whole service, wired. What it opened is closed in reverse.
type Service struct {
	config    settings.Config
	current   inForce
	leaving   nextMail
	log       *zap.Logger
	replica   string
	store     *store.Store
	writer    letter.Writer
	desk      *intake.Desk
	gate      *gate.Gate
	staff     *gate.Staff
	test      *notifications.Account // of the sites that test keys act on
	why       *explain.Desk
	flush     *notifications.Job
	routes    notifications.Routes
	promote   *usernotifications.Job
	remind    *reminders.Job
	callbacks *callbacks.Job
	webhooks  *callbacks.Book
	operate   *operations.Job
	outbox    *outbox.Job
	retention *retention.Job
	counter   *series.Counter // nil where nobody counts
	sampled   time.Time       // the minute in which the queue was last measured
	waited    map[string]bool // the sites in which something waited then
	timetable *jobs.Timetable
	health    health.Board
	keeper    *timekeeper.Keeper
	boot      string // names the start of this machine; empty: nobody knows
	kept      keptClock
	grants    mail.Grants // what token servers gave; nil: each process has its own
	ring      *links.Ring // what signs links
	panics    panics
	told      time.Time // when the service was told to stop; zero before
	closers   []func() error
}

// Open wires the rooms. The database must be reachable; the relay need not be.
func Open(ctx context.Context, c settings.Config, log *zap.Logger) (*Service, error) {
	h := &Service{config: c, replica: replicaName(), counter: &series.Counter{}, keeper: timekeeper.System(), boot: timekeeper.Boot()}
	log = log.WithOptions(zap.Hooks(h.panics.note))
	h.log = log
	s, err := store.Open(ctx, c.Database, log)
	if err != nil {
		return nil, err
	}
	h.store = s
	h.closes(s.Close)
	h.closes(h.handOver)
	h.grants = GrantsOf(c, s)
	o, err := account.Open(c.Configured(), c.AccountOptions(h.grants), nil, log)
	if err != nil {
		return nil, errors.Join(err, h.Close())
	}
	h.closes(o.Close)
	h.current.out.Store(o)
	h.test = testAccount(c, h.store, o)
	if err := h.wire(h.routesNow); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func (h *Service) wire(routes notifications.Routes) (err error) {
	c := h.config
	h.current.config.Store(&c)
	h.store.Home(c.Site)
	onSite := h.calendar
	h.writer = h.writes(h.kindsOf)
	h.routes = routes
	h.ring = links.NewRing(signingOf(c, h.store).keys, links.NewKey(derivedOf(c)))
	h.flush = notifications.New(h.store, routes, outgoingWriter{h.writer, h.linkDoor()}, h.flushOptions(), h.log)
	h.promote = usernotifications.New(h.counted(), h.writes(h.kindsSeen), h.log)
	h.remind = reminders.New(h.store, h.writer, onSite, c.MailDomain(), h.log)
	h.callbacks = callbacksOf(c, h.store, h.log)
	h.why = explain.New(h.store, h.standing)
	h.gate = gate.New(h.store, gate.Options{Site: c.Site, FirstKey: c.HTTP.Key, RateLimit: float64(c.HTTP.RateLimit)}, h.log)
	h.staff = gate.NewStaff(h.store, c.Site, h.log)
	h.webhooks = callbacks.NewBook(h.store, h.callbacks)
	h.timetable, err = jobs.New(h.store, jobs.Options{Replica: h.replica, Now: h.now}, h.log)
	if err != nil {
		return err
	}
	h.remind.Announce(h.timetable.Departures)
	wake := func() { h.timetable.Wake(schedule.Notifications) }
	h.desk = intake.New(h.store, intake.Options{
		Catalog: c.Kinds, InForce: h.kinds, Calendar: onSite, CalendarBy: h.calendarBy, Writer: h.writer, Domain: c.MailDomain(), Wake: wake, Route: h.route,
		Departures: h.timetable.Departures,
		NextFlush:  func(after time.Time) time.Time { return h.timetable.NextTick(schedule.Notifications, after) },
		PageOf:     c.PageOf,
		Later:      func(at time.Time) { h.timetable.WakeAt(schedule.Notifications, at) },
		Operated:   func(at time.Time) { h.timetable.WakeAt(operationsJob, at) },
	})
	h.operate = operations.New(h.store, h.desk, h.log)
	h.outbox = outbox.New(h.store, h.desk, c.Retry.Lease, h.log)
	h.retention = h.retains()
	h.watchHealth()
	return h.plan(wake)
}

// plan puts the jobs on the timetable. Whatever makes messages pending wakes the flush.
func (h *Service) plan(wake func()) error {
	then := func(work jobs.Work, wake func()) jobs.Work {
		return func(ctx context.Context, at time.Time) (map[string]int, error) {
			counts, err := work(ctx, at)
			if len(counts) > 0 {
				wake()
			}
			return counts, err
		}
	}
	waking := func(work jobs.Work) jobs.Work { return then(work, wake) }
	c := h.config.Jobs
	for _, p := range []jobs.Plan{
		{Name: schedule.Reminders, Spec: c.Reminders.Spec, Work: waking(h.moved(h.remind.Run))},
		{Name: schedule.UserNotifications, Spec: c.UserNotifications.Spec, Work: waking(h.moved(h.promote.Run))},
		{Name: schedule.Notifications, Spec: c.Notifications.Spec, Work: h.ahead(then(h.flush.Run, h.tell)), Wake: c.Notifications.Wake, Everywhere: true, Finishes: true},
		{Name: operationsJob, Spec: schedule.Spec{Every: "5s"}, Work: waking(h.operate.Run), Wake: true, Private: true},
		{Name: outboxJob, Spec: schedule.Spec{Every: "5s"}, Work: waking(h.outbox.Run), Wake: true, Private: true},
		{Name: callbacksJob, Spec: schedule.Spec{Every: "5s"}, Work: h.callbacks.Run, Wake: true, Private: true},
		{Name: seriesJob, Spec: schedule.Spec{Every: "5s"}, Work: h.measure, Private: true},
		{Name: timersJob, Spec: schedule.Spec{Every: "5s"}, Work: h.timers, Private: true},
		{Name: sweepJob, Spec: schedule.Spec{Every: h.sweepEvery()}, Work: waking(h.flush.Sweep), Wake: true, Private: true},
		{Name: "housekeeping", Spec: schedule.Spec{Every: "5m"}, Work: h.retention.Run, Private: true},
	} {
		if err := h.timetable.Plan(p); err != nil {
			return err
		}
	}
	return nil
}

// The jobs that are nobody's to schedule.
const (
	callbacksJob  = "callbacks"  // tells webhooks
	operationsJob = "operations" // does what was asked for many messages
	outboxJob     = "outbox"     // takes in what callers wrote in transactions of their own
	timersJob     = "timers"     // looks for times that other replicas were told of
	sweepJob      = "sweeping"   // ends leases and messages whose time is over
	seriesJob     = "series"     // adds what was counted to what all replicas have
)

// retains is the job that forgets, as at a start.
func (h *Service) retains() *retention.Job {
	return retention.New(h.store, retention.Options{Keeps: h.config.Keeps, From: store.PurgeFrom}, h.log)
}

// tell wakes it.
func (h *Service) tell() { h.timetable.Wake(callbacksJob) }

// sweepEvery is how soon after the end of a lease somebody notices.
func (h *Service) sweepEvery() string {
	return min(max(h.config.Retry.Lease/2, time.Second), 30*time.Second).Truncate(time.Second).String()
}

// Migrate brings the schema up to date and makes the site known.
func (h *Service) Migrate(ctx context.Context) error {
	ran, err := h.store.Migrate(ctx)
	if err != nil {
		return err
	}
	if len(ran) > 0 {
		h.log.Info("database migrated", zap.Int64s("files", ran))
	}
	return errors.Join(h.recallClock(ctx), h.readKeys(ctx), h.applySites(ctx))
}

// applySites puts into force what the configuration says of its sites.
func (h *Service) applySites(ctx context.Context) error {
	for site := range h.config.Sites {
		if err := h.applySite(ctx, h.config, site); err != nil {
			return err
		}
	}
	if err := h.applySite(ctx, h.config, h.config.Site); err != nil {
		return err
	}
	if err := h.followZones(ctx); err != nil {
		return err
	}
	return h.moveInherited(ctx, h.now())
}

// followZones gives the sites of test keys the zones of theirs, which may have changed.
func (h *Service) followZones(ctx context.Context) error {
	all, err := h.store.SitesInFull(ctx)
	zones := map[string]string{}
	for _, s := range all {
		zones[s.Name] = s.Timezone
	}
	for _, s := range all {
		if zone := zones[access.Home(s.Name)]; err == nil && access.IsSandbox(s.Name) && zone != s.Timezone {
			err = h.store.AddSite(ctx, s.Name, zone, h.now())
		}
	}
	return err
}

func (h *Service) closes(f func() error) { h.closers = append(h.closers, f) }

// Close ends what was opened, in reverse.
func (h *Service) Close() error {
	var errs []error
	for i := len(h.closers) - 1; i >= 0; i-- {
		errs = append(errs, h.closers[i]())
	}
	h.closers = nil
	return errors.Join(errs...)
}

// Warn tells what keeps mail from leaving.
func (h *Service) Warn() {
	if len(h.outgoing().Configured()) == 0 {
		h.log.Warn("no SMTP server is configured: mail waits until smtp.host is set")
	}
}

// testAccount keeps the mails of test keys; in the demo it hands them on, too.
func testAccount(c settings.Config, shelf mail.Shelf, o *account.Outgoing) *notifications.Account {
	if c.Demo {
		return account.Test(c.SMTP, shelf, o.Courier(account.Default))
	}
	return account.Test(c.SMTP, shelf, nil)
}

// flushOptions are the options of Notifications: what a budget holds back wakes it again.
func (h *Service) flushOptions() notifications.Options {
	c := h.config
	o := notifications.Options{
		Lease: c.Retry.Lease, Replica: h.replica, Site: c.Only, Home: c.Site, Limits: c.Limits, KeepBounced: !c.SuppressBounces,
		Retry: notifications.Retry{Base: c.Retry.Base, Cap: c.Retry.Cap, MaxAttempts: c.Retry.MaxAttempts, MaxAge: c.Retry.MaxAge},
	}
	o.LimitsNow, o.Judged, o.Grace = h.limits, h.judged, stopGrace
	o.Again = func(at time.Time) { h.timetable.WakeAt(schedule.Notifications, at) }
	return o
}

// replicaName tells this process from others, also from one that had its number before.
func replicaName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s-%d-%s", host, os.Getpid(), strings.ToLower(rand.Text()[:6]))
}
