package store

import (
	"context"
	"fmt"

	"notifier/message"
	"notifier/store/sql"
)

// wrongUses finds the attachments whose count differs from what refers to them. It is one
// statement, and so sees one moment: what comes in meanwhile is no difference.
func (s *Store) wrongUses() string {
	return "WITH refers AS (" + s.dialect.references() + ") SELECT COALESCE(r.site, b.site), COALESCE(r.hash, b.hash)," +
		" COALESCE(b.uses, 0), COALESCE(r.n, 0), b.hash IS NULL FROM refers r FULL JOIN blobs b ON b.site = r.site AND b.hash = r.hash" +
		" WHERE b.uses IS DISTINCT FROM r.n ORDER BY 1, 2"
}

// WrongUses compares, on all sites, how often each attachment is said to be used with the
// messages that refer to it. It reads all messages that have attachments.
func (s *Store) WrongUses(ctx context.Context) ([]message.Use, error) {
	rows, err := s.db.Query(ctx, nil, s.wrongUses())
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (u message.Use, err error) {
		return u, scan(&u.Site, &u.Hash, &u.Counted, &u.Refer, &u.Gone)
	})
	if err != nil {
		return nil, fmt.Errorf("compare the uses of attachments: %w", err)
	}
	return all, nil
}

// RepairUses counts the attachments anew that WrongUses has found, and deletes those that
// nothing refers to. Their rows are held while they are counted: who begins or ends to use
// one has either been counted, or counts after it. It returns how many it corrected.
func (s *Store) RepairUses(ctx context.Context, wrong []message.Use) (corrected int, err error) {
	err = s.db.Commit(ctx, func(t *sql.Tx) error {
		corrected = 0
		for _, u := range wrong { // in one order, as all rows
			if _, err := sql.Texts(s.db.Query(ctx, t, "SELECT hash FROM blobs WHERE site = ? AND hash = ?"+s.dialect.Lock("UPDATE"), u.Site, u.Hash)); err != nil {
				return err
			}
		}
		refer := map[[2]string]int{}
		rows, err := s.db.Query(ctx, t, s.dialect.references())
		_, err = sql.Collect(rows, err, func(scan func(...any) error) (n int, err error) {
			var key [2]string
			err = scan(&key[0], &key[1], &n)
			refer[key] = n
			return n, err
		})
		if err != nil {
			return err
		}
		for _, u := range wrong {
			n := refer[[2]string{u.Site, u.Hash}]
			changed, err := s.db.Exec(ctx, t, "UPDATE blobs SET uses = ? WHERE site = ? AND hash = ? AND uses <> ?", n, u.Site, u.Hash, n)
			if err == nil && n == 0 {
				_, err = s.db.Exec(ctx, t, "DELETE FROM blobs WHERE site = ? AND hash = ?", u.Site, u.Hash)
			}
			if err != nil {
				return err
			}
			corrected += changed
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("correct the uses of attachments: %w", err)
	}
	return corrected, nil
}
