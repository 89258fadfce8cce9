package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"notifier/access"
	"notifier/store/sql"
)

type memberRow struct {
	Site       string
	Email      string
	Name       string
	Role       access.Role
	Password   string
	CreatedAt  time.Time `gorm:"serializer:instant"`
	CreatedBy  string
	SignedInAt *time.Time `gorm:"serializer:instant"`
}

func (memberRow) TableName() string   { return "staff" }
func (r memberRow) is() access.Member { return access.Member(r) }

// Members lists the staff of a site, by address.
func (s *Store) Members(ctx context.Context, site string) ([]access.Member, error) {
	return find[memberRow]("list the staff", s.db.Gorm(ctx, nil).Where("site = ?", site).Order("email").Limit(1000))
}

// Member finds one by the address, on whichever site; message.ErrNotFound if there is none.
func (s *Store) Member(ctx context.Context, email string) (access.Member, error) {
	return one[memberRow]("read a member of staff", s.db.Gorm(ctx, nil).Where("email = ?", email))
}

// AddMember adds somebody; message.ErrMoved if the address is known already.
func (s *Store) AddMember(ctx context.Context, m access.Member) error {
	row := memberRow(m)
	return while("add a member of staff", first(s.db.Gorm(ctx, nil).Clauses(unlessThere).Create(&row)))
}

// ChangeMember writes a member's name, role and password, and ends all sessions: what was
// allowed before is allowed no longer. message.ErrNotFound if there is none.
func (s *Store) ChangeMember(ctx context.Context, m access.Member) error {
	return s.withoutSessions(ctx, m, func(q *gorm.DB) *gorm.DB {
		return q.Model(&memberRow{}).Select("name", "role", "password").Updates(memberRow(m))
	})
}

// RemoveMember deletes a member with all sessions, views and networks; message.ErrNotFound if there is none.
func (s *Store) RemoveMember(ctx context.Context, m access.Member) error {
	if err := s.withoutSessions(ctx, m, func(q *gorm.DB) *gorm.DB { return q.Delete(&memberRow{}) }); err != nil {
		return err
	}
	for _, of := range []any{&viewRow{}, &networkRow{}} {
		err := done("remove what is kept of a member", s.db.Gorm(ctx, nil).Where("site = ? AND email = ?", m.Site, m.Email).Delete(of))
		if err != nil {
			return err
		}
	}
	return nil
}

// withoutSessions changes a member's row and ends the sessions, or neither.
func (s *Store) withoutSessions(ctx context.Context, m access.Member, change func(*gorm.DB) *gorm.DB) error {
	return while("change a member of staff", s.db.Commit(ctx, func(t *sql.Tx) error {
		err := hit(change(s.db.Gorm(ctx, t).Where("site = ? AND email = ?", m.Site, m.Email)))
		if err == nil {
			err = s.endSessions(ctx, t, m.Site, m.Email)
		}
		return err
	}))
}

type sessionRow struct {
	Site      string
	Email     string
	Hash      string
	CreatedAt time.Time `gorm:"serializer:instant"`
	UsedAt    time.Time `gorm:"serializer:instant"`
	ExpiresAt time.Time `gorm:"serializer:instant"`
	From      string    `gorm:"column:address"`
	Network   string    `gorm:"-"`
	Agent     string
}

func (sessionRow) TableName() string    { return "sessions" }
func (r sessionRow) is() access.Session { return access.Session(r) }

// AddSession keeps a session, and when and from which network its member signed in;
// message.ErrNotFound if the member is gone.
func (s *Store) AddSession(ctx context.Context, x access.Session) error {
	return while("keep a session", s.db.Commit(ctx, func(t *sql.Tx) error {
		// Removed while signing in: the session would live again with another of that address.
		err := hit(s.db.Gorm(ctx, t).Model(&memberRow{}).Where("site = ? AND email = ?", x.Site, x.Email).Update("signed_in_at", sql.Instant(x.CreatedAt)))
		if err == nil {
			row := sessionRow(x)
			err = s.db.Gorm(ctx, t).Create(&row).Error
		}
		if err == nil && x.Network != "" {
			err = s.noteNetwork(ctx, t, x)
		}
		return err
	}))
}

// SessionOfHash finds a session by the hash of its token; message.ErrNotFound if there is none.
func (s *Store) SessionOfHash(ctx context.Context, hash string) (access.Session, error) {
	return one[sessionRow]("read a session", s.db.Gorm(ctx, nil).Where("hash = ?", hash))
}

// SessionsOf lists the sessions of a member, the newest first.
func (s *Store) SessionsOf(ctx context.Context, site, email string) ([]access.Session, error) {
	return find[sessionRow]("list sessions", s.db.Gorm(ctx, nil).Where("site = ? AND email = ?", site, email).Order("created_at DESC, hash").Limit(100))
}

// NoteSessionUse writes down when a session was last used.
func (s *Store) NoteSessionUse(ctx context.Context, x access.Session, at time.Time) error {
	return done("note the use of a session", s.db.Gorm(ctx, nil).Model(&sessionRow{}).
		Where("site = ? AND hash = ? AND used_at < ?", x.Site, x.Hash, sql.Instant(at)).Update("used_at", sql.Instant(at)))
}

// EndSession deletes a session, if it is there.
func (s *Store) EndSession(ctx context.Context, hash string) error {
	return done("end a session", s.db.Gorm(ctx, nil).Where("hash = ?", hash).Delete(&sessionRow{}))
}

// EndSessions deletes all sessions of a member.
func (s *Store) EndSessions(ctx context.Context, site, email string) error {
	return while("end the sessions of a member", s.endSessions(ctx, nil, site, email))
}

func (s *Store) endSessions(ctx context.Context, t *sql.Tx, site, email string) error {
	return s.db.Gorm(ctx, t).Where("site = ? AND email = ?", site, email).Delete(&sessionRow{}).Error
}

// networksLast is how long a network is known from which nobody signs in any more.
const networksLast = 180 * 24 * time.Hour

// ForgetSessions deletes sessions that have ended, counts that are over, and networks that nobody signs in from.
func (s *Store) ForgetSessions(ctx context.Context, at time.Time) error {
	for _, old := range []struct {
		which  string
		before time.Time
		rows   any
	}{
		{"expires_at <= ?", at, &sessionRow{}},
		{"until <= ?", at, &failureRow{}},
		{"used_at <= ?", at.Add(-networksLast), &networkRow{}},
	} {
		if err := done("forget old sessions", s.db.Gorm(ctx, nil).Where(old.which, sql.Instant(old.before)).Delete(old.rows)); err != nil {
			return err
		}
	}
	return nil
}
