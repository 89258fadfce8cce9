package callbacks_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"notifier/access/vault"
	"notifier/deadlines"
	"notifier/jobs/callbacks"
	"notifier/message"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
	"notifier/webhook"
)

// TestALifeIsToldInOrder: what fails reports back to the calling system (CQ-1), at each
// point of its life (TE-17).
func TestALifeIsToldInOrder(t *testing.T) {
	each(t, func(h *house) {
		r := receive(h.T)
		h.hook(webhook.Endpoint{URL: r.URL})
		m := h.accept("m1")
		h.carry(message.Limit, &message.Failure{Category: message.TooFast, Code: "450", Text: "slow"})
		if ms, err := h.store.Claim(h.Context(), message.Lane{Site: site}, 1, noon.Add(2*time.Second), noon.Add(time.Minute)); err != nil || len(ms) != 1 {
			h.Fatal(ms, err)
		}
		failed := message.Outcome{
			Site: site, ID: m.ID, Claim: 2, Move: message.Fail, At: noon.Add(3 * time.Second),
			Error:   &message.Failure{Category: message.MailboxFull, Code: "552 5.2.2", Text: strings.Repeat("full ", 2000)},
			Attempt: &message.Attempt{Claim: 2, Receipt: message.Receipt{StartedAt: noon, EndedAt: noon, Tried: true}},
		}
		if _, err := h.store.Settle(h.Context(), []message.Outcome{failed, {Site: site, ID: m.ID, Claim: 1, Move: message.Accept, At: noon}}); err != nil {
			h.Fatal(err)
		}
		before, _ := h.store.Message(h.Context(), site, m.ID)
		after, err := before.Again(noon.Add(4 * time.Second))
		if err == nil {
			err = h.store.Replace(h.Context(), before, after)
		}
		if err != nil {
			h.Fatal(err)
		}
		for range 4 { // one about a message at a time, each as soon as the one before was taken
			if _, err := h.job.Run(h.Context(), noon.Add(time.Hour)); err != nil {
				h.Fatal(err)
			}
			noon := noon.Add(time.Hour)
			if _, err := h.job.Run(h.Context(), noon.Add(time.Second)); err != nil {
				h.Fatal(err)
			}
		}
		if got, want := r.events(), "message.pending m1, message.rate_limited m1, message.error m1, message.retry_requested m1"; got != want {
			h.Errorf("told were %s, want %s", got, want)
		}
		var e struct {
			Timestamp time.Time
			Data      struct {
				Sequence, Attempts int
				ID                 message.ID
				Case               *message.Case
				Conquer            string `json:"conquer_status"`
				Error              map[string]string
			}
		}
		body := r.calls()[2].Body
		if err := json.Unmarshal([]byte(body), &e); err != nil || len(body) > 20_000 {
			h.Fatalf("a body of %d bytes: %v", len(body), err)
		}
		if !e.Timestamp.Equal(noon.Add(3*time.Second)) || e.Data.Sequence != 3 || e.Data.ID != m.ID || e.Data.Attempts != 2 || e.Data.Conquer != "Error" ||
			e.Data.Error["category"] != "mailbox_full" || e.Data.Error["says"] == "" || len(e.Data.Error["truncated"]) != 255 {
			h.Errorf("the error is told as %s", body)
		}
	})
}

// TestConquerIsToldInItsWords: CQ-16, with the fields of CQ-8, wiped as CQ-11 and -12 say.
func TestConquerIsToldInItsWords(t *testing.T) {
	each(t, func(h *house) {
		r := receive(h.T)
		h.hook(webhook.Endpoint{URL: r.URL, Naming: webhook.Conquer, Events: []string{"message.error", "message.retry_requested", "message.sent"}})
		m := h.accept("m1")
		h.carry(message.Fail, &message.Failure{Category: message.AddressUnknown, Code: "550 5.1.1", Text: strings.Repeat("ż", 6000)})
		before, _ := h.store.Message(h.Context(), site, m.ID)
		after, err := before.Again(noon.Add(2 * time.Second))
		if err == nil {
			err = h.store.Replace(h.Context(), before, after)
		}
		if err != nil {
			h.Fatal(err)
		}
		ms, err := h.store.Claim(h.Context(), message.Lane{Site: site}, 1, noon.Add(3*time.Second), noon.Add(time.Minute))
		if err != nil || len(ms) != 1 {
			h.Fatal(ms, err)
		}
		if _, err := h.store.Settle(h.Context(), []message.Outcome{{Site: site, ID: m.ID, Claim: 2, Move: message.Accept, At: noon.Add(4 * time.Second)}}); err != nil {
			h.Fatal(err)
		}
		for i := range 6 {
			if _, err := h.job.Run(h.Context(), noon.Add(time.Hour+time.Duration(i)*time.Second)); err != nil {
				h.Fatal(err)
			}
		}
		if got, want := r.events(), "email_Error m1, email_Manual Retry m1, email_Sent m1"; got != want {
			h.Fatalf("told were %s, want %s", got, want)
		}
		for i, want := range []string{"5000 255 550 5.1.1 0", "0 0  1", "0 0  1"} {
			var e struct {
				Data struct {
					Status    string
					Message   string    `json:"error_message"`
					Truncated string    `json:"error_message_truncated"`
					Code      string    `json:"error_code"`
					Retries   int       `json:"manual_retry_count"`
					Updated   time.Time `json:"status_last_updated"`
				}
			}
			if err := json.Unmarshal([]byte(r.calls()[i].Body), &e); err != nil {
				h.Fatal(err)
			}
			if got := fmt.Sprint(len([]rune(e.Data.Message)), " ", len([]rune(e.Data.Truncated)), " ", e.Data.Code, " ", e.Data.Retries); got != want || !e.Data.Updated.After(noon) {
				h.Errorf("%s: %s at %s, want %s", e.Data.Status, got, e.Data.Updated, want)
			}
		}
	})
}

func TestAFailedCallIsMadeAgainAndKeepsItsPlace(t *testing.T) {
	each(t, func(h *house) {
		r := receive(h.T, status(500), status(503, "Retry-After", "3600"))
		e, _ := h.hook(webhook.Endpoint{URL: r.URL, Events: []string{"message.pending", "message.sent"}})
		h.accept("m1")
		h.carry(message.Accept, nil)
		now := noon.Add(time.Minute)
		h.run(now, "again=1")
		h.run(now.Add(time.Second), "") // neither it, nor what comes behind it
		if f := h.fares(e.ID); f.FailingSince == nil {
			h.Error("nobody sees that it fails")
		}
		h.run(now.Add(7*time.Second), "again=1")
		h.run(now.Add(59*time.Minute), "")
		h.run(now.Add(61*time.Minute), "told=2")
		if got, want := r.events(), "message.pending m1, message.pending m1, message.pending m1, message.sent m1"; got != want {
			h.Errorf("told were %s, want %s", got, want)
		}
		ids := map[string]bool{}
		for _, c := range r.calls() {
			ids[c.Headers.Get("webhook-id")] = true
		}
		if len(ids) != 2 {
			h.Errorf("%d ids for two callbacks: a repetition must have the same", len(ids))
		}
		if f := h.fares(e.ID); f.FailingSince != nil || f.DisabledAt != nil {
			h.Errorf("it works and is shown as %+v", f)
		}
	})
}

func TestACallbackIsGivenUpAfterDays(t *testing.T) {
	each(t, func(h *house) {
		r := receive(h.T)
		e, _ := h.hook(webhook.Endpoint{URL: r.URL, Events: []string{"message.pending"}})
		for range 12 {
			r.answers = append(r.answers, status(500))
		}
		m := h.accept("m1")
		now, first := noon, time.Time{}
		for i := range 10 {
			all, err := h.store.Callbacks(h.Context(), m)
			if err != nil || len(all) != 1 || all[0].DueAt.IsZero() {
				h.Fatalf("after %d calls: %+v, %v", i, all, err)
			}
			now = all[0].DueAt
			if first.IsZero() {
				first = now
			}
			want := "again=1"
			if i == 9 {
				want = "given_up=1"
			}
			h.run(now, want)
		}
		if d := now.Sub(first); d < 60*time.Hour || d > 92*time.Hour {
			h.Errorf("it was given up after %s, want about three days", d)
		}
		if f := h.fares(e.ID); f.DisabledAt != nil {
			h.Error("it is disabled already")
		}
		h.accept("m2")
		h.run(noon.Add(6*24*time.Hour), "again=1")
		if f := h.fares(e.ID); f.DisabledAt == nil || !strings.Contains(f.DisabledFor, "five days") {
			h.Errorf("after five days it is shown as %+v", f)
		}
		h.run(noon.Add(7*24*time.Hour), "")
		if _, err := h.book.Change(h.Context(), at(noon), e.ID, func(e *webhook.Endpoint) { e.DisabledAt, e.FailingSince = nil, nil }); err != nil {
			h.Fatal(err)
		}
		r.answers = nil
		h.run(noon.Add(8*24*time.Hour), "told=1") // what waited
		all, err := h.store.Callbacks(h.Context(), m)
		if err != nil || all[0].Code != 500 || all[0].EndedAt.IsZero() || all[0].Answer != "this is 500" {
			h.Errorf("the story ends with %+v, %v", all, err)
		}
		if err := h.store.Replay(h.Context(), site, e.ID, all[0].ID, noon.Add(8*24*time.Hour)); err != nil {
			h.Fatal(err)
		}
		h.run(noon.Add(8*24*time.Hour), "told=1")
		if err := h.store.Replay(h.Context(), site, e.ID, "cbk_x", noon); !errors.Is(err, message.ErrNotFound) {
			h.Errorf("replay of nothing: %v", err)
		}
	})
}

func TestAnswersThatMeanMore(t *testing.T) {
	for _, row := range []struct {
		name     string
		answer   func(w http.ResponseWriter)
		disabled bool
		said     string
	}{
		{"gone", status(410), true, "this is 410"},
		{"a redirect", status(302, "Location", "http://127.0.0.1:1/"), false, "not followed"},
		{"an endless answer", func(w http.ResponseWriter) {
			for range 1000 {
				if _, err := w.Write(make([]byte, 1<<10)); err != nil {
					return
				}
			}
		}, false, ""},
		{"an endless head", func(w http.ResponseWriter) {
			w.Header().Set("X-Long", strings.Repeat("x", 1<<20))
		}, false, "header"},
	} {
		t.Run(row.name, func(t *testing.T) {
			each(t, func(h *house) {
				r := receive(h.T, row.answer)
				e, _ := h.hook(webhook.Endpoint{URL: r.URL})
				m := h.accept("m1")
				if _, err := h.job.Run(h.Context(), noon); err != nil {
					h.Fatal(err)
				}
				all, err := h.store.Callbacks(h.Context(), m)
				if err != nil || !strings.Contains(all[0].Answer, row.said) || len(all[0].Answer) > 1000 {
					h.Errorf("it was answered %.2000q, %v, want %q", all[0].Answer, err, row.said)
				}
				if f := h.fares(e.ID); (f.DisabledAt != nil) != row.disabled {
					h.Errorf("it is shown as %+v", f)
				}
				if n := len(r.calls()); n != 1 {
					h.Errorf("%d calls, want one", n)
				}
			})
		})
	}
}

// TestADeadReceiverDelaysNobody: each webhook has its own queue.
func TestADeadReceiverDelaysNobody(t *testing.T) {
	each(t, func(h *house) {
		stuck := make(chan struct{})
		slow := receive(h.T, func(http.ResponseWriter) { <-stuck })
		h.Cleanup(func() { close(stuck) })
		quick := receive(h.T)
		dead := receive(h.T)
		dead.Close()
		for _, r := range []*receiver{slow, dead, quick} {
			h.hook(webhook.Endpoint{URL: r.URL})
		}
		for i := range 30 {
			h.accept(fmt.Sprint("m", i))
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			if _, err := h.job.Run(h.Context(), noon); err != nil {
				h.Error(err)
			}
		}()
		for begin := time.Now(); len(quick.calls()) < 30; time.Sleep(5 * time.Millisecond) {
			if time.Since(begin) > 2*time.Minute {
				h.Fatalf("%d of 30 calls came beside a receiver that does not answer", len(quick.calls()))
			}
		}
		h.accept("later") // what comes while the slow one is being called is not late either
		for begin := time.Now(); len(quick.calls()) < 31; time.Sleep(5 * time.Millisecond) {
			if time.Since(begin) > 2*time.Minute {
				h.Fatal("what came later waits for a receiver that does not answer")
			}
		}
		select {
		case <-done:
			h.Error("nobody waits for the slow one: the test shows nothing")
		default:
		}
		stuck <- struct{}{}
		<-done
	})
}

func TestOnlyWhatAWebhookWantsIsTold(t *testing.T) {
	each(t, func(h *house) {
		r, digests := receive(h.T), receive(h.T)
		h.hook(webhook.Endpoint{URL: r.URL, Events: []string{"message.sent"}})
		h.hook(webhook.Endpoint{URL: digests.URL, Events: []string{"digest.sent"}})
		h.accept("m1")
		h.carry(message.Accept, nil)
		if _, err := h.job.Run(h.Context(), noon.Add(time.Minute)); err != nil {
			h.Fatal(err)
		}
		if got := r.events(); got != "message.sent m1" {
			h.Errorf("told were %s", got)
		}
		if got := digests.events(); got != "" {
			h.Errorf("a direct message was told as %s", got)
		}
	})
}

// TestNothingIsToldTwice: an outcome whose commit was not heard of is written again; what it
// tells was written with it the first time (docs/failures.md, 5).
func TestNothingIsToldTwice(t *testing.T) {
	each(t, func(h *house) {
		r := receive(h.T)
		h.hook(webhook.Endpoint{URL: r.URL})
		m := h.accept("m1")
		if ms, err := h.store.Claim(h.Context(), message.Lane{Site: site}, 1, noon, noon.Add(time.Minute)); err != nil || len(ms) != 1 {
			h.Fatal(ms, err)
		}
		o := message.Outcome{Site: site, ID: m.ID, Claim: 1, Move: message.Accept, At: noon.Add(time.Second)}
		for range 3 {
			if _, err := h.store.Settle(h.Context(), []message.Outcome{o}); err != nil {
				h.Fatal(err)
			}
		}
		h.run(noon.Add(time.Minute), "told=2")
		if got, want := r.events(), "message.pending m1, message.sent m1"; got != want {
			h.Errorf("told were %s, want %s", got, want)
		}
	})
}

// TestReceiversCanVerify: with npm's standardwebhooks, over a rotation, sealed and plain.
func TestReceiversCanVerify(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"package.json", "verify.js"} {
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	install := exec.Command("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", dir)
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm install: %v\n%s", err, out)
	}
	sealing, err := vault.New([]byte(strings.Repeat("k", vault.KeySize)), nil)
	if err != nil {
		t.Fatal(err)
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := open(t, s, callbacks.Options{Guard: here, Vault: sealing})
		r := receive(t)
		e, first := h.hook(webhook.Endpoint{URL: r.URL})
		if kept := h.fares(e.ID).Secrets[0]; strings.Contains(kept, first) || !strings.HasPrefix(kept, "sealed:") {
			t.Errorf("the secret is kept as %s", kept)
		}
		h.accept("Żółć")
		h.run(time.Now(), "told=1")
		_, second, err := h.book.Rotate(t.Context(), at(time.Now()), e.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		h.accept("m2")
		h.run(time.Now(), "told=1")
		if _, _, err := h.book.Rotate(t.Context(), at(time.Now().Add(-25*time.Hour)), e.ID, second); err != nil {
			t.Fatal(err)
		}
		h.accept("m3")
		h.run(time.Now(), "told=1")
		if trial, err := h.book.Test(t.Context(), at(time.Now()), e.ID); err != nil || !trial.Works {
			t.Errorf("the test: %+v, %v", trial, err)
		}
		var in strings.Builder
		got := r.calls()
		for _, row := range []struct {
			secret string
			call   call
			tamper bool
		}{
			{first, got[0], false},
			{second, got[0], false},
			{first, got[1], false},
			{second, got[1], false},
			{second, got[1], true},
			{first, got[2], false},
			{second, got[2], false},
			{second, got[3], false},
		} {
			headers := map[string]string{}
			for name := range row.call.Headers {
				headers[strings.ToLower(name)] = row.call.Headers.Get(name)
			}
			body := row.call.Body
			if row.tamper {
				body += " "
			}
			b, _ := json.Marshal(map[string]any{"secret": row.secret, "headers": headers, "body": body})
			in.Write(append(b, '\n'))
		}
		node := exec.Command("node", filepath.Join(dir, "verify.js"))
		node.Stdin = strings.NewReader(in.String())
		node.Env = append(os.Environ(), fmt.Sprintf("NOW=%d", time.Now().UnixMilli()))
		out, err := node.CombinedOutput()
		want := strings.Join([]string{"ok", "No matching signature found", "ok", "ok", "No matching signature found", "No matching signature found", "ok", "ok"}, "\n")
		if err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("they say\n%s(%v), want\n%s", out, err, want)
		}
		other := open(t, s, callbacks.Options{Guard: here})
		h.accept("m4")
		other.run(time.Now(), "stopped=1") // S4: a key that does not fit is ours to mend, and no try of the receiver's
		if all, err := s.CallbacksOf(t.Context(), site, e.ID, "", 1); err != nil || !strings.Contains(all[0].Answer, "its secret is sealed, and there is no key") {
			t.Errorf("without the key: %+v, %v", all, err)
		}
	})
}

// TestAWithdrawnReminderIsTold: also what the store cancels by itself is heard of.
func TestAWithdrawnReminderIsTold(t *testing.T) {
	each(t, func(h *house) {
		r := receive(h.T)
		h.hook(webhook.Endpoint{URL: r.URL, Events: []string{"message.cancelled"}})
		d := deadlines.Deadline{Key: "C-1", Users: []string{"anna"}, Terms: deadlines.Terms{DueAt: noon}, SetAt: noon.Add(-time.Hour), FiredAt: noon.Add(-time.Hour), NextAt: noon}
		d, _, err := h.store.SaveDeadline(h.Context(), request.Call{Site: site, At: noon.Add(-time.Hour)}, nil, d)
		if err != nil {
			h.Fatal(err)
		}
		m := message.Message{
			ID: message.NewID(message.MessageIDs), Site: site, Type: message.Reminder, Kind: message.Deadline, Reference: "C-1", Domain: "example.org",
			Subject: "Due", Text: "Due.", CreatedAt: noon, UpdatedAt: noon, QueuedAt: noon, DueAt: noon, Status: message.Pending,
		}
		if err := h.store.Remind(h.Context(), site, d, d.Dealt(noon, deadlines.Calendar{}), []message.Message{m}); err != nil {
			h.Fatal(err)
		}
		if err := h.store.ClearDeadline(h.Context(), request.Call{Site: site, At: noon.Add(time.Second)}, "C-1"); err != nil {
			h.Fatal(err)
		}
		h.run(noon.Add(time.Minute), "told=1")
		if got, want := r.events(), "message.cancelled C-1"; got != want {
			h.Errorf("told were %q, want %s", got, want)
		}
	})
}

// TestARemovedWebhookLeavesNothing: not even what a replica writes that has not heard of it.
func TestARemovedWebhookLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			url := storetest.URL(t, database)
			h, other := open(t, storetest.Open(t, url), callbacks.Options{Guard: here}), open(t, storetest.Open(t, url), callbacks.Options{Guard: here})
			e, _ := h.hook(webhook.Endpoint{URL: "http://127.0.0.1:1/"})
			h.accept("m1") // from here on it knows the webhook
			if err := other.book.Remove(t.Context(), at(noon), e.ID); err != nil {
				t.Fatal(err)
			}
			m := h.accept("m2")
			if all, err := h.store.CallbacksOf(t.Context(), site, e.ID, "", 10); err != nil || len(all) > 0 {
				t.Errorf("%d callbacks of nobody are left, %v", len(all), err)
			}
			if all, err := h.store.Callbacks(t.Context(), m); err != nil || len(all) > 0 {
				t.Errorf("it is to be told as %v, %v", all, err)
			}
		})
	}
}
