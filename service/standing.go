package service

import (
	"context"

	"notifier/explain"
)

// standing is how a job stands.
func (h *Service) standing(ctx context.Context, name string) (explain.Job, error) {
	s, err := h.timetable.Line(ctx, name)
	j := explain.Job{Name: name, Paused: s.Paused, Note: s.Note}
	if s.Paused {
		j.By, j.Since, j.Until = s.ChangedBy, s.ChangedAt, s.Until
	}
	j.Standing = s.Standing()
	if len(s.Next) > 0 {
		j.Next = s.Next[0]
	}
	return j, err
}
