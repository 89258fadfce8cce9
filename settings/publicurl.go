package settings

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"notifier/access"
	"notifier/fault"
	"notifier/message"
)

// PageOf is where the console shows a message; empty where nobody knows its address.
func (c Config) PageOf(id message.ID) string {
	if c.HTTP.PublicURL == "" {
		return ""
	}
	return strings.TrimSuffix(c.HTTP.PublicURL, "/") + "/messages/" + string(id)
}

// checkPublicURL finds what is wrong with where links in mails lead.
func (r *Reader) checkPublicURL(c *Config) {
	if c.HTTP.PublicURL == "" {
		return
	}
	u, err := url.Parse(c.HTTP.PublicURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		r.fault("http.public_url", "%q is not an address that people can open. Write it as https://notify.example.org", fault.Truncate(c.HTTP.PublicURL, 100))
		return
	}
	c.HTTP.PublicURL = strings.TrimRight(c.HTTP.PublicURL, "/")
	if c.Secrets.Key == "" {
		r.fault("http.public_url", "links in mails are signed with secrets.key, and there is none. Set secrets.key_file, or leave public_url out")
	}
}

// SiteNames lists the sites of the installation, each with its sandbox.
func (c Config) SiteNames() (all []string) {
	for _, site := range append(slices.Sorted(maps.Keys(c.Sites)), c.Site) {
		all = append(all, site, access.Sandbox(site))
	}
	return all
}
