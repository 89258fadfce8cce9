package sql

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"notifier/message"
)

// TestTroubles is S4: each error of a database that says nothing about the request is told
// with its cause, and a full disk as what it is.
func TestTroubles(t *testing.T) {
	for code, want := range map[string]string{
		"53100": "the disk of the database is full", "53200": "the database is out of memory", "53300": "the database takes no more connections",
		"53400": "a limit in the configuration of the database is exceeded", "53000": "the database has not enough of what it needs",
		"57P03": "the database is starting or stopping", "57P01": "the database is starting or stopping", "57014": "the database took too long",
		"58030": "the database cannot read or write its files", "25006": "the database is read-only, as a standby is", "08006": message.ErrUnavailable.Error(),
		"28P01": "the database does not let this user in", "3D000": "the server has no database of that name", "55P03": "the database is busy with the same rows",
		"42601": "", "22001": "",
	} {
		err := Told(fmt.Errorf("store it: %w", &pgconn.PgError{Code: code, Message: "x"}))
		trouble, ok := errors.AsType[*message.Trouble](err)
		if ok != (want != "") || errors.Is(err, message.ErrUnavailable) != ok {
			t.Errorf("%s is told as %v, want %q", code, err, want)
			continue
		}
		if ok && (trouble.Full != (code == "53100") || trouble.Unknown || trouble.Says != want && want != message.ErrUnavailable.Error()) {
			t.Errorf("%s is %+v, want %q", code, trouble, want)
		}
	}
	if err := Ended(context.DeadlineExceeded); !errors.Is(err, message.ErrUnavailable) || !err.(*message.Trouble).Unknown {
		t.Errorf("the end of a transaction without an answer is %v, want unknown", err)
	}
	if err := Ended(&pgconn.PgError{Code: "53100"}); err.(*message.Trouble).Unknown {
		t.Errorf("what the database itself refused is %v, want that nothing was stored", err)
	}
}
