package client

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Webhook is what the service tells a caller of: what became of a message.
type Webhook struct {
	// ID is the same when a call is repeated: whoever has seen it need not act again.
	ID        string          `json:"-"`
	Type      string          `json:"type"` // as in message.sent; empty if it is named as Conquer does
	Timestamp time.Time       `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
	Body      []byte          `json:"-"` // the whole of it
}

// Message reads what an event in standard naming says of its message.
func (w Webhook) Message() (Message, error) {
	var m Message
	if err := json.Unmarshal(w.Data, &m); err != nil {
		return m, fmt.Errorf("read what a webhook says: %w", err)
	}
	return m, nil
}

// ErrNotSigned means that a call of a webhook is not from the service, or was changed on
// its way, or is too old. Answer it with 401.
var ErrNotSigned = errors.New("the call is not signed as it must be")

const (
	// tolerance is how far apart the clocks may be (Standard Webhooks, "Verifying webhook authenticity").
	tolerance = 5 * time.Minute
	// maxWebhook is the largest body that is read; ours have less than 20 kB.
	maxWebhook = 1 << 20
)

// VerifyWebhook reads a call and makes sure that it is signed with one of the secrets
// (whsec_…), as Standard Webhooks says. While a secret is replaced, hand in both. The body
// of the request can be read again afterwards.
func VerifyWebhook(r *http.Request, secrets ...string) (Webhook, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxWebhook+1))
	if err != nil {
		return Webhook{}, fmt.Errorf("read the call of a webhook: %w", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if len(body) > maxWebhook {
		return Webhook{}, fmt.Errorf("%w: it has more than %d bytes", ErrNotSigned, maxWebhook)
	}
	w := Webhook{ID: r.Header.Get("Webhook-Id"), Body: body}
	seconds, err := strconv.ParseInt(r.Header.Get("Webhook-Timestamp"), 10, 64)
	if err != nil || w.ID == "" {
		return Webhook{}, fmt.Errorf("%w: webhook-id or webhook-timestamp is missing", ErrNotSigned)
	}
	if off := time.Since(time.Unix(seconds, 0)); off > tolerance || off < -tolerance {
		return Webhook{}, fmt.Errorf("%w: it is %s old. Is this clock right?", ErrNotSigned, off.Round(time.Second))
	}
	signed := fmt.Appendf(nil, "%s.%d.%s", w.ID, seconds, body)
	good, err := signedBy(signed, r.Header.Get("Webhook-Signature"), secrets)
	if err != nil {
		return Webhook{}, err
	}
	if !good {
		return Webhook{}, fmt.Errorf("%w: no signature fits", ErrNotSigned)
	}
	if err := json.Unmarshal(body, &w); err != nil {
		return Webhook{}, fmt.Errorf("read the call of a webhook: %w", err)
	}
	return w, nil
}

// signedBy tells whether one of the signatures is one of the secrets'.
func signedBy(signed []byte, signatures string, secrets []string) (bool, error) {
	good := false
	for _, s := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "whsec_"))
		if err != nil || len(key) == 0 {
			return false, errors.New("a secret cannot be read. Pass it as it was shown, beginning with whsec_")
		}
		mac := hmac.New(sha256.New, key)
		mac.Write(signed)
		want := mac.Sum(nil)
		for signature := range strings.FieldsSeq(signatures) {
			version, text, _ := strings.Cut(signature, ",")
			got, err := base64.StdEncoding.DecodeString(text)
			if version == "v1" && err == nil && hmac.Equal(got, want) {
				good = true
			}
		}
	}
	return good, nil
}
