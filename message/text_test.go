package message_test

import (
	"encoding/json"
	"strings"
	"testing"

	"notifier/message"
)

func text(t testing.TB, s string) message.Text {
	t.Helper()
	var text message.Text
	if err := json.Unmarshal([]byte(s), &text); err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return text
}

func TestTextIn(t *testing.T) {
	for _, c := range []struct{ text, language, want string }{
		{`"Receipt"`, "pl", "Receipt"},
		{`"Receipt"`, "", "Receipt"},
		{`{"en":"Receipt","pl":"Pokwitowanie"}`, "pl", "Pokwitowanie"},
		{`{"en":"Receipt","pl":"Pokwitowanie"}`, "de", "Receipt"},
		{`{"en":"Receipt","pl":"Pokwitowanie"}`, "", "Receipt"},
		{`{"en":"Receipt","pt":"Recibo"}`, "pt-BR", "Recibo"},
		{`{"en":"Receipt","pt":"Recibo","pt-BR":"Comprovante"}`, "pt-BR", "Comprovante"},
		{`{"pl":"Pokwitowanie","de":"Quittung"}`, "fr", "Quittung"}, // whatever there is, always the same
		{`{"pl":""}`, "pl", ""},
		{`{}`, "pl", ""},
		{`null`, "pl", ""},
		{`""`, "pl", ""},
	} {
		if got := text(t, c.text).In(c.language); got != c.want {
			t.Errorf("%s in %q = %q, want %q", c.text, c.language, got, c.want)
		}
	}
	if got := message.Plain("Receipt").In("pl"); got != "Receipt" {
		t.Errorf("Plain = %q", got)
	}
}

func TestTextJSON(t *testing.T) {
	for _, c := range []struct{ in, out string }{
		{`"Receipt"`, `"Receipt"`},
		{`{"pl":"Pokwitowanie","en":"Receipt"}`, `{"en":"Receipt","pl":"Pokwitowanie"}`},
		{`{}`, `{}`},
		{`null`, `""`},
		{`""`, `""`},
	} {
		b, err := json.Marshal(text(t, c.in))
		if err != nil || string(b) != c.out {
			t.Errorf("%s is written %s, %v; want %s", c.in, b, err, c.out)
		}
	}
	for _, s := range []string{`1`, `true`, `["a"]`, `{"en":1}`, `{"en":["a"]}`, `{"en":{"a":"b"}}`} {
		var text message.Text
		err := json.Unmarshal([]byte(s), &text)
		if err == nil || !strings.Contains(err.Error(), `{"en": "…", "pl": "…"}`) {
			t.Errorf("%s = %+v, %v; want to be told what a text looks like", s, text, err)
		}
	}
}

// A text that is decoded into another leaves nothing of it.
func TestTextForgetsWhatItWas(t *testing.T) {
	was := text(t, `{"en":"Receipt"}`)
	if err := json.Unmarshal([]byte(`"Lease"`), &was); err != nil || was.In("en") != "Lease" {
		t.Errorf("it is %q, %v", was.In("en"), err)
	}
	if err := json.Unmarshal([]byte(`{"pl":"Umowa"}`), &was); err != nil || was.In("en") != "Umowa" {
		t.Errorf("it is %q, %v", was.In("en"), err)
	}
}

func TestTextIsZero(t *testing.T) {
	for s, want := range map[string]bool{`""`: true, `null`: true, `{}`: true, `"a"`: false, `{"en":"a"}`: false} {
		if got := text(t, s).IsZero(); got != want {
			t.Errorf("IsZero of %s = %v, want %v", s, got, want)
		}
	}
	b, err := json.Marshal(message.Event{Kind: "k", Users: []string{"anna"}})
	if err != nil || strings.Contains(string(b), "summary") {
		t.Errorf("an event without a summary is written %s, %v", b, err)
	}
}

func TestTextCheck(t *testing.T) {
	for _, c := range []struct{ text, says string }{
		{`"ok"`, ""},
		{`{"en":"ok","pl":"też"}`, ""},
		{`"too long a text"`, "15 characters; at most 10"},
		{`"a\nb"`, "line break"},
		{`{"en":"ok","pl":"a\u2028b"}`, `pl: the text has a line break`},
		{`{"en":"too long a text","pl":"ok"}`, `en: the text has 15 characters`},
		{`{"\u001b[31m":"ab"}`, `"\x1b[31m" is not a language`}, // what is shown to people is harmless
	} {
		err := text(t, c.text).Check(10)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("Check of %s = %v, want %q", c.text, err, c.says)
		}
	}
}
