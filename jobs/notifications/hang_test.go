package notifications_test

import (
	"sync/atomic"
	"testing"
	"time"

	"notifier/jobs/notifications"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/store"
)

// TestAServerThatHangsHoldsUpNoOther is L2: while one run waits for the server of an account,
// another carries what other accounts have, and what came for the first meanwhile is carried
// by its own trip, or wakes somebody when that is over.
func TestAServerThatHangsHoldsUpNoOther(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *mailtest.Relay) {
		arrived, answer := make(chan struct{}, 10), make(chan struct{})
		hanging := relay(t, mailtest.Options{OnMail: func(mailtest.Mail) { arrived <- struct{}{}; <-answer }})
		backup := relay(t, mailtest.Options{})
		var again atomic.Int64
		j := office(t, s, hanging, backup, notifications.Options{Again: func(time.Time) { again.Add(1) }})
		first, meanwhile, other := direct(noon, "first@example.org"), direct(noon, "meanwhile@example.org"), direct(noon, "other@example.org")
		other.Account = "backup"
		accept(t, s, first)
		ended := make(chan error, 1)
		go func() {
			_, err := j.Run(t.Context(), noon)
			ended <- err
		}()
		<-arrived
		accept(t, s, meanwhile, other)
		run(t, j, noon, "accept=1")
		wantOnce(t, []message.Message{other}, backup)
		close(answer)
		if err := <-ended; err != nil {
			t.Errorf("the run that hung ended with %v", err)
		}
		if read(t, s, meanwhile).Status != message.Sent && again.Load() == 0 {
			t.Error("nobody is woken for what came while the server hung")
		}
	})
}
