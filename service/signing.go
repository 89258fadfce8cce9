package service

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"notifier/access/vault"
	"notifier/links"
	"notifier/settings"
	"notifier/store"
)

// forLinks is the purpose of the keys that sign links.
const forLinks = "links"

// signing is the keys of links, as the database has them.
type signing struct {
	database *store.Store
	vault    vault.Vault
	derived  []byte // what signed before keys were kept
}

func signingOf(c settings.Config, database *store.Store) signing {
	return signing{database, c.Vault(), derivedOf(c)}
}

// derivedOf is the key that signed links before keys were kept. The first that is kept is that
// of the secret before, if there is one: nothing was signed by another yet.
func derivedOf(c settings.Config) []byte {
	secret := c.Secrets.PreviousKey
	if secret == "" {
		secret = c.Secrets.Key
	}
	b, _ := base64.StdEncoding.DecodeString(secret) // checkSecrets has seen to it
	return links.Derive(b)
}

func ownerOf(k store.SigningKey) string { return fmt.Sprintf("signing/%s/%d", k.Purpose, k.Number) }

// sealedKey is a key as it is kept.
func (s signing) sealedKey(number int, key []byte) store.SigningKey {
	k := store.SigningKey{Purpose: forLinks, Number: number}
	k.Sealed = s.vault.Seal(base64.StdEncoding.EncodeToString(key), ownerOf(k))
	return k
}

func randomKey() []byte {
	b := make([]byte, links.KeySize)
	_, _ = rand.Read(b) // never fails
	return b
}

// kept are the keys of links. The first one is made, or the derived one kept, if that was not
// done yet; of replicas that start at once one does it.
func (s signing) kept(ctx context.Context) ([]store.SigningKey, error) {
	all, err := s.database.SigningKeys(ctx, forLinks)
	switch {
	case err != nil || !s.vault.Seals():
		return all, err
	case len(all) == 0:
		_, err = s.database.AddSigningKey(ctx, s.sealedKey(0, randomKey()))
	case all[0].Sealed == "":
		_, err = s.database.ResealSigningKey(ctx, all[0], s.sealedKey(all[0].Number, s.derived).Sealed)
	default:
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	return s.database.SigningKeys(ctx, forLinks)
}

// keys are those that can be opened. Those that secrets.key has sealed come last, so that one of them
// signs. A replica that opens none, and needs one, adds a key of its own: who has its
// secrets.key as secrets.previous_key opens that, so that links which it signs are not lost.
func (s signing) keys(ctx context.Context, needed bool) ([]links.Key, error) {
	kept, err := s.kept(ctx)
	if err != nil {
		return nil, err
	}
	all := s.opened(kept)
	if len(all) > 0 || !needed || !s.vault.Seals() {
		return all, nil
	}
	if _, err := s.database.AddSigningKey(ctx, s.sealedKey(kept[len(kept)-1].Number+1, randomKey())); err != nil {
		return nil, err
	}
	kept, err = s.kept(ctx)
	return s.opened(kept), err
}

func (s signing) opened(kept []store.SigningKey) []links.Key {
	var stale, fresh []links.Key
	for _, k := range kept {
		b, err := s.open(k)
		if err != nil {
			continue
		}
		if _, old, err := s.vault.Anew(k.Sealed, ownerOf(k)); err == nil && !old {
			fresh = append(fresh, links.NewKey(b))
		} else {
			stale = append(stale, links.NewKey(b))
		}
	}
	return append(stale, fresh...)
}

func (s signing) open(k store.SigningKey) ([]byte, error) {
	text, err := s.vault.Open(k.Sealed, ownerOf(k))
	if err != nil {
		return nil, err
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err == nil && len(b) != links.KeySize {
		err = fmt.Errorf("key %d of %s has %d bytes, %d are needed", k.Number, k.Purpose, len(b), links.KeySize)
	}
	return b, err
}

// fit tries to open all of them. The first tells whether secrets.key is the right one: the others may have
// been added by a replica that had a wrong one.
func (s signing) fit(ctx context.Context) (fit, error) {
	found := fit{sort: forLinks}
	all, err := s.database.SigningKeys(ctx, forLinks)
	for i, k := range all {
		if k.Sealed == "" {
			continue
		}
		found.all++
		if _, err := s.open(k); err != nil {
			found.unfit++
			found.wrong = found.wrong || i == 0
		}
	}
	return found, err
}

// linkDoor is where links in mails lead, with the keys of the installation; nil without an
// address for it.
func (h *Service) linkDoor() *links.Door {
	door := doorOf(h.config)
	if door != nil {
		door.Key = h.ring
	}
	return door
}

// readKeys looks which keys sign links now, where there are links.
func (h *Service) readKeys(ctx context.Context) error {
	if doorOf(h.config) == nil {
		return nil
	}
	return h.ring.Refresh(ctx)
}
