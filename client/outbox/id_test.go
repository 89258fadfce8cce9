package outbox

import "testing"

// TestIdsAreInOrder: the service takes requests in by their ids.
func TestIdsAreInOrder(t *testing.T) {
	before := ""
	for range 10_000 {
		id := newID()
		if id <= before || len(id) != len("out_06f3n5mmmt1fq2r6s0hj0v7k9c") {
			t.Fatalf("%s comes after %s", id, before)
		}
		before = id
	}
}
