package explain

import (
	"testing"
	"time"

	"notifier/message"
)

// anna is a message to her, on which each case builds.
func anna(change func(*message.Message)) Facts {
	m := message.Message{
		ID: "msg_1", Site: "default", Type: message.Single, Kind: message.CaseChanged, UserID: "42", Domain: "example.org", Timezone: "Europe/Warsaw",
		Envelope: message.Envelope{To: []message.Address{{Email: "anna.z@example.com", Name: "Anna"}}}, Case: message.Case{ID: "OFA/2026/1181"},
		Status: message.Deferred, Reason: "preference_daily", Setting: "daily 08:00", DueAt: time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC),
		CreatedAt: noon, UpdatedAt: noon, OccurredAt: noon,
	}
	change(&m)
	return Facts{Now: noon, Message: m, Flush: Job{Name: "notifications", Next: noon.Add(57 * time.Second)}, Close: Job{Name: "user_notifications", Next: noon.Add(12 * time.Minute)}}
}

func TestSentences(t *testing.T) {
	refused := &message.Failure{Category: message.MailboxFull, Code: "552 5.2.2", Text: "mailbox full"}
	for _, row := range []struct {
		name     string
		facts    Facts
		add      func(*Facts)
		reason   Reason
		sentence string
	}{
		{
			"held", anna(func(*message.Message) {}), nil, DeferredDaily,
			"Not yet. It is held for the daily digest of Anna, which goes out on Sun 22 Nov 2026, 08:00 Europe/Warsaw (in 16 h 12 min).",
		},
		{
			"due already", anna(func(m *message.Message) { m.DueAt = noon.Add(-time.Minute) }), nil, WaitingRun,
			"Not yet. It is due since Sat 21 Nov 2026, 15:47:03 Europe/Warsaw and moves on with the next run of UserNotifications, on Sat 21 Nov 2026, 16:00:03 Europe/Warsaw (in 12 min).",
		},
		{
			"the job is paused", anna(func(m *message.Message) { m.DueAt = noon }),
			func(f *Facts) {
				f.Close = Job{Name: "user_notifications", Paused: true, By: "ola", Note: "mail server is moved", Since: noon.Add(-time.Hour)}
			}, JobPaused,
			"Not yet. The job UserNotifications was paused on Sat 21 Nov 2026, 14:48:03 Europe/Warsaw by ola, with the note “mail server is moved”.",
		},
		{
			"in the queue", anna(func(m *message.Message) { m.Status, m.DueAt = message.Pending, noon }), nil, WaitingFlush,
			"Not yet. It is in the outgoing queue and leaves with the next run of Notifications, on Sat 21 Nov 2026, 15:49 Europe/Warsaw (in 57 s).",
		},
		{
			"tried again", anna(func(m *message.Message) {
				m.Status, m.DueAt, m.Attempts, m.Error = message.Pending, noon.Add(10*time.Minute), 2, refused
			}), nil, RetryAt,
			"Not yet. Try 2 failed: The mailbox is full. It is tried again on Sat 21 Nov 2026, 15:58:03 Europe/Warsaw (in 10 min).",
		},
		{
			"the account is paused", anna(func(m *message.Message) { m.Status, m.DueAt = message.Pending, noon }),
			func(f *Facts) {
				f.Pause = &message.Pause{Account: "default", Since: noon.Add(-time.Minute), Until: noon.Add(time.Minute), Failure: message.Failure{Category: message.AuthFailed}}
			}, AccountPaused,
			"Not yet. The mail account default has not worked since Sat 21 Nov 2026, 15:47:03 Europe/Warsaw: Login to the mail server failed. It is asked again on Sat 21 Nov 2026, 15:49:03 Europe/Warsaw (in 1 min).",
		},
		{
			"a later time was asked for", anna(func(m *message.Message) { m.Type, m.Status = message.Direct, message.Scheduled }), nil, SendAtFuture,
			"Not yet. Whoever sent it asked for Sun 22 Nov 2026, 08:00 Europe/Warsaw (in 16 h 12 min).",
		},
		{
			"sent", anna(func(m *message.Message) { m.Status = message.Sent }),
			func(f *Facts) {
				f.Attempts = []message.Attempt{{Claim: 1, LedTo: message.Sent, Receipt: message.Receipt{
					EndedAt: noon, Server: "mx1.example.com:25", Accepted: []string{"anna.z@example.com"}, Response: "250 2.0.0 queued as 4F2A",
				}}}
			}, Accepted,
			"Yes. mx1.example.com:25 took it on Sat 21 Nov 2026, 15:48:03 Europe/Warsaw and answered “250 2.0.0 queued as 4F2A”.",
		},
		{
			"refused", anna(func(m *message.Message) { m.Status, m.Attempts, m.Error = message.Error, 5, refused }), nil, Rejected,
			"No. The mail server did not take it, after 5 tries, last on Sat 21 Nov 2026, 15:48:03 Europe/Warsaw: The mailbox is full. It says “552 5.2.2 mailbox full”.",
		},
		{
			"never", anna(func(m *message.Message) { m.Status, m.Reason, m.Setting = message.Skipped, message.Never, "never" }),
			func(f *Facts) { f.Chosen = &message.Change{At: noon.AddDate(0, 0, -18), By: "42"} }, PreferenceNever,
			"No. Anna had chosen never for case_changed on Tue 3 Nov 2026, 15:48:03 Europe/Warsaw.",
		},
		{
			"the process is muted", anna(func(m *message.Message) {
				m.Status, m.Reason, m.Process = message.Skipped, message.ProcessMuted, "lease"
			}), func(f *Facts) { f.Muted = &message.Change{At: noon.Add(-time.Hour), By: "ola"} }, ProcessMuted,
			"No. Nobody is told of case_changed in the process lease: it was switched off on Sat 21 Nov 2026, 14:48:03 Europe/Warsaw by ola.",
		},
		{
			"the address does not exist", anna(func(m *message.Message) { m.Status, m.Reason = message.Skipped, message.SuppressedBounce }), nil, SuppressedBounce,
			"No. The address anna.z@example.com is not written to: a mail server said that it does not exist.",
		},
		{
			"withdrawn", anna(func(m *message.Message) { m.Status, m.Reason = message.Cancelled, message.Withdrawn }),
			func(f *Facts) {
				f.Decisions = []message.Decided{{Message: "msg_1", At: noon, What: message.DidCancel, By: "bpm-prod"}}
			}, Cancelled,
			"No. It was withdrawn on Sat 21 Nov 2026, 15:48:03 Europe/Warsaw by bpm-prod.",
		},
		{
			"the deadline was met", anna(func(m *message.Message) {
				m.Type, m.Status, m.Reason, m.Reference = message.Reminder, message.Cancelled, message.Superseded, "C-1"
			}), func(f *Facts) {
				f.Decisions = []message.Decided{{Message: "msg_1", At: noon, What: message.DeadlineMet, By: "bpm-prod"}}
			}, Superseded,
			"No. The deadline C-1 was met on Sat 21 Nov 2026, 15:48:03 Europe/Warsaw (by bpm-prod), before the reminder left.",
		},
		{
			"the process that sent it stopped", anna(func(m *message.Message) {
				m.Status, m.Error = message.Error, &message.Failure{Category: message.LeaseLost, Text: "it stopped"}
			}), nil, LeaseLost,
			"We do not know. The process that sent it stopped on Sat 21 Nov 2026, 15:48:03 Europe/Warsaw before it reported; the mail may have gone out.",
		},
		{
			"part of a digest", anna(func(m *message.Message) { m.Status, m.Digest = message.Merged, "dig_1" }),
			func(f *Facts) {
				digest := anna(func(m *message.Message) {
					m.ID, m.Type, m.Status, m.DueAt = "dig_1", message.Digest, message.Pending, noon
				})
				f.Digest, f.Items = &digest, 3
			}, Merged,
			"It is part of the digest dig_1, made of 3 messages on Sat 21 Nov 2026, 15:48:03 Europe/Warsaw. Not yet. It is in the outgoing queue and leaves with the next run of Notifications, on Sat 21 Nov 2026, 15:49 Europe/Warsaw (in 57 s).",
		},
	} {
		if row.add != nil {
			row.add(&row.facts)
		}
		a := Explain(row.facts)
		checkAnswer(t, a)
		if a.Reason != row.reason || a.Sentence != row.sentence {
			t.Errorf("%s: %s\n%q, want %s\n%q", row.name, a.Reason, a.Sentence, row.reason, row.sentence)
		}
	}
}
