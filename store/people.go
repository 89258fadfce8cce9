package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"notifier/access"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
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

type userRow struct {
	Site      string
	User      userColumns `gorm:"embedded"`
	UpdatedAt time.Time   `gorm:"serializer:instant"`
}

type userColumns struct {
	ID          string
	Email       string
	Name        string
	Phone       string
	Timezone    string
	Language    string
	Chosen      preferences.Own         `gorm:"embedded;embeddedPrefix:chosen_"`
	Directory   preferences.Own         `gorm:"-"`
	Inherited   preferences.Own         `gorm:"-"`
	Holds       preferences.Holds       `gorm:"-"`
	Preferences preferences.Preferences `gorm:"serializer:json"`
	Version     int
	Seen        int `gorm:"-"`
}

func (userRow) TableName() string      { return "users" }
func (r userRow) is() preferences.User { return preferences.User(r.User) }

// Users reads the users with these ids; unknown ones are left out.
func (s *Store) Users(ctx context.Context, site string, ids []string) (map[string]preferences.User, error) {
	found, err := find[userRow]("read users", s.db.Gorm(ctx, nil).Raw("SELECT u.* FROM "+s.dialect.List()+
		s.dialect.To("users", "u", "u.site = ? AND u.id = i.id", ""), sql.Single{What: s.dialect.Array(ids)}, site))
	if err != nil {
		return nil, err
	}
	users := make(map[string]preferences.User, len(found))
	for _, u := range found {
		users[u.ID] = u
	}
	return users, nil
}

// UserList lists at most n users by id, after the given one.
func (s *Store) UserList(ctx context.Context, site, after string, n int) ([]preferences.User, error) {
	return find[userRow]("list users", s.usersAfter(ctx, nil, site, after, n))
}

func (s *Store) usersAfter(ctx context.Context, t *sql.Tx, site, after string, n int) *gorm.DB {
	return s.db.Gorm(ctx, t).Where("site = ? AND id > ?", site, after).Order("id").Limit(n)
}

// SaveUser stores a user that is still at the version which u has (0: a new one), and
// changes the deferred messages of the user as again says, all or nothing.
// If somebody else was faster it fails with message.ErrMoved; so it does if what the user inherits
// has another version than u has seen.
func (s *Store) SaveUser(ctx context.Context, c request.Call, u preferences.User, again func(message.Message) message.Message) error {
	row := userRow{c.Site, userColumns(u), c.At}
	row.User.Version++
	return while("save the user "+u.ID, s.db.Commit(ctx, func(t *sql.Tx) error {
		q := s.db.Gorm(ctx, t)
		if u.Version == 0 {
			q = q.Clauses(unlessThere).Create(&row)
		} else {
			q = q.Model(&userRow{}).Where("site = ? AND id = ? AND version = ?", c.Site, u.ID, u.Version).Select("*").Omit("site", "id").Updates(row)
		}
		if err := first(q); err != nil {
			return err
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
	}))
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

type groupRow struct {
	Site      string
	ID        string
	Users     []string  `gorm:"serializer:sparse"`
	UpdatedAt time.Time `gorm:"serializer:instant"`
}

func (groupRow) TableName() string       { return "user_groups" }
func (r groupRow) is() preferences.Group { return preferences.Group{ID: r.ID, Users: r.Users} }

// SaveGroup names users together.
func (s *Store) SaveGroup(ctx context.Context, site, id string, users []string, at time.Time) error {
	return done("save the group "+id, s.db.Gorm(ctx, nil).Clauses(instead(siteID, []string{"users", "updated_at"}, "user_groups.users <> excluded.users")).
		Create(&groupRow{site, id, users, at}))
}

// GroupList lists at most n groups, by id after the given one.
func (s *Store) GroupList(ctx context.Context, site, after string, n int) ([]preferences.Group, error) {
	return find[groupRow]("list groups", s.db.Gorm(ctx, nil).Where("site = ? AND id > ?", site, after).Order("id").Limit(n))
}

// RemoveGroup deletes one; message.ErrNotFound if there is none.
func (s *Store) RemoveGroup(ctx context.Context, site, id string) error {
	return found("remove the group "+id, s.db.Gorm(ctx, nil).Where("site = ? AND id = ?", site, id).Delete(&groupRow{}))
}

// Groups reads the groups with these ids and their users; unknown ones are left out.
func (s *Store) Groups(ctx context.Context, site string, ids []string) (map[string][]string, error) {
	found, err := find[groupRow]("read groups", s.db.Gorm(ctx, nil).Raw("SELECT g.* FROM "+s.dialect.List()+
		s.dialect.To("user_groups", "g", "g.site = ? AND g.id = i.id", ""), sql.Single{What: s.dialect.Array(ids)}, site))
	if err != nil {
		return nil, err
	}
	groups := make(map[string][]string, len(found))
	for _, g := range found {
		groups[g.ID] = g.Users
	}
	return groups, nil
}
