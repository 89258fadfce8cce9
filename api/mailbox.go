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
)

// Mailbox keeps the mails of test keys.
type Mailbox interface {
	KeptMails(ctx context.Context, site string, before message.ID, n int) ([]message.Kept, error)
	KeptMail(ctx context.Context, site string, id message.ID) (message.Kept, error)
	EmptyMailbox(ctx context.Context, site string) (int, error)
}

type keptIn struct {
	ID string `path:"id" doc:"The mail's id." example:"mbx_06f3n5mmmt1fq2r6s0hj0v7k9c"`
}

type mailboxIn struct {
	Limit  int    `query:"limit" doc:"How many at most." minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before."`
}

type keptOut struct{ Body message.Kept }

type mailboxOut struct{ Body page[message.Kept] }

type emptied struct {
	Deleted int `json:"deleted" doc:"How many mails there were."`
}

type emptiedOut struct{ Body emptied }

// mailboxOf is the site whose test mails a caller may read: that of test keys beside the
// caller's own.
func mailboxOf(ctx context.Context) string { return access.Sandbox(callerOf(ctx).Site) }

func (o *emptiedOut) idle() bool { return o.Body.Deleted == 0 }

func (h *handler) mailboxRoutes(api huma.API) {
	tags := []string{"mailbox"}
	register(h, api, huma.Operation{
		OperationID: "list-mailbox", Method: http.MethodGet, Path: "/mailbox", Tags: tags,
		Summary:     "The mails of test keys, newest first",
		Description: "What a test key sends is written as in earnest and kept here for a week, at most 1,000 mails of a site. None of it leaves the house.",
	}, func(ctx context.Context, in *mailboxIn) (*mailboxOut, error) {
		if in.Cursor != "" && message.ID(in.Cursor).Bytes() == [16]byte{} {
			return nil, badCursor()
		}
		found, err := h.Mailbox.KeptMails(ctx, mailboxOf(ctx), message.ID(in.Cursor), in.Limit+1)
		same := func(k message.Kept) message.Kept { return k }
		return &mailboxOut{Body: pageOf(found, in.Limit, same, func(k message.Kept) string { return string(k.ID) })}, err
	})
	register(h, api, huma.Operation{
		OperationID: "get-mail", Method: http.MethodGet, Path: "/mailbox/{id}", Tags: tags, Errors: []int{http.StatusNotFound}, Summary: "One mail of a test key, with all that it says",
	}, func(ctx context.Context, in *keptIn) (*keptOut, error) {
		k, err := h.Mailbox.KeptMail(ctx, mailboxOf(ctx), message.ID(in.ID))
		if errors.Is(err, message.ErrNotFound) {
			err = fmt.Errorf("there is no mail %q. /api/v1/mailbox lists what there is: %w", fault.Truncate(in.ID, 60), err)
		}
		return &keptOut{Body: k}, err
	})
	register(h, api, huma.Operation{
		OperationID: "empty-mailbox", Method: http.MethodDelete, Path: "/mailbox", Tags: tags, Summary: "Delete all mails of test keys",
	}, func(ctx context.Context, _ *struct{}) (*emptiedOut, error) {
		n, err := h.Mailbox.EmptyMailbox(ctx, mailboxOf(ctx))
		return &emptiedOut{Body: emptied{n}}, err
	})
}
