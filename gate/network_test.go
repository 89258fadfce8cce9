package gate_test

import (
	"net/netip"
	"testing"

	"notifier/gate"
)

// TestNetwork is S3 and S5: what counts as one place.
func TestNetwork(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.7": "192.0.2.7/32", "::ffff:192.0.2.7": "192.0.2.7/32", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
	} {
		if got := gate.Network(netip.MustParseAddr(in)).String(); got != want {
			t.Errorf("Network(%s) = %s, want %s", in, got, want)
		}
	}
	if gate.Network(netip.Addr{}).IsValid() {
		t.Error("no address has a network")
	}
}
