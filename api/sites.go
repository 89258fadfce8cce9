package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"notifier/access"
	"notifier/fault"
	"notifier/message"
	"notifier/request"
)

// Sites are the tenants of the installation.
type Sites interface {
	// SitesNow lists them, by name.
	SitesNow(ctx context.Context) ([]access.Site, error)
	// SetSite adds one, or changes its zone.
	SetSite(ctx context.Context, c request.Call, s access.Site) error
}

type siteIn struct {
	Name string `path:"site" doc:"The site's name." example:"acme"`
}

type siteBody struct {
	Name     string `json:"site,omitempty" doc:"The same as in the path, if it is given."`
	Timezone string `json:"timezone" doc:"An IANA name." example:"Europe/Warsaw"`
}

type setSiteIn struct {
	Name string `path:"site" doc:"The site's name." example:"acme"`
	Body body[siteBody]
}

type siteOut struct{ Body access.Site }

type sitesOut struct{ Body list[access.Site] }

func (h *handler) siteRoutes(api huma.API) {
	tags := []string{"keys"}
	register(h, api, huma.Operation{
		OperationID: "list-sites", Method: http.MethodGet, Path: "/sites", Tags: tags, Summary: "The sites of the installation",
	}, func(ctx context.Context, _ *struct{}) (*sitesOut, error) {
		all, err := h.o.Sites.SitesNow(ctx)
		return &sitesOut{Body: listOf(all, func(s access.Site) access.Site { return s })}, err
	})
	register(h, api, huma.Operation{
		OperationID: "get-site", Method: http.MethodGet, Path: "/sites/{site}", Tags: tags, Errors: []int{http.StatusNotFound}, Summary: "One site",
	}, func(ctx context.Context, in *siteIn) (*siteOut, error) { return h.site(ctx, in.Name) })
	register(h, api, huma.Operation{
		OperationID: "set-site", Method: http.MethodPut, Path: "/sites/{site}", Tags: tags, Errors: []int{http.StatusConflict},
		Summary: "Add a site, or change its zone", Description: "Keys for it are made with create-key. One that the configuration names is changed there.",
	}, func(ctx context.Context, in *setSiteIn) (*siteOut, error) {
		b, err := in.Body.read()
		if err != nil {
			return nil, err
		}
		if err := same("/site", in.Name, b.Name); err != nil {
			return nil, err
		}
		if err := access.CheckSiteName(in.Name); err != nil {
			return nil, err
		}
		err = h.o.Sites.SetSite(ctx, call(ctx, ""), access.Site{Name: in.Name, Timezone: b.Timezone})
		if errors.Is(err, access.ErrConfigured) {
			return nil, problem(http.StatusConflict, "configured", sentence(err, nil))
		}
		if err != nil {
			return nil, err
		}
		return h.site(ctx, in.Name)
	})
}

func (h *handler) site(ctx context.Context, name string) (*siteOut, error) {
	all, err := h.o.Sites.SitesNow(ctx)
	for _, s := range all {
		if s.Name == name {
			return &siteOut{Body: s}, nil
		}
	}
	if err == nil {
		err = fmt.Errorf("there is no site %q. /api/v1/sites lists what there is: %w", fault.Truncate(name, 60), message.ErrNotFound)
	}
	return nil, err
}
