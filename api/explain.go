package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"notifier/explain"
	"notifier/message"
)

// Why answers why a mail came, or did not.
type Why interface {
	Ask(ctx context.Context, q explain.Question, at time.Time) (explain.Explanation, error)
}

// SpeaksIn is what the caller reads.
type SpeaksIn struct {
	Lang string `header:"Accept-Language" doc:"What sentences are written in: en, pl or fr; codes stay as they are." example:"pl"`
}

type explainIn struct {
	SpeaksIn
	User  string    `query:"user" doc:"Whose mail: a user's id, or an address." example:"anna"`
	Case  string    `query:"case" doc:"About which case." example:"OFA/2026/1181"`
	Kind  string    `query:"kind" doc:"Only events of this kind, deadline, or direct for messages." example:"case_changed"`
	Since time.Time `query:"since" doc:"Only what came in since then." example:"2026-11-21T00:00:00Z"`
}

type explainMessageIn struct {
	MessageIn
	SpeaksIn
}

type explainOut struct {
	Lang string `header:"Content-Language"`
	Vary string `header:"Vary"`
	Body explain.Explanation
}

// explained answers in a language that the caller reads.
func explained(answer explain.Explanation, lang string) *explainOut {
	return &explainOut{Lang: explain.Choose(lang), Vary: "Accept-Language", Body: answer}
}

func (h *handler) explainRoutes(api huma.API) {
	tags := []string{"explain"}
	register(h, api, huma.Operation{
		OperationID: "explain", Method: http.MethodGet, Path: "/explain", Tags: tags,
		Summary:     "Why somebody got, or did not get, a mail",
		Description: "One sentence for the newest message that the question is about, with what happened and what comes next. Where there is none it lists what comes near: mail of others about the case, mail of the person about others, and requests that were refused.",
	}, func(ctx context.Context, in *explainIn) (*explainOut, error) {
		q := explain.Question{Site: callerOf(ctx).Site, User: in.User, Case: in.Case, Kind: message.Kind(in.Kind), Since: in.Since.UTC(), Lang: in.Lang}
		answer, err := h.o.Why.Ask(ctx, q, now(ctx))
		return explained(answer, in.Lang), err
	})
	register(h, api, huma.Operation{
		OperationID: "explain-message", Method: http.MethodGet, Path: "/messages/{id}/explain", Tags: tags, Errors: []int{http.StatusNotFound},
		Summary: "Why a message went out, or did not",
	}, func(ctx context.Context, in *explainMessageIn) (*explainOut, error) {
		answer, err := h.o.Why.Ask(ctx, explain.Question{Site: callerOf(ctx).Site, Message: message.ID(in.ID), Lang: in.Lang}, now(ctx))
		return explained(answer, in.Lang), err
	})
}
