package trials_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"notifier/jobs/trials"
	"notifier/simulate"
)

var since = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// week is a trial that takes a second for each of its seven days.
func week(ctx context.Context, progress func(time.Time, int)) (simulate.Trial, error) {
	for day := range 7 {
		progress(since.AddDate(0, 0, day), day*100)
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return simulate.Trial{}, ctx.Err()
		}
	}
	return simulate.Trial{Lines: 700}, nil
}

func ask(site string) trials.Trial {
	return trials.Trial{Site: site, Since: since, Until: since.AddDate(0, 0, 7)}
}

func TestATrialGoesOnByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var room trials.Room
		id, err := room.Begin(ask("default"), week)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(3500 * time.Millisecond)
		if now, err := room.Find("default", id); err != nil || now.Percent() != 42 || now.Lines != 300 || !now.EndedAt.IsZero() {
			t.Errorf("halfway: %+v, %d %%, %v", now, now.Percent(), err)
		}
		if now, err := room.Running("default"); err != nil || now.ID != id {
			t.Errorf("running: %+v, %v", now, err)
		}
		if _, err := room.Begin(ask("default"), week); !errors.Is(err, trials.ErrBusy) {
			t.Errorf("a second at the same time: %v", err)
		}
		if _, err := room.Find("acme", id); !errors.Is(err, trials.ErrGone) {
			t.Errorf("another site finds it: %v", err)
		}
		if err := room.Stop("acme", id); !errors.Is(err, trials.ErrGone) {
			t.Errorf("another site stops it: %v", err)
		}
		time.Sleep(4 * time.Second)
		if now, err := room.Find("default", id); err != nil || now.Percent() != 100 || now.Result.Lines != 700 || now.Stopped || now.Err != nil {
			t.Errorf("at the end: %+v, %v", now, err)
		}
		time.Sleep(2 * time.Hour)
		second, err := room.Begin(ask("default"), week)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := room.Find("default", id); !errors.Is(err, trials.ErrGone) {
			t.Errorf("hours later: %v", err)
		}
		if err := room.Stop("default", second); err != nil {
			t.Error(err)
		}
		if now, err := room.Find("default", second); err != nil || !now.Stopped || now.Err != nil || now.EndedAt.IsZero() {
			t.Errorf("stopped: %+v, %v", now, err)
		}
		if _, err := room.Begin(ask("default"), week); err != nil {
			t.Fatal(err)
		}
		if err := room.Close(); err != nil {
			t.Error(err)
		}
		if _, err := room.Begin(ask("default"), week); !errors.Is(err, trials.ErrBusy) {
			t.Errorf("after the end: %v", err)
		}
	})
}

// L5: a what-if that panics is over, with an error, and the next can begin.
func TestATrialThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var room trials.Room
		id, err := room.Begin(ask("default"), func(context.Context, func(time.Time, int)) (simulate.Trial, error) { panic("a bug") })
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if now, err := room.Find("default", id); err != nil || now.EndedAt.IsZero() || now.Err == nil {
			t.Errorf("it is %+v, %v", now, err)
		}
		if _, err := room.Begin(ask("default"), week); err != nil {
			t.Error(err)
		}
		room.Close()
	})
}
