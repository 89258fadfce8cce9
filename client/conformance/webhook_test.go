package conformance_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"notifier/client"
)

// The secrets are those of the specification's own tests.
const (
	secret  = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	another = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
)

// hook is a call as a library of the specification signs it.
func hook(t testing.TB, secret, id string, at time.Time, body string) *http.Request {
	t.Helper()
	signer, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := signer.Sign(id, at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/hooks/mail", strings.NewReader(body))
	r.Header.Set("webhook-id", id)
	r.Header.Set("webhook-timestamp", fmt.Sprint(at.Unix()))
	r.Header.Set("webhook-signature", signature)
	return r
}

func TestVerifyWebhook(t *testing.T) {
	t.Parallel()
	now := time.Now()
	const body = `{"type":"message.error","timestamp":"2026-11-22T13:48:03Z","data":{"id":"msg_1","status":"error","error":{"category":"mailbox_full","says":"The mailbox is full."}}}`
	for name, c := range map[string]struct {
		call    *http.Request
		change  func(*http.Request)
		secrets []string
		good    bool
	}{
		"signed":                   {hook(t, secret, "msg_1", now, body), nil, []string{secret}, true},
		"with the secret before":   {hook(t, another, "msg_1", now, body), nil, []string{secret, another}, true},
		"with a stranger's secret": {hook(t, another, "msg_1", now, body), nil, []string{secret}, false},
		"without secrets":          {hook(t, secret, "msg_1", now, body), nil, nil, false},
		"a bad secret":             {hook(t, secret, "msg_1", now, body), nil, []string{"whsec_?"}, false},
		"four minutes old":         {hook(t, secret, "msg_1", now.Add(-4*time.Minute), body), nil, []string{secret}, true},
		"six minutes old":          {hook(t, secret, "msg_1", now.Add(-6*time.Minute), body), nil, []string{secret}, false},
		"six minutes early":        {hook(t, secret, "msg_1", now.Add(6*time.Minute), body), nil, []string{secret}, false},
		"another id":               {hook(t, secret, "msg_1", now, body), func(r *http.Request) { r.Header.Set("webhook-id", "msg_2") }, []string{secret}, false},
		"another body":             {hook(t, secret, "msg_1", now, body), func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(body + " ")) }, []string{secret}, false},
		"another time":             {hook(t, secret, "msg_1", now, body), func(r *http.Request) { r.Header.Set("webhook-timestamp", fmt.Sprint(now.Unix()+1)) }, []string{secret}, false},
		"no time":                  {hook(t, secret, "msg_1", now, body), func(r *http.Request) { r.Header.Del("webhook-timestamp") }, []string{secret}, false},
		"no id":                    {hook(t, secret, "msg_1", now, body), func(r *http.Request) { r.Header.Del("webhook-id") }, []string{secret}, false},
		"no signature":             {hook(t, secret, "msg_1", now, body), func(r *http.Request) { r.Header.Del("webhook-signature") }, []string{secret}, false},
		"a part of a signature":    {hook(t, secret, "msg_1", now, body), func(r *http.Request) { r.Header.Set("webhook-signature", "v1,") }, []string{secret}, false},
		"other versions beside it": {hook(t, secret, "msg_1", now, body), func(r *http.Request) {
			r.Header.Set("webhook-signature", "v1a,abc v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= "+r.Header.Get("webhook-signature"))
		}, []string{secret}, true},
		"no JSON":  {hook(t, secret, "msg_1", now, "hello"), nil, []string{secret}, false},
		"too long": {hook(t, secret, "msg_1", now, `"`+strings.Repeat("a", 1<<20)+`"`), nil, []string{secret}, false},
	} {
		if c.change != nil {
			c.change(c.call)
		}
		w, err := client.VerifyWebhook(c.call, c.secrets...)
		if good := err == nil; good != c.good {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			continue
		}
		m, err := w.Message()
		if err != nil || w.ID != "msg_1" || w.Type != "message.error" || m.ID != "msg_1" || m.Status != client.Error || m.Error.Says == "" {
			t.Errorf("%s: %+v says %+v, %v", name, w, m, err)
		}
		if again, err := io.ReadAll(c.call.Body); err != nil || string(again) != body {
			t.Errorf("%s: the body is %q afterwards, %v", name, again, err)
		}
	}
}
