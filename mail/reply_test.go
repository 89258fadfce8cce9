package mail

import (
	"bufio"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"notifier/message"
)

func parse(s string) (reply, error) {
	return readReply(bufio.NewReaderSize(strings.NewReader(s), maxReplyLine))
}

func TestReadReply(t *testing.T) {
	for _, c := range []struct{ wire, want string }{
		{"250 2.0.0 Ok: queued as 4F2A\r\n", "250 2.0.0 Ok: queued as 4F2A"},
		{"250\r\n", "250"},
		{"250 \n", "250"},
		{"354 End data with <CR><LF>.<CR><LF>\r\n", "354 End data with <CR><LF>.<CR><LF>"},
		{"550-5.1.1 The account that you tried\r\n550-5.1.1 to reach\r\n550 5.1.1 does not exist.\r\n", "550 5.1.1 The account that you tried to reach does not exist."},
		{"250-mx\n250-SIZE 1\n250 PIPELINING\n", "250 mx SIZE 1 PIPELINING"},
		{"550 5.7.606 Access denied\r\n", "550 5.7.606 Access denied"},
		{"421 4.7.28\r\n", "421 4.7.28"},
		{"550 1.2.3 not a class\r\n", "550 1.2.3 not a class"},
		{"550 5.1.1111 x\r\n", "550 5.1.1111 x"},
		{"550 a\tb\x1b[31m\x00 \xff\u2028\r\n", "550 a b [31m  \uFFFD "},
	} {
		r, err := parse(c.wire)
		if err != nil || r.String() != c.want {
			t.Errorf("readReply(%q) = %q, %v, want %q", c.wire, r, err, c.want)
		}
	}
}

func TestReadReplyRefusesWhatIsNoReply(t *testing.T) {
	for name, wire := range map[string]string{
		"HTTP":               "HTTP/1.1 400 Bad Request\r\n",
		"no code":            "hello\r\n",
		"too short":          "25\r\n",
		"first digit":        "150 x\r\n",
		"letters":            "25x y\r\n",
		"no separator":       "250x\r\n",
		"codes differ":       "250-a\r\n251 b\r\n",
		"a line too long":    "250 " + strings.Repeat("x", maxReplyLine) + "\r\n",
		"too many lines":     strings.Repeat("250-x\r\n", maxReplyLines+1),
		"TLS":                "\x16\x03\x01\x00\xee\x01\n",
		"ends in the middle": "250-a\r\n",
	} {
		if r, err := parse(wire); err == nil {
			t.Errorf("%s: readReply = %q, want an error", name, r)
		} else if len(err.Error()) > 500 {
			t.Errorf("%s: the error repeats %d bytes", name, len(err.Error()))
		}
	}
	if _, err := parse("hello\r\n"); !errors.Is(err, errNotSMTP) {
		t.Errorf("readReply(hello) = %v, want errNotSMTP", err)
	}
}

func TestWhatRepliesMean(t *testing.T) {
	for _, c := range []struct {
		at   stage
		wire string
		want message.Category
	}{
		{atRcpt, "550 5.1.1 <anna@example.org>: Recipient address rejected: User unknown in virtual mailbox table", message.AddressUnknown},
		{atRcpt, "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", message.AddressUnknown},
		{atRcpt, "550 5.1.0 Address rejected", message.AddressUnknown},
		{atRcpt, "550 5.1.2 Host unknown", message.AddressUnknown},
		{atRcpt, "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", message.AddressUnknown},
		{atRcpt, "551 User not local; please try <forward@example.org>", message.AddressUnknown},
		{atRcpt, "553 sorry, that domain isn't in my list", message.RejectedSender},
		{atRcpt, "550 No such user here", message.AddressUnknown},
		{atRcpt, "550 <dkim-spam@example.org> unknown user", message.AddressUnknown},
		{atRcpt, "550 Requested action not taken", message.Unknown},
		{atRcpt, "556 5.1.10 Domain does not accept mail", message.AddressUnknown},
		{atRcpt, "450 4.1.1 unverified address", message.AddressUnknown},

		{atRcpt, "552 5.2.2 Mailbox full", message.MailboxFull},
		{atRcpt, "452 4.2.2 The email account that you tried to reach is over quota", message.MailboxFull},
		{atRcpt, "552 Requested mail action aborted: exceeded storage allocation", message.MailboxFull},
		{atDot, "552 Requested mail action aborted", message.MailboxFull},
		{atDot, "554 delivery error: dd Sorry, your message cannot be delivered. This mailbox is full", message.MailboxFull},

		{atDot, "421 4.7.28 Our system has detected an unusual rate of unsolicited mail", message.TooFast},
		{atConnect, "421 4.7.0 Too many connections from your host", message.TooFast},
		{atRcpt, "452 4.5.3 Too many recipients", message.TooFast},
		{atRcpt, "451 4.7.1 Rate limit exceeded", message.TooFast},
		{atMail, "451 4.7.500 Server busy. Please try again later", message.TooFast},
		{atMail, "454 Throttling failure: Maximum sending rate exceeded.", message.TooFast},
		{atMail, "432 4.3.2 Concurrent connections limit exceeded", message.TooFast},
		{atRcpt, "450 4.2.1 The user you are trying to contact is receiving mail too quickly", message.TooFast},
		{atRcpt, "550 5.4.5 Daily user sending limit exceeded", message.TooFast},

		{atRcpt, "451 4.7.1 Greylisted, please try again in 300 seconds", message.Unknown},
		{atRcpt, "450 4.2.0 <a@example.org>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/", message.Unknown},

		{atDot, "550 5.7.1 This message was blocked because its content presents a potential virus", message.RejectedContent},
		{atDot, "554 5.7.1 Spam message rejected", message.RejectedContent},
		{atDot, "554 5.6.0 Message malformed", message.RejectedContent},
		{atDot, "554 Transaction failed", message.RejectedContent},
		{atDot, "550 5.7.1 Refused by policy", message.RejectedContent},
		{atData, "550 5.7.0 no", message.RejectedContent},

		{atMail, "550 5.7.1 no", message.RejectedSender},
		{atMail, "553 5.7.1 <a@example.org>: Sender address rejected: not owned by user b", message.RejectedSender},
		{atMail, "550 5.1.1 no such user", message.RejectedSender},
		{atRcpt, "554 5.7.1 <b@example.net>: Relay access denied", message.RejectedSender},
		{atRcpt, "550 5.7.23 SPF validation failed", message.RejectedSender},
		{atDot, "550 5.7.26 Unauthenticated email from example.org is not accepted due to domain's DMARC policy", message.RejectedSender},
		{atRcpt, "550 5.1.8 Sender address rejected: Domain not found", message.RejectedSender},
		{atRcpt, "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", message.RejectedSender},

		{atMail, "552 5.3.4 Message size exceeds fixed limit", message.TooLarge},
		{atDot, "552 5.2.3 Message too large", message.TooLarge},
		{atDot, "554 message size too big", message.TooLarge},
		{atMail, "552 no", message.TooLarge},

		{atAuth, "535 5.7.8 Username and Password not accepted", message.AuthFailed},
		{atAuth, "454 4.7.0 Temporary authentication failure", message.AuthFailed},
		{atMail, "530 5.7.0 Authentication required", message.AuthFailed},
		{atMail, "530 5.7.57 Client not authenticated to send mail", message.AuthFailed},
		{atRcpt, "535 no", message.AuthFailed},
		{atMail, "530 5.7.0 Must issue a STARTTLS command first", message.TLSFailed},
		{atTLS, "454 4.7.0 TLS not available due to local problem", message.TLSFailed},

		{atConnect, "554 No SMTP service here", message.ConnectFailed},
		{atConnect, "550 5.1.1 nonsense", message.ConnectFailed},
		{atConnect, "554 5.7.1 Your host is on the blocklist of mail.example.org", message.RejectedSender},
		{atConnect, "421 4.3.2 Service not available", message.ConnectFailed},
		{atRcpt, "421 4.3.2 Service shutting down", message.ConnectFailed},
		{atAuth, "421 bye", message.ConnectFailed},

		{atRcpt, "451 4.3.0 Local error in processing", message.Unknown},
		{atRcpt, "450 4.2.1 Mailbox busy", message.Unknown},
		{atRcpt, "499 what is this", message.Unknown},
		{atRcpt, "250 fine", message.Unknown},
		{atRcpt, "554", message.Unknown},
	} {
		r, err := parse(c.wire + "\r\n")
		if err != nil {
			t.Fatal(err)
		}
		f := r.failure(c.at)
		if f.Category != c.want || c.wire[0] != '5' && !f.Temporary {
			t.Errorf("%q means %s, temporary=%t; want %s", c.wire, f.Category, f.Temporary, c.want)
		}
		if !strings.HasPrefix(c.wire, f.Code) || f.Text == "" {
			t.Errorf("%q is kept as %q, %q", c.wire, f.Code, f.Text)
		}
		grey := strings.Contains(c.wire, "Greylisted")
		if (f.NotBefore == 5*time.Minute) != grey || !grey && f.NotBefore != 0 && !f.Quota() {
			t.Errorf("%q must wait %s", c.wire, f.NotBefore)
		}
	}
}

// categories are those that a reply can have.
var categories = []message.Category{
	message.AddressUnknown, message.MailboxFull, message.TooFast, message.RejectedContent,
	message.RejectedSender, message.AuthFailed, message.TLSFailed, message.ConnectFailed, message.TooLarge, message.Unknown,
}

func FuzzReply(f *testing.F) {
	for _, s := range []string{
		"250-a\r\n250 b\r\n", "421 4.7.28 slow down\r\n", "550 5.1.1 <a@b>: x\r\n", "354\n", "550-5.1.1 \xff\n550 ", "999 x\n", "250-\r\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, wire string) {
		r, err := parse(wire)
		if err != nil {
			return
		}
		for at := atConnect; at <= atDot; at <<= 1 {
			got := r.failure(at)
			if !slices.Contains(categories, got.Category) || wire[0] != '5' && !got.Temporary || got.Text == "" {
				t.Errorf("failure(%q) = %+v", wire, got)
			}
			if !strings.HasPrefix(got.Code, wire[:3]) || utf8.RuneCountInString(got.Text) > message.MaxErrorText {
				t.Errorf("failure(%q) = %+v", wire, got)
			}
		}
		if s := r.String(); strings.ContainsAny(s, "\r\n\x00") || !utf8.ValidString(s) || !strings.HasPrefix(s, wire[:3]) {
			t.Errorf("String(%q) = %q", wire, s)
		}
	})
}

func TestTransportNeverEndsAMailEarly(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{"", ""},
		{"a", "a"},
		{".", ".."},
		{"a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n"},
		{"a\n.\nb", "a\r\n..\r\nb"},
		{"a\r.\rb", "a\r\n..\r\nb"},
		{"a\n.\r\nb", "a\r\n..\r\nb"},
		{"a\r\n.\nb", "a\r\n..\r\nb"},
		{"a\r\r\n.\r\n", "a\r\n\r\n..\r\n"},
		{"\n\r\n\r.", "\r\n\r\n\r\n.."},
		{"..\r\n...", "...\r\n...."},
	} {
		if got := string(appendLines(nil, []byte(c.body), true)); got != c.want {
			t.Errorf("appendLines(%q) = %q, want %q", c.body, got, c.want)
		}
	}
}

func TestTransportIsLinear(t *testing.T) {
	for _, piece := range []string{"\r", "\n", "\r\n", ".", "\n.", "\r."} {
		big := []byte(strings.Repeat(piece, 1<<20/len(piece)))
		start := time.Now()
		appendLines(nil, append(big, "\r\n"...), true)
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("1 MB of %q took %s", piece, d)
		}
	}
}

func FuzzTransport(f *testing.F) {
	f.Add([]byte("a\r\n.\r\n.b\n\r.\r\r\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		wire := string(appendLines(nil, body, true))
		lines := strings.Split(wire, "\r\n")
		for i, l := range lines {
			if strings.ContainsAny(l, "\r\n") || l == "." {
				t.Fatalf("appendLines(%q) = %q", body, wire)
			}
			lines[i] = strings.TrimPrefix(l, ".")
		}
		if got, want := strings.Join(lines, "\r\n"), canonical(string(body)); got != want {
			t.Fatalf("a server reads %q, want %q", got, want)
		}
	})
}

func ExampleCourier() {
	r := reply{code: 552, enhanced: "5.2.2", text: "Mailbox full"}
	fmt.Println(r.failure(atRcpt))
	// Output: mailbox_full: 552 5.2.2 Mailbox full
}
