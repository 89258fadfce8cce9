package doctor

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// Key is what signs the mails of a domain (DKIM).
type Key struct {
	Domain, Selector string
	Public           crypto.PublicKey
}

// DNS is a name server's answers.
type DNS interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// dnsTime is how long a name server is waited for.
const dnsTime = 3 * time.Second

// Sender tells whether others can check that mail of a domain comes from it: by SPF, DKIM
// and DMARC (RFC 7208, 6376, 7489).
func Sender(ctx context.Context, dns DNS, domain string, keys []Key) []Finding {
	var all []Finding
	spf := record(ctx, dns, "SPF of "+domain, domain, "v=spf1",
		"Publish a TXT record at "+domain+", as in \"v=spf1 mx -all\", that names your mail server.")
	all = append(all, spf)
	signed := false
	for _, k := range keys {
		if strings.EqualFold(k.Domain, domain) {
			all, signed = append(all, dkim(ctx, dns, k)), true
		}
	}
	if !signed {
		all = append(all, Finding{"DKIM of " + domain, Warning, "the service does not sign the mails of " + domain, "Set dkim." + domain + " in config.yaml, unless your mail server signs."})
	}
	return append(all, record(ctx, dns, "DMARC of "+domain, "_dmarc."+domain, "v=DMARC1",
		"Publish a TXT record at _dmarc."+domain+", as in \"v=DMARC1; p=quarantine\"."))
}

// record looks for a TXT record that begins so.
func record(ctx context.Context, dns DNS, check, name, begins, do string) Finding {
	texts, f := lookUp(ctx, dns, check, name)
	if f != nil {
		return *f
	}
	var found []string
	for _, text := range texts {
		if strings.HasPrefix(strings.ToLower(text), strings.ToLower(begins)) {
			found = append(found, text)
		}
	}
	switch len(found) {
	case 0:
		return Finding{check, Warning, "there is no record " + begins + " at " + name, do}
	case 1:
		return OK(check, "%s", found[0])
	}
	return Finding{check, Failed, fmt.Sprintf("there are %d records %s at %s: others take none of them", len(found), begins, name), "Leave one."}
}

// lookUp asks for the texts of a name; none is no failure.
func lookUp(ctx context.Context, dns DNS, check, name string) ([]string, *Finding) {
	ctx, cancel := context.WithTimeout(ctx, dnsTime)
	defer cancel()
	texts, err := dns.LookupTXT(ctx, name)
	var told *net.DNSError
	if err == nil || errors.As(err, &told) && told.IsNotFound {
		return texts, nil
	}
	return nil, &Finding{check, Unknown, "the DNS does not answer here", "Ask from a machine where it does: dig TXT " + name}
}

func dkim(ctx context.Context, dns DNS, k Key) Finding {
	check, name := "DKIM of "+k.Domain, k.Selector+"._domainkey."+k.Domain
	texts, f := lookUp(ctx, dns, check, name)
	if f != nil {
		return *f
	}
	want := published(k.Public)
	publish := "Publish a TXT record at " + name + ": " + want
	if len(texts) == 0 {
		return Finding{check, Failed, "there is no key at " + name + ", so that signatures cannot be checked", publish}
	}
	for _, text := range texts {
		if sameKey(text, k.Public) {
			return OK(check, "the key at %s is the one that signs", name)
		}
	}
	return Finding{check, Failed, "the key at " + name + " is not the one that signs", publish}
}

// published is the record of a key.
func published(public crypto.PublicKey) string {
	if key, is := public.(ed25519.PublicKey); is {
		return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(key)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return "v=DKIM1; p=…"
	}
	return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)
}

// sameKey tells whether a record holds the key.
func sameKey(text string, public crypto.PublicKey) bool {
	var p string
	for tag := range strings.SplitSeq(text, ";") {
		if name, value, _ := strings.Cut(tag, "="); strings.TrimSpace(name) == "p" {
			p = strings.Join(strings.Fields(value), "")
		}
	}
	raw, err := base64.StdEncoding.DecodeString(p)
	if err != nil {
		return false
	}
	switch key := public.(type) {
	case ed25519.PublicKey:
		return bytes.Equal(raw, key)
	case *rsa.PublicKey:
		if other, err := x509.ParsePKIXPublicKey(raw); err == nil {
			return key.Equal(other)
		}
		other, err := x509.ParsePKCS1PublicKey(raw)
		return err == nil && key.Equal(other)
	}
	return false
}
