package settings

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// NoDatabaseError is that there is no database yet, and how one comes about.
type NoDatabaseError struct{ Says string }

// Error says what to do.
func (e NoDatabaseError) Error() string { return e.Says }

// Present makes sure that there is a database: commands that only look at one, or change what
// is in it, make none. An empty file is one that nobody has made a database of yet.
func (c Config) Present() error {
	file, is := c.SQLiteFile()
	if !is {
		return nil
	}
	if info, err := os.Stat(file); errors.Is(err, os.ErrNotExist) || err == nil && info.Mode().IsRegular() && info.Size() == 0 {
		return NoDatabaseError{fmt.Sprintf("there is no database yet at %s. Write: notifier migrate. notifier serve makes it, too; "+
			"--config FILE names a configuration with another", file)}
	}
	return nil
}

// SQLiteFile is the file of the database, if it is one.
func (c Config) SQLiteFile() (string, bool) {
	file, is := strings.CutPrefix(c.Database.URL, "sqlite:")
	file, _, _ = strings.Cut(file, "?")
	return strings.TrimPrefix(file, "//"), is
}
