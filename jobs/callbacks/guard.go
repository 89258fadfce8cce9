package callbacks

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"notifier/fault"
	"notifier/network"
)

// Limits of one call.
const (
	callTime   = 15 * time.Second
	dialTime   = 5 * time.Second
	maxAnswer  = 4 << 10
	maxHeaders = 16 << 10
)

// internal are the addresses that a callback must not reach: this machine, the networks
// behind it, and what others make of them (RFC 6890); Azure has its metadata at a public one.
var internal = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"::/96", "::1/128", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
	"fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)

func prefixes(all ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(all))
	for i, s := range all {
		list[i] = netip.MustParsePrefix(s)
	}
	return list
}

// errInternal does not say which address it is: whoever makes a webhook would learn what
// names mean in here.
var errInternal = errors.New("it leads to an internal address. Callbacks may go there if callbacks.allow in config.yaml names its network")

// Guard keeps callbacks away from internal addresses (SSRF).
type Guard struct {
	// Allow are internal networks that may be called nevertheless.
	Allow []netip.Prefix
}

// forbids tells whether the address must not be called.
func (g Guard) forbids(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, p := range g.Allow {
		if p.Contains(a) {
			return false
		}
	}
	for _, p := range internal {
		if p.Contains(a) {
			return true
		}
	}
	return !a.IsValid()
}

// control looks at the address that is really dialled, after DNS: a name that leads
// elsewhere the second time gains nothing.
func (g Guard) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if g.forbids(at.Addr()) {
		return errInternal
	}
	return nil
}

// client calls without a proxy, follows no redirect, keeps no cookie and waits for no more
// than it was told.
func (g Guard) client() *http.Client {
	dialer := network.Dialer(dialTime, g.control)
	return &http.Client{
		Timeout:       callTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: dialTime, ResponseHeaderTimeout: callTime, MaxResponseHeaderBytes: maxHeaders,
			MaxIdleConnsPerHost: perEndpoint, IdleConnTimeout: 30 * time.Second, ForceAttemptHTTP2: true, DisableCompression: true,
		},
	}
}

// Check tells what is wrong with an address before anything is called: one that leads to an
// internal network is refused at once. A name that cannot be looked up now is not.
func (g Guard) Check(ctx context.Context, address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return nil // which the endpoint's own check tells
	}
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err != nil {
		return nil
	}
	var bad fault.Invalid
	for _, a := range found {
		if g.forbids(a) {
			// Which address it is stays unsaid: this is no way to ask what names mean in here.
			bad.Add("/url", "internal_address", "%s leads to an internal address, which callbacks may not reach. Give a public address, or name its network under callbacks.allow in config.yaml",
				fault.Truncate(u.Hostname(), 100))
			break
		}
	}
	return bad.Err()
}
