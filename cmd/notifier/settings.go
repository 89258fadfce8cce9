package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"notifier/api"
	"notifier/listing"
	"notifier/schedule"
	"notifier/store"
	"notifier/web/console"
)

// lastReading is the configuration in force as people read it, and how the last reading of
// it ended.
type lastReading struct {
	values []setAs
	console.Reading
}

// reloadable begin the keys that count as soon as the configuration is read again.
var reloadable = []string{"jobs.", "limits.", "smtp.", "accounts.", "dkim.", "log.level", "timezone", "kinds.", "workday."}

func countsAtOnce(key string) bool {
	if strings.HasPrefix(key, "sites.") { // a name may have dots
		return strings.HasSuffix(key, ".timezone") || strings.Contains(key, ".workday.")
	}
	return slices.ContainsFunc(reloadable, func(begins string) bool { return strings.HasPrefix(key, begins) })
}

// stand notes what is in force at the start.
func (h *house) stand(r *reader) {
	if r != nil {
		h.current.reading.Store(&lastReading{values: r.origins(h.current.config.Load())})
	}
}

// standsAfter notes how a reading ended. Values that need a restart stay those of before.
func (h *house) standsAfter(c Config, r *reader, done api.Reloaded, err error) {
	after := lastReading{Reading: console.Reading{At: time.Now().UTC(), Changed: done.Changed, Restart: done.Restart}}
	before := h.current.reading.Load()
	if before != nil {
		after.values = before.values
	}
	if err != nil {
		after.Problems = strings.Split(err.Error(), "\n")
	} else if r != nil {
		known := map[string]setAs{}
		for _, one := range after.values {
			known[one.Key] = one
		}
		after.values = r.origins(&c)
		for i, one := range after.values {
			if old, was := known[one.Key]; was && !countsAtOnce(one.Key) {
				after.values[i] = old
			}
		}
	}
	h.current.reading.Store(&after)
}

// settings shows the configuration to the console.
type settings struct{ *house }

// Kept are what is wrong with the configuration that was read last, while the one before
// counts.
func (s settings) Kept() []string {
	if now := s.current.reading.Load(); now != nil {
		return now.Problems
	}
	return nil
}

// Reloads tells whether the configuration can be read again.
func (s settings) Reloads() bool { return s.current.read != nil }

// Reload reads the configuration again; how that ended is part of Configuration.
func (s settings) Reload(ctx context.Context) (changed, restart []string, err error) {
	done, err := s.house.Reload(ctx)
	return done.Changed, done.Restart, err
}

// Configuration is what is in force, and where each value comes from.
func (s settings) Configuration(ctx context.Context) (console.Configuration, error) {
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
			Key: one.Key, Value: one.text(), Origin: one.Origin, Default: one.Origin == fromDefault, AtOnce: countsAtOnce(one.Key), Waits: slices.Contains(now.Restart, one.Key),
		})
	}
	slices.SortStableFunc(c.Settings, func(a, b console.Setting) int {
		first := func(s console.Setting) string { head, _, _ := strings.Cut(s.Key, "."); return head }
		return cmp.Compare(first(a), first(b))
	})
	return c, nil
}

// Export is the configuration in force as a file would say it, without its secrets.
func (s settings) Export() ([]byte, error) {
	now := s.current.reading.Load()
	if now == nil {
		return nil, errors.New("the configuration is not known")
	}
	var b bytes.Buffer
	err := writeValues(listing.Printer{Out: &b, Format: listing.YAML}, now.values)
	return b.Bytes(), err
}

// writeValues writes the configuration as a file would say it.
func writeValues(p listing.Printer, all []setAs) error {
	tree := ordered{}
	for _, one := range all {
		if one.Value != "" || !strings.HasPrefix(one.Key, "jobs.") { // of every and cron one is empty
			tree.set(strings.Split(one.Key, "."), one.Value)
		}
	}
	raw, err := json.Marshal(&tree)
	if err != nil {
		return err
	}
	if !p.Format.Structured() {
		p.Format = listing.YAML
	}
	return listing.One(p, raw, nil)
}

// savedOver lists the schedules that somebody has set over the configuration.
func savedOver(ctx context.Context, database *store.Store) (all []setAs, err error) {
	saved, err := database.Versions(ctx)
	for name := range saved {
		var j schedule.Job
		if j, err = database.Job(ctx, schedule.Job{Name: name}); err != nil {
			return nil, err
		}
		all = append(all, overridden(j)...)
	}
	slices.SortFunc(all, func(a, b setAs) int { return cmp.Compare(a.Key, b.Key) })
	return all, err
}
