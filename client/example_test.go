package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"notifier/client"
	"notifier/client/clienttest"
	"notifier/deadlines"
	"notifier/message"
	"notifier/preferences"
)

// start starts a service for an example; a program makes its client with client.New.
func start() *clienttest.Server {
	n, err := clienttest.Start()
	if err != nil {
		log.Fatal(err)
	}
	return n
}

// A step of a workflow that runs again sends no second mail: its key says that it is the same step.
func ExampleClient_SendMessage() {
	n := start() // n, err := client.New("https://notify.example.org", os.Getenv("NOTIFIER_KEY"), client.Options{})
	defer n.Close()
	ctx := context.Background()
	for range 2 {
		_, err := n.SendMessage(ctx, message.Draft{
			To:      []message.Recipient{message.ParseRecipient("Anna <anna@example.org>")},
			Subject: "Contract ready",
			Text:    "It lies on your desk.",
			Case:    &message.Case{ID: "OFA/2026/1181", URL: "https://bpm.example.org/c/1181"},
		}, "case/OFA-1181/step-4/mail-1")
		if err != nil {
			log.Fatal(err)
		}
	}
	for _, mail := range n.Sent() {
		fmt.Println(mail.To, mail.Subject)
	}
	// Output: [anna@example.org] OFA/2026/1181 Contract ready
}

func ExampleClient_Notify() {
	n := start()
	defer n.Close()
	ctx := context.Background()
	_ = n.SetUser(ctx, preferences.User{ID: "anna", Email: "anna@example.org"})
	_, _ = n.SetPreferences(ctx, "anna", preferences.Preferences{Frequencies: map[message.Kind]preferences.Frequency{message.CaseChanged: preferences.Hourly}})
	for i, summary := range []string{"Jan commented", "Jan attached a file"} {
		noted, err := n.Notify(ctx, message.Event{
			Kind: message.CaseChanged, Users: []string{"anna"}, Actor: "jan",
			Case: message.Case{ID: "A-1", Title: "Lease"}, Summary: message.Plain(summary),
		}, client.Key(fmt.Sprint("case/A-1/changed/", i)))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(noted.Recipients[0].Status, noted.Recipients[0].Reason)
	}
	n.RunJobs(time.Now().Add(time.Hour))
	fmt.Println(len(n.Sent()), "mail")
	// Output:
	// deferred preference_hourly
	// deferred preference_hourly
	// 1 mail
}

func ExampleClient_SetDeadline() {
	n := start()
	defer n.Close()
	ctx := context.Background()
	_ = n.SetUser(ctx, preferences.User{ID: "anna", Email: "anna@example.org"})
	d, err := n.SetDeadline(ctx, deadlines.Deadline{
		Key: "OFA-1181:step-4", Users: []string{"anna"}, Case: message.Case{ID: "OFA-1181"},
		Terms: deadlines.Terms{DueAt: time.Now().Add(96 * time.Hour), RemindBefore: []deadlines.Span{deadlines.Span(72 * time.Hour), deadlines.Span(24 * time.Hour)}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the next reminder is written in", time.Until(d.NextReminder).Round(time.Hour))
	// Output: the next reminder is written in 24h0m0s
}

func ExampleProblem() {
	n := start()
	defer n.Close()
	_, err := n.SendMessage(context.Background(), message.Draft{Subject: "Contract ready", Text: "It lies on your desk."}, "mail-1")
	switch problem, _ := errors.AsType[*client.Problem](err); {
	case client.Retryable(err):
		fmt.Println("try again in", client.RetryAfter(err))
	case errors.Is(err, client.ErrInvalid):
		for _, fault := range problem.Errors {
			fmt.Println(fault.Pointer, fault.Detail)
		}
	}
	// Output: /to a mail needs at least one recipient: a user id, an address, or an object with email and name.
}

func ExampleClient_Messages() {
	n := start()
	defer n.Close()
	ctx := context.Background()
	n.Refuse("gone@example.net", 550)
	_, _ = n.SendMessage(ctx, message.Draft{To: []message.Recipient{message.ParseRecipient("gone@example.net")}, Subject: "Hello", Text: "Is anybody there?"}, client.Once)
	n.Sent()
	for m, err := range n.Messages(ctx, message.Filter{Status: message.Error}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(m.To, m.ErrorCategory)
	}
	// Output: gone@example.net address_unknown
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
