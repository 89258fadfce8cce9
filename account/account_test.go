package account_test

import (
	"strings"
	"testing"

	"go.uber.org/zap"

	"notifier/account"
	"notifier/fault"
	"notifier/message"
)

var offices = account.Configured{
	"default": {Host: "mail.example.org", From: "Workflow <workflow@example.org>", Senders: []string{"*@example.org"}},
	"acme":    {Host: "mx.acme.example", From: "bpm@acme.example", Sites: []string{"acme"}, Fallback: []string{"default"}},
	"bulk":    {Host: "bulk.example.org", From: "news@example.net", Senders: []string{"*"}, Fallback: []string{"acme", "default"}},
}

func TestWhichAccountAMessageGoesOutBy(t *testing.T) {
	for _, row := range []struct{ name, site, account, sender, want, wrong string }{
		{"the site's own", "default", "", "", "", ""},
		{"another site has its own", "acme", "", "", "", ""},
		{"an account that is asked for", "default", "bulk", "", "bulk", ""},
		{"the site's own by its name", "default", "default", "", "", ""},
		{"AMODIT-29: a sender that the site's own may use", "default", "", "Anna@Example.org", "", ""},
		{"a sender that only another may use", "default", "", "x@example.net", "bulk", ""},
		{"the site's own before others", "acme", "", "bpm@acme.example", "", ""},
		{"asked for, with a sender that it may use", "default", "bulk", "anybody@example.com", "bulk", ""},
		{"asked for, with one that it may not", "default", "default", "x@example.net", "", "/sender sender_not_allowed"},
		{"an account that does not exist", "default", "bulky", "", "", "/account unknown_account"},
		{"an account of another site", "default", "acme", "", "", "/account unknown_account"},
	} {
		got, err := offices.Route(row.site, row.account, message.Address{Email: row.sender})
		wrong := ""
		if invalid, ok := err.(*fault.Invalid); ok {
			wrong = invalid.Faults[0].Pointer + " " + invalid.Faults[0].Code
		}
		if wrong != row.wrong || wrong == "" && got != row.want {
			t.Errorf("%s: route = %q, %v; want %q %s", row.name, got, err, row.want, row.wrong)
		}
	}
}

func TestWhoStandsInForAnAccount(t *testing.T) {
	o, err := account.Open(offices, account.Options{}, nil, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	for _, row := range []struct{ site, account, want string }{
		{"default", "", "default"},
		{"acme", "", "acme default"},
		{"default", "bulk", "bulk acme default"},
		{"default", "gone", ""},
	} {
		var names []string
		for _, a := range o.Routes(message.Lane{Site: row.site, Account: row.account}) {
			names = append(names, a.Name)
		}
		if got := strings.Join(names, " "); got != row.want {
			t.Errorf("account %q on %s: %q, want %q", row.account, row.site, got, row.want)
		}
	}
}

func TestWithoutASMTPServerMailWaits(t *testing.T) {
	o, err := account.Open(nil, account.Options{}, nil, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	route := o.Routes(message.Lane{Site: "default"})
	if len(route) != 1 || route[0].Courier.Ready(t.Context()) != account.ErrNone {
		t.Errorf("AMODIT-1: route = %+v", route)
	}
}
