package console_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/gate"
	"notifier/intake"
	"notifier/jobs"
	"notifier/jobs/trials"
	"notifier/preferences"
	"notifier/request"
	"notifier/schedule"
	"notifier/store"
	"notifier/store/storetest"
	"notifier/web"
	"notifier/web/console"
)

// fleet is a service of several replicas on one store, each with a console of its own.
type fleet struct {
	*testing.T
	store *store.Store
	token string

	mu   sync.Mutex
	ran  map[string][]time.Time // by job
	live map[string]*replicaOf
}

type replicaOf struct {
	timetable *jobs.Timetable
	pages     http.Handler
}

// start adds a replica, as config.yaml has it.
func (f *fleet) start(name string) {
	f.Helper()
	tt, err := jobs.New(f.store, jobs.Options{Replica: name}, zap.NewNop())
	if err != nil {
		f.Fatal(err)
	}
	for _, p := range []jobs.Plan{
		{Name: schedule.Reminders, Spec: schedule.Spec{Every: "15m"}},
		{Name: schedule.UserNotifications, Spec: schedule.Spec{Cron: "0 * * * *", Timezone: "UTC"}},
		{Name: schedule.Notifications, Spec: schedule.Spec{Every: "3m"}, Everywhere: true},
	} {
		p.Work = func(context.Context, time.Time) (map[string]int, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.ran[p.Name] = append(f.ran[p.Name], time.Now().UTC().Truncate(time.Second))
			return nil, nil
		}
		if err := tt.Plan(p); err != nil {
			f.Fatal(err)
		}
	}
	if err := tt.Start(f.Context()); err != nil {
		f.Fatal(err)
	}
	staff := gate.NewStaff(f.store, site, zap.NewNop())
	desk := intake.New(f.store, intake.Options{Catalog: preferences.DefaultCatalog(), Domain: "example.org"})
	login := web.NewLogin(staff, web.LoginOptions{Book: f.store}, zap.NewNop())
	f.live[name] = &replicaOf{tt, console.Handler(login, console.NewBackend(desk, f.store), tt, accounts{}, console.Options{WhatIf: console.WhatIf{Trials: &trials.Room{}}}, zap.NewNop())}
}

func (f *fleet) end(name string) {
	f.Helper()
	if err := f.live[name].timetable.Stop(); err != nil {
		f.Error(err)
	}
	delete(f.live, name)
}

func (f *fleet) ask(replica, method, path string, form url.Values) string {
	f.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.AddCookie(&http.Cookie{Name: "notifier_session", Value: f.token})
	w := httptest.NewRecorder()
	f.live[replica].pages.ServeHTTP(w, r)
	if w.Code >= http.StatusBadRequest {
		f.Fatalf("%s %s on %s: %d %s", method, path, replica, w.Code, text(w))
	}
	return text(w)
}

var nextOnPage = regexp.MustCompile(`Next (?:today|(tomorrow)) at ([0-9:]+)`)

// next is the next run of a job as all consoles show it; zero if they show none.
func (f *fleet) next(job string) (next time.Time) {
	f.Helper()
	first := true
	for name := range f.live {
		page := f.ask(name, "GET", "/jobs/"+job, nil)
		var shown time.Time
		if found := nextOnPage.FindStringSubmatch(page); found != nil {
			hour, err := time.Parse("15:04", found[2])
			if err != nil {
				f.Fatal(err)
			}
			shown = time.Now().UTC().Truncate(24 * time.Hour).Add(hour.Sub(hour.Truncate(24 * time.Hour)))
			if found[1] != "" {
				shown = shown.AddDate(0, 0, 1)
			}
		}
		if !first && !shown.Equal(next) {
			f.Errorf("%s shows that %s runs at %v, another replica %v", name, job, shown, next)
		}
		next, first = shown, false
	}
	return next
}

func (f *fleet) runs(job string) []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Compact(slices.Clone(f.ran[job]))
}

// as checks that all jobs run when the consoles say, and at no time before.
func (f *fleet) as(when string) {
	f.Helper()
	began := time.Now().UTC()
	told, last := map[string]time.Time{}, began
	for _, job := range []string{schedule.Notifications, schedule.UserNotifications, schedule.Reminders} {
		if told[job] = f.next(job); told[job].After(last) {
			last = told[job]
		}
	}
	time.Sleep(time.Until(last) + time.Second)
	for job, next := range told {
		var since []time.Time
		for _, at := range f.runs(job) {
			if at.After(began) {
				since = append(since, at)
			}
		}
		switch {
		case next.IsZero() && len(since) > 0:
			f.Errorf("%s: no run of %s was shown, and it ran at %v", when, job, since)
		case !next.IsZero() && (len(since) == 0 || !since[0].Equal(next)):
			f.Errorf("%s: %s was to run at %v, and ran at %v", when, job, next, since)
		}
	}
}

// No console ever shows a wrong next run, and no job runs because it was changed: not while
// Notifications is paused, schedules are edited on one replica or another, a replica is started
// again, or another takes over.
func TestTheNextRunThatIsShownIsTheOneThatComes(t *testing.T) {
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			address := storetest.URL(t, database)
			synctest.Test(t, func(t *testing.T) {
				f := &fleet{T: t, store: storetest.Open(t, address), ran: map[string][]time.Time{}, live: map[string]*replicaOf{}}
				f.signIn()
				f.start("a")
				f.start("b")
				t.Cleanup(func() {
					for name := range f.live {
						f.end(name)
					}
				})
				f.story()
			})
		})
	}
}

func (f *fleet) signIn() {
	f.Helper()
	if err := f.store.AddSite(f.Context(), site, "UTC", time.Now()); err != nil {
		f.Fatal(err)
	}
	staff := gate.NewStaff(f.store, site, zap.NewNop())
	call := request.Call{Site: site, At: time.Now().UTC(), By: "test"}
	if _, err := staff.AddMember(f.Context(), call, access.Member{Email: "ola@example.net", Role: access.Manager}, password); err != nil {
		f.Fatal(err)
	}
	var err error
	if _, f.token, err = staff.SignIn(f.Context(), "ola@example.net", password, "127.0.0.1", "test", time.Now()); err != nil {
		f.Fatal(err)
	}
}

func (f *fleet) story() {
	f.Helper()
	time.Sleep(100 * time.Second)
	f.as("as configured")
	// What is asked of one replica at an odd second is shown by the other at once.
	time.Sleep(100 * time.Second)
	f.ask("a", "POST", "/jobs/notifications/pause", url.Values{"note": {"the relay moves"}})
	if next := f.next(schedule.Notifications); !next.IsZero() {
		f.Errorf("paused, and %v is shown", next)
	}
	f.as("Notifications paused")
	time.Sleep(100 * time.Second)
	f.ask("b", "POST", "/jobs/reminders", url.Values{"mode": {"every"}, "n": {"7"}, "unit": {"minute"}})
	f.ask("a", "POST", "/jobs/user_notifications", url.Values{"mode": {"every"}, "n": {"4"}, "unit": {"minute"}})
	f.as("schedules edited")
	time.Sleep(100 * time.Second)
	f.end("a")
	f.as("one replica away")
	f.start("a")
	f.as("started again")
	time.Sleep(100 * time.Second)
	f.end("b")
	f.ask("a", "POST", "/jobs/notifications/resume", url.Values{})
	f.as("the other took over, and Notifications was resumed")
	time.Sleep(100 * time.Second)
	end := time.Now().UTC().Add(10 * time.Minute).Truncate(time.Minute)
	f.ask("a", "POST", "/jobs/notifications/pause", url.Values{"until": {end.Format("2006-01-02T15:04")}})
	if next := f.next(schedule.Notifications); next.Before(end) {
		f.Errorf("paused until %v, and %v is shown", end, next)
	}
	f.start("c")
	f.as("a pause that ends by itself")
	time.Sleep(100 * time.Second)
	f.ask("c", "POST", "/jobs/user_notifications", url.Values{"do": {"reset"}})
	f.ask("a", "POST", "/jobs/reminders", url.Values{"mode": {"daily"}, "at": {"07:30"}, "timezone": {"UTC"}})
	f.as("as configured again")
}
