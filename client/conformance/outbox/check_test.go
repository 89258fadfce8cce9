package outbox_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"notifier/client"
	"notifier/message"
)

// TestWhatIsPlainlyWrong: what the client refuses is what the service would refuse, at the same
// place, and nothing that the service takes.
func TestWhatIsPlainlyWrong(t *testing.T) {
	t.Parallel()
	now := time.Now()
	good := draft("x")
	with := func(change func(*client.Draft)) client.Draft {
		d := good
		change(&d)
		return d
	}
	for name, d := range map[string]client.Draft{
		"good":                   good,
		"no recipient":           with(func(d *client.Draft) { d.To = nil }),
		"cc alone":               with(func(d *client.Draft) { d.To, d.Cc = nil, d.To }),
		"no address":             with(func(d *client.Draft) { d.To = []client.Recipient{{Address: client.Address{Email: "anna"}}} }),
		"a recipient of nothing": with(func(d *client.Draft) { d.To = []client.Recipient{{}} }),
		"a line break in a name": with(func(d *client.Draft) {
			d.To = []client.Recipient{{Address: client.Address{Email: "a@b.example", Name: "a\nb"}}}
		}),
		"a name":                     with(func(d *client.Draft) { d.To = []client.Recipient{client.ParseRecipient("Anna <a@b.example>")} }),
		"no subject":                 with(func(d *client.Draft) { d.Subject = " " }),
		"a line break in a subject":  with(func(d *client.Draft) { d.Subject = "a\r\nBcc: b@example.net" }),
		"no text":                    with(func(d *client.Draft) { d.Text = "" }),
		"a template alone":           with(func(d *client.Draft) { d.Subject, d.Text, d.Template = "", "", &client.Filling{Name: "ready"} }),
		"expired before it is sent":  with(func(d *client.Draft) { d.SendAt, d.ExpiresAt = new(now.Add(2*time.Hour)), new(now.Add(time.Hour)) }),
		"answers to nowhere":         with(func(d *client.Draft) { d.ReplyTo = client.Recipients{{Address: client.Address{Email: "@"}}} }),
		"an id with a control in it": with(func(d *client.Draft) { d.Reference = "a\x00b" }),
	} {
		var served error
		if body, err := json.Marshal(d); err != nil {
			t.Errorf("%s: %v", name, err)
		} else {
			var m message.Draft
			if served = json.Unmarshal(body, &m); served == nil {
				served = m.Check(now)
			}
		}
		if own := d.Check(); (own == nil) != (served == nil) || own != nil && !strings.HasPrefix(served.Error(), strings.SplitAfter(own.Error(), ": ")[0]) {
			t.Errorf("%s: the client says %v, the service %v", name, own, served)
		}
	}
	for name, e := range map[string]client.Event{
		"good":           {Kind: client.CaseChanged, Users: []string{"anna"}, Summary: client.Translated(map[string]string{"en": "Ready", "pl": "Gotowe"})},
		"no users":       {Kind: client.CaseChanged},
		"an empty id":    {Kind: client.CaseChanged, Users: []string{""}},
		"a broken actor": {Kind: client.CaseChanged, Users: []string{"anna"}, Actor: "a\nb"},
	} {
		var m message.Event
		body, err := json.Marshal(e)
		if err == nil {
			err = json.Unmarshal(body, &m)
		}
		if err != nil {
			t.Fatal(err)
		}
		if own, served := e.Check(), m.Check(now); (own == nil) != (served == nil) {
			t.Errorf("%s: the client says %v, the service %v", name, own, served)
		}
	}
}
