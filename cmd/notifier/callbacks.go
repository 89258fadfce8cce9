package main

import (
	"encoding/base64"
	"net/netip"
	"strconv"

	"go.uber.org/zap"

	"notifier/jobs/callbacks"
)

type callbackSettings struct {
	Allow []string `yaml:"allow"`
}

type secretSettings struct {
	Key     string `yaml:"key"`
	KeyFile string `yaml:"key_file"`
}

func (r *reader) checkCallbacks(c *Config) {
	for i, network := range c.Callbacks.Allow {
		if _, err := netip.ParsePrefix(network); err != nil {
			r.fault("callbacks.allow."+strconv.Itoa(i), "%q is not a network. Write it as 10.0.0.0/8, or 127.0.0.1/32 for one address", network)
		}
	}
	r.secret("secrets.key", &c.Secrets.Key, c.Secrets.KeyFile)
	if key, err := base64.StdEncoding.DecodeString(c.Secrets.Key); c.Secrets.Key != "" && (err != nil || len(key) != callbacks.KeySize) {
		r.fault("secrets.key", `this is no key. Write %d random bytes in base64, as "openssl rand -base64 32" makes them`, callbacks.KeySize)
	}
}

// callbacks is the job that tells webhooks.
func (c Config) callbacks(queue callbacks.Queue, log *zap.Logger) (*callbacks.Job, error) {
	key, _ := base64.StdEncoding.DecodeString(c.Secrets.Key) // check has seen to both
	vault, err := callbacks.NewVault(key)
	if err != nil {
		return nil, err
	}
	var guard callbacks.Guard
	for _, network := range c.Callbacks.Allow {
		if p, err := netip.ParsePrefix(network); err == nil {
			guard.Allow = append(guard.Allow, p.Masked())
		}
	}
	return callbacks.New(queue, callbacks.Options{Guard: guard, Vault: vault, Agent: "notifier/" + version}, log), nil
}
