package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"notifier/message"
	"notifier/preferences"
)

// Zone is the time zone of a site; UTC for one that is not known yet.
func (s *Store) Zone(ctx context.Context, site string) (string, error) {
	var zone string
	err := s.sql.QueryRowContext(ctx, s.bind("SELECT timezone FROM sites WHERE site = ?"), site).Scan(&zone)
	if errors.Is(err, sql.ErrNoRows) {
		return "UTC", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the site %s: %w", site, err)
	}
	return zone, nil
}

// Users reads the users with these ids; unknown ones are left out.
func (s *Store) Users(ctx context.Context, site string, ids []string) (map[string]preferences.User, error) {
	users := map[string]preferences.User{}
	if len(ids) == 0 {
		return users, nil
	}
	condition, argument := s.dialect.anyOf("id", ids)
	rows, err := s.query(ctx, nil, "SELECT id, email, name, phone, timezone, language, preferences, version FROM users WHERE site = ? AND "+condition,
		site, argument)
	if err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var u preferences.User
		var chosen string
		if err := rows.Scan(&u.ID, &u.Email, &u.Name, &u.Phone, &u.Timezone, &u.Language, &chosen, &u.Version); err != nil {
			return nil, fmt.Errorf("read users: %w", err)
		}
		if err := json.Unmarshal([]byte(chosen), &u.Preferences); err != nil {
			return nil, fmt.Errorf("read the preferences of %s: %w", u.ID, err)
		}
		users[u.ID] = u
	}
	return users, rows.Err()
}

// SaveUser stores a user that is still at the version which u has (0: a new one), and
// changes the deferred messages of the user as again says, all or nothing.
// If somebody else was faster it fails with message.ErrMoved.
func (s *Store) SaveUser(ctx context.Context, site string, u preferences.User, at time.Time, again func(message.Message) message.Message) error {
	chosen, err := json.Marshal(u.Preferences)
	if err != nil {
		return fmt.Errorf("write the preferences of %s: %w", u.ID, err)
	}
	err = s.commit(ctx, func(t *tx) error {
		arguments := []any{u.Email, u.Name, u.Phone, u.Timezone, u.Language, string(chosen), u.Version + 1, instant(at), site, u.ID}
		statement := "UPDATE users SET email = ?, name = ?, phone = ?, timezone = ?, language = ?, preferences = ?, version = ?, updated_at = ? " +
			"WHERE site = ? AND id = ? AND version = ?"
		if u.Version == 0 {
			statement = "INSERT INTO users (email, name, phone, timezone, language, preferences, version, updated_at, site, id) VALUES (" + marks(10) +
				") ON CONFLICT (site, id) DO NOTHING"
		} else {
			arguments = append(arguments, u.Version)
		}
		n, err := s.exec(ctx, t, statement, arguments...)
		if err != nil {
			return err
		}
		if n != 1 {
			return message.ErrMoved
		}
		return s.reschedule(ctx, t, site, u.ID, again)
	})
	if err != nil {
		return fmt.Errorf("save the user %s: %w", u.ID, err)
	}
	return nil
}

// selectPeople reads whom mails are for, in the zone of the site where they have none of
// their own; what follows is a condition on the users.
const selectPeople = "SELECT id, email, name, COALESCE(NULLIF(timezone, ''), (SELECT timezone FROM sites WHERE site = ?), 'UTC'), language " +
	"FROM users WHERE site = ? AND "

func readPeople(rows *sql.Rows, err error) (map[string]message.Person, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	people := map[string]message.Person{}
	for rows.Next() {
		var p message.Person
		if err := rows.Scan(&p.ID, &p.Email, &p.Name, &p.Timezone, &p.Language); err != nil {
			return nil, err
		}
		people[p.ID] = p
	}
	return people, rows.Err()
}

// People reads users as mails need them; unknown ones are left out.
func (s *Store) People(ctx context.Context, site string, ids []string) (map[string]message.Person, error) {
	condition, argument := s.dialect.anyOf("id", ids)
	people, err := readPeople(s.query(ctx, nil, selectPeople+condition, site, site, argument))
	if err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	return people, nil
}

// SaveGroup names users together.
func (s *Store) SaveGroup(ctx context.Context, site, id string, users []string, at time.Time) error {
	err := s.commit(ctx, func(t *tx) error {
		_, err := s.exec(ctx, t, `INSERT INTO user_groups (site, id, users, updated_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (site, id) DO UPDATE SET users = excluded.users, updated_at = excluded.updated_at`,
			site, id, list(users), instant(at))
		return err
	})
	if err != nil {
		return fmt.Errorf("save the group %s: %w", id, err)
	}
	return nil
}

// Groups reads the groups with these ids and their users; unknown ones are left out.
func (s *Store) Groups(ctx context.Context, site string, ids []string) (map[string][]string, error) {
	groups := map[string][]string{}
	if len(ids) == 0 {
		return groups, nil
	}
	condition, argument := s.dialect.anyOf("id", ids)
	rows, err := s.query(ctx, nil, "SELECT id, users FROM user_groups WHERE site = ? AND "+condition, site, argument)
	if err != nil {
		return nil, fmt.Errorf("read groups: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var users list
		if err := rows.Scan(&id, &users); err != nil {
			return nil, fmt.Errorf("read groups: %w", err)
		}
		groups[id] = users
	}
	return groups, rows.Err()
}
