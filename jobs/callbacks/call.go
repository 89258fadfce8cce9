package callbacks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"notifier/access/vault"
	"notifier/fault"
	"notifier/message"
	"notifier/webhook"
)

// result is what came of a call.
type result struct {
	ok       bool
	gone     bool // the receiver wants no more calls at all
	unwanted bool // there was nothing to tell
	ours     bool // it is our own fault that no call was made
	poison   bool // so it is, and it would be again: the call counts as one that was made
	code     int
	said     string
	after    time.Duration // how long the receiver asked to be left alone
	took     time.Duration
}

// broken tells whether the answer, or that there was none, is about the webhook rather
// than about what it was told.
func (r result) broken() bool {
	if r.poison {
		return false
	}
	switch r.code {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	}
	return !r.ok && !r.ours && (r.code < 400 || r.code >= 500)
}

func (j *Job) call(ctx context.Context, e webhook.Endpoint, c webhook.Callback) result {
	body, wanted, err := j.body(ctx, e, c)
	switch {
	case !wanted:
		return result{ok: true, unwanted: true}
	case err != nil:
		return result{ours: true, said: err.Error()}
	}
	return j.post(ctx, e, c.ID, body)
}

// post makes one call. Its id is the same each time, so that a receiver can tell a
// repetition; its time is that of the call.
func (j *Job) post(ctx context.Context, e webhook.Endpoint, id message.ID, body []byte) result {
	began := time.Now()
	signature, err := j.sign(e, id, began, body)
	if err != nil { // our key, which the receiver can do nothing about
		return result{ours: errors.Is(err, vault.ErrKey), said: err.Error()}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(body))
	if err != nil {
		return result{said: err.Error()}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", j.o.Agent)
	request.Header.Set(standardwebhooks.HeaderWebhookID, string(id))
	request.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(began.Unix(), 10))
	request.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	answer, err := j.client.Do(request)
	if err != nil {
		return result{said: plainly(err), took: time.Since(began)}
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	got := result{code: answer.StatusCode, said: strings.TrimSpace(string(said)), took: time.Since(began)}
	switch {
	case err != nil && got.said == "":
		got.said = plainly(err)
	case got.code/100 == 3:
		got.said = "it redirects to another address, which is not followed. Change the webhook's address"
	}
	got.ok, got.gone = got.code/100 == 2, got.code == http.StatusGone
	if got.code == http.StatusTooManyRequests || got.code == http.StatusServiceUnavailable {
		got.after = retryAfter(answer.Header.Get("Retry-After"), began)
	}
	return got
}

// sign writes a signature by each secret that holds.
func (j *Job) sign(e webhook.Endpoint, id message.ID, at time.Time, body []byte) (string, error) {
	var all []string
	for i, kept := range e.Secrets {
		if i > 0 && (e.RotatedAt == nil || at.Sub(*e.RotatedAt) > webhook.Overlap) {
			break
		}
		secret, err := j.o.Vault.Open(kept, Owner(e))
		if errors.Is(err, vault.ErrKey) && i > 0 {
			break // the secret before, of which the key is gone: the one that holds signs alone
		}
		if err != nil {
			return "", err
		}
		w, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return "", errors.New("its secret is not one of a webhook")
		}
		signature, err := w.Sign(string(id), at, body)
		if err != nil {
			return "", err
		}
		all = append(all, signature)
	}
	return strings.Join(all, " "), nil
}

// Owner is whose secret a vault seals for a webhook.
func Owner(e webhook.Endpoint) string { return e.Site + "/" + string(e.ID) }

// plainly is an error of the client without the address, which the webhook shows.
func plainly(err error) string {
	// No address of this network, not even that of its resolver, is told to who made a webhook.
	var unresolved *net.DNSError
	var dialled *net.OpError
	switch {
	case errors.As(err, &unresolved):
		return fault.Truncate("the name "+unresolved.Name+" cannot be looked up: "+unresolved.Err, 300)
	case errors.As(err, &dialled) && dialled.Err != nil:
		return fault.Truncate(dialled.Op+": "+dialled.Err.Error(), 300)
	}
	if inner := errors.Unwrap(err); inner != nil {
		err = inner
	}
	return fault.Truncate(err.Error(), 300)
}

// retryAfter reads seconds or a date (RFC 9110 §10.2.3).
func retryAfter(s string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(s); err == nil && seconds > 0 {
		return time.Duration(min(seconds, int((24*time.Hour).Seconds()))) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return at.Sub(now)
	}
	return 0
}

// Test calls a webhook with an event that stands for nothing, and tells what it answers.
func (j *Job) Test(ctx context.Context, e webhook.Endpoint, at time.Time) webhook.Answer {
	body := fmt.Sprintf(`{"type":"webhook.test","timestamp":%q,"data":{"webhook":%q}}`, at.UTC().Format(time.RFC3339Nano), e.ID)
	if e.Naming == webhook.Conquer {
		body = fmt.Sprintf(`{"event":"email_Test","timestamp":%q,"data":{"id":%q}}`, at.UTC().Format(time.RFC3339Nano), e.ID)
	}
	got := j.post(ctx, e, message.NewID(webhook.CallbackIDs), []byte(body))
	return webhook.Answer{Works: got.ok, Code: got.code, Said: got.said, Took: got.took.Round(time.Millisecond).String(), Sent: body}
}
