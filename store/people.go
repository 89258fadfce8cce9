package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"notifier/access"
	"notifier/message"
	"notifier/preferences"
	"notifier/store/sql"
)

// Zone is the time zone of a site; UTC for one that is not known yet.
func (s *Store) Zone(ctx context.Context, site string) (string, error) {
	in, err := s.InForce(ctx, site)
	return in.Timezone, err
}

// InForce is what people inherit of a site. It may be a moment old: Accept refuses what was
// decided by another version.
func (s *Store) InForce(ctx context.Context, site string) (preferences.Site, error) {
	if known, found := s.sites.Load(site); found && time.Now().Before(known.(siteSeen).until) {
		return known.(siteSeen).Site, nil
	}
	in, err := s.siteNow(ctx, nil, site)
	if err == nil {
		s.sites.Store(site, siteSeen{in, time.Now().Add(fresh)})
	}
	return in, err
}

// InForceNow is InForce as it is at this moment.
func (s *Store) InForceNow(ctx context.Context, site string) (preferences.Site, error) {
	return s.siteNow(ctx, nil, site)
}

// InForceSeen is InForce as it was seen last, however long ago. It asks nobody: for whoever is
// called within a transaction, which may have the only connection.
func (s *Store) InForceSeen(site string) (in preferences.Site, seen bool) {
	known, seen := s.sites.Load(site)
	if seen {
		in = known.(siteSeen).Site
	}
	return in, seen
}

// siteSeen is what people inherit of a site, as it was a moment ago.
type siteSeen struct {
	preferences.Site
	until time.Time
}

// Home names the site that others follow for which no file has rules of their own. It is called
// before anything is asked.
func (s *Store) Home(site string) { s.home = site }

// siteNow reads the rules of the site, else those of the site that it is for tests of, else those
// of the home site, all in one statement: a change of any of them changes the version, too.
func (s *Store) siteNow(ctx context.Context, t *sql.Tx, site string) (in preferences.Site, err error) {
	err = s.db.Row(ctx, t, []any{&in.Timezone, &in.Version, &in.Rules}, `SELECT timezone, version, COALESCE(NULLIF(applied_kinds, ''),
			NULLIF((SELECT applied_kinds FROM sites WHERE site = ?), ''), (SELECT applied_kinds FROM sites WHERE site = ?), '')
		FROM sites WHERE site = ?`, access.Home(site), s.home, site)
	if errors.Is(err, sql.ErrNoRows) {
		return preferences.Site{Timezone: "UTC"}, nil
	}
	if err != nil {
		return in, fmt.Errorf("read the site %s: %w", site, err)
	}
	return in, nil
}

// Users reads the users with these ids; unknown ones are left out.
func (s *Store) Users(ctx context.Context, site string, ids []string) (map[string]preferences.User, error) {
	found, err := readUsers(s.db.Query(ctx, nil, "SELECT "+userNames+" FROM "+s.dialect.List()+
		s.dialect.To("users", "u", "u.site = ? AND u.id = i.id", ""), s.dialect.Array(ids), site))
	if err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	users := make(map[string]preferences.User, len(found))
	for _, u := range found {
		users[u.ID] = u
	}
	return users, nil
}

// UserList lists at most n users by id, after the given one.
func (s *Store) UserList(ctx context.Context, site, after string, n int) ([]preferences.User, error) {
	all, err := readUsers(s.db.Query(ctx, nil, "SELECT "+userNames+" FROM users u WHERE u.site = ? AND u.id > ? ORDER BY u.id LIMIT ?", site, after, n))
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	return all, nil
}

const userNames = "u.id, u.email, u.name, u.phone, u.timezone, u.language, u.chosen_timezone, u.chosen_language, u.preferences, u.version"

func readUsers(rows *sql.Rows, err error) ([]preferences.User, error) {
	return sql.Collect(rows, err, func(scan func(...any) error) (u preferences.User, err error) {
		var chosen string
		if err := scan(&u.ID, &u.Email, &u.Name, &u.Phone, &u.Timezone, &u.Language, &u.Chosen.Timezone, &u.Chosen.Language, &chosen, &u.Version); err != nil {
			return u, err
		}
		return u, json.Unmarshal([]byte(chosen), &u.Preferences)
	})
}

// SaveUser stores a user that is still at the version which u has (0: a new one), and
// changes the deferred messages of the user as again says, all or nothing.
// If somebody else was faster it fails with message.ErrMoved; so it does if what the user inherits
// has another version than u has seen.
func (s *Store) SaveUser(ctx context.Context, c message.Call, u preferences.User, again func(message.Message) message.Message) error {
	chosen, err := json.Marshal(u.Preferences)
	if err != nil {
		return fmt.Errorf("write the preferences of %s: %w", u.ID, err)
	}
	err = s.db.Commit(ctx, func(t *sql.Tx) error {
		arguments := []any{u.Email, u.Name, u.Phone, u.Timezone, u.Language, u.Chosen.Timezone, u.Chosen.Language, string(chosen), u.Version + 1, sql.Instant(c.At), c.Site, u.ID}
		statement := "UPDATE users SET email = ?, name = ?, phone = ?, timezone = ?, language = ?, chosen_timezone = ?, chosen_language = ?, preferences = ?, version = ?, updated_at = ? " +
			"WHERE site = ? AND id = ? AND version = ?"
		if u.Version == 0 {
			statement = "INSERT INTO users (email, name, phone, timezone, language, chosen_timezone, chosen_language, preferences, version, updated_at, site, id) VALUES (" + sql.Marks(12) +
				") ON CONFLICT (site, id) DO NOTHING"
		} else {
			arguments = append(arguments, u.Version)
		}
		n, err := s.db.Exec(ctx, t, statement, arguments...)
		if err != nil {
			return err
		}
		if n != 1 {
			return message.ErrMoved
		}
		if err := s.inherits(ctx, t, c.Site, u.Seen); err != nil {
			return err
		}
		if err := s.noteAddressID(ctx, t, c.Site, u.ID, false); err != nil {
			return err
		}
		if err := s.change(ctx, t, c, message.SetUser, message.OfUser+u.ID, u.Note()); err != nil {
			return err
		}
		return s.reschedule(ctx, t, c, u.ID, again)
	})
	if err != nil {
		return fmt.Errorf("save the user %s: %w", u.ID, err)
	}
	return nil
}

// people reads whom mails are for, and locks them if asked to. Zone and language are those
// that hold: the person's choice, else the directory's, else the site's.
func (s *Store) people(ctx context.Context, t *sql.Tx, site string, ids []string, lock string) (map[string]message.Person, error) {
	rows, err := s.db.Query(ctx, t, "SELECT u.id, u.email, u.name, COALESCE(NULLIF(u.chosen_timezone, ''), NULLIF(u.timezone, ''),"+
		" (SELECT timezone FROM sites WHERE site = ?), 'UTC'), COALESCE(NULLIF(u.chosen_language, ''), u.language) FROM "+
		s.dialect.List()+s.dialect.To("users", "u", "u.site = ? AND u.id = i.id", lock), site, s.dialect.Array(ids), site)
	people := map[string]message.Person{}
	_, err = sql.Collect(rows, err, func(scan func(...any) error) (p message.Person, err error) {
		err = scan(&p.ID, &p.Email, &p.Name, &p.Timezone, &p.Language)
		people[p.ID] = p
		return p, err
	})
	return people, err
}

// People reads users as mails need them; unknown ones are left out.
func (s *Store) People(ctx context.Context, site string, ids []string) (map[string]message.Person, error) {
	people, err := s.people(ctx, nil, site, ids, "")
	if err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	return people, nil
}

// Person finds a user by id or, where there is none of that id, by address.
func (s *Store) Person(ctx context.Context, site, idOrAddress string) (message.Person, error) {
	people, err := s.People(ctx, site, []string{idOrAddress})
	if p, found := people[idOrAddress]; found || err != nil {
		return p, err
	}
	ids, err := sql.Texts(s.db.Query(ctx, nil, "SELECT id FROM users WHERE site = ? AND lower(email) IN (?, ?) ORDER BY id LIMIT 1",
		site, strings.ToLower(idOrAddress), message.Identity(idOrAddress)))
	if err != nil {
		return message.Person{}, fmt.Errorf("look for a user: %w", err)
	}
	if len(ids) == 0 {
		return message.Person{}, message.ErrNotFound
	}
	people, err = s.People(ctx, site, ids)
	return people[ids[0]], err
}

// SaveGroup names users together.
func (s *Store) SaveGroup(ctx context.Context, site, id string, users []string, at time.Time) error {
	_, err := s.db.Exec(ctx, nil, `INSERT INTO user_groups (site, id, users, updated_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (site, id) DO UPDATE SET users = excluded.users, updated_at = excluded.updated_at WHERE user_groups.users <> excluded.users`,
		site, id, sql.List(users), sql.Instant(at))
	if err != nil {
		return fmt.Errorf("save the group %s: %w", id, err)
	}
	return nil
}

// GroupList lists at most n groups, by id after the given one.
func (s *Store) GroupList(ctx context.Context, site, after string, n int) ([]preferences.Group, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT id, users FROM user_groups WHERE site = ? AND id > ? ORDER BY id LIMIT ?", site, after, n)
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (g preferences.Group, err error) {
		return g, scan(&g.ID, (*sql.List)(&g.Users))
	})
	if err != nil {
		return nil, fmt.Errorf("list groups: %w", err)
	}
	return all, nil
}

// RemoveGroup deletes one; message.ErrNotFound if there is none.
func (s *Store) RemoveGroup(ctx context.Context, site, id string) error {
	n, err := s.db.Exec(ctx, nil, "DELETE FROM user_groups WHERE site = ? AND id = ?", site, id)
	if err != nil {
		return fmt.Errorf("remove the group %s: %w", id, err)
	}
	if n == 0 {
		return message.ErrNotFound
	}
	return nil
}

// Groups reads the groups with these ids and their users; unknown ones are left out.
func (s *Store) Groups(ctx context.Context, site string, ids []string) (map[string][]string, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT g.id, g.users FROM "+s.dialect.List()+s.dialect.To("user_groups", "g", "g.site = ? AND g.id = i.id", ""),
		s.dialect.Array(ids), site)
	groups := map[string][]string{}
	_, err = sql.Collect(rows, err, func(scan func(...any) error) (id string, err error) {
		var users sql.List
		err = scan(&id, &users)
		groups[id] = users
		return id, err
	})
	if err != nil {
		return nil, fmt.Errorf("read groups: %w", err)
	}
	return groups, nil
}
