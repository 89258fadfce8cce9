package simulate

import (
	"context"
	"strings"
	"time"

	"notifier/message"
)

// stream reads rows page by page.
type stream[T any] struct {
	read  func(ctx context.Context, site string, after message.ID, n int) ([]T, error)
	id    func(T) message.ID
	after message.ID
	rows  []T
	ended bool
}

// next is the next row, if there is one.
func (s *stream[T]) next(ctx context.Context, site string) (row T, any bool, err error) {
	if len(s.rows) == 0 && !s.ended {
		if s.rows, err = s.read(ctx, site, s.after, page); err != nil {
			return row, false, err
		}
		s.ended = len(s.rows) < page
	}
	if len(s.rows) == 0 {
		return row, false, nil
	}
	row, s.rows = s.rows[0], s.rows[1:]
	s.after = s.id(row)
	return row, true, nil
}

// entry is something that came in.
type entry struct {
	at     time.Time
	id     message.ID
	change *message.Change
	of     []message.Message // of one event, or one direct message
}

// entries are a heap by time, then by the order in which they were noted.
type entries []*entry

func (e entries) Len() int      { return len(e) }
func (e entries) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *entries) Push(x any)   { *e = append(*e, x.(*entry)) }

func (e entries) Less(i, j int) bool {
	if c := e[i].at.Compare(e[j].at); c != 0 {
		return c < 0
	}
	return bare(e[i].id) < bare(e[j].id)
}

func (e *entries) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	(*e)[last] = nil
	*e = (*e)[:last]
	return x
}

// bare is an id without its sort, which sorts by time.
func bare(id message.ID) string {
	_, rest, _ := strings.Cut(string(id), "_")
	return rest
}
