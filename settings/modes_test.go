package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAFileWithAPasswordIsSecret is S6: who may read config.yaml may read its password.
func TestAFileWithAPasswordIsSecret(t *testing.T) {
	for _, c := range []struct {
		text  string
		mode  os.FileMode
		warns bool
	}{
		{"smtp: {host: h, from: a@x.test, username: u, password: hunter2}\n", 0o644, true},
		{"database: {url: \"postgres://u:hunter2@h/db\"}\n", 0o644, true},
		{"http: {key: secret}\n", 0o644, true},
		{"smtp: {host: h, from: a@x.test, username: u, password: hunter2}\n", 0o640, false},
		{"smtp: {host: h, from: a@x.test}\n", 0o644, false},
	} {
		file := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(file, []byte(c.text), c.mode); err != nil {
			t.Fatal(err)
		}
		_, r, err := Read(file, nil)
		if err != nil {
			t.Fatal(err)
		}
		warns := false
		for _, w := range r.Warnings {
			warns = warns || strings.Contains(w.String(), "everybody on this machine may read")
		}
		if warns != c.warns {
			t.Errorf("S6: %q with the mode %s: warned %t, want %t", c.text, c.mode, warns, c.warns)
		}
	}
}

// TestEverybodysListener is S6: an address beyond this machine is told of.
func TestEverybodysListener(t *testing.T) {
	for address, want := range map[string]bool{
		"0.0.0.0:8025": true, ":8025": true, "[::]:8025": true, "192.0.2.1:8025": true, "example.org:1": true,
		"127.0.0.1:8025": false, "localhost:8025": false, "[::1]:8025": false,
	} {
		if got := ListensToAll(address); got != want {
			t.Errorf("everybodysListener(%s) = %t", address, got)
		}
	}
}
