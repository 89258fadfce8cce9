package main

import (
	"net/netip"
	"strconv"

	"go.uber.org/zap"

	"notifier/jobs/callbacks"
)

type callbackSettings struct {
	Allow []string `yaml:"allow"`
}

func (r *reader) checkCallbacks(c *Config) {
	for i, network := range c.Callbacks.Allow {
		if _, err := netip.ParsePrefix(network); err != nil {
			r.fault("callbacks.allow."+strconv.Itoa(i), "%q is not a network. Write it as 10.0.0.0/8, or 127.0.0.1/32 for one address", network)
		}
	}
}

// callbacks is the job that tells webhooks.
func (c Config) callbacks(queue callbacks.Queue, log *zap.Logger) *callbacks.Job {
	var guard callbacks.Guard
	for _, network := range c.Callbacks.Allow {
		if p, err := netip.ParsePrefix(network); err == nil {
			guard.Allow = append(guard.Allow, p.Masked())
		}
	}
	return callbacks.New(queue, callbacks.Options{Guard: guard, Vault: c.vault(), Agent: "notifier/" + version}, log)
}
