package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"notifier/fault"
	"notifier/message"
	"notifier/message/document"
	"notifier/request"
)

// Documents are mails that are written as documents.
type Documents interface {
	Document(ctx context.Context, site, collection, id string) (document.Document, error)
	// SaveDocument stores a document if it is still at its version (0: new), unless the request
	// with that key (nil: none) was answered before.
	SaveDocument(ctx context.Context, c request.Call, k *request.Key, d document.Document) (replayed bool, err error)
}

// Document reads a document. One whose mail was about to be made when its process died has
// it made now.
func (d *Desk) Document(ctx context.Context, c request.Call, collection, id string) (document.Document, error) {
	doc, err := d.documents.Document(ctx, c.Site, collection, id)
	if errors.Is(err, message.ErrNotFound) {
		return doc, fmt.Errorf("there is no document %q in %q: %w", fault.Truncate(id, 60), fault.Truncate(collection, 60), err)
	}
	if err != nil || doc.Message != "" || doc.Error != "" {
		return doc, err
	}
	return d.settle(ctx, c, collection, id)
}

// WriteDocument adds a document, which sends its mail, or replaces or patches one (TE-1).
// A mail that waits is changed with it. Once it has been sent, or is in error, a change
// sends nothing (TE-6) unless the write asks for it (TE-7). A write that comes again with its
// key does nothing, whatever became of the document since.
func (d *Desk) WriteDocument(ctx context.Context, c request.Call, collection, id string, w document.Write, patch bool) (doc document.Document, did document.Did, err error) {
	var bad fault.Invalid
	for pointer, name := range map[string]string{"/collection": collection, "/id": id} {
		if name == "" {
			bad.Add(pointer, "missing", "a document has a collection and an id. Write both into the address")
		}
		bad.Check(pointer, "bad_text", fault.CheckLine(name, message.MaxLine))
	}
	if err := bad.Err(); err != nil {
		return doc, did, err
	}
	answered, err := d.once(ctx, c, []any{collection, id, w.Asked(), patch}, func(key *request.Key) (answered []byte, err error) {
		err = again(ctx, func() error {
			after, err := d.written(ctx, c, collection, id, w, patch)
			if err != nil {
				return err
			}
			did.Created = after.Version == 0
			did.Replayed, err = d.documents.SaveDocument(ctx, c, key, after)
			return err
		})
		return nil, err
	})
	if err != nil {
		return doc, did, err
	}
	if answered != nil {
		doc, err = d.Document(ctx, c, collection, id)
		return doc, document.Did{Replayed: true}, err
	}
	doc, err = d.settle(ctx, c, collection, id)
	return doc, did, err
}

// written is the document as a write makes it, with what that means for its mail; message.ErrMoved
// if the document had to be settled first.
func (d *Desk) written(ctx context.Context, c request.Call, collection, id string, w document.Write, patch bool) (document.Document, error) {
	before, err := d.documents.Document(ctx, c.Site, collection, id)
	created := errors.Is(err, message.ErrNotFound)
	if err != nil && !created {
		return before, err
	}
	if !created && before.Message == "" && before.Error == "" { // its mail is made of what it said before
		if _, err := d.settle(ctx, c, collection, id); err != nil {
			return before, err
		}
		return before, message.ErrMoved
	}
	if created && patch {
		return before, fmt.Errorf("there is no document %q in %q. Add it with PUT: %w", fault.Truncate(id, 60), fault.Truncate(collection, 60), err)
	}
	after := before
	if after.Fields, err = w.Into(before.Fields, patch); err != nil {
		return before, err
	}
	if created {
		after.CreatedAt, after.Sends = c.At, 1
	} else if err := d.rewritten(ctx, c, before, &after, w.Again); err != nil {
		return before, err
	}
	after.UpdatedAt = c.At
	return after, nil
}

// rewritten does what a write means for the mail that the document has led to.
func (d *Desk) rewritten(ctx context.Context, c request.Call, before document.Document, after *document.Document, send bool) error {
	if before.Message == "" {
		if before.Error != "" && send {
			after.Error, after.LeftOut, after.Sends = "", nil, before.Sends+1
		}
		return nil
	}
	m, err := d.messages.Message(ctx, c.Site, before.Message)
	if errors.Is(err, message.ErrNotFound) { // it was kept long enough
		m, err = message.Message{Status: message.Expired}, nil
	}
	if err != nil {
		return err
	}
	draft, left, wrong := d.asked(ctx, c, after.Fields)
	if wrong == nil {
		wrong = draft.Check(c.At)
	}
	var invalid *fault.Invalid
	if wrong != nil && !errors.As(wrong, &invalid) {
		return wrong
	}
	said, rest := hashes(draft)
	waits, same := m.State() == "PENDING", wrong == nil && said == before.Said
	if waits && same || !waits && !send || m.State() == "PROCESSING" {
		return nil // nothing to do, or nothing that can be done
	}
	after.LeftOut = left
	if wrong == nil && rest == before.Rest && draft.Template == nil && len(draft.To) > 0 {
		e := message.Edit{}
		if !same {
			e = message.Edit{To: &draft.To, Cc: &draft.Cc, Bcc: &draft.Bcc, Subject: &draft.Subject, Text: &draft.Text, HTML: &draft.HTML}
		}
		if !waits {
			e.Delivery = &message.Command{State: "RETRY"}
		}
		after.Said = said
		edit := c
		if edit.Key != "" { // the edit is a part of the write, which may be repeated before it is noted
			edit.Key = keyOfEdit(c.Key)
		}
		if _, _, err := d.Edit(ctx, edit, m.ID, e); err == nil || !stuck(err) {
			return err
		}
	}
	if waits { // another mail goes in its place, or none
		if _, _, err := d.Cancel(ctx, c, m.ID); err != nil {
			return err
		}
	}
	after.Message, after.Sends, after.Earlier = "", before.Sends+1, before.Earlier+m.Attempts
	return nil
}

// stuck tells whether a message is in no state to be edited, so that another takes its place.
func stuck(err error) bool {
	var move *message.MoveError
	return errors.As(err, &move) || errors.Is(err, message.ErrNotEditable) || errors.Is(err, message.ErrNotFound)
}

// hashes are of all that a draft says, and of what an edit cannot change.
func hashes(d message.Draft) (said, rest string) {
	sum := func(d message.Draft) string {
		b, _ := json.Marshal(d) // of texts
		hash := sha256.Sum256(b)
		return hex.EncodeToString(hash[:])
	}
	said = sum(d)
	d.To, d.Cc, d.Bcc, d.Subject, d.Text, d.HTML = nil, nil, nil, "", "", ""
	return said, sum(d)
}

// asked is the mail that the fields of a document ask for.
func (d *Desk) asked(ctx context.Context, c request.Call, fields []byte) (draft message.Draft, left []string, err error) {
	a, err := document.Read(fields)
	if err != nil {
		return draft, a.LeftOut, err
	}
	reachable := map[string]bool{}
	if ids := a.UIDs(); len(ids) > 0 {
		users, err := d.people.Users(ctx, c.Site, ids)
		if err != nil {
			return draft, nil, err
		}
		for id, u := range users {
			reachable[id] = u.Email != ""
		}
	}
	return a.Draft(reachable)
}

// settle makes the mail of a document that has none yet, or notes why there is none. Its
// key is that of the document and the count of its mails, so that it is made once.
func (d *Desk) settle(ctx context.Context, c request.Call, collection, id string) (doc document.Document, err error) {
	err = again(ctx, func() error {
		if doc, err = d.documents.Document(ctx, c.Site, collection, id); err != nil || doc.Message != "" || doc.Error != "" {
			return err
		}
		draft, left, err := d.asked(ctx, c, doc.Fields)
		doc.LeftOut = left
		if err == nil {
			doc.Said, doc.Rest = hashes(draft)
			send := c
			draft.Reference, send.Key = keyOf(collection, id, doc.Sends)
			var taken request.Taken
			if taken, _, err = d.SendMessage(ctx, send, draft); err == nil {
				doc.Message = taken.Messages[0].ID
			}
		}
		var invalid *fault.Invalid
		switch {
		case errors.As(err, &invalid):
			doc.Error = invalid.Error()
		case errors.Is(err, request.ErrKeyReused): // it was made before, when other users had an address
			made, err := d.messages.Messages(ctx, c.Site, message.Filter{Reference: draft.Reference, Limit: 1})
			if err != nil || len(made) == 0 {
				return errors.Join(message.ErrMoved, err)
			}
			doc.Message = made[0].ID
		case err != nil:
			return err
		}
		if _, err := d.documents.SaveDocument(ctx, c, nil, doc); err != nil {
			return err
		}
		doc.Version++
		return nil
	})
	return doc, err
}

// keyOfEdit is what makes the edit of a write with that key once.
func keyOfEdit(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "trigger-email/edit/" + hex.EncodeToString(sum[:])
}

// keyOf is what the mail of a document is found by, and what makes it once.
func keyOf(collection, id string, sends int) (reference, key string) {
	place, _ := json.Marshal([]string{collection, id}) // of texts
	sum := sha256.Sum256(place)
	hash := hex.EncodeToString(sum[:])
	if reference = collection + "/" + id; len(reference) > message.MaxLine {
		reference = hash
	}
	return reference, fmt.Sprintf("trigger-email/%s/%d", hash, sends)
}
