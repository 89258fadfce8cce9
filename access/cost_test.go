//go:build !race

package access_test

import (
	"strings"
	"testing"

	"notifier/access"
)

// TestAPasswordTakesWhatOWASPAsks: argon2id with 19 MiB and two passes at least.
func TestAPasswordTakesWhatOWASPAsks(t *testing.T) {
	if hash := access.HashPassword("correct horse battery"); !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("a hash begins %.40s", hash)
	}
}
