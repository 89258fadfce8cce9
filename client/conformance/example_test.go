package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"notifier/client"
	"notifier/service/servicetest"
)

// start starts a service for an example; a program makes its client with client.New.
func start() service {
	n, err := servicetest.Start()
	if err != nil {
		log.Fatal(err)
	}
	c, err := client.New(n.URL, n.Key, client.Options{})
	if err != nil {
		log.Fatal(err)
	}
	return service{n, c}
}

// A step of a workflow that runs again sends no second mail: its key says that it is the same step.
func Example_sendMessage() {
	n := start() // n, err := client.New("https://notify.example.org", os.Getenv("NOTIFIER_KEY"), client.Options{})
	defer n.Close()
	ctx := context.Background()
	for range 2 {
		_, err := n.SendMessage(ctx, client.Draft{
			To:      []client.Recipient{client.ParseRecipient("Anna <anna@example.org>")},
			Subject: "Contract ready",
			Text:    "It lies on your desk.",
			Case:    &client.Case{ID: "OFA/2026/1181", URL: "https://bpm.example.org/c/1181"},
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

func Example_notify() {
	n := start()
	defer n.Close()
	ctx := context.Background()
	_ = n.SetUser(ctx, client.User{ID: "anna", Email: "anna@example.org"})
	_, _ = n.SetPreferences(ctx, "anna", client.Preferences{Frequencies: map[client.Kind]client.Frequency{client.CaseChanged: client.Hourly}})
	for i, summary := range []string{"Jan commented", "Jan attached a file"} {
		noted, err := n.Notify(ctx, client.Event{
			Kind: client.CaseChanged, Users: []string{"anna"}, Actor: "jan",
			Case: client.Case{ID: "A-1", Title: "Lease"}, Summary: client.Plain(summary),
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

func Example_setDeadline() {
	n := start()
	defer n.Close()
	ctx := context.Background()
	_ = n.SetUser(ctx, client.User{ID: "anna", Email: "anna@example.org"})
	d, err := n.SetDeadline(ctx, client.Deadline{
		Key: "OFA-1181:step-4", Users: []string{"anna"}, Case: client.Case{ID: "OFA-1181"},
		Terms: client.Terms{DueAt: time.Now().Add(96 * time.Hour), RemindBefore: []client.Span{client.Span(72 * time.Hour), client.Span(24 * time.Hour)}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the next reminder is written in", time.Until(d.NextReminder).Round(time.Hour))
	// Output: the next reminder is written in 24h0m0s
}

func Example_problem() {
	n := start()
	defer n.Close()
	_, err := n.SendMessage(context.Background(), client.Draft{Subject: "Contract ready", Text: "It lies on your desk."}, "mail-1")
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

func Example_messages() {
	n := start()
	defer n.Close()
	ctx := context.Background()
	n.Refuse("gone@example.net", 550)
	_, _ = n.SendMessage(ctx, client.Draft{To: []client.Recipient{client.ParseRecipient("gone@example.net")}, Subject: "Hello", Text: "Is anybody there?"}, client.Once)
	n.Sent()
	for m, err := range n.Messages(ctx, client.Filter{Status: client.Error}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(m.To, m.ErrorCategory)
	}
	// Output: gone@example.net address_unknown
}
