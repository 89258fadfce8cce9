package service

import (
	"net/netip"

	"go.uber.org/zap"

	"notifier/jobs/callbacks"
	"notifier/settings"
)

// callbacksOf is the job that tells webhooks.
func callbacksOf(c settings.Config, queue callbacks.Queue, log *zap.Logger) *callbacks.Job {
	var guard callbacks.Guard
	for _, network := range c.Callbacks.Allow {
		if p, err := netip.ParsePrefix(network); err == nil {
			guard.Allow = append(guard.Allow, p.Masked())
		}
	}
	return callbacks.New(queue, callbacks.Options{Guard: guard, Vault: c.Vault(), Agent: "notifier/" + c.Version}, log)
}
