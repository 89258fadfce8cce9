package settings

import (
	"net/netip"
	"strconv"
)

// Callbacks say which networks webhooks may reach beside the public ones.
type Callbacks struct {
	Allow []string `yaml:"allow"`
}

func (r *Reader) checkCallbacks(c *Config) {
	for i, network := range c.Callbacks.Allow {
		if _, err := netip.ParsePrefix(network); err != nil {
			r.fault("callbacks.allow."+strconv.Itoa(i), "%q is not a network. Write it as 10.0.0.0/8, or 127.0.0.1/32 for one address", network)
		}
	}
}
