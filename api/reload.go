package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Reloaded is what reading the configuration again has changed.
type Reloaded struct {
	Changed []string `json:"changed" doc:"The keys that have other values from now on."`
	Restart []string `json:"restart_needed" doc:"The keys that have changed, too, but count from the next start."`
}

type reloadedOut struct{ Body Reloaded }

func (h *handler) reloadRoutes(api huma.API) {
	register(h, api, huma.Operation{
		OperationID: "reload-config", Method: http.MethodPost, Path: "/config/reload", Tags: []string{"service"},
		Summary:     "Have this replica read its configuration again",
		Description: "As SIGHUP does. Schedules, budgets, outgoing accounts, time zones, kinds, workdays and the log level change at once. If the new configuration is wrong, the old one stays.",
	}, func(ctx context.Context, _ *struct{}) (*reloadedOut, error) {
		done, err := h.o.Reload(ctx)
		return &reloadedOut{Body: done}, err
	})
}
