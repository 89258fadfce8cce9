package client_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"notifier/client"
)

// secret is that of the specification's own tests.
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// TestTheVectorOfTheSpecification is what every library for these signatures is checked with.
func TestTheVectorOfTheSpecification(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Unix(1614265330, 0)))
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"test": 2432232314}`))
		r.Header.Set("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
		r.Header.Set("webhook-timestamp", "1614265330")
		r.Header.Set("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=")
		if _, err := client.VerifyWebhook(r, secret); !errors.Is(err, client.ErrNotSigned) {
			t.Errorf("nearly the vector: %v", err)
		}
		r.Header.Set("webhook-signature", vector)
		if _, err := client.VerifyWebhook(r, secret); err != nil {
			t.Errorf("the vector: %v", err)
		}
	})
}

// vector is the signature of that call.
const vector = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

// FuzzVerifyWebhook: nothing that anybody calls with makes it panic, or is taken for signed.
func FuzzVerifyWebhook(f *testing.F) {
	f.Add("msg_1", "1614265330", "v1,g0hM9SsE", `{"type":"message.sent"}`)
	f.Add("", "-9223372036854775808", "v1, v1a,,", "")
	f.Fuzz(func(t *testing.T, id, at, signature, body string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header["Webhook-Id"], r.Header["Webhook-Timestamp"], r.Header["Webhook-Signature"] = []string{id}, []string{at}, []string{signature}
		if w, err := client.VerifyWebhook(r, secret); err == nil {
			t.Errorf("%+v was taken for signed", w)
		}
	})
}
