package message

import "time"

// Now is the message as it leaves because a person does not want to wait for its time: for
// send_at, its digest, its release or its next try. It goes to the address that the person it
// is for has by now; the zero Person changes nothing. What is suppressed stays so.
func (m Message) Now(at time.Time, to Person) (Message, error) {
	before := m
	m, err := m.Do(SendNow, at)
	if err != nil {
		return m, err
	}
	if before.Status == Pending {
		if m.UpdatedAt = before.UpdatedAt; before.DueAt.Before(at) { // it keeps its place
			return m, nil
		}
		m.DueAt = at
		return m, nil
	}
	if to.Email != "" && before.Status == Deferred {
		m = to.Address(m)
	}
	m.DueAt, m.QueuedAt, m.Window, m.Reason = at, at, "", before.Reason
	return m, nil
}
