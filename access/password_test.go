package access_test

import (
	"regexp"
	"strings"
	"testing"

	"notifier/access"
)

func TestPasswords(t *testing.T) {
	hash := access.HashPassword("correct horse battery")
	if again := access.HashPassword("correct horse battery"); again == hash {
		t.Error("two hashes of one password are the same: they have no salt")
	}
	with := func(name, value string) string {
		return regexp.MustCompile(name+`=\d+`).ReplaceAllString(hash, name+"="+value)
	}
	for _, row := range []struct {
		hash, password  string
		right, readable bool
	}{
		{hash, "correct horse battery", true, true},
		{hash, "correct horse batterx", false, true},
		{hash, "", false, true},
		{with("m", "1048576"), "x", false, false}, // a gigabyte
		{with("t", "1000"), "x", false, false},
		{with("p", "0"), "x", false, false},
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
