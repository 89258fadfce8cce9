package message

import "errors"

// What a store may answer, so that every room can tell it apart.
var (
	// ErrMoved means that somebody else was faster: the row is no longer as it was read.
	ErrMoved = errors.New("it was changed by somebody else meanwhile")
	// ErrNotFound means that there is no such row.
	ErrNotFound = errors.New("there is no such thing")
	// ErrBusy means that a mail is on its way at this moment, and must not be touched.
	ErrBusy = errors.New("a mail is being sent at this moment")
	// ErrUnavailable means that the database does not answer: nothing was stored, unless a
	// Trouble says that nobody knows.
	ErrUnavailable = errors.New("the database does not answer")
)

// ErrManual says why a manual message is not retried (CQ-6).
var ErrManual = errors.New("a manual message cannot be retried. Write it again")

// ErrNotEditable says why a message stays as it is.
var ErrNotEditable = errors.New("only a direct message that is not being sent can be edited. Write another one")
