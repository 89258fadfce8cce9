package settings

import (
	"crypto"
	"fmt"
	"maps"
	"os"
	"slices"

	"notifier/fault"
	"notifier/mail"
	"notifier/message"
)

// DKIM are the key of a domain.
type DKIM struct {
	Selector string `yaml:"selector"`
	KeyFile  string `yaml:"key_file"`

	key crypto.Signer
}

// checkDKIM finds what is wrong with the keys that sign mails, and reads them.
func (r *Reader) checkDKIM(c *Config) {
	for _, domain := range slices.Sorted(maps.Keys(c.DKIM)) {
		s, path := c.DKIM[domain], "dkim."+domain
		if message.CheckEmail("x@"+domain) != nil {
			r.fault(path, "%q is not a domain. Write it as example.org", fault.Truncate(domain, 100))
		}
		if message.CheckEmail("x@"+s.Selector) != nil {
			r.fault(path+".selector", "%q is no selector. Write what stands before ._domainkey in the DNS, as in notifier", fault.Truncate(s.Selector, 60))
		}
		content, err := os.ReadFile(s.KeyFile)
		if err != nil {
			r.unreadable(path+".key_file", s.KeyFile, err)
			continue
		}
		r.warnOfModes(path+".key_file", s.KeyFile)
		if s.key, err = mail.ParseKey(content); err != nil {
			r.fault(path+".key_file", "%s", err)
		}
		c.DKIM[domain] = s
	}
}

// DKIMKeys are the keys that sign mails, by domain.
func (c Config) DKIMKeys() mail.Keys {
	keys := mail.Keys{}
	for domain, s := range c.DKIM {
		domain = message.DomainIdentity(domain)
		keys[domain] = mail.Key{Domain: domain, Selector: s.Selector, Signer: s.key}
	}
	return keys
}

// dkimPrint differs when the keys do, with what their files hold.
func (c Config) dkimPrint() string {
	var b []byte
	for _, domain := range slices.Sorted(maps.Keys(c.DKIM)) {
		k := c.DKIM[domain]
		key, _ := os.ReadFile(k.KeyFile)
		b = fmt.Appendf(b, " %s %s %s", domain, k.Selector, key)
	}
	return string(b)
}
