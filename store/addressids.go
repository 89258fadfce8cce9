package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"notifier/message"
	"notifier/store/sql"
)

// addressIDs is whether a site has ids that look like addresses, as it was a moment ago.
type addressIDs struct {
	any   bool
	until time.Time
}

// hashOfID is what is kept of an id that looks like an address, also when its user is erased.
func hashOfID(site, id string) string {
	sum := sha256.Sum256([]byte(site + "\x00" + message.Identity(id)))
	return hex.EncodeToString(sum[:])
}

// noteAddressID keeps that there is, or was, a user whose id looks like an address. Afterwards such a
// text in a message is no mere address (RULES 4): of an erased user it is nobody.
func (s *Store) noteAddressID(ctx context.Context, t *sql.Tx, site, id string, erased bool) error {
	if !strings.Contains(id, "@") {
		return nil
	}
	_, err := s.db.Exec(ctx, t, "INSERT INTO address_ids (site, id_hash, erased) VALUES (?, ?, ?) ON CONFLICT (site, id_hash) DO UPDATE SET erased = excluded.erased",
		site, hashOfID(site, id), erased)
	s.addressIDs.Delete(site)
	return err
}

// AddressIDs tells which of the texts were ids of users who are erased; nil where no id of a user looks
// like an address. Most sites have none, and ask once in a while.
func (s *Store) AddressIDs(ctx context.Context, site string, texts []string) (map[string]bool, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	seen, found := s.addressIDs.Load(site)
	if !found || !seen.(addressIDs).any && time.Now().After(seen.(addressIDs).until) {
		var some bool
		if err := s.db.Row(ctx, nil, []any{&some}, "SELECT EXISTS (SELECT 1 FROM address_ids WHERE site = ?)", site); err != nil {
			return nil, fmt.Errorf("look for ids that are addresses: %w", err)
		}
		seen = addressIDs{some, time.Now().Add(fresh)}
		s.addressIDs.Store(site, seen)
	}
	if !seen.(addressIDs).any {
		return nil, nil
	}
	hashes := make([]string, len(texts))
	for i, text := range texts {
		hashes[i] = hashOfID(site, text)
	}
	rows, err := s.db.Query(ctx, nil, "SELECT a.id_hash FROM "+s.dialect.List()+s.dialect.To("address_ids", "a", "a.site = ? AND a.id_hash = i.id AND a.erased", ""),
		s.dialect.Array(hashes), site)
	gone, err := sql.Collect(rows, err, func(scan func(...any) error) (hash string, err error) { return hash, scan(&hash) })
	if err != nil {
		return nil, fmt.Errorf("look for ids that are addresses: %w", err)
	}
	all := map[string]bool{}
	for _, hash := range gone {
		all[hash] = true
	}
	erased := map[string]bool{}
	for i, text := range texts {
		if all[hashes[i]] {
			erased[text] = true
		}
	}
	return erased, nil
}
