package notifications_test

import (
	"bytes"
	"strings"
	"testing"

	"notifier/jobs/notifications"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/store"
)

func TestAttachmentsGoAlongAndAreKeptOnce(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		file := message.File{Filename: "contract.pdf", Content: bytes.Repeat([]byte("pdf\x00"), 50_000)}
		var all []message.Message
		for _, to := range []string{"a@x.org", "b@x.org", "c@x.org"} {
			m := direct(noon, to)
			m.Attachments = []message.Attachment{file.Attachment()}
			m.Sender = message.Address{Email: "Clerk@example.net", Name: "Clerk"}
			all = append(all, m)
		}
		accept(t, s, all[:2]...)
		accept(t, s, all[2])
		run(t, job(t, s, r, 2, notifications.Options{}), noon, "accept=3")
		for _, got := range r.Got() {
			if got.From != "Clerk@example.net" || !bytes.Contains(got.Data, []byte("\r\nFrom: \"Clerk\" <Clerk@example.net>\r\n")) {
				t.Errorf("it comes from %s", got.From)
			}
			if !bytes.Contains(got.Data, []byte(`filename="contract.pdf"`)) || len(got.Data) < 270_000 {
				t.Errorf("a mail of %d bytes has no contract:\n%.800s", len(got.Data), got.Data)
			}
		}
	})
}

func TestAMailWhoseAttachmentIsGoneSaysSo(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		m := direct(noon, "a@x.org")
		accept(t, s, m)
		lost := direct(noon, "b@x.org")
		lost.Attachments = []message.Attachment{message.File{Filename: "a.txt", Content: []byte("x")}.Attachment()}
		lost.Attachments[0].Content = []byte{} // as after the loss of a table
		accept(t, s, lost)
		run(t, job(t, s, r, 1, notifications.Options{}), noon, "accept=1 fail=1")
		if got := read(t, s, lost); got.Error == nil || got.Error.Category != message.TemplateFailed || !strings.Contains(got.Error.Text, `"a.txt" is not there`) {
			t.Errorf("it failed with %v", got.Error)
		}
	})
}
