package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// ClockConfirmed is by how much the time that a replica goes by has moved.
type ClockConfirmed struct {
	Moved   string `json:"moved" doc:"By how much the time that this replica goes by has moved: 0s if its clock was believed already." example:"48h0m0s"`
	Replica string `json:"replica" doc:"Whose clock was asked for."`
}

type clockConfirmedOut struct{ Body ClockConfirmed }

func (h *handler) clockRoutes(api huma.API) {
	register(h, api, huma.Operation{
		OperationID: "confirm-clock", Method: http.MethodPost, Path: "/clock/confirm", Tags: []string{"service"},
		Summary:     "Say that the clock of this replica is right",
		Description: "After a clock was set forward by more than five minutes, what is due only by that waits until somebody vouches for the clock: the kernel, the database's host, or a person with this request.",
	}, func(ctx context.Context, _ *struct{}) (*clockConfirmedOut, error) {
		moved := h.o.ConfirmClock(ctx, callerOf(ctx).Name)
		return &clockConfirmedOut{Body: ClockConfirmed{Moved: moved.Round(time.Second).String(), Replica: h.o.Replica}}, nil
	})
}
