package document_test

import (
	"encoding/json"
	"strings"
	"testing"

	"notifier/message/document"
)

// asked reads a document; the users anna and jan can be reached.
func asked(t testing.TB, fields string) (draft string, left []string, err error) {
	t.Helper()
	a, err := document.Read([]byte(fields))
	if err != nil {
		return "", a.LeftOut, err
	}
	d, left, err := a.Draft(map[string]bool{"anna": true, "jan": true})
	if err != nil {
		return "", left, err
	}
	b, _ := json.Marshal(d)
	return string(b), left, nil
}

func TestWhatADocumentAsksFor(t *testing.T) {
	const body = `"message":{"subject":"Hi","text":"Hello"}`
	for name, c := range map[string]struct{ fields, want string }{
		"TE-11: one address":           {`{"to":"a@example.org",` + body + `}`, `{"to":[{"email":"a@example.org"}],"one_mail":true,"subject":"Hi","text":"Hello"}`},
		"TE-11: a list":                {`{"to":["a@example.org","Bo <b@example.org>"],"cc":"c@example.org","bcc":[],` + body + `}`, `{"to":[{"email":"a@example.org"},{"email":"b@example.org","name":"Bo"}],"cc":[{"email":"c@example.org"}],"one_mail":true,"subject":"Hi","text":"Hello"}`},
		"TE-11: with commas":           {`{"to":"a@example.org, \"B, o\" <b@example.org>",` + body + `}`, `{"to":[{"email":"a@example.org"},{"email":"b@example.org","name":"B, o"}],"one_mail":true,"subject":"Hi","text":"Hello"}`},
		"TE-11: user ids":              {`{"toUids":["anna","nobody"],"ccUids":["jan"],` + body + `}`, `{"to":["anna"],"cc":["jan"],"one_mail":true,"subject":"Hi","text":"Hello"}`},
		"TE-11: hidden ones alone":     {`{"bcc":"a@example.org",` + body + `}`, `{"bcc":[{"email":"a@example.org"}],"one_mail":true,"subject":"Hi","text":"Hello"}`},
		"TE-13: from and replyTo":      {`{"to":"a@example.org","from":"W <w@example.org>","replyTo":"r@example.org",` + body + `}`, `{"to":[{"email":"a@example.org"}],"one_mail":true,"reply_to":{"email":"r@example.org"},"sender":{"email":"w@example.org","name":"W"},"subject":"Hi","text":"Hello"}`},
		"TE-13: headers":               {`{"to":"a@example.org","headers":{"List-Unsubscribe":"<https://x.test>","Message-ID":"<1@x>"},` + body + `}`, `{"to":[{"email":"a@example.org"}],"one_mail":true,"subject":"Hi","text":"Hello","headers":{"List-Unsubscribe":"\u003chttps://x.test\u003e"}}`},
		"TE-13: attachments":           {`{"to":"a@example.org","message":{"subject":"Hi","html":"<p>","attachments":[{"filename":"a.txt","content":"Hello"},{"content":"SGk=","encoding":"base64","contentType":"image/png","cid":"x"},{"filename":"u.txt","path":"data:text/plain;base64,SGk="},{"filename":"../p.txt","content":"4869","encoding":"hex"}]}}`, `{"to":[{"email":"a@example.org"}],"one_mail":true,"subject":"Hi","html":"\u003cp\u003e","attachments":[{"filename":"a.txt","content":"SGVsbG8="},{"filename":"attachment-2.png","content_type":"image/png","content":"SGk=","content_id":"x"},{"filename":"u.txt","content_type":"text/plain","content":"SGk="},{"filename":"p.txt","content":"SGk="}]}`},
		"TE-13: one attachment":        {`{"to":"a@example.org","message":{"subject":"Hi","text":"x","attachments":{"filename":"a.txt","path":"data:,a%20b"}}}`, `{"to":[{"email":"a@example.org"}],"one_mail":true,"subject":"Hi","text":"x","attachments":[{"filename":"a.txt","content":"YSBi"}]}`},
		"TE-14: a template":            {`{"to":"a@example.org","template":{"name":"welcome","data":{"a":1}}}`, `{"to":[{"email":"a@example.org"}],"one_mail":true,"template":{"name":"welcome","data":{"a":1}}}`},
		"W3: two answers":              {`{"to":"a@example.org","replyTo":["b@example.org","C <c@example.org>"],` + body + `}`, `{"to":[{"email":"a@example.org"}],"one_mail":true,"reply_to":[{"email":"b@example.org"},{"email":"c@example.org","name":"C"}],"subject":"Hi","text":"Hello"}`},
		"W3: replyTo inside":           {`{"to":{"address":"a@example.org","name":"A"},"message":{"subject":"Hi","text":"x","replyTo":"b@example.org","from":"w@example.org","cc":["c@example.org"]}}`, `{"to":[{"email":"a@example.org","name":"A"}],"cc":[{"email":"c@example.org"}],"one_mail":true,"reply_to":{"email":"b@example.org"},"sender":{"email":"w@example.org"},"subject":"Hi","text":"x"}`},
		"W3: headers of numbers":       {`{"to":"a@example.org","headers":{"X-N":5,"X-L":["a",2,true]},` + body + `}`, `{"to":[{"email":"a@example.org"}],"one_mail":true,"subject":"Hi","text":"Hello","headers":{"X-L":["a","2","true"],"X-N":"5"}}`},
		"W3: headers as a list":        {`{"to":"a@example.org","headers":[{"key":"X-N","value":"a"},{"key":"X-N","value":"b"}],` + body + `}`, `{"to":[{"email":"a@example.org"}],"one_mail":true,"subject":"Hi","text":"Hello","headers":{"X-N":["a","b"]}}`},
		"W3: an invitation":            {`{"to":"a@example.org","message":{"subject":"Hi","text":"x","icalEvent":{"method":"request","content":"BEGIN:VCALENDAR"}}}`, `{"to":[{"email":"a@example.org"}],"one_mail":true,"subject":"Hi","text":"x","attachments":[{"filename":"invite.ics","content_type":"text/calendar; charset=utf-8; method=REQUEST","content":"QkVHSU46VkNBTEVOREFS"}]}`},
		"W3: an invitation as a text":  {`{"to":"a@example.org","message":{"subject":"Hi","text":"x","icalEvent":"B"}}`, `{"to":[{"email":"a@example.org"}],"one_mail":true,"subject":"Hi","text":"x","attachments":[{"filename":"invite.ics","content_type":"text/calendar; charset=utf-8; method=PUBLISH","content":"Qg=="}]}`},
		"W3: threads and lists":        {`{"to":"a@example.org","message":{"subject":"Hi","text":"x","priority":"high","inReplyTo":"1@x.test","references":["<1@x.test>","2@x.test"],"list":{"unsubscribe":{"url":"https://x.test/u","comment":"Stop"},"help":"a@x.test"}}}`, `{"to":[{"email":"a@example.org"}],"one_mail":true,"subject":"Hi","text":"x","priority":"high","headers":{"In-Reply-To":"\u003c1@x.test\u003e","List-Help":"\u003cmailto:a@x.test\u003e","List-Unsubscribe":"\u003chttps://x.test/u\u003e (Stop)","References":"\u003c1@x.test\u003e \u003c2@x.test\u003e"}}`},
		"fields that mean nothing":     {`{"to":"a@example.org","createdAt":1,"user":{"x":null},` + body + `}`, `{"to":[{"email":"a@example.org"}],"one_mail":true,"subject":"Hi","text":"Hello"}`},
		"null is as good as not there": {`{"to":"a@example.org","cc":null,"template":null,"headers":null,` + body + `}`, `{"to":[{"email":"a@example.org"}],"one_mail":true,"subject":"Hi","text":"Hello"}`},
	} {
		if got, _, err := asked(t, c.fields); err != nil || got != c.want {
			t.Errorf("%s:\n%s, %v\nwant\n%s", name, got, err, c.want)
		}
	}
}

func TestWhatIsLeftOutIsOnRecord(t *testing.T) {
	_, left, err := asked(t, `{"to":"a@example.org","toUids":["nobody","anna"],"bccUids":"ghost","categories":["x"],"headers":{"message-id":"<1@x>"},
		"message":{"subject":"Hi","text":"x","amp":"<html amp4email>","messageId":"m","watchHtml":"x","dsn":{},"list":{"id":"x"},"wrong":1,
		"attachments":[{"content":"x","headers":{"X":"y"},"contentTransferEncoding":"7bit","contentDisposition":"inline","other":1}]},"subject":"x","template":null}`)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(left, "\n")
	for _, want := range []string{
		`toUids: there is no address of a user "nobody"`, `bccUids: there is no address of a user "ghost"`, "categories:", "headers.message-id:", "message.amp:", "message.messageId:", "message.attachments.0.headers:",
		"message.watchHtml:", "message.dsn:", "message.list.id:", "message.wrong:", "message.attachments.0.contentTransferEncoding:", "message.attachments.0.contentDisposition:", "message.attachments.0.other:", "subject: it is read inside of message",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not on record:\n%s", want, all)
		}
	}
	if len(left) != 15 {
		t.Errorf("%d were left out, want 15:\n%s", len(left), all)
	}
}

// TestBadDocuments: each says in a sentence what is wrong with it (TE-12). Files and web
// addresses are never fetched.
func TestBadDocuments(t *testing.T) {
	const body = `"message":{"subject":"Hi","text":"Hello"}`
	attached := func(a string) string {
		return `{"to":"a@example.org","message":{"subject":"Hi","text":"x","attachments":[` + a + `]}}`
	}
	for name, c := range map[string]struct{ fields, want string }{
		"TE-11: nobody":               {`{` + body + `}`, "Expected at least 1 recipient"},
		"TE-11: nobody known":         {`{"toUids":["nobody"],` + body + `}`, "Expected at least 1 recipient"},
		"TE-11: empty lists":          {`{"to":[],"cc":"",` + body + `}`, "Expected at least 1 recipient"},
		"TE-12: nothing to say":       {`{"to":"a@example.org"}`, "Neither message nor template is given"},
		"to is a number":              {`{"to":5,` + body + `}`, "to: it must be a text, or a list of texts"},
		"to is a list of objects":     {`{"to":[{"a":1},{"a":1}],` + body + `}`, "to: it must be a text, or a list of texts"},
		"message is a text":           {`{"to":"a@example.org","message":"Hello"}`, "message: it must be an object"},
		"subject is a list":           {`{"to":"a@example.org","message":{"subject":[],"text":"x"}}`, "message.subject: it must be a text"},
		"two senders":                 {`{"to":"a@example.org","from":["b@example.org","c@example.org"],` + body + `}`, "from: one address is taken here"},
		"a template without a name":   {`{"to":"a@example.org","template":{"data":{}}}`, "template.name: which template?"},
		"data that is a list":         {`{"to":"a@example.org","template":{"name":"x","data":[]}}`, "template.data: it must be an object"},
		"a file of this machine":      {attached(`{"path":"/etc/passwd"}`), "message.attachments.0: files and web addresses are not fetched"},
		"a file by its address":       {attached(`{"path":"file:///etc/passwd"}`), "are not fetched"},
		"an address inside":           {attached(`{"filename":"x","path":"http://169.254.169.254/latest/meta-data"}`), "are not fetched"},
		"an address by href":          {attached(`{"filename":"x","href":"http://127.0.0.1:8025/metrics"}`), "are not fetched"},
		"a part as it is":             {attached(`{"raw":"Content-Type: text/plain"}`), "message.attachments.0.raw: a part of a mail is not taken"},
		"no base64":                   {attached(`{"content":"?","encoding":"base64"}`), "is not base64"},
		"no hex":                      {attached(`{"content":"?","encoding":"hex"}`), "is not hexadecimal"},
		"another encoding":            {attached(`{"content":"?","encoding":"rot13"}`), `the encoding "rot13" is not taken`},
		"a data: address cut off":     {attached(`{"path":"data:text/plain"}`), "has no comma"},
		"a data: address half coded":  {attached(`{"path":"data:,%"}`), "percent sign"},
		"too many attachments":        {attached(strings.TrimSuffix(strings.Repeat(`{"content":"x"},`, 21), ",")), "at most 20 attachments"},
		"a header of objects":         {`{"to":"a@example.org","headers":{"X-A":[{}]},` + body + `}`, "headers.X-A: it must be a text"},
		"W3: a method of letters":     {`{"to":"a@example.org","message":{"subject":"Hi","text":"x","icalEvent":{"method":"a; b","content":"x"}}}`, "message.icalEvent.method: \"A; B\" is no method"},
		"W3: an invitation elsewhere": {`{"to":"a@example.org","message":{"subject":"Hi","text":"x","icalEvent":{"path":"/etc/passwd"}}}`, "are not fetched"},
	} {
		if _, _, err := asked(t, c.fields); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestWrites(t *testing.T) {
	for name, c := range map[string]struct {
		before, write string
		patch, again  bool
		want          string
	}{
		"a new one":                    {"", `{"to":"a","delivery":{"state":"SUCCESS","attempts":5}}`, false, false, `{"to":"a"}`},
		"as it was shown":              {`{"to":"a"}`, `{"id":"d1","to":"a","delivery":{"state":"ERROR"}}`, false, false, `{"to":"a"}`},
		"an id of its own":             {`{}`, `{"id":7}`, false, false, `{"id":7}`},
		"replaced":                     {`{"to":"a","x":1}`, `{"to":"b"}`, false, false, `{"to":"b"}`},
		"patched":                      {`{"to":"a","message":{"subject":"s","text":"t"},"n":12345678901234567890}`, `{"message":{"text":"u"},"x":null}`, true, false, `{"message":{"subject":"s","text":"u"},"n":12345678901234567890,"to":"a"}`},
		"a field taken away":           {`{"to":"a","x":{"y":1}}`, `{"x":null}`, true, false, `{"to":"a"}`},
		"TE-7: RETRY":                  {`{"to":"a"}`, `{"delivery":{"state":"RETRY"}}`, true, true, `{"to":"a"}`},
		"TE-7: PENDING":                {`{"to":"a"}`, `{"to":"<b>","delivery":{"state":"PENDING"}}`, false, true, `{"to":"<b>"}`},
		"TE-7: RETRY, with a dot":      {`{"to":"a"}`, `{"delivery.state":"RETRY"}`, true, true, `{"to":"a"}`},
		"delivery that is no object":   {`{"to":"a"}`, `{"delivery":"RETRY"}`, true, false, `{"to":"a"}`},
		"delivery that is taken away":  {`{"to":"a"}`, `{"delivery":null}`, true, false, `{"to":"a"}`},
		"a state that nobody commands": {`{"to":"a"}`, `{"delivery":{"state":"PROCESSING"}}`, true, false, `{"to":"a"}`},
	} {
		w, err := document.ReadWrite([]byte(c.write), "d1")
		if err != nil || w.Again != c.again {
			t.Errorf("%s: %t, %v", name, w.Again, err)
			continue
		}
		var before []byte
		if c.before != "" {
			before = []byte(c.before)
		}
		if got, err := w.Into(before, c.patch); err != nil || string(got) != c.want {
			t.Errorf("%s: %s, %v, want %s", name, got, err, c.want)
		}
	}
	for _, bad := range []string{"", "[]", "5", "null", `"x"`, `{"a":1`, `{"a":1,"a":2}`, "{\"a\":\"\xff\"}"} {
		if _, err := document.ReadWrite([]byte(bad), "d1"); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

// FuzzRead: whatever somebody writes is either asked for or told what is wrong with it.
func FuzzRead(f *testing.F) {
	f.Add(`{"to":"a@example.org","message":{"subject":"Hi","text":"x","attachments":[{"path":"data:;base64,SGk="}]}}`)
	f.Add(`{"toUids":["anna"],"template":{"name":"x","data":{"a":[1]}},"headers":{"X-A":"b"},"delivery":{"state":"RETRY"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		w, err := document.ReadWrite([]byte(text), "d1")
		if err != nil {
			return
		}
		fields, err := w.Into([]byte(`{"to":"a@example.org","message":{"subject":"Hi"}}`), true)
		if err != nil || !json.Valid(fields) {
			t.Fatalf("%s: %v", fields, err)
		}
		if _, err := (document.Document{ID: "d1", Fields: fields}).Show(document.Delivery{}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := asked(t, string(fields)); err != nil && err.Error() == "" {
			t.Error("an error without a sentence")
		}
	})
}
