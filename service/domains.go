package service

import (
	"context"
	"strings"

	"notifier/jobs/notifications"
)

// SiteOf is the site that a domain belongs to.
func (h *Service) SiteOf(domain string) (site string, known bool) {
	site, known = h.config.SitesByDomain()[strings.ToLower(domain)]
	return site, known
}

// Flush sends what is pending on a site, once.
func (h *Service) Flush(ctx context.Context, site string) (map[string]int, error) {
	o := h.flushOptions()
	o.Site = site
	return h.flushBy(ctx, notifications.New(h.store, h.routes, outgoingWriter{h.writer, h.linkDoor()}, o, h.log))
}
