package settings

import (
	"net"
	"net/netip"
	"strings"
)

// warnOfModes tells of a secret that everybody on this machine may read.
func (r *Reader) warnOfModes(path, file string) {
	if open, err := ReadableByAll(file); err == nil && open {
		r.warn(path, "everybody on this machine may read %s. Write: chmod 600 %s", file, file)
	}
}

// warnOfFile tells of secrets in a file of the configuration that everybody may read.
func (r *Reader) warnOfFile(c *Config) {
	if r.File == "" {
		return
	}
	for _, one := range r.Origins(c) {
		if text, is := one.Value.(string); is && strings.Contains(text, masked) && strings.HasPrefix(one.Origin, r.File) {
			r.warnOfModes(one.Key, r.File)
			return
		}
	}
}

// ListensToAll tells whether an address can be reached from other machines.
func ListensToAll(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip, parseErr := netip.ParseAddr(host)
	return err == nil && host != "localhost" && (parseErr != nil || !ip.IsLoopback())
}
