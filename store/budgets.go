package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"notifier/message"
	"notifier/store/sql"
)

// purse is one budget while a batch is spent from it.
type purse struct {
	message.Budget
	used, before int
}

// Spend takes from the budgets what these mails cost, in their order, and tells of each
// the first budget that has nothing left for it, or nil: then it was taken from all of its
// budgets. Others who spend from the same budgets wait meanwhile.
func (s *Store) Spend(ctx context.Context, at time.Time, spends []message.Spend) (lacking []*message.Budget, err error) {
	err = s.db.Commit(ctx, func(t *sql.Tx) error {
		purses, err := s.open(ctx, t, at, spends)
		if err != nil {
			return err
		}
		lacking = make([]*message.Budget, len(spends))
		for i, spend := range spends {
			lacking[i] = take(purses, spend)
		}
		return s.shut(ctx, t, purses)
	})
	if err != nil {
		return nil, fmt.Errorf("spend from budgets: %w", err)
	}
	return lacking, nil
}

// open locks the rows of all budgets, in one order for all, with what is used of them.
func (s *Store) open(ctx context.Context, t *sql.Tx, at time.Time, spends []message.Spend) (map[message.Budget]*purse, error) {
	purses := map[message.Budget]*purse{}
	for _, spend := range spends {
		for _, b := range spend.Budgets {
			purses[b] = &purse{Budget: b}
		}
	}
	for _, p := range inOrder(purses) {
		// A window that lies before the one on record was opened by a clock that is behind:
		// it has what that one has.
		err := s.db.Row(ctx, t, []any{&p.used}, `INSERT INTO budgets (site, scope, name, period, window_start, used) VALUES (?, ?, ?, ?, ?, 0)
			ON CONFLICT (site, scope, name, period) DO UPDATE SET
				used = CASE WHEN budgets.window_start < excluded.window_start THEN 0 ELSE budgets.used END,
				window_start = CASE WHEN budgets.window_start < excluded.window_start THEN excluded.window_start ELSE budgets.window_start END
			RETURNING used`, p.Site, p.Scope, p.Name, int(p.Period/time.Second), sql.Instant(p.Window(at)))
		if err != nil {
			return nil, err
		}
		p.before = p.used
	}
	return purses, nil
}

// shut writes what has been spent.
func (s *Store) shut(ctx context.Context, t *sql.Tx, purses map[message.Budget]*purse) error {
	for _, p := range inOrder(purses) {
		if p.used == p.before {
			continue
		}
		if _, err := s.db.Exec(ctx, t, "UPDATE budgets SET used = ? WHERE site = ? AND scope = ? AND name = ? AND period = ?",
			p.used, p.Site, p.Scope, p.Name, int(p.Period/time.Second)); err != nil {
			return err
		}
	}
	return nil
}

// take spends from all budgets of a mail, or from none.
func take(purses map[message.Budget]*purse, spend message.Spend) *message.Budget {
	for i, b := range spend.Budgets {
		if p := purses[b]; !b.Fits(p.used, spend.N[i]) {
			return &p.Budget
		}
	}
	for i, b := range spend.Budgets {
		purses[b].used = max(0, purses[b].used+spend.N[i]) // what is given back may be of the window before
	}
	return nil
}

func inOrder(purses map[message.Budget]*purse) []*purse {
	all := make([]*purse, 0, len(purses))
	for _, p := range purses {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *purse) int {
		return cmp.Or(cmp.Compare(a.Site, b.Site), cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Period, b.Period))
	})
	return all
}

// rateWindow is how long what was taken of a key is counted in one place.
const rateWindow = time.Hour

// ShareRate adds n to what was taken of a key in the window that at lies in, and tells what all replicas have taken
// since the window began. One whose clock is behind counts in the window that the others are in.
func (s *Store) ShareRate(ctx context.Context, site string, key message.ID, n int, at time.Time) (all int, window time.Time, err error) {
	err = s.db.Row(ctx, nil, []any{&all, (*sql.Instant)(&window)}, `INSERT INTO budgets (site, scope, name, period, window_start, used) VALUES (?, 'key', ?, ?, ?, ?)
		ON CONFLICT (site, scope, name, period) DO UPDATE SET
			used = CASE WHEN budgets.window_start < excluded.window_start THEN excluded.used ELSE budgets.used + excluded.used END,
			window_start = CASE WHEN budgets.window_start < excluded.window_start THEN excluded.window_start ELSE budgets.window_start END
		RETURNING used, window_start`, site, string(key), int(rateWindow/time.Second), sql.Instant(at.Truncate(rateWindow)), n)
	if err != nil {
		return 0, window, fmt.Errorf("share the rate of a key: %w", err)
	}
	return all, window, nil
}

// Used tells how much of a budget is spent at that time.
func (s *Store) Used(ctx context.Context, b message.Budget, at time.Time) (used int, err error) {
	err = s.db.Row(ctx, nil, []any{&used}, "SELECT used FROM budgets WHERE site = ? AND scope = ? AND name = ? AND period = ? AND window_start = ?",
		b.Site, b.Scope, b.Name, int(b.Period/time.Second), sql.Instant(b.Window(at)))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read a budget: %w", err)
	}
	return used, nil
}

// ForgetBudgets deletes at most n budgets that nobody has spent from since.
func (s *Store) ForgetBudgets(ctx context.Context, n int, since time.Time) (int, error) {
	forgotten, err := s.forget(ctx, "budgets WHERE true", "window_start", n, since)
	if err != nil {
		return 0, fmt.Errorf("forget budgets: %w", err)
	}
	return forgotten, nil
}
