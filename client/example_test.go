package client_test

import (
	"context"
	"log"
	"net/http"
	"os"

	"notifier/client"
)

// A step of a workflow that runs again sends no second mail: its key says that it is the same step.
func ExampleClient_SendMessage() {
	n, err := client.New("https://notify.example.org", os.Getenv("NOTIFIER_KEY"), client.Options{})
	if err != nil {
		log.Fatal(err)
	}
	_, err = n.SendMessage(context.Background(), client.Draft{
		To:      []client.Recipient{client.ParseRecipient("Anna <anna@example.org>")},
		Subject: "Contract ready",
		Text:    "It is on your desk.",
		Case:    &client.Case{ID: "OFA/2026/1181", URL: "https://bpm.example.org/c/1181"},
	}, "case/OFA-1181/step-4/mail-1")
	if client.Retryable(err) {
		log.Println("try again in", client.RetryAfter(err))
	}
}

func ExampleVerifyWebhook() {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" // as notifier webhook add prints it
	http.HandleFunc("POST /hooks/mail", func(w http.ResponseWriter, r *http.Request) {
		event, err := client.VerifyWebhook(r, secret)
		if err != nil {
			http.Error(w, "not signed", http.StatusUnauthorized)
			return
		}
		if m, err := event.Message(); err == nil && event.Type == "message.error" {
			log.Printf("%s did not get %q: %s %s", m.To, m.Subject, m.Error.Says, m.Error.Remedy)
		}
	})
}
