package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"notifier/message"
)

// record is what callers see of a message here.
type record struct {
	ID       string
	Status   string
	Delivery message.Delivery
}

// sendOne sends to one person and returns the message's id.
func (h *house) sendOne(body string) string {
	h.Helper()
	var taken struct{ Messages []struct{ ID string } }
	h.must(http.StatusAccepted, &taken, "POST", "/api/v1/messages", body)
	if len(taken.Messages) != 1 {
		h.Fatalf("%d messages", len(taken.Messages))
	}
	return taken.Messages[0].ID
}

func (h *house) record(id string) (r record) {
	h.Helper()
	h.must(http.StatusOK, &r, "GET", "/api/v1/messages/"+id, "")
	return r
}

// flushed runs Notifications, which must lead to n mails in all.
func (h *house) flushed(at time.Time, n int) {
	h.Helper()
	if _, err := h.flush.Run(ctx, at); err != nil {
		h.Fatal(err)
	}
	if got := h.relay.Count(); got != n {
		h.Errorf("%d mails have left, want %d", got, n)
	}
}

// TestTheRecordOfTriggerEmail goes through a document's life: TE-6 to TE-10, and CH-5.
func TestTheRecordOfTriggerEmail(t *testing.T) {
	each(t, func(h *house) {
		id := h.sendOne(`{"to":["anna@example.net"],"subject":"Contract ready","text":"Come."}`)
		if d := h.record(id).Delivery; d.State != "PENDING" || d.Attempts != 0 || d.Error != nil || d.EndTime != nil || d.LeaseExpireTime != nil {
			h.Errorf("TE-8, before: %+v", d)
		}
		now := time.Now()
		claimed, err := h.store.Claim(ctx, message.Lane{Site: site}, 1, now, now.Add(time.Minute))
		if err != nil || len(claimed) != 1 {
			h.Fatal(claimed, err)
		}
		d := h.record(id).Delivery
		if d.State != "PROCESSING" || d.StartTime == nil || d.LeaseExpireTime == nil || d.LeaseExpireTime.Sub(now).Round(time.Second) != time.Minute {
			h.Errorf("TE-8, claimed: %+v", d)
		}
		// TE-9 hangs until somebody writes the document; here a sweeper looks.
		if _, err := h.flush.Sweep(ctx, now.Add(2*time.Minute)); err != nil {
			h.Fatal(err)
		}
		if d = h.record(id).Delivery; d.State != "PENDING" || d.Error == nil || d.LeaseExpireTime != nil {
			h.Errorf("TE-9, after the lease: %+v", d)
		}
		h.flushed(now.Add(3*time.Minute), 1)
		if d = h.record(id).Delivery; d.State != "SUCCESS" || d.Attempts != 2 || d.Error != nil || d.EndTime == nil || d.LeaseExpireTime != nil || d.Info == nil || len(d.Info.Accepted) != 1 {
			h.Errorf("TE-10, sent: %+v", d)
		}
		h.must(http.StatusOK, nil, "PATCH", "/api/v1/messages/"+id, `{"subject":"Contract changed"}`)
		h.flushed(time.Now().Add(4*time.Minute), 1) // TE-6: an edit sends nothing
		for i, state := range []string{"RETRY", "PENDING"} {
			h.must(http.StatusOK, nil, "PATCH", "/api/v1/messages/"+id, fmt.Sprintf(`{"delivery":{"state":%q}}`, state))
			h.flushed(time.Now().Add(5*time.Minute), 2+i) // TE-7, and CH-5: PENDING on a row that was sent
			if d = h.record(id).Delivery; d.State != "SUCCESS" || d.Attempts != 3+i {
				h.Errorf("TE-7, %s: %+v", state, d)
			}
			if got := h.relay.Got()[1+i]; !bytes.Contains(got.Data, []byte("Subject: Contract changed\r\n")) {
				h.Errorf("TE-7: not the edited document was sent:\n%s", got.Data)
			}
		}
	})
}

// TestWhatADocumentMayHold: TE-11 to TE-13, and CH-3.
func TestWhatADocumentMayHold(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna", "jan")
		var taken struct{ Messages []struct{ ID, To string } }
		h.must(http.StatusAccepted, &taken, "POST", "/api/v1/messages", `{"to":["anna","jan","guest@example.net"],"subject":"S","text":"T"}`)
		if len(taken.Messages) != 3 {
			h.Errorf("CH-3: %d rows for three recipients", len(taken.Messages))
		}
		for name, body := range map[string]string{
			"TE-11: nobody":          `{"to":[],"subject":"S","text":"T"}`,
			"TE-11: unknown uids":    `{"to":["nobody","no-one"],"subject":"S","text":"T"}`,
			"TE-12: no subject":      `{"to":["anna"],"text":"T"}`,
			"TE-12: no text or html": `{"to":["anna"],"subject":"S"}`,
			"TE-13: a bad sender":    `{"to":["anna"],"subject":"S","text":"T","sender":"a@b@c"}`,
		} {
			if a := h.ask("POST", "/api/v1/messages", body); a.StatusCode != http.StatusUnprocessableEntity {
				h.Errorf("%s: %d %s", name, a.StatusCode, a.body)
			}
		}
		h.sendOne(`{"to":["anna"],"sender":{"email":"clerk@example.org","name":"Clerk"},"reply_to":"jan","subject":"S","html":"<img src='cid:logo'>",
			"headers":{"List-Unsubscribe":"<https://example.org/u>"},"attachments":[{"filename":"logo.png","content":"iVBORw==","content_id":"logo"}]}`)
		h.flushed(time.Now().Add(time.Minute), 4)
		got := string(h.relay.Got()[3].Data)
		for _, mail := range h.relay.Got() {
			if bytes.Contains(mail.Data, []byte("multipart/related")) {
				got = string(mail.Data)
			}
		}
		for _, want := range []string{"From: \"Clerk\" <clerk@example.org>\r\n", "Reply-To: ", "List-Unsubscribe: <https://example.org/u>\r\n", "Content-Id: <logo>\r\n", "iVBORw=="} {
			if !strings.Contains(got, want) {
				h.Errorf("TE-13: there is no %q in\n%s", want, got)
			}
		}
	})
}
