package settings

import (
	"maps"
	"slices"
	"strings"

	"notifier/fault"
	"notifier/message"
)

// SitesByDomain are the domains of each site: those that its settings name, and its own name.
func (c Config) SitesByDomain() map[string]string {
	owners := map[string]string{}
	for _, site := range append(slices.Sorted(maps.Keys(c.Sites)), c.Site) {
		owners[strings.ToLower(site)] = site
	}
	for site, s := range c.Sites {
		for _, domain := range s.Domains {
			owners[strings.ToLower(domain)] = site
		}
	}
	for _, domain := range c.Domains {
		owners[strings.ToLower(domain)] = c.Site
	}
	return owners
}

// checkDomains finds domains that are none, or belong to two sites.
func (r *Reader) checkDomains(c *Config) {
	owners := map[string]string{}
	check := func(path, site string, domains []string) {
		for _, domain := range domains {
			key := strings.ToLower(domain)
			if message.CheckEmail("x@"+domain) != nil {
				r.fault(path, "%q is no domain. Write it as in www.example.org", fault.Truncate(domain, 60))
			} else if other, taken := owners[key]; taken && other != site {
				r.fault(path, "the domain %q belongs to the site %q, too. Leave one out", domain, other)
			}
			owners[key] = site
		}
	}
	check("domains", c.Site, c.Domains)
	for _, site := range slices.Sorted(maps.Keys(c.Sites)) {
		check("sites."+site+".domains", site, c.Sites[site].Domains)
	}
}
