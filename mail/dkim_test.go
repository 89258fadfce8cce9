package mail_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"notifier/mail"
	"notifier/mail/mailtest"
	"notifier/message"
)

// pemOf writes a private key as openssl does.
func pemOf(t *testing.T, sort string, key any) []byte {
	t.Helper()
	content, err := x509.MarshalPKCS8PrivateKey(key)
	if old, ok := key.(*rsa.PrivateKey); ok && sort == "RSA PRIVATE KEY" {
		content, err = x509.MarshalPKCS1PrivateKey(old), nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: sort, Bytes: content})
}

func rsaKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0")
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestMailsAreSigned(t *testing.T) {
	long := rsaKey(t, 2048)
	_, short, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(long.Public())
	if err != nil {
		t.Fatal(err)
	}
	dns := map[string]string{ // as published
		"rsa._domainkey.example.org": "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public),
		"ed._domainkey.example.net":  "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(short.Public().(ed25519.PublicKey)),
	}
	keys := mail.Keys{}
	for domain, content := range map[string][]byte{"example.org": pemOf(t, "RSA PRIVATE KEY", long), "example.net": pemOf(t, "PRIVATE KEY", short)} {
		signer, err := mail.ParseKey(content)
		if err != nil {
			t.Fatal(err)
		}
		keys[domain] = mail.Key{Domain: domain, Selector: map[string]string{"example.org": "rsa", "example.net": "ed"}[domain], Signer: signer}
	}
	r, err := mailtest.Start(mailtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	c, err := mail.New(mail.Settings{Host: "127.0.0.1", Port: r.Port(), From: workflow, Keys: keys}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	verify := func(raw []byte) ([]*dkim.Verification, error) {
		return dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
			if txt, found := dns[name]; found {
				return []string{txt}, nil
			}
			return nil, errors.New("no such name: " + name)
		}})
	}
	for i, row := range []struct{ sender, domain string }{
		{"", "example.org"}, {"clerk@Example.Net", "example.net"}, {"clerk@post.example.net", "example.net"}, {"clerk@example.com", ""},
	} {
		m := attach(note("anna@example.org"), message.File{Filename: "a.txt", Content: []byte("x\n.\n")})
		m.HTML = "<p>Łódź  \n\n\n" + strings.Repeat("x ", 600)
		m.Sender.Email = row.sender
		m.Headers = []message.Header{{Name: "List-Unsubscribe", Value: "<https://example.org/u>"}, {Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"}}
		if receipt := c.Deliver(t.Context(), m); receipt.Failure != nil {
			t.Fatal(receipt.Failure)
		}
		got := r.Got()[i]
		raw := got.Data
		if from := row.sender; from != "" && got.From != from {
			t.Errorf("MAIL FROM:<%s>, want %s", got.From, from)
		}
		found, err := verify(raw)
		if row.domain == "" {
			if len(found) > 0 || err != nil {
				t.Errorf("%s is signed: %v, %v", row.sender, found, err)
			}
			continue
		}
		if err != nil || len(found) != 1 || found[0].Err != nil || found[0].Domain != row.domain {
			t.Fatalf("%s: %+v, %v in\n%s", row.sender, found, err, raw)
		}
		covers := strings.ToLower(fmt.Sprint(found[0].HeaderKeys))
		for _, field := range []string{"list-unsubscribe", "list-unsubscribe-post", "subject", "date", "message-id", "from from"} {
			if !strings.Contains(covers, field) {
				t.Errorf("%s: the signature leaves out %s: %s", row.sender, field, covers)
			}
		}
		for _, change := range [][2]string{{"Contract ready", "Contract signed"}, {"=One-Click", "=No"}, {"\r\nFrom: ", "\r\nFrom: a@example.com\r\nFrom: "}} {
			if found, err := verify(bytes.Replace(raw, []byte(change[0]), []byte(change[1]), 1)); err == nil && len(found) == 1 && found[0].Err == nil {
				t.Errorf("%s: nobody sees that %q became %q", row.sender, change[0], change[1])
			}
		}
	}
}

func TestKeysThatAreNone(t *testing.T) {
	for name, row := range map[string]struct {
		content []byte
		want    string
	}{
		"nothing":     {nil, "there is no key"},
		"another":     {pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}), "cannot be read"},
		"a short one": {pemOf(t, "PRIVATE KEY", rsaKey(t, 512)), "512 bits"},
	} {
		if _, err := mail.ParseKey(row.content); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", name, err, row.want)
		}
	}
}
