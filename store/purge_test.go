package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"notifier/message"
	"notifier/store"
	"notifier/store/storetest"
)

// made is a message of that time, with an attachment.
func made(at time.Time, status message.Status, content string) message.Message {
	m := direct(1)
	m.ID = message.IDOf(message.MessageIDs, idBytes(at))
	m.CreatedAt, m.UpdatedAt, m.Status = at, at, status
	m.Attachments = []message.Attachment{message.File{Filename: "a.txt", Content: []byte(content)}.Attachment()}
	return m
}

func TestOldMessagesArePurged(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		ctx := context.Background()
		long, ago := noon.Add(-100*24*time.Hour), noon.Add(-10*24*time.Hour)
		gone, waits, kept, shared := made(long, message.Skipped, "a"), made(long, message.Pending, "b"), made(ago, message.Skipped, "c"), made(long, message.Skipped, "c")
		accept(t, s, gone, waits, kept, shared)
		sent := made(long, message.Pending, "d")
		accept(t, s, sent)
		ms, err := s.Claim(ctx, message.Lane{Site: site}, 10, noon, eight)
		if err != nil || len(ms) != 2 {
			t.Fatal(ms, err)
		}
		for _, m := range ms {
			if m.ID == sent.ID {
				o := accepted(m)
				o.At = long.Add(time.Hour)
				settle(t, s, 1, o)
			}
		}
		total := 0
		for _, after := range store.PurgeFrom {
			for after != "" {
				n, last, err := s.Purge(ctx, site, after, 2, noon.Add(-30*24*time.Hour))
				if err != nil {
					t.Fatal(err)
				}
				total, after = total+n, last
			}
		}
		if total != 3 {
			t.Errorf("%d messages were deleted, want 3", total)
		}
		for _, m := range []message.Message{gone, shared, sent} {
			if _, err := s.Message(ctx, site, m.ID); !errors.Is(err, message.ErrNotFound) {
				t.Errorf("%s is still there: %v", m.Attachments[0].Filename, err)
			}
			if tries, err := s.Attempts(ctx, m); err != nil || len(tries) > 0 {
				t.Errorf("of %s %d attempts are left, %v", m.ID, len(tries), err)
			}
		}
		for content, m := range map[string]message.Message{"b": waits, "c": kept, "": gone} {
			m, err := s.Attach(ctx, m)
			if content == "" {
				m.Attachments[0].Content = nil
				m, err = s.Attach(ctx, m)
			}
			if err != nil || string(m.Attachments[0].Content) != content && content != "" {
				t.Errorf("the attachment is %q, %v; want %q", m.Attachments[0].Content, err, content)
			}
			if content == "" && m.Attachments[0].Content != nil {
				t.Error("an attachment outlives its messages")
			}
		}
	})
}

// idBytes are those of an id that was made at that time.
func idBytes(at time.Time) [16]byte {
	b, other := message.Earliest(message.MessageIDs, at).Bytes(), message.NewID(message.MessageIDs).Bytes()
	copy(b[8:], other[8:])
	return b
}

// L1: what two purgers of an earlier version have miscounted is found, and corrected.
func TestUsesOfAttachmentsAreCorrected(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			url := storetest.URL(t, kind)
			s := storetest.Open(t, url)
			known(t, s)
			ctx := context.Background()
			few, much, none, lost := made(noon, message.Pending, "few"), made(noon, message.Pending, "much"), made(noon, message.Pending, "none"), made(noon, message.Pending, "lost")
			accept(t, s, few, much, twin(much), none, lost)
			hash := func(m message.Message) string { return m.Attachments[0].Hash }
			for _, change := range []string{
				"UPDATE blobs SET uses = 0 WHERE hash = '" + hash(few) + "'", "UPDATE blobs SET uses = 7 WHERE hash = '" + hash(much) + "'",
				"UPDATE messages SET extra = '' WHERE id = '" + string(none.ID) + "'", "DELETE FROM blobs WHERE hash = '" + hash(lost) + "'",
			} {
				storetest.Exec(t, url, change)
			}
			wrong, err := s.WrongUses(ctx)
			if err != nil || len(wrong) != 4 {
				t.Fatalf("%+v, %v; want 4", wrong, err)
			}
			if n, err := s.RepairUses(ctx, wrong); err != nil || n != 3 {
				t.Errorf("%d were corrected, %v; want 3", n, err)
			}
			wrong, err = s.WrongUses(ctx)
			if want := (message.Use{Site: site, Hash: hash(lost), Refer: 1, Gone: true}); err != nil || len(wrong) != 1 || wrong[0] != want {
				t.Errorf("%+v, %v; want only %+v", wrong, err, want)
			}
		})
	}
}

// twin is another message with the same attachment.
func twin(m message.Message) message.Message {
	m.ID = message.NewID(message.MessageIDs)
	return m
}
