package message

// Trouble is why the database cannot be used now, in words for whoever asked something of it.
// It is ErrUnavailable: the same request may succeed later.
type Trouble struct {
	// Says is the cause, without a full stop; empty if the database does not answer.
	Says string
	// Full means that there is no room: nothing can be stored until somebody makes some.
	Full bool
	// Unknown means that what was to be stored may have been: the database, or the link to it,
	// went away before it said so.
	Unknown bool
	Err     error
}

func (t *Trouble) Error() string {
	says := t.Says
	if says == "" {
		says = ErrUnavailable.Error()
	}
	if t.Err == nil {
		return says
	}
	return says + ": " + t.Err.Error()
}

// Unwrap is what the trouble comes of.
func (t *Trouble) Unwrap() []error { return []error{ErrUnavailable, t.Err} }
