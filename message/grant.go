package message

import "time"

// Grant is what a token server gave last for one login. All replicas log in with it, and one
// at a time asks for the next.
type Grant struct {
	Account string // that it was last given for
	// Refresh is the newest refresh token; empty: the configured one still holds.
	Refresh string
	// Access is the access token, for Scopes, and Expiry its end; zero: nobody knows.
	Access, Scopes string
	Expiry         time.Time
	// Leased is until when one replica has the right to ask for the next; zero: nobody has.
	Leased time.Time
	// Version counts what was written; 0: nothing was.
	Version int64
}
