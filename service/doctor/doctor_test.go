package doctor_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"notifier/service/doctor"
)

// nameServer answers for TXT records from a map, over UDP.
func nameServer(t *testing.T, records map[string][]string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			if answer := answered(b[:n], records); answer != nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-ended
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func answered(query []byte, records map[string][]string) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	texts, known := records[strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))]
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	if !known {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, text := range texts {
		var parts []string
		for ; len(text) > 255; text = text[255:] {
			parts = append(parts, text[:255])
		}
		m.Answers = append(m.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: dnsmessage.TypeTXT, Class: dnsmessage.ClassINET},
			Body:   &dnsmessage.TXTResource{TXT: append(parts, text)},
		})
	}
	b, err := m.Pack()
	if err != nil {
		return nil
	}
	return b
}

func TestSender(t *testing.T) {
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	edwards := "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
	long := "v=DKIM1; p=" + base64.StdEncoding.EncodeToString(der)
	for _, row := range []struct {
		name    string
		records map[string][]string
		keys    []doctor.Key
		want    []string
	}{
		{
			"all is there",
			map[string][]string{
				"good.test": {"other", "v=spf1 mx -all"}, "a._domainkey.good.test": {edwards}, "b._domainkey.good.test": {long},
				"_dmarc.good.test": {"v=DMARC1; p=none"},
			},
			[]doctor.Key{{Domain: "good.test", Selector: "a", Public: public}, {Domain: "Good.test", Selector: "b", Public: &private.PublicKey}},
			[]string{"ok SPF", "ok DKIM", "ok DKIM", "ok DMARC"},
		},
		{"nothing is there", nil, nil, []string{"warning SPF", "warning DKIM", "warning DMARC"}},
		{
			"another key, and two SPF records",
			map[string][]string{"good.test": {"v=spf1 a", "v=spf1 b"}, "a._domainkey.good.test": {long}},
			[]doctor.Key{{Domain: "good.test", Selector: "a", Public: public}},
			[]string{"failed SPF", "failed DKIM", "warning DMARC"},
		},
		{"no key is published", nil, []doctor.Key{{Domain: "good.test", Selector: "a", Public: public}}, []string{"warning SPF", "failed DKIM", "warning DMARC"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := doctor.Sender(t.Context(), nameServer(t, row.records), "good.test", row.keys)
			var short []string
			for _, f := range got {
				what, _, _ := strings.Cut(f.Check, " ")
				short = append(short, string(f.Verdict)+" "+what)
				if f.Verdict != doctor.Fine && f.Do == "" {
					t.Errorf("%+v does not say what to do", f)
				}
			}
			if strings.Join(short, ", ") != strings.Join(row.want, ", ") {
				t.Errorf("got %q, want %q:\n%+v", short, row.want, got)
			}
		})
	}
}

// A name server that cannot be asked is no reason to call a domain wrong.
func TestWithoutDNS(t *testing.T) {
	deaf := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, os.ErrDeadlineExceeded }}
	for _, f := range doctor.Sender(t.Context(), deaf, "good.test", nil) {
		if !strings.HasPrefix(f.Check, "DKIM") && f.Verdict != doctor.Unknown {
			t.Errorf("%+v", f)
		}
	}
}

func TestCertificate(t *testing.T) {
	now := time.Now()
	for _, row := range []struct {
		until time.Time
		want  doctor.Verdict
	}{{now.Add(90 * 24 * time.Hour), doctor.Fine}, {now.Add(10 * 24 * time.Hour), doctor.Warning}, {now.Add(-time.Hour), doctor.Failed}} {
		address, pool := tlsServer(t, row.until)
		f := doctor.Certificate(t.Context(), doctor.Server{Name: "default", Address: address, TLS: "tls", Config: &tls.Config{RootCAs: pool}}, now)
		if f.Verdict != row.want {
			t.Errorf("until %s: %+v, want %s", row.until, f, row.want)
		}
	}
	f := doctor.Certificate(t.Context(), doctor.Server{Name: "default", Address: "127.0.0.1:1", TLS: "starttls", Config: &tls.Config{}}, now)
	if f.Verdict != doctor.Failed || !strings.Contains(f.Do, "account test default") {
		t.Errorf("%+v", f)
	}
}

// tlsServer shows a certificate that counts until then.
func tlsServer(t *testing.T, until time.Time) (address string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-1000 * time.Hour), NotAfter: until, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(leaf)
	return server.Listener.Addr().String(), pool
}

func TestPort(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	defer server.Close()
	address := server.Listener.Addr().String()
	if f := doctor.Port(t.Context(), address); f.Verdict != doctor.Fine || !strings.Contains(f.Says, "the service answers") {
		t.Errorf("%+v", f)
	}
	status = http.StatusServiceUnavailable
	if f := doctor.Port(t.Context(), address); f.Verdict != doctor.Failed || f.Do == "" {
		t.Errorf("%+v", f)
	}
	if f := doctor.Port(t.Context(), "127.0.0.1:0"); f.Verdict != doctor.Fine {
		t.Errorf("%+v", f)
	}
}

func TestClockDiskAndModes(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for apart, want := range map[time.Duration]doctor.Verdict{
		0: doctor.Fine, -time.Second: doctor.Fine, 10 * time.Second: doctor.Warning, -10 * time.Minute: doctor.Failed,
	} {
		if f := doctor.Clock(noon.Add(apart), noon); f.Verdict != want {
			t.Errorf("%s apart: %+v, want %s", apart, f, want)
		}
	}
	file := filepath.Join(t.TempDir(), "secret")
	for mode, want := range map[os.FileMode]doctor.Verdict{0o600: doctor.Fine, 0o640: doctor.Fine, 0o644: doctor.Warning} {
		if err := os.WriteFile(file, nil, mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if f := doctor.Modes("file modes", file); f.Verdict != want {
			t.Errorf("%s: %+v, want %s", fmt.Sprintf("%o", mode), f, want)
		}
	}
	if f := doctor.Disk(file); f.Verdict == doctor.Unknown {
		t.Errorf("%+v", f)
	}
}
