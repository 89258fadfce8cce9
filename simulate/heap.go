package simulate

import (
	std "container/heap"
	"time"
)

// place is where a thing stands in a heap; 0 if in none.
type place struct {
	at    time.Time
	index int
}

func (p *place) where() *place { return p }
func (p *place) placed() bool  { return p.index > 0 }

type placed interface{ where() *place }

// heap keeps things by time; each may be moved and taken out.
type heap[T placed] struct{ all order[T] }

// put places or moves a thing.
func (h *heap[T]) put(x T, at time.Time) {
	w := x.where()
	w.at = at
	if w.index > 0 {
		std.Fix(&h.all, w.index-1)
		return
	}
	std.Push(&h.all, x)
}

func (h *heap[T]) remove(x T) {
	if w := x.where(); w.index > 0 {
		std.Remove(&h.all, w.index-1)
	}
}

// first is the earliest time of all.
func (h *heap[T]) first() (time.Time, bool) {
	if len(h.all) == 0 {
		return time.Time{}, false
	}
	return h.all[0].where().at, true
}

// peek is the earliest thing, if its time has come.
func (h *heap[T]) peek(at time.Time) (x T, due bool) {
	if first, any := h.first(); !any || first.After(at) {
		return x, false
	}
	return h.all[0], true
}

// order is what container/heap works on.
type order[T placed] []T

func (o order[T]) Len() int           { return len(o) }
func (o order[T]) Less(i, j int) bool { return o[i].where().at.Before(o[j].where().at) }
func (o order[T]) Swap(i, j int) {
	o[i], o[j] = o[j], o[i]
	o[i].where().index, o[j].where().index = i+1, j+1
}

func (o *order[T]) Push(x any) {
	*o = append(*o, x.(T))
	x.(T).where().index = len(*o)
}

func (o *order[T]) Pop() any {
	last := (*o)[len(*o)-1]
	last.where().index = 0
	*o = (*o)[:len(*o)-1]
	return last
}
