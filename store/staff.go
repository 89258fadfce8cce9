package store

import (
	"context"
	"fmt"
	"time"

	"notifier/access"
	"notifier/message"
	"notifier/store/sql"
)

const memberNames = "site, email, name, role, password, created_at, created_by, signed_in_at"

func readMember(scan func(into ...any) error) (m access.Member, err error) {
	var signedIn sql.Instant
	err = scan(&m.Site, &m.Email, &m.Name, (*string)(&m.Role), &m.Password, (*sql.Instant)(&m.CreatedAt), &m.CreatedBy, &signedIn)
	m.SignedInAt = sql.OrNull(time.Time(signedIn))
	return m, err
}

// Members lists the staff of a site, by address.
func (s *Store) Members(ctx context.Context, site string) ([]access.Member, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT "+memberNames+" FROM staff WHERE site = ? ORDER BY email LIMIT 1000", site)
	all, err := sql.Collect(rows, err, readMember)
	if err != nil {
		return nil, fmt.Errorf("list the staff: %w", err)
	}
	return all, nil
}

// Member finds one by the address, on whichever site; message.ErrNotFound if there is none.
func (s *Store) Member(ctx context.Context, email string) (access.Member, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT "+memberNames+" FROM staff WHERE email = ?", email)
	found, err := sql.Collect(rows, err, readMember)
	if err != nil {
		return access.Member{}, fmt.Errorf("read a member of staff: %w", err)
	}
	if len(found) == 0 {
		return access.Member{}, message.ErrNotFound
	}
	return found[0], nil
}

// AddMember adds somebody; message.ErrMoved if the address is known already.
func (s *Store) AddMember(ctx context.Context, m access.Member) error {
	n, err := s.db.Exec(ctx, nil, "INSERT INTO staff ("+memberNames+") VALUES ("+sql.Marks(8)+") ON CONFLICT DO NOTHING",
		m.Site, m.Email, m.Name, string(m.Role), m.Password, sql.Instant(m.CreatedAt), m.CreatedBy, sql.OrNone(m.SignedInAt))
	if err == nil && n == 0 {
		err = message.ErrMoved
	}
	if err != nil {
		return fmt.Errorf("add a member of staff: %w", err)
	}
	return nil
}

// ChangeMember writes a member's name, role and password, and ends all sessions: what was
// allowed before is allowed no longer. message.ErrNotFound if there is none.
func (s *Store) ChangeMember(ctx context.Context, m access.Member) error {
	return s.withoutSessions(ctx, m, "UPDATE staff SET name = ?, role = ?, password = ? WHERE site = ? AND email = ?", m.Name, string(m.Role), m.Password)
}

// RemoveMember deletes a member with all sessions, views and networks; message.ErrNotFound if there is none.
func (s *Store) RemoveMember(ctx context.Context, m access.Member) error {
	if err := s.withoutSessions(ctx, m, "DELETE FROM staff WHERE site = ? AND email = ?"); err != nil {
		return err
	}
	for _, of := range []string{"views", "sign_in_networks"} {
		if _, err := s.db.Exec(ctx, nil, "DELETE FROM "+of+" WHERE site = ? AND email = ?", m.Site, m.Email); err != nil {
			return fmt.Errorf("remove the %s of a member: %w", of, err)
		}
	}
	return nil
}

// withoutSessions changes a member's row and ends the sessions, or neither.
func (s *Store) withoutSessions(ctx context.Context, m access.Member, statement string, arguments ...any) error {
	err := s.db.Commit(ctx, func(t *sql.Tx) error {
		n, err := s.db.Exec(ctx, t, statement, append(arguments, m.Site, m.Email)...)
		if err == nil && n == 0 {
			err = message.ErrNotFound
		}
		if err == nil {
			_, err = s.db.Exec(ctx, t, "DELETE FROM sessions WHERE site = ? AND email = ?", m.Site, m.Email)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("change a member of staff: %w", err)
	}
	return nil
}

const sessionNames = "site, hash, email, created_at, used_at, expires_at, address, agent"

func readSession(scan func(into ...any) error) (x access.Session, err error) {
	err = scan(&x.Site, &x.Hash, &x.Email, (*sql.Instant)(&x.CreatedAt), (*sql.Instant)(&x.UsedAt), (*sql.Instant)(&x.ExpiresAt), &x.From, &x.Agent)
	return x, err
}

// AddSession keeps a session, and when and from which network its member signed in;
// message.ErrNotFound if the member is gone.
func (s *Store) AddSession(ctx context.Context, x access.Session) error {
	err := s.db.Commit(ctx, func(t *sql.Tx) error {
		n, err := s.db.Exec(ctx, t, "UPDATE staff SET signed_in_at = ? WHERE site = ? AND email = ?", sql.Instant(x.CreatedAt), x.Site, x.Email)
		if err == nil && n == 0 { // removed while signing in: the session would live again with another of that address
			err = message.ErrNotFound
		}
		if err == nil {
			_, err = s.db.Exec(ctx, t, "INSERT INTO sessions ("+sessionNames+") VALUES ("+sql.Marks(8)+")",
				x.Site, x.Hash, x.Email, sql.Instant(x.CreatedAt), sql.Instant(x.UsedAt), sql.Instant(x.ExpiresAt), x.From, x.Agent)
		}
		if err == nil && x.Network != "" {
			err = s.noteNetwork(ctx, t, x)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("keep a session: %w", err)
	}
	return nil
}

// SessionOfHash finds a session by the hash of its token; message.ErrNotFound if there is none.
func (s *Store) SessionOfHash(ctx context.Context, hash string) (access.Session, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT "+sessionNames+" FROM sessions WHERE hash = ?", hash)
	found, err := sql.Collect(rows, err, readSession)
	if err != nil {
		return access.Session{}, fmt.Errorf("read a session: %w", err)
	}
	if len(found) == 0 {
		return access.Session{}, message.ErrNotFound
	}
	return found[0], nil
}

// SessionsOf lists the sessions of a member, the newest first.
func (s *Store) SessionsOf(ctx context.Context, site, email string) ([]access.Session, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT "+sessionNames+" FROM sessions WHERE site = ? AND email = ? ORDER BY created_at DESC, hash LIMIT 100", site, email)
	all, err := sql.Collect(rows, err, readSession)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return all, nil
}

// NoteSessionUse writes down when a session was last used.
func (s *Store) NoteSessionUse(ctx context.Context, x access.Session, at time.Time) error {
	_, err := s.db.Exec(ctx, nil, "UPDATE sessions SET used_at = ? WHERE site = ? AND hash = ? AND used_at < ?", sql.Instant(at), x.Site, x.Hash, sql.Instant(at))
	if err != nil {
		return fmt.Errorf("note the use of a session: %w", err)
	}
	return nil
}

// EndSession deletes a session, if it is there.
func (s *Store) EndSession(ctx context.Context, hash string) error {
	if _, err := s.db.Exec(ctx, nil, "DELETE FROM sessions WHERE hash = ?", hash); err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}

// EndSessions deletes all sessions of a member.
func (s *Store) EndSessions(ctx context.Context, site, email string) error {
	if _, err := s.db.Exec(ctx, nil, "DELETE FROM sessions WHERE site = ? AND email = ?", site, email); err != nil {
		return fmt.Errorf("end the sessions of a member: %w", err)
	}
	return nil
}

// networksLast is how long a network is known from which nobody signs in any more.
const networksLast = 180 * 24 * time.Hour

// ForgetSessions deletes sessions that have ended, counts that are over, and networks that nobody signs in from.
func (s *Store) ForgetSessions(ctx context.Context, at time.Time) error {
	for statement, before := range map[string]time.Time{
		"DELETE FROM sessions WHERE expires_at <= ?":      at,
		"DELETE FROM sign_in_failures WHERE until <= ?":   at,
		"DELETE FROM sign_in_networks WHERE used_at <= ?": at.Add(-networksLast),
	} {
		if _, err := s.db.Exec(ctx, nil, statement, sql.Instant(before)); err != nil {
			return fmt.Errorf("forget old sessions: %w", err)
		}
	}
	return nil
}
