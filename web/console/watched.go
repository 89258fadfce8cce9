package console

import (
	"context"
	"sync"
	"time"

	"notifier/message"
	"notifier/request"
)

// watched keeps operations that ended, and whose messages are on their way, for as long as it
// takes to count them: a stream looks twice a second, whatever their number.
type watched struct {
	mu    sync.Mutex
	known map[message.ID]sight
}

type sight struct {
	o  request.Operation
	at time.Time
}

// mostWatched is how many are kept at most.
const mostWatched = 100

// operation is how an operation stands; one with many messages on their way may stand as it
// did a while ago, a millisecond for each of them.
func (s *watched) operation(ctx context.Context, records OperationRecords, site string, id message.ID, at time.Time) (request.Operation, error) {
	s.mu.Lock()
	seen := s.known[id]
	s.mu.Unlock()
	if seen.o.Site == site && seen.o.Result == request.ResultOpen && at.Sub(seen.at) < time.Duration(seen.o.Succeeded)*time.Millisecond {
		return seen.o, nil
	}
	o, err := records.Operation(ctx, site, id)
	if err != nil || o.Result != request.ResultOpen {
		return o, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= mostWatched || s.known == nil {
		s.known = map[message.ID]sight{}
	}
	s.known[id] = sight{o, at}
	return o, nil
}
