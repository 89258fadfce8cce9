package network

import (
	"net/http"
	"time"
)

// Transport makes HTTP calls over connections of Dialer; connecting, the handshake and the
// headers of the answer take no longer than limit each. A Timeout of the client bounds the
// whole, with the body.
func Transport(limit time.Duration) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = Dialer(limit, nil).DialContext
	t.TLSHandshakeTimeout, t.ResponseHeaderTimeout = limit, limit
	return t
}
