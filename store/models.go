package store

import (
	"errors"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"notifier/message"
)

// A model is a row as gorm reads and writes it: a private struct with the fields of what the
// row stands for, in the same order, so that one is converted into the other and a field that
// is new in one of them does not compile without the other.

// find reads the rows of a query, each as what it stands for.
func find[R interface{ is() T }, T any](doing string, q *gorm.DB) (all []T, err error) {
	var rows []R
	if err := q.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	for _, r := range rows {
		all = append(all, r.is())
	}
	return all, nil
}

// one is find for a single row; message.ErrNotFound if there is none.
func one[R interface{ is() T }, T any](doing string, q *gorm.DB) (what T, err error) {
	all, err := find[R](doing, q.Limit(1))
	if err != nil || len(all) > 0 {
		return append(all, what)[0], err
	}
	return what, message.ErrNotFound
}

// while says what an error came in the way of.
func while(doing string, err error) error {
	if err != nil {
		err = fmt.Errorf("%s: %w", doing, err)
	}
	return err
}

// done is the end of a statement that may have found no row.
func done(doing string, q *gorm.DB) error { return while(doing, q.Error) }

// met is done for a statement that changed a row if that still was as the caller had read it.
func met(doing string, q *gorm.DB) (bool, error) { return q.RowsAffected == 1, done(doing, q) }

// found is done for a statement that must find a row; message.ErrNotFound if it did not.
func found(doing string, q *gorm.DB) error {
	if err := hit(q); errors.Is(err, message.ErrNotFound) {
		return err
	}
	return done(doing, q)
}

// hit is found for a statement among others.
func hit(q *gorm.DB) error {
	if q.Error == nil && q.RowsAffected == 0 {
		return message.ErrNotFound
	}
	return q.Error
}

// first is the end of a statement that changes a row if nobody else did before; message.ErrMoved
// if somebody was faster.
func first(q *gorm.DB) error {
	if q.Error == nil && q.RowsAffected == 0 {
		return message.ErrMoved
	}
	return q.Error
}

// unlessThere makes an INSERT leave a row alone that is there already.
var unlessThere = clause.OnConflict{DoNothing: true}

// instead makes an INSERT of a row with a key that is there change the columns named of that
// one, nothing if none is named; only where a condition holds, if there is one.
func instead(key, columns []string, where ...string) clause.OnConflict {
	c := clause.OnConflict{DoUpdates: clause.AssignmentColumns(columns), DoNothing: len(columns) == 0}
	for _, name := range key {
		c.Columns = append(c.Columns, clause.Column{Name: name})
	}
	for _, condition := range where {
		c.Where.Exprs = append(c.Where.Exprs, clause.Expr{SQL: condition})
	}
	return c
}

// siteID is the key of most tables.
var siteID = []string{"site", "id"}

// held keeps others from the rows that a query finds until the transaction ends.
var held = clause.Locking{Strength: "UPDATE"}

// heldWithKey is held, but lets others refer to the rows.
var heldWithKey = clause.Locking{Strength: "NO KEY UPDATE"}

// heldBySome is held, but leaves out the rows that others hold.
var heldBySome = clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"}
