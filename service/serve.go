package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"

	"notifier/access"
	"notifier/api"
	"notifier/gate"
	"notifier/rescue"
	"notifier/schedule"
	"notifier/settings"
	"notifier/wallclock/timekeeper"
	"notifier/web"
	"notifier/web/centre"
	"notifier/web/look"
)

// CheckSchema makes sure that the database has the schema that this program needs.
func (h *Service) CheckSchema(ctx context.Context) error {
	has, knows, err := h.store.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	if has < knows {
		return fmt.Errorf("the database's schema is at version %d, this program needs %d. Run notifier migrate", has, knows)
	}
	return errors.Join(h.recallClock(ctx), h.readKeys(ctx), h.applySite(ctx, h.config, h.config.Site))
}

// Listen takes the address for pages and API; the remedy is for one that is taken.
func Listen(address, remedy string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w. Is another one running? %s", err, remedy)
	}
	return listener, nil
}

// Serve runs the timetable and the HTTP server until ctx ends. Pages are answered where
// the API has nothing to say.
func (h *Service) Serve(ctx context.Context, listener net.Listener, pages http.Handler) (err error) {
	h.Warn()
	if h.config.HTTP.Key == "" {
		h.log.Warn("no first API key is set: only keys of notifier key create are let in")
	}
	if access.IsTest(h.config.HTTP.Key) && !h.config.Demo {
		h.log.Warn("http.key begins as test keys do, but is none: what it sends leaves the house. A test key is made with notifier key create --test")
	}
	server := &http.Server{
		Handler: hurried(writeTime, patient(bodyTime, timely(api.Contain(h.handler(pages), h.log)))), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog:    zap.NewStdLog(h.log.Named("http")),
		BaseContext: func(net.Listener) context.Context { return timekeeper.With(context.WithoutCancel(ctx), h.keeper) },
	}
	listener = newDoorkeeper(listener, h.config.HTTP)
	metrics, err := h.serveMetrics()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer metrics()
	if err := h.store.AskAgain(ctx, h.config.Site, h.now()); err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := h.timetable.Start(ctx); err != nil {
		return errors.Join(fmt.Errorf("start the timetable: %w", err), listener.Close(), h.timetable.Stop())
	}
	watching, unwatch := context.WithCancel(ctx)
	var watch sync.WaitGroup
	keeps := func(what string, do func()) {
		rescue.In(&watch, h.log, what, func() { rescue.Keep(watching, h.log, what, do) })
	}
	keeps("watching the database", func() {
		h.store.Watch(watching, func() { h.timetable.Wake(schedule.Notifications) }, func() { h.timetable.Wake(outboxJob) })
	})
	systemd := newSupervisor(h.log)
	keeps("telling systemd", func() { systemd.lives(watching) })
	keeps("looking for conditions", func() { h.health.Watch(watching) })
	if h.current.read != nil {
		keeps("reading the configuration again", func() { h.reloads(watching, systemd) })
	}
	defer func() {
		unwatch()
		err = errors.Join(err, h.by(watchEnds, "what watches the database", func() error { watch.Wait(); return nil }))
	}()
	ended, answered := make(chan error, 1), make(chan error, 1)
	h.answers(server, listener, ended)
	h.log.Info("serving", zap.String("address", listener.Addr().String()), zap.String("version", h.config.Version), zap.String("replica", h.replica))
	systemd.tell("READY=1\nSTATUS=serving " + listener.Addr().String())
	select {
	case err = <-ended:
		h.told = time.Now()
		answered <- nil
	case <-ctx.Done():
		h.told = time.Now()
		systemd.tell("STOPPING=1")
		h.log.Info("stopping: no more mail is claimed, what is being sent is finished")
		h.begin("ending requests", answered, func() error { return h.endRequests(ctx, server) }) // while the jobs come to their end
	}
	stopped := h.by(jobsEnd, "a run of a job", h.timetable.Stop)
	return errors.Join(ignoreClosed(err), <-answered, stopped)
}

// answers serves until the server is closed, and tells how that ended.
func (h *Service) answers(server *http.Server, listener net.Listener, ended chan<- error) {
	h.begin("the HTTP server", ended, func() error { return server.Serve(listener) })
}

// begin does something beside all else, and tells how it ended.
func (h *Service) begin(what string, ended chan<- error, do func() error) {
	rescue.Go(h.log, what, func() { ended <- rescue.Try(h.log, what, do) })
}

// endRequests takes no more requests, and lets those that came be answered.
func (h *Service) endRequests(ctx context.Context, server *http.Server) error {
	waiting, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestsEnd)
	defer cancel()
	err := server.Shutdown(waiting)
	if errors.Is(err, context.DeadlineExceeded) {
		h.log.Warn("requests that were not over are cut off")
		err = server.Close()
	}
	return err
}

// When the parts of the end are over, whatever hangs, counted from SIGTERM. Mails that are
// being handed over have stopGrace to be finished; the outcomes of those that were are then
// written, if the database answers, and the leases of all others lapse.
const (
	requestsEnd = 5 * time.Second
	stopGrace   = 20 * time.Second
	jobsEnd     = 25 * time.Second
	watchEnds   = 26 * time.Second
	allEnds     = 29 * time.Second
)

// by waits for what ends, but not for ever: the process ends anyhow, and all that it holds
// is a lease. Limit counts from the moment when the service was told to stop.
func (h *Service) by(limit time.Duration, what string, end func() error) error {
	ended := make(chan error, 1)
	h.begin(what, ended, end)
	patience := time.NewTimer(max(time.Until(h.told.Add(limit)), time.Second))
	defer patience.Stop()
	select {
	case err := <-ended:
		return err
	case <-patience.C:
		h.log.Warn("something does not come to its end, and is left behind", zap.String("what", what))
		return nil
	}
}

// End closes what was opened, and waits for it no longer than the end may take.
func (h *Service) End() error { return h.by(allEnds, "a connection", h.Close) }

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// serveMetrics answers /metrics at an address of its own, for those who may reach that, until
// it is told to end. Somebody else at the default's address is nothing to fail for.
func (h *Service) serveMetrics() (end func(), err error) {
	address := h.config.HTTP.MetricsListen
	if address == "" {
		return func() {}, nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil && address == settings.DefaultMetrics {
		h.log.Warn("there are no metrics: the address is taken. Set http.metrics_listen to another one, or to \"\" to have them at http.listen, for keys", zap.String("address", address))
		return func() {}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listen for /metrics: %w. Set http.metrics_listen to another address", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", h.metrics())
	server := &http.Server{
		Handler: hurried(writeTime, api.Contain(mux, h.log)), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: bodyTime, IdleTimeout: 2 * time.Minute,
		ErrorLog: zap.NewStdLog(h.log.Named("metrics")),
	}
	ended := make(chan error, 1)
	h.answers(server, newDoorkeeper(listener, settings.HTTP{Connections: 100}), ended)
	return func() {
		_ = server.Close() // nobody waits for an answer of it
		if err := ignoreClosed(<-ended); err != nil {
			h.log.Warn("the metrics were not answered to the end", zap.Error(err))
		}
	}, nil
}

// login is where people sign in to the pages.
func (h *Service) login() *web.Login {
	proxies := h.config.HTTP.Proxies()
	o := web.LoginOptions{Secure: proxies.Secure, From: proxies.From, Book: h.store}
	if c := h.config.OIDC; c.Issuer != "" {
		o.Provider = gate.NewProvider(gate.OIDC{Issuer: c.Issuer, ClientID: c.ClientID, ClientSecret: c.ClientSecret, RedirectURL: c.RedirectURL})
	}
	return web.NewLogin(h.staff, o, h.log)
}

func (h *Service) handler(pages http.Handler) http.Handler {
	o := h.apiOptions()
	o.Conditions = h.health.Conditions
	if h.config.HTTP.MetricsListen == "" {
		o.Metrics = h.metrics()
	}
	o.ConfirmClock = h.confirmClock
	if h.current.read != nil {
		o.Reload, o.Notices = h.Reload, h.notices
	}
	door := api.Handler(api.NewBackend(h.desk, h.store), h.timetable, o, h.log)
	if pages == nil {
		pages = door // which says that there is nothing
	}
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	mux.Handle(look.AssetPath, look.Assets())
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		mux.Handle(path, door)
	}
	mux.Handle("/me/", h.mine())
	if links := h.linkDoor(); links != nil {
		choices := centre.Handler(h.desk, h.store, h.centre(*links), h.log)
		mux.Handle("/p/", choices)
		mux.Handle("/u/", choices)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A mux would answer an id of two dots by sending the caller to another path; the API says why not.
		if strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/compat/") {
			door.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// apiOptions say how the API is kept.
func (h *Service) apiOptions() api.Options {
	return api.Options{Gate: h.gate, Keys: h.gate, Version: h.config.Version, Write: h.shown, Accounts: h, Webhooks: h.webhooks, Why: h.why, WhatIf: h.whatIf(), Digests: h.digests(), Site: h.config.Site, Replica: h.replica, Staff: h.staff, Sites: h, Domains: h, From: h.config.HTTP.Proxies().From, Links: h.linkDoor()}
}

// metrics are the process's own, and how the queue stands whenever somebody asks.
func (h *Service) metrics() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &queueMetrics{h}, &jobMetrics{h})
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorLog: zap.NewStdLog(h.log.Named("metrics"))})
}

// queueMetrics reads the queue when it is asked, so that every replica tells the same.
type queueMetrics struct{ *Service }

var (
	dueMessages    = prometheus.NewDesc("notifier_queue_due_messages", "Messages that could leave now.", []string{"site"}, nil)
	failedMessages = prometheus.NewDesc("notifier_queue_error_messages", "Messages in error, which only a person retries.", []string{"site"}, nil)
	oldestDue      = prometheus.NewDesc("notifier_queue_oldest_due_seconds", "How long the oldest message has been due.", []string{"site"}, nil)
)

func (q *queueMetrics) Describe(all chan<- *prometheus.Desc) {
	all <- dueMessages
	all <- failedMessages
	all <- oldestDue
}

func (q *queueMetrics) Collect(all chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	sites, err := q.busy(ctx)
	for _, site := range sites {
		now := q.now()
		due, failed, oldest, countErr := q.store.Counts(ctx, site, now, true)
		if countErr != nil {
			err = countErr
			break
		}
		age := 0.0
		if due > 0 {
			age = now.Sub(oldest).Seconds()
		}
		all <- prometheus.MustNewConstMetric(dueMessages, prometheus.GaugeValue, float64(due), site)
		all <- prometheus.MustNewConstMetric(failedMessages, prometheus.GaugeValue, float64(failed), site)
		all <- prometheus.MustNewConstMetric(oldestDue, prometheus.GaugeValue, age, site)
	}
	if err != nil {
		all <- prometheus.NewInvalidMetric(dueMessages, err)
	}
}

// maxMeasured is of how many sites the queue is told.
const maxMeasured = 100

// busy are the sites in which something is due or in error, and the home site. Those that
// have nothing are not told of: a thousand idle sites are a thousand lines that say 0.
func (q *queueMetrics) busy(ctx context.Context) ([]string, error) {
	sites := []string{q.config.Site}
	lanes, err := q.store.DueLanes(ctx, q.now())
	for _, l := range lanes {
		sites = append(sites, l.Site)
	}
	if err == nil {
		var failed []string
		failed, err = q.store.FailedSites(ctx)
		sites = append(sites, failed...)
	}
	known := map[string]bool{}
	sites = slices.DeleteFunc(sites, func(site string) bool {
		again := known[site]
		known[site] = true
		return again
	})
	return sites[:min(len(sites), maxMeasured)], err
}
