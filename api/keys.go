package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"notifier/access"
	"notifier/fault"
	"notifier/message"
	"notifier/request"
)

// Keys makes, lists and ends keys.
type Keys interface {
	CreateKey(ctx context.Context, c request.Call, k access.Key) (access.Key, string, error)
	RotateKey(ctx context.Context, c request.Call, id message.ID, overlap time.Duration) (access.Key, string, error)
	RevokeKey(ctx context.Context, c request.Call, id message.ID) error
	Key(ctx context.Context, site string, id message.ID) (access.Key, error)
	Keys(ctx context.Context, site string) ([]access.Key, error)
}

type newKey struct {
	Name      string         `json:"name" doc:"Who uses it: changes are noted as made by it." maxLength:"60" example:"bpm-prod"`
	Scopes    []access.Scope `json:"scopes" doc:"What it may do." enum:"send,events,prefs:read,prefs:write,queue:read,queue,jobs:read,jobs,admin" example:"[\"send\",\"events\"]"`
	Test      bool           `json:"test,omitempty" doc:"Makes a test key: it acts on people, preferences and messages of its own, and its mail goes to the test mailbox alone."`
	ExpiresAt *time.Time     `json:"expires_at,omitempty" doc:"When it ends by itself; never if absent."`
	RateLimit float64        `json:"rate_limit,omitempty" doc:"How many requests and messages a second are taken, by all replicas together; as http.rate_limit says if absent." example:"50"`
	Site      string         `json:"site,omitempty" doc:"The site that it is for; that of the caller if absent. Only a key of the installation's own site may make one for another."`
}

type newKeyIn struct{ Body body[newKey] }

type keyIn struct {
	ID string `path:"id" doc:"The key's id." example:"key_06f3n5mmmt1fq2r6s0hj0v7k9c"`
}

type keyRotation struct {
	Overlap string `json:"overlap,omitempty" doc:"For how long the key before works, too: 24h if absent, 0s for not at all, 720h at most." example:"24h"`
}

type rotateKeyIn struct {
	ID   string `path:"id" doc:"The key's id." example:"key_06f3n5mmmt1fq2r6s0hj0v7k9c"`
	Body *body[keyRotation]
}

type keyView struct {
	access.Key
	Secret string `json:"secret,omitempty" doc:"What Authorization: Bearer takes. Shown this once." example:"ntf_live_…"`
}

type keyOut struct{ Body keyView }

type keysOut struct{ Body list[access.Key] }

func (h *handler) keyRoutes(api huma.API) {
	tags, gone := []string{"keys"}, []int{http.StatusNotFound}
	register(h, api, huma.Operation{
		OperationID: "create-key", Method: http.MethodPost, Path: "/keys", Tags: tags, Errors: gone, DefaultStatus: http.StatusCreated,
		Summary: "Make a key", Description: "Its secret is in the answer, and nowhere else.",
	}, h.createKey)
	register(h, api, huma.Operation{
		OperationID: "list-keys", Method: http.MethodGet, Path: "/keys", Tags: tags, Summary: "The keys of the site, the oldest first",
	}, func(ctx context.Context, _ *struct{}) (*keysOut, error) {
		all, err := h.o.Keys.Keys(ctx, callerOf(ctx).Site)
		return &keysOut{Body: listOf(all, func(k access.Key) access.Key { return k })}, err
	})
	register(h, api, huma.Operation{
		OperationID: "get-key", Method: http.MethodGet, Path: "/keys/{id}", Tags: tags, Errors: gone, Summary: "One key",
	}, func(ctx context.Context, in *keyIn) (*keyOut, error) {
		k, err := h.o.Keys.Key(ctx, callerOf(ctx).Site, message.ID(in.ID))
		return &keyOut{Body: keyView{Key: k}}, err
	})
	register(h, api, huma.Operation{
		OperationID: "rotate-key", Method: http.MethodPost, Path: "/keys/{id}/rotate", Tags: tags, Errors: []int{http.StatusNotFound, http.StatusConflict}, DefaultStatus: http.StatusCreated,
		Summary: "Replace a key", Description: "The answer is a new key with the same rights. The one before works beside it for a day, or as long as overlap says.",
	}, h.rotateKey)
	register(h, api, huma.Operation{
		OperationID: "revoke-key", Method: http.MethodDelete, Path: "/keys/{id}", Tags: tags, Errors: gone, DefaultStatus: http.StatusNoContent,
		Summary: "End a key", Description: "Every replica refuses it within five seconds.",
	}, func(ctx context.Context, in *keyIn) (*struct{}, error) {
		return nil, h.o.Keys.RevokeKey(ctx, call(ctx, ""), message.ID(in.ID))
	})
}

func (h *handler) createKey(ctx context.Context, in *newKeyIn) (*keyOut, error) {
	n, err := in.Body.read()
	if err != nil {
		return nil, err
	}
	c := call(ctx, "")
	if n.Site != "" && n.Site != c.Site {
		if !callerOf(ctx).Home {
			return nil, problem(http.StatusForbidden, "other_site", "Only a key of the installation's own site makes keys for others. Leave site out.")
		}
		if c.Site, err = n.Site, h.knownSite(ctx, n.Site); err != nil {
			return nil, err
		}
	}
	k, secret, err := h.o.Keys.CreateKey(ctx, c, access.Key{Name: n.Name, Test: n.Test, Scopes: n.Scopes, ExpiresAt: n.ExpiresAt, RateLimit: n.RateLimit})
	return &keyOut{Body: keyView{k, secret}}, err
}

func (h *handler) rotateKey(ctx context.Context, in *rotateKeyIn) (*keyOut, error) {
	r, err := in.Body.read()
	if err != nil {
		return nil, err
	}
	overlap := 24 * time.Hour
	if r.Overlap != "" {
		if overlap, err = time.ParseDuration(r.Overlap); err != nil {
			var bad fault.Invalid
			bad.Add("/overlap", "bad_duration", "%q is no length of time. Write it as 24h or 30m", fault.Truncate(r.Overlap, 60))
			return nil, &bad
		}
	}
	k, secret, err := h.o.Keys.RotateKey(ctx, call(ctx, ""), message.ID(in.ID), overlap)
	return &keyOut{Body: keyView{k, secret}}, err
}

// knownSite fails if there is no such site.
func (h *handler) knownSite(ctx context.Context, site string) error {
	sites, err := h.SiteNames.Sites(ctx)
	if err == nil && !slices.Contains(sites, site) {
		err = fmt.Errorf("there is no site %q: %w", fault.Truncate(site, 60), message.ErrNotFound)
	}
	return err
}
