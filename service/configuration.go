package service

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"notifier/api"
	"notifier/listing"
	"notifier/schedule"
	"notifier/settings"
	"notifier/store"
	"notifier/web/console"
)

// lastReading is the configuration in force as people read it, and how the last reading of
// it ended.
type lastReading struct {
	values []settings.Value
	console.Reading
}

// Stand notes what is in force at the start.
func (h *Service) Stand(r *settings.Reader) {
	if r != nil {
		h.current.reading.Store(&lastReading{values: r.Origins(h.current.config.Load())})
	}
}

// standsAfter notes how a reading ended. Values that need a restart stay those of before.
func (h *Service) standsAfter(c settings.Config, r *settings.Reader, done api.Reloaded, err error) {
	after := lastReading{Reading: console.Reading{At: time.Now().UTC(), Changed: done.Changed, Restart: done.Restart}}
	before := h.current.reading.Load()
	if before != nil {
		after.values = before.values
	}
	if err != nil {
		after.Problems = strings.Split(err.Error(), "\n")
	} else if r != nil {
		known := map[string]settings.Value{}
		for _, one := range after.values {
			known[one.Key] = one
		}
		after.values = r.Origins(&c)
		for i, one := range after.values {
			if old, was := known[one.Key]; was && !settings.CountsAtOnce(one.Key) {
				after.values[i] = old
			}
		}
	}
	h.current.reading.Store(&after)
}

// configuration shows the configuration to the console.
type configuration struct{ *Service }

// Kept are what is wrong with the configuration that was read last, while the one before
// counts.
func (s configuration) Kept() []string {
	if now := s.current.reading.Load(); now != nil {
		return now.Problems
	}
	return nil
}

// Reloads tells whether the configuration can be read again.
func (s configuration) Reloads() bool { return s.current.read != nil }

// Reload reads the configuration again; how that ended is part of Configuration.
func (s configuration) Reload(ctx context.Context) (changed, restart []string, err error) {
	done, err := s.Service.Reload(ctx)
	return done.Changed, done.Restart, err
}

// Configuration is what is in force, and where each value comes from.
func (s configuration) Configuration(ctx context.Context) (console.Configuration, error) {
	c := console.Configuration{Replica: s.replica}
	now := s.current.reading.Load()
	if now == nil {
		return c, nil
	}
	c.Reading = now.Reading
	overridden, err := savedOver(ctx, s.store)
	if err != nil {
		return c, err
	}
	for _, one := range append(slices.Clone(now.values), overridden...) {
		c.Settings = append(c.Settings, console.Setting{
			Key: one.Key, Value: one.Text(), Origin: one.Origin, Default: one.Origin == settings.FromDefault, AtOnce: settings.CountsAtOnce(one.Key), Waits: slices.Contains(now.Restart, one.Key),
		})
	}
	slices.SortStableFunc(c.Settings, func(a, b console.Setting) int {
		first := func(s console.Setting) string { head, _, _ := strings.Cut(s.Key, "."); return head }
		return cmp.Compare(first(a), first(b))
	})
	return c, nil
}

// Export is the configuration in force as a file would say it, without its secrets.
func (s configuration) Export() ([]byte, error) {
	now := s.current.reading.Load()
	if now == nil {
		return nil, errors.New("the configuration is not known")
	}
	var b bytes.Buffer
	err := settings.WriteValues(listing.Printer{Out: &b, Format: listing.YAML}, now.values)
	return b.Bytes(), err
}

// savedOver lists the schedules that somebody has set over the configuration.
func savedOver(ctx context.Context, database *store.Store) (all []settings.Value, err error) {
	saved, err := database.Versions(ctx)
	for name := range saved {
		var j schedule.Job
		if j, err = database.Job(ctx, schedule.Job{Name: name}); err != nil {
			return nil, err
		}
		all = append(all, overridden(j)...)
	}
	slices.SortFunc(all, func(a, b settings.Value) int { return cmp.Compare(a.Key, b.Key) })
	return all, err
}

func overridden(j schedule.Job) (all []settings.Value) {
	origin := "database, set by " + cmp.Or(j.ChangedBy, "somebody")
	at := "jobs." + j.Name
	for _, set := range []struct {
		key   string
		value string
	}{{".every", j.Every}, {".cron", j.Cron}, {".timezone", j.Timezone}} {
		if set.value != "" {
			all = append(all, settings.Value{Key: at + set.key, Value: set.value, Origin: origin})
		}
	}
	if j.Wake != nil {
		all = append(all, settings.Value{Key: at + ".wake", Value: *j.Wake, Origin: origin})
	}
	if j.Resting(time.Now()) {
		all = append(all, settings.Value{Key: at, Value: "paused", Origin: origin})
	}
	return all
}

// Overrides lists the schedules that somebody has set over the configuration.
func Overrides(ctx context.Context, c settings.Config) (all []settings.Value, err error) {
	if c.Present() != nil {
		return nil, nil
	}
	database, err := store.Open(ctx, c.Database, zap.NewNop())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	return savedOver(ctx, database)
}
