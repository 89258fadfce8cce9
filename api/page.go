package api

import "notifier/fault"

// list is a whole list.
type list[T any] struct {
	Data []T `json:"data"`
}

func listOf[From, To any](found []From, view func(From) To) list[To] {
	l := list[To]{Data: []To{}}
	for _, one := range found {
		l.Data = append(l.Data, view(one))
	}
	return l
}

// page is a part of a list that may be long.
type page[T any] struct {
	Data       []T    `json:"data"`
	NextCursor string `json:"next_cursor,omitempty" doc:"Where the next page begins; absent on the last."`
	HasMore    bool   `json:"has_more"`
}

// pageOf makes a page of at most limit of what was found; one more tells that there is a
// next page. A cursor names the last one that was shown.
func pageOf[From, To any](found []From, limit int, view func(From) To, cursor func(From) string) page[To] {
	p := page[To]{}
	if len(found) > limit {
		found = found[:limit]
		p.HasMore, p.NextCursor = true, cursor(found[limit-1])
	}
	p.Data = listOf(found, view).Data
	return p
}

func badCursor() error {
	var bad fault.Invalid
	bad.Add("query.cursor", "bad_parameter", "this is no cursor. Give next_cursor of the page before, or leave it out")
	return &bad
}
