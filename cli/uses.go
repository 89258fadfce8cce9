package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"notifier/message"
	"notifier/service/doctor"
	"notifier/store"
)

// longestCount is how long the doctor counts attachments: there may be millions of messages.
const longestCount = 20 * time.Second

// attachments compares how often each attachment is said to be used with the messages that
// refer to it, and corrects it if that was asked for.
func (e *examination) attachments(ctx context.Context, s *store.Store) {
	const check = "attachments"
	counting, cancel := context.WithTimeout(ctx, longestCount)
	defer cancel()
	wrong, err := s.WrongUses(counting)
	switch {
	case errors.Is(counting.Err(), context.DeadlineExceeded):
		e.add(doctor.Finding{Check: check, Verdict: doctor.Warning, Says: fmt.Sprintf("they could not all be counted in %s", longestCount), Do: "Try again when the database is less busy."})
		return
	case err != nil:
		e.add(doctor.Finding{Check: check, Verdict: doctor.Failed, Says: err.Error()})
		return
	}
	gone, miscounted := 0, []message.Use(nil)
	for _, u := range wrong {
		if u.Gone {
			gone++
		} else {
			miscounted = append(miscounted, u)
		}
	}
	if gone > 0 {
		e.add(doctor.Finding{
			Check: check, Verdict: doctor.Failed, Says: fmt.Sprintf("the content of %s is gone, though messages refer to it", count(gone, "attachment")),
			Do: "Restore the database from a backup, or cancel the messages in error that need it and send them again.",
		})
	}
	switch {
	case len(miscounted) > 0 && e.repair:
		n, err := s.RepairUses(ctx, miscounted)
		if err != nil {
			e.add(doctor.Finding{Check: check, Verdict: doctor.Failed, Says: err.Error()})
			return
		}
		e.add(doctor.OK(check, "the uses of %s were corrected", count(n, "attachment")))
	case len(miscounted) > 0:
		e.add(doctor.Finding{
			Check: check, Verdict: doctor.Failed, Says: fmt.Sprintf("the uses of %s are counted wrongly: it may be deleted too early, or never", count(len(miscounted), "attachment")),
			Do: "Write: notifier doctor --repair",
		})
	case gone == 0:
		e.add(doctor.OK(check, "each is counted as often as messages refer to it"))
	}
}
