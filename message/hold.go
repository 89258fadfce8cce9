package message

import "time"

// What is kept of a message while a person holds it back, by name: the release gives it back.
const (
	HeldStatus = "status_before"
	HeldQueued = "queued_before" // its place in the order in which messages leave
)

// Held is the message as it is kept until a person releases it, and what Released needs to
// give back what it was.
func (m Message) Held(at time.Time) (held Message, was map[string]string, err error) {
	held, err = m.Do(Hold, at)
	if err != nil {
		return m, nil, err
	}
	was = map[string]string{HeldStatus: string(m.Status), FromDue: exactly(m.DueAt), HeldQueued: exactly(m.QueuedAt)}
	held.DueAt, held.QueuedAt = time.Time{}, time.Time{}
	return held, was, nil
}

// exactly writes a time as the store keeps it.
func exactly(t time.Time) string { return t.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano) }

// Released is the message as it was before it was held: its status, when it is due, and its
// place in the queue. One that was never held, because it was born so, is pending at once.
func (m Message) Released(at time.Time, was map[string]string) (Message, error) {
	move := Release
	switch Status(was[HeldStatus]) {
	case Scheduled:
		move = ReleaseLater
	case RateLimited:
		move = ReleaseLimited
	case "":
		if m.SendAt.After(at) { // held by a version that kept nothing
			move = ReleaseLater
			was = map[string]string{FromDue: exactly(m.SendAt), HeldQueued: exactly(m.SendAt)}
		}
	}
	if m.Status != PendingManual {
		move = Release // which tells what it takes
	}
	m, err := m.Do(move, at)
	if err != nil {
		return m, err
	}
	m.DueAt, m.QueuedAt = given(was[FromDue], at), given(was[HeldQueued], at)
	return m, nil
}

func given(written string, otherwise time.Time) time.Time {
	if t, err := time.Parse(time.RFC3339Nano, written); err == nil {
		return t
	}
	return otherwise
}
