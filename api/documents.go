package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"

	"notifier/message"
	"notifier/message/document"
	"notifier/request"
)

// Documents reads and writes documents.
type Documents interface {
	Document(ctx context.Context, c request.Call, collection, id string) (document.Document, error)
	WriteDocument(ctx context.Context, c request.Call, collection, id string, w document.Write, patch bool) (d document.Document, did document.Did, err error)
}

// documentRoutes are the door for those who write documents for Trigger Email.
func (h *handler) documentRoutes(mux *http.ServeMux) {
	const all, one = "/compat/trigger-email/{collection}", "/compat/trigger-email/{collection}/{id}"
	for pattern, handle := range map[string]func(w http.ResponseWriter, r *http.Request) error{
		"POST " + all:  h.addDocument,
		"PUT " + one:   h.putDocument,
		"PATCH " + one: h.patchDocument,
		"GET " + one:   h.getDocument,
	} {
		mux.Handle(pattern, h.keyed(h.readable(h.once(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := handle(w, r); err != nil {
				h.refuse(w, h.told(r.Context(), err))
			}
		})))))
	}
}

// addDocument adds a document with an id of its own; with an Idempotency-Key that key's.
func (h *handler) addDocument(w http.ResponseWriter, r *http.Request) error {
	id := string(message.NewID("doc"))
	if key := r.Header.Get("Idempotency-Key"); key != "" {
		sum := sha256.Sum256([]byte(key))
		id = "doc_" + hex.EncodeToString(sum[:16])
	}
	return h.writeDocument(w, r, id, false)
}

func (h *handler) putDocument(w http.ResponseWriter, r *http.Request) error {
	return h.writeDocument(w, r, r.PathValue("id"), false)
}

func (h *handler) patchDocument(w http.ResponseWriter, r *http.Request) error {
	return h.writeDocument(w, r, r.PathValue("id"), true)
}

func (h *handler) writeDocument(w http.ResponseWriter, r *http.Request, id string, patch bool) error {
	ctx := r.Context()
	if err := permit(ctx, "send-message"); err != nil {
		return err
	}
	c, err := keyedCall(r)
	if err != nil {
		return err
	}
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	write, err := document.ReadWrite(body, id)
	if err != nil {
		return err
	}
	doc, did, err := h.Documents.WriteDocument(ctx, c, r.PathValue("collection"), id, write, patch)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if did.Created {
		status = http.StatusCreated
		w.Header().Set("Location", "/compat/trigger-email/"+url.PathEscape(doc.Collection)+"/"+url.PathEscape(id))
	}
	if did.Replayed {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	return h.showDocument(w, ctx, doc, status)
}

func (h *handler) getDocument(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := permit(ctx, "get-message"); err != nil {
		return err
	}
	doc, err := h.Documents.Document(ctx, call(ctx, ""), r.PathValue("collection"), r.PathValue("id"))
	if err != nil {
		return err
	}
	return h.showDocument(w, ctx, doc, http.StatusOK)
}

// readBody reads no more than is taken.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, found(nil, http.StatusRequestEntityTooLarge, nil)
	case errors.Is(err, errCutOff):
		return nil, found(nil, http.StatusInternalServerError, []error{err})
	case err != nil:
		return nil, found(nil, http.StatusRequestTimeout, nil)
	}
	return b, nil
}

// showDocument answers with a document and its delivery.
func (h *handler) showDocument(w http.ResponseWriter, ctx context.Context, doc document.Document, status int) error {
	delivery, err := h.delivery(ctx, doc)
	if err != nil {
		return err
	}
	body, err := doc.Show(delivery)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the caller is gone if this fails
	return nil
}

// delivery is Trigger Email's record of a document, as its mail fares.
func (h *handler) delivery(ctx context.Context, doc document.Document) (document.Delivery, error) {
	switch {
	case doc.Error != "":
		return doc.Failed(), nil
	case doc.Message == "":
		return doc.Waiting(), nil
	}
	m, err := h.Messages.Message(ctx, doc.Site, doc.Message)
	if errors.Is(err, message.ErrNotFound) {
		doc.Error = "The mail was kept long enough, and is no longer known."
		return doc.Failed(), nil
	}
	if err != nil {
		return document.Delivery{}, err
	}
	attempts, err := h.Messages.Attempts(ctx, m)
	return doc.Of(m.Delivery(attempts)), err
}
