package gate

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks whose word about a request is taken: what X-Forwarded-For and
// X-Forwarded-Proto say, anybody can write.
type Proxies []netip.Prefix

func (p Proxies) trusts(a netip.Addr) bool {
	for _, network := range p {
		if network.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// Trust tells whether the word of somebody at that address is taken.
func (p Proxies) Trust(a netip.Addr) bool { return p.trusts(a) }

// Network is what counts as one place that requests come from: an IPv4 address, or a /64 of
// IPv6, in which whoever has one address has all.
func Network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	if !a.IsValid() {
		return netip.Prefix{}
	}
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	network, _ := a.Prefix(bits) // the number of bits fits
	return network
}

// peer is who the connection is to; not valid if that is no address.
func peer(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	from, _ := netip.ParseAddr(host)
	return from
}

// From finds out where a request comes from.
func (p Proxies) From(r *http.Request) string {
	from := peer(r)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && p.trusts(from); i-- { // each proxy adds who spoke to it
		before, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		from = before
	}
	if !from.IsValid() {
		return "unknown"
	}
	return from.Unmap().WithZone("").String()
}

// Secure tells whether a request came over HTTPS.
func (p Proxies) Secure(r *http.Request) bool {
	return r.TLS != nil || p.trusts(peer(r)) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}
