package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"notifier/access"
	"notifier/deadlines"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/store/sql"
)

// AddSite makes the site known, or changes its time zone. A change begins to move the waiting
// notifications of everybody who inherits the zone; MoveInherited does it.
func (s *Store) AddSite(ctx context.Context, site, timezone string, at time.Time) error {
	_, err := s.db.Exec(ctx, nil, `INSERT INTO sites (site, timezone, created_at) VALUES (?, ?, ?)
		ON CONFLICT (site) DO UPDATE SET timezone = excluded.timezone, version = sites.version + 1, moving = ''
		WHERE sites.timezone <> excluded.timezone`, site, timezone, sql.Instant(at))
	if err != nil {
		return fmt.Errorf("add the site %s: %w", site, err)
	}
	s.sites.Delete(site)
	return nil
}

// Inherited is what a file says of what people inherit of a site.
type Inherited struct {
	Timezone string
	Rules    string    // the kinds and the calendar, as preferences.Catalog.Rules writes them
	Written  time.Time // when the file was written; zero if that is not known
}

// ApplyInherited puts what a file says into force, once: where it differs from what was last
// applied from a file. Older is true where a newer file was applied meanwhile: then the database
// counts. Before is the zone that stood until then, if changed.
func (s *Store) ApplyInherited(ctx context.Context, site string, f Inherited, at time.Time) (before string, changed, older bool, err error) {
	err = s.db.Commit(ctx, func(t *sql.Tx) error {
		before, changed, older = "", false, false
		var zone, rules string
		var written sql.Instant
		err := s.db.Row(ctx, t, []any{&before, &zone, &rules, &written},
			"SELECT timezone, applied_timezone, applied_kinds, applied_at FROM sites WHERE site = ?"+s.dialect.Lock("UPDATE"), site)
		if errors.Is(err, sql.ErrNoRows) {
			_, err = s.db.Exec(ctx, t, "INSERT INTO sites (site, timezone, created_at, applied_timezone, applied_kinds, applied_at) VALUES ("+marks(6)+") ON CONFLICT (site) DO NOTHING",
				site, f.Timezone, sql.Instant(at), f.Timezone, f.Rules, sql.Instant(f.Written))
			return err
		}
		if err != nil || zone == f.Timezone && rules == f.Rules {
			return err
		}
		if older = f.Written.Before(time.Time(written)) && !f.Written.IsZero(); older {
			return nil
		}
		// Before there were records of the kinds nobody can tell whether their defaults changed.
		changed = zone != f.Timezone && before != f.Timezone || rules != f.Rules && rules != ""
		set := "applied_timezone = ?, applied_kinds = ?, applied_at = ?"
		arguments := []any{f.Timezone, f.Rules, sql.Instant(f.Written)}
		if zone != f.Timezone {
			set, arguments = set+", timezone = ?", append(arguments, f.Timezone)
		}
		if changed {
			set += ", version = version + 1, moving = ''"
		}
		_, err = s.db.Exec(ctx, t, "UPDATE sites SET "+set+" WHERE site = ?", append(arguments, site)...)
		if err == nil && changed && rules != f.Rules {
			err = s.moveFollowers(ctx, t, site)
		}
		return err
	})
	if err != nil {
		return "", false, false, fmt.Errorf("apply what the configuration says of the site %s: %w", site, err)
	}
	s.sites.Clear()
	return before, changed, older, nil
}

// moveFollowers begins to move the waiting notifications of the sites that have no rules of their
// own, and go by those of this one.
func (s *Store) moveFollowers(ctx context.Context, t *sql.Tx, site string) error {
	follow, arguments := "site = ?", []any{access.Sandbox(site)}
	if site == s.home {
		follow, arguments = "site <> ?", []any{site}
	}
	_, err := s.db.Exec(ctx, t, "UPDATE sites SET version = version + 1, moving = '' WHERE applied_kinds = '' AND "+follow, arguments...)
	return err
}

// inherits makes sure that what people inherit of a site still has the version by which something
// was decided (0: nobody minds). Where the caller holds a row that MoveInherited takes, too, what
// changes after this is moved by that.
func (s *Store) inherits(ctx context.Context, t *sql.Tx, site string, version int) error {
	if version == 0 {
		return nil
	}
	in, err := s.siteNow(ctx, t, site)
	if err == nil && in.Version != version {
		s.sites.Delete(site)
		err = message.ErrMoved
	}
	return err
}

// holdsSite is inherits for what has no row yet that MoveInherited could take: the site stays as it
// is until the transaction ends.
func (s *Store) holdsSite(ctx context.Context, t *sql.Tx, site string, version int) error {
	if version == 0 {
		return nil
	}
	var now int
	err := s.db.Row(ctx, t, []any{&now}, "SELECT version FROM sites WHERE site = ?"+s.dialect.Lock("SHARE"), site)
	if err == nil && now != version {
		s.sites.Delete(site)
		err = message.ErrMoved
	}
	return err
}

// Moving lists the sites of which something that people inherit has changed, and whose waiting
// notifications have not all been moved yet.
func (s *Store) Moving(ctx context.Context) ([]string, error) {
	sites, err := sql.Texts(s.db.Query(ctx, nil, "SELECT site FROM sites WHERE moving IS NOT NULL ORDER BY site"))
	if err != nil {
		return nil, fmt.Errorf("list the sites that move: %w", err)
	}
	return sites, nil
}

// MoveInherited moves what waits for the next n users of a site, as again says for each of them
// by what is in force there, and tells whether more are left. Any number of replicas may do it at
// once: the site's row goes from page to page, and nobody's row is looked at twice.
//
// It takes each user, also one for whom nothing waits yet: an event that was decided by the old
// rules and is about to be stored holds its user, and has been stored when this gets it.
func (s *Store) MoveInherited(ctx context.Context, c request.Call, n int, again func(u preferences.User, in preferences.Site) func(message.Message) message.Message) (more bool, err error) {
	err = s.db.Commit(ctx, func(t *sql.Tx) error {
		more = false
		var after string
		err := s.db.Row(ctx, t, []any{&after}, "SELECT moving FROM sites WHERE site = ? AND moving IS NOT NULL"+s.dialect.Lock("UPDATE"), c.Site)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		after, second, due := pass(after, c.At)
		if err != nil || !due {
			return err
		}
		in, err := s.siteNow(ctx, t, c.Site)
		if err != nil {
			return err
		}
		users, err := find[userRow]("read users", s.usersAfter(ctx, t, c.Site, after, n).Clauses(heldWithKey))
		if err != nil {
			return err
		}
		waiting, err := s.waitingOf(ctx, t, c.Site, users)
		if err != nil {
			return err
		}
		for _, u := range users {
			if !slices.Contains(waiting, u.ID) {
				continue
			}
			if err := s.reschedule(ctx, t, c, u.ID, again(u, in)); err != nil {
				return err
			}
		}
		next := sql.NullString{String: ofDeadlines, Valid: !second}
		if more = len(users) == n; more {
			next = sql.NullString{String: users[n-1].ID, Valid: true}
			if second {
				next.String = secondPass + next.String
			}
		}
		_, err = s.db.Exec(ctx, t, "UPDATE sites SET moving = ? WHERE site = ?", next, c.Site)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("move what waits on the site %s: %w", c.Site, err)
	}
	return more, nil
}

// How the place of a move begins that is no longer in its first pass over the users; ids of users
// and keys of deadlines have no control characters. The second pass is for events that a statement
// accepted which began before the change and then waited for its user until the first was over:
// it saw the version of before (READ COMMITTED), and no such statement lasts as long as settling.
const (
	ofDeadlines = "\x01"
	settles     = "\x02" // until that time, in microseconds
	secondPass  = "\x03"

	settling = 10 * time.Second
)

// pass tells after which user a move goes on, and in which pass; due is false where no user is
// to be looked at now.
func pass(place string, at time.Time) (after string, second, due bool) {
	if until, is := strings.CutPrefix(place, settles); is {
		us, err := strconv.ParseInt(until, 10, 64)
		return "", true, err != nil || at.UnixMicro() >= us
	}
	after, second = strings.CutPrefix(place, secondPass)
	return after, second, !strings.HasPrefix(place, ofDeadlines)
}

// MoveDeadlines moves the next steps of the next n deadlines of a site whose users MoveInherited
// has seen to, and tells whether more are left.
func (s *Store) MoveDeadlines(ctx context.Context, c request.Call, n int, again func(d deadlines.Deadline, in preferences.Site) deadlines.Deadline) (more bool, err error) {
	err = s.db.Commit(ctx, func(t *sql.Tx) error {
		more = false
		var place string
		err := s.db.Row(ctx, t, []any{&place}, "SELECT moving FROM sites WHERE site = ? AND moving IS NOT NULL"+s.dialect.Lock("UPDATE"), c.Site)
		after, ours := strings.CutPrefix(place, ofDeadlines)
		if errors.Is(err, sql.ErrNoRows) || err == nil && !ours {
			return nil
		}
		if err != nil {
			return err
		}
		in, err := s.siteNow(ctx, t, c.Site)
		if err != nil {
			return err
		}
		page, err := readDeadlines(s.db.Query(ctx, t, selectDeadlines+"WHERE site = ? AND key > ? AND next_at IS NOT NULL ORDER BY key LIMIT ?"+s.dialect.Lock("UPDATE"), c.Site, after, n))
		for _, before := range page {
			if d := again(before, in); err == nil && !d.NextAt.Equal(before.NextAt) {
				_, err = s.db.Exec(ctx, t, "UPDATE deadlines SET next_at = ? WHERE site = ? AND key = ?", sql.Instant(d.NextAt), c.Site, d.Key)
			}
			if err != nil {
				break
			}
		}
		if err != nil {
			return err
		}
		next := settles + strconv.FormatInt(c.At.Add(settling).UnixMicro(), 10)
		if more = len(page) == n; more {
			next = ofDeadlines + page[n-1].Key
		}
		_, err = s.db.Exec(ctx, t, "UPDATE sites SET moving = ? WHERE site = ?", next, c.Site)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("move the deadlines of the site %s: %w", c.Site, err)
	}
	return more, nil
}

// waitingOf are those of the users for whom something waits.
func (s *Store) waitingOf(ctx context.Context, t *sql.Tx, site string, users []preferences.User) ([]string, error) {
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	return sql.Texts(s.db.Query(ctx, t, "SELECT DISTINCT w.user_id FROM "+s.dialect.List()+
		s.dialect.To("windows", "w", "w.site = ? AND w.user_id = i.id AND w.closed_at IS NULL", ""), s.dialect.Array(ids), site))
}
