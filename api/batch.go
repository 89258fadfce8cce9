package api

import (
	"context"
	"net/http"
	"strconv"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"notifier/message"
)

// The most messages in a batch, and how many of them are taken side by side: the store
// commits what comes at once together.
const (
	maxBatch   = 500
	sideBySide = 64
	maxKey     = 255 // characters of an Idempotency-Key
)

// batchItem is a SendMessage in a batch.
type batchItem struct {
	Key string `json:"idempotency_key,omitempty" doc:"Makes this message safe to repeat; that of the request with its place in the list, if that has one." maxLength:"255"`
	message.Draft
}

type batchIn struct {
	Key  string `header:"Idempotency-Key" doc:"Makes the request safe to repeat for seven days." maxLength:"255"`
	Body body[[]batchItem]
}

// batchResult is what became of one message of a batch: as the answer to its own request.
type batchResult struct {
	Status   int            `json:"status" doc:"As of a request of its own: 202, or that of the problem." example:"202"`
	Replayed bool           `json:"replayed,omitempty" doc:"The same was answered before."`
	Taken    *message.Taken `json:"taken,omitempty"`
	Problem  *Problem       `json:"problem,omitempty"`
}

type batchOut struct {
	Body struct {
		Data []batchResult `json:"data" doc:"In the order of the request."`
	}
}

func (h *handler) batchRoutes(api huma.API) {
	register(h, api, huma.Operation{
		OperationID: "send-messages", Method: http.MethodPost, Path: "/messages/batch", Tags: []string{"messages"},
		Summary:     "Send up to 500 messages",
		Description: "Each is taken or refused by itself, as by a request of its own, and has its result at its place. A list that cannot be read is refused as a whole.",
	}, func(ctx context.Context, in *batchIn) (*batchOut, error) {
		items, err := in.Body.read()
		if err != nil {
			return nil, err
		}
		var bad message.Invalid
		if len(items) == 0 {
			bad.Add("", "missing", "a batch has at least one message")
		}
		if len(items) > maxBatch {
			bad.Add("", "too_many", "at most %d messages are taken at once, these are %d. Send the rest in another request", maxBatch, len(items))
		}
		if err := bad.Err(); err != nil {
			return nil, err
		}
		out := &batchOut{}
		out.Body.Data = make([]batchResult, len(items))
		var all sync.WaitGroup
		turns := make(chan struct{}, sideBySide)
		for i, item := range items {
			turns <- struct{}{}
			all.Go(func() {
				out.Body.Data[i] = h.sendOne(ctx, item, in.Key, i)
				<-turns
			})
		}
		all.Wait()
		return out, nil
	})
}

// sendOne takes a message of a batch.
func (h *handler) sendOne(ctx context.Context, item batchItem, key string, place int) batchResult {
	switch {
	case item.Key != "":
		key = item.Key
	case key != "":
		key += "#" + strconv.Itoa(place)
	}
	if err := message.CheckLine(item.Key, maxKey); err != nil {
		var bad message.Invalid
		bad.Check("/idempotency_key", "bad_text", err)
		p := faulty(bad)
		return batchResult{Status: p.Status, Problem: p}
	}
	taken, replayed, err := h.desk.SendMessage(ctx, call(ctx, key), item.Draft)
	if err != nil {
		p := h.told(ctx, err)
		if p.cause != nil {
			h.log.Error("a message of a batch failed", zap.Int("place", place), zap.Error(p.cause))
		}
		return batchResult{Status: p.Status, Problem: p}
	}
	return batchResult{Status: http.StatusAccepted, Replayed: replayed, Taken: &taken}
}
