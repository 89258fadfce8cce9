package access_test

import (
	"strings"
	"testing"

	"notifier/access"
)

func TestPasswords(t *testing.T) {
	hash := access.HashPassword("correct horse battery")
	if again := access.HashPassword("correct horse battery"); again == hash {
		t.Error("two hashes of one password are the same: they have no salt")
	}
	for _, row := range []struct {
		hash, password  string
		right, readable bool
	}{
		{hash, "correct horse battery", true, true},
		{hash, "correct horse batterx", false, true},
		{hash, "", false, true},
		{strings.Replace(hash, "m=19456", "m=1048576", 1), "x", false, false}, // a gigabyte
		{strings.Replace(hash, "t=2", "t=1000", 1), "x", false, false},
		{strings.Replace(hash, "p=1", "p=0", 1), "x", false, false},
		{strings.Replace(hash, "argon2id", "argon2i", 1), "x", false, false},
		{hash[:len(hash)-40], "x", false, false},
		{"", "", false, false},
		{"correct horse battery", "correct horse battery", false, false},
	} {
		right, err := access.IsPassword(row.hash, row.password)
		if right != row.right || (err == nil) != row.readable {
			t.Errorf("IsPassword(%q, %q) = %t, %v", row.hash, row.password, right, err)
		}
	}
}
