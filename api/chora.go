package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"notifier/fault"
	"notifier/message"
	"notifier/request"
)

// Domains knows whose domains are whose, and flushes the queue of one site.
type Domains interface {
	// SiteOf is the site that a domain belongs to; false if it is nobody's.
	SiteOf(domain string) (site string, known bool)
	// Flush sends what is pending on a site, once, and counts what became of it.
	Flush(ctx context.Context, site string) (map[string]int, error)
}

// flushed is what became of the messages of a site.
type flushed struct {
	Domain      string                    `json:"domain"`
	Site        string                    `json:"site"`
	Retried     int                       `json:"retried,omitempty"`
	LeftAlone   map[request.LeftAlone]int `json:"left_alone,omitempty"`
	Sent        int                       `json:"sent"`
	Postponed   int                       `json:"postponed,omitempty"`
	RateLimited int                       `json:"rate_limited,omitempty"`
	Failed      int                       `json:"failed,omitempty"`
	Expired     int                       `json:"expired,omitempty"`
	Skipped     int                       `json:"skipped,omitempty"`
}

// choraRoutes are chora's two commands, for the domain that is their second argument (CH-6, CH-7).
func (h *handler) choraRoutes(mux *http.ServeMux) {
	for path, retry := range map[string]bool{"send_queue": false, "retry_queue": true} {
		mux.Handle("POST /compat/chora/{domain}/"+path, h.keyed(h.legible(h.once(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer, replayed, err := h.flushDomain(r, retry)
			if err != nil {
				h.refuse(w, h.told(r.Context(), err))
				return
			}
			if replayed {
				w.Header().Set("Idempotent-Replayed", "true")
			}
			w.Header().Set("Content-Type", "application/json")
			_ = format.Marshal(w, answer)
		})))))
	}
}

// flushDomain sends what is pending on the site of a domain, or tries what is in error there
// again. A repetition tells how much the first tried again, and sends nothing.
func (h *handler) flushDomain(r *http.Request, retry bool) (answer flushed, replayed bool, err error) {
	ctx, domain := r.Context(), r.PathValue("domain")
	if err := permit(ctx, "act-on-messages"); err != nil {
		return answer, false, err
	}
	c, err := keyedCall(r)
	if err != nil {
		return answer, false, err
	}
	site, known := h.o.Domains.SiteOf(domain)
	if caller := callerOf(ctx); !known || site != caller.Site && !caller.Home {
		return answer, false, fmt.Errorf("there is no site with the domain %q. Name it in config.yaml, below domains of its site: %w", fault.Truncate(domain, 60), message.ErrNotFound)
	}
	answer, c.Site = flushed{Domain: domain, Site: site}, site
	if retry {
		many, err := manyOf(r)
		if err != nil {
			return answer, false, err
		}
		all, replayed, err := h.Actions.RetryAll(ctx, c, many)
		answer.Retried, answer.LeftAlone = all.Retried, all.LeftAlone
		if err != nil || replayed {
			return answer, replayed, err
		}
		h.note(ctx, "act-on-messages", "/messages", nil, retriedOn(site, all))
	}
	counts, err := h.o.Domains.Flush(ctx, site)
	if errors.Is(err, message.ErrUnavailable) {
		return answer, false, err
	}
	for move, into := range map[message.Move]*int{
		message.Accept: &answer.Sent, message.Postpone: &answer.Postponed, message.Limit: &answer.RateLimited, message.Fail: &answer.Failed,
		message.Lose: &answer.Failed, message.Expire: &answer.Expired, message.Skip: &answer.Skipped,
	} {
		*into += counts[string(move)]
	}
	return answer, false, err
}

// retriedOn is what the record of a retry of many says.
func retriedOn(site string, all request.ManyRetried) json.RawMessage {
	what := map[string]any{"action": request.ActRetry, "site": site, "retried": all.Retried}
	if len(all.LeftAlone) > 0 {
		what["left_alone"] = all.LeftAlone
	}
	return raw(what)
}

// manyOf reads which messages in error are asked for by name.
func manyOf(r *http.Request) (k request.Many, err error) {
	q := r.URL.Query()
	k = request.Many{Category: message.Category(q.Get("category")), All: q.Get("all") == "true"}
	return k, k.Check()
}
