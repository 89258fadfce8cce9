package service

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"notifier/access"
	"notifier/account"
	"notifier/api"
	"notifier/fault"
	"notifier/jobs/notifications"
	"notifier/message"
	"notifier/schedule"
	"notifier/settings"
)

// inForce is what may change while the service runs. All else of the configuration needs
// a restart.
type inForce struct {
	read      func() (settings.Config, *settings.Reader, error) // nil: it cannot be read again
	level     zap.AtomicLevel
	mu        sync.Mutex // one reload at a time
	config    atomic.Pointer[settings.Config]
	kinds     atomic.Pointer[kindsOfConfig]
	calendars calendars
	out       atomic.Pointer[account.Outgoing]
	wrong     atomic.Pointer[string]      // what is wrong with the configuration that was read last; nil: nothing
	reading   atomic.Pointer[lastReading] // the same for people
}

// Reads lets the configuration be read again while the service runs. It was read first by r.
func (h *Service) Reads(read func() (settings.Config, *settings.Reader, error), r *settings.Reader, level zap.AtomicLevel) {
	h.current.read, h.current.level = read, level
	h.Stand(r)
}

// outgoing are the accounts that count now.
func (h *Service) outgoing() *account.Outgoing { return h.current.out.Load() }

// routesNow lists the accounts for a lane, as they are now.
func (h *Service) routesNow(lane message.Lane) []*notifications.Account {
	if access.IsSandbox(lane.Site) { // whatever account it names: none of it reaches a relay
		return []*notifications.Account{h.test}
	}
	return h.outgoing().Routes(lane)
}

// route finds the account of a message, as the accounts are now.
func (h *Service) route(site, name string, sender message.Address) (string, error) {
	return h.outgoing().Configured().Route(site, name, sender)
}

func (h *Service) limits() notifications.Limits { return h.current.config.Load().Limits }

// notices are what somebody should know who asks whether the service is ready.
func (h *Service) notices() []string {
	if wrong := h.current.wrong.Load(); wrong != nil {
		return []string{"The configuration was read again and is wrong; the one before counts.", *wrong}
	}
	return nil
}

// reloads reads the configuration again at every SIGHUP, until ctx ends. None ever comes on
// Windows: there only the API is asked.
func (h *Service) reloads(ctx context.Context, systemd supervisor) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGHUP)
	defer signal.Stop(asked)
	for {
		select {
		case <-ctx.Done():
			return
		case <-asked:
			done := systemd.reloading()
			_, _ = h.reload(ctx) // logged there
			done()
		}
	}
}

// reload reads the configuration again. If it is wrong, all stays as it is.
func (h *Service) reload(ctx context.Context) (api.Reloaded, error) {
	h.current.mu.Lock()
	defer h.current.mu.Unlock()
	c, r, err := h.current.read()
	if err == nil {
		err = h.canCarry(c)
	}
	if err != nil {
		wrong := err.Error()
		h.current.wrong.Store(&wrong)
		h.standsAfter(c, r, api.Reloaded{}, err)
		h.log.Error("the configuration was read again and is wrong: the one before counts", zap.Strings("problems", strings.Split(wrong, "\n")))
		return api.Reloaded{}, err
	}
	for _, w := range r.Warnings {
		h.log.Warn(w.String())
	}
	before := h.current.config.Load()
	next := *before
	next.Jobs, next.Limits, next.SMTP, next.Accounts, next.DKIM, next.Log.Level = c.Jobs, c.Limits, c.SMTP, c.Accounts, c.DKIM, c.Log.Level
	next.Timezone, next.Kinds, next.Workday, next.Sites = c.Timezone, c.Kinds, c.Workday, before.TimesOf(c)
	done := api.Reloaded{Changed: settings.Differing(*before, next), Restart: settings.Differing(next, c)}
	if err := h.apply(ctx, next, c.Written); err != nil {
		wrong := err.Error()
		h.current.wrong.Store(&wrong)
		h.standsAfter(next, r, done, err)
		h.log.Error("the configuration was read again and could not be put into force as a whole", zap.Error(err))
		return done, err
	}
	h.current.wrong.Store(nil)
	h.standsAfter(next, r, done, nil)
	h.log.Info("the configuration was read again", zap.Strings("changed", done.Changed), zap.Strings("counts_after_a_restart", done.Restart))
	return done, nil
}

// canCarry makes sure that accounts can be opened before anything changes.
func (h *Service) canCarry(c settings.Config) error {
	o, err := account.Open(c.Configured(), c.AccountOptions(h.grants), nil, h.log)
	if err != nil {
		return err
	}
	return o.Close()
}

// apply puts a configuration into force. Couriers of before end with the service: they may
// have mail on its way.
func (h *Service) apply(ctx context.Context, c settings.Config, written time.Time) error {
	o, err := account.Open(c.Configured(), c.AccountOptions(h.grants), h.outgoing(), h.log)
	if err != nil {
		return err
	}
	h.closes(o.Close)
	h.current.out.Store(o)
	h.current.config.Store(&c)
	if level, err := zapcore.ParseLevel(c.Log.Level); err == nil {
		h.current.level.SetLevel(level)
	}
	for name, spec := range c.Jobs.Specs() {
		err = errors.Join(err, h.timetable.Replan(ctx, name, spec, name == schedule.Notifications && c.Jobs.Notifications.Wake))
	}
	c.Written = written
	for site := range c.Sites {
		err = errors.Join(err, h.applySite(ctx, c, site))
	}
	err = errors.Join(err, h.applySite(ctx, c, c.Site), h.followZones(ctx), h.moveInherited(ctx, h.now()))
	h.timetable.Wake(schedule.Notifications) // mail may have waited for an account
	return errors.Join(err, h.store.AskAgain(ctx, c.Site, h.now()))
}

// Reload is reload for the API, which tells problems of the configuration one by one.
func (h *Service) Reload(ctx context.Context) (api.Reloaded, error) {
	done, err := h.reload(ctx)
	var bad *settings.Error
	if !errors.As(err, &bad) {
		return done, err
	}
	var told fault.Invalid
	for _, p := range bad.Problems {
		told.Add("", "bad_config", "%s", p.String())
	}
	return done, &told
}
