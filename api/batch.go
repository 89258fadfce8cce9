package api

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"notifier/fault"
	"notifier/message"
	"notifier/request"
	"notifier/rescue"
)

// The most items in a batch, and how many of them are taken side by side: the store
// commits what comes at once together.
const (
	maxBatch = 500
	atOnce   = 64
	maxKey   = 255 // characters of an Idempotency-Key
)

// batchItem is a SendMessage in a batch.
type batchItem struct {
	Key string `json:"idempotency_key,omitempty" doc:"Makes this message safe to repeat; that of the request with its place in the list, if that has one." maxLength:"255"`
	message.Draft
}

type batchIn struct {
	Keyed
	Trying
	Strictly
	Body body[[]batchItem]
}

// batchResult is what became of one message of a batch: as the answer to its own request.
type batchResult struct {
	Status   int            `json:"status" doc:"As of a request of its own: 202, 200 of a dry run, or that of the problem." example:"202"`
	Replayed bool           `json:"replayed,omitempty" doc:"The same was answered before."`
	Taken    *request.Taken `json:"taken,omitempty"`
	Problem  *Problem       `json:"problem,omitempty"`
	Code     string         `json:"code,omitempty" doc:"What is wrong, for programs, where the answer has no room for the problem. Send the item alone to read it." example:"invalid"`
}

// results are in the order of the request.
type results[T any] struct {
	Data []T `json:"data" doc:"In the order of the request."`
}

// batchOut says that it is a repetition where all of its items are.
type batchOut struct {
	Replayed
	Body results[batchResult]
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
		h.charge(ctx, max(min(len(items), maxBatch+1)-1, 0))
		all, err := sideBySide(items, func(place int, item batchItem) batchResult {
			c, p := itemCall(ctx, in.Key, item.Key, place, in.DryRun)
			if p != nil {
				return batchResult{Status: p.Status, Problem: p}
			}
			owed := h.owe(ctx, len(item.To))
			taken, replayed, err := h.Sender.SendMessage(ctx, in.in(c), item.Draft)
			h.settle(ctx, owed, len(taken.Messages), replayed)
			if err != nil {
				p := h.itemProblem(ctx, place, err)
				return batchResult{Status: p.Status, Problem: p}
			}
			return batchResult{Status: statusOf(in.DryRun), Replayed: replayed, Taken: &taken}
		})
		brief(all, func(r *batchResult) (**Problem, *string) { return &r.Problem, &r.Code })
		fresh := slices.ContainsFunc(all, func(r batchResult) bool { return !r.Replayed })
		return &batchOut{Replayed: yes(!fresh), Body: results[batchResult]{all}}, err
	})
}

// eventItem is an event in a batch.
type eventItem struct {
	Key string `json:"idempotency_key,omitempty" doc:"Makes this event safe to repeat; that of the request with its place in the list, if that has one." maxLength:"255"`
	message.Event
}

type eventsIn struct {
	Keyed
	Trying
	Strictly
	Body body[[]eventItem]
}

// eventResult is what became of one event of a batch.
type eventResult struct {
	Status   int            `json:"status" doc:"As of a request of its own: 202, 200 of a dry run, or that of the problem." example:"202"`
	Replayed bool           `json:"replayed,omitempty" doc:"The same was answered before."`
	Noted    *request.Noted `json:"noted,omitempty"`
	Problem  *Problem       `json:"problem,omitempty"`
	Code     string         `json:"code,omitempty" doc:"What is wrong, for programs, where the answer has no room for the problem. Send the item alone to read it." example:"invalid"`
}

type eventsOut struct {
	Replayed
	Body results[eventResult]
}

func (h *handler) eventBatchRoutes(api huma.API) {
	register(h, api, huma.Operation{
		OperationID: "publish-events", Method: http.MethodPost, Path: "/events/batch", Tags: []string{"events"},
		Summary:     "Publish up to 500 events",
		Description: "Each is taken or refused by itself, as by a request of its own, and has its result at its place. A list that cannot be read is refused as a whole.",
	}, func(ctx context.Context, in *eventsIn) (*eventsOut, error) {
		items, err := in.Body.read()
		if err != nil {
			return nil, err
		}
		h.charge(ctx, max(min(len(items), maxBatch+1)-1, 0))
		all, err := sideBySide(items, func(place int, item eventItem) eventResult {
			c, p := itemCall(ctx, in.Key, item.Key, place, in.DryRun)
			if p != nil {
				return eventResult{Status: p.Status, Problem: p}
			}
			owed := h.owe(ctx, len(item.Users))
			noted, replayed, err := h.Notifier.Notify(ctx, in.in(c), item.Event)
			h.settle(ctx, owed, len(noted.Recipients), replayed)
			if err != nil {
				p := h.itemProblem(ctx, place, err)
				return eventResult{Status: p.Status, Problem: p}
			}
			return eventResult{Status: statusOf(in.DryRun), Replayed: replayed, Noted: &noted}
		})
		brief(all, func(r *eventResult) (**Problem, *string) { return &r.Problem, &r.Code })
		fresh := slices.ContainsFunc(all, func(r eventResult) bool { return !r.Replayed })
		return &eventsOut{Replayed: yes(!fresh), Body: results[eventResult]{all}}, err
	})
}

// problemRoom is how many bytes the problems of a batch have in the answer together, so that
// one of 500 items with 500 things wrong stays below 64 KB.
const problemRoom = 40 << 10

// brief leaves of problems nothing but their codes, once the answer is full of them.
func brief[Result any](all []Result, of func(*Result) (**Problem, *string)) {
	room := problemRoom
	for i := range all {
		p, code := of(&all[i])
		if *p == nil {
			continue
		}
		room -= len(raw(*p))
		if room < 0 {
			*p, *code = nil, (*p).Code
		}
	}
}

// sideBySide does the items of a batch, many at a time, and keeps their order.
func sideBySide[Item, Result any](items []Item, do func(place int, item Item) Result) ([]Result, error) {
	var bad fault.Invalid
	if len(items) == 0 {
		bad.Add("", "missing", "a batch has at least one item. Put one in")
	}
	if len(items) > maxBatch {
		bad.Add("", "too_many", "at most %d are taken at once, these are %d. Send the rest in another request", maxBatch, len(items))
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	all := make([]Result, len(items))
	var broken atomic.Value
	var under sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	for i, item := range items {
		turns <- struct{}{}
		rescue.In(&under, nil, "an item of a batch", func() {
			defer func() {
				if p := recover(); p != nil { // it goes on where the request is
					broken.Store(panicked{p, debug.Stack()})
				}
				<-turns
			}()
			all[i] = do(i, item)
		})
	}
	under.Wait()
	if p := broken.Load(); p != nil {
		panic(p)
	}
	return all, nil
}

// panicked is what an item of a batch panicked with, and where.
type panicked struct {
	value any
	stack []byte
}

func (p panicked) String() string { return fmt.Sprintf("%v\n%s", p.value, p.stack) }

// itemCall is the call of an item, which may have a key of its own.
func itemCall(ctx context.Context, key, own string, place int, dry bool) (request.Call, *Problem) {
	switch {
	case own != "":
		key = own
	case key != "":
		key += "#" + strconv.Itoa(place)
	}
	if err := fault.CheckLine(own, maxKey); err != nil {
		var bad fault.Invalid
		bad.Check("/idempotency_key", "bad_text", err)
		return request.Call{}, faulty(bad)
	}
	return trying(ctx, key, dry), nil
}

func (h *handler) itemProblem(ctx context.Context, place int, err error) *Problem {
	p := h.told(ctx, err)
	if p.cause != nil {
		h.log.Error("an item of a batch failed", zap.Int("place", place), zap.Error(p.cause))
	}
	return p
}
