package mail

import (
	"os"
	"slices"
	"strings"
	"testing"

	"notifier/message"
)

// realReply is a row of testdata/replies.tsv.
type realReply struct{ stage, wire, about, category, next, suppress, source string }

func realReplies(t *testing.T) (all []realReply) {
	t.Helper()
	text, err := os.ReadFile("testdata/replies.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(f) != 7 || f[6] == "" {
			t.Fatalf("a row needs seven columns, the last of them its source: %q", line)
		}
		// A copied first line of several ends as a whole reply does.
		wire := strings.ReplaceAll(f[1], `\n`, "\r\n")
		if !strings.Contains(wire, "\r\n") && len(wire) > 3 && wire[3] == '-' {
			wire = wire[:3] + " " + wire[4:]
		}
		all = append(all, realReply{f[0], wire + "\r\n", f[2], f[3], f[4], f[5], f[6]})
	}
	return all
}

var stages = map[string]stage{"connect": atConnect, "auth": atAuth, "mail": atMail, "rcpt": atRcpt, "data": atData, "dot": atDot}

func matches(got, want string) bool {
	return want == "*" || slices.Contains(strings.Split(want, "|"), got)
}

// TestRealReplies is L3, L7 and L10: what servers say, whom it is about and what becomes of
// it. By whatever words a server refuses, only those that name the mailbox suppress it.
func TestRealReplies(t *testing.T) {
	rows := realReplies(t)
	if len(rows) < 150 {
		t.Errorf("there are %d replies, want those of the large providers", len(rows))
	}
	for _, row := range rows {
		r, err := parse(row.wire)
		if err != nil {
			t.Errorf("%q: %v", row.wire, err)
			continue
		}
		f := r.failure(stages[row.stage])
		gone := "no"
		if f.Gone {
			gone = "yes"
		}
		if !matches(string(f.About), row.about) || !matches(string(f.Category), row.category) || !matches(string(f.Next), row.next) || !matches(gone, row.suppress) {
			t.Errorf("%s %q\n is about %s, %s, next %s, suppress %s;\n want %s, %s, next %s, suppress %s (%s)", row.stage, strings.TrimSpace(row.wire),
				f.About, f.Category, f.Next, gone, row.about, row.category, row.next, row.suppress, row.source)
		}
		if f.Temporary != (f.Next != message.GiveUp) {
			t.Errorf("%q: temporary=%t, next %s", row.wire, f.Temporary, f.Next)
		}
	}
}

// TestOnlyNamedRepliesSuppress is the kind of L3: at no other stage than RCPT, never for
// now, and by no code that does not name the mailbox.
func TestOnlyNamedRepliesSuppress(t *testing.T) {
	for _, row := range realReplies(t) {
		r, err := parse(row.wire)
		if err != nil {
			t.Fatal(err)
		}
		for name, at := range stages {
			if f := r.failure(at); f.Gone && (at != atRcpt || r.code < 500 || f.Category != message.AddressUnknown || f.About != message.AboutRecipient) {
				t.Errorf("%q suppresses at %s: %+v", row.wire, name, f)
			}
		}
	}
	for _, code := range []string{"550", "550 5.0.0", "550 5.1.0", "550 5.1.2", "550 5.1.4", "550 5.2.0", "550 5.3.0", "550 5.4.1", "550 5.5.0", "550 5.7.1", "550 5.7.133", "551", "552", "553", "554", "556 5.1.10x"} {
		for _, words := range []string{"", " Rejected", " Access denied", " No", " Refused by policy", " mailbox unavailable"} {
			r, err := parse(code + words + "\r\n")
			if err != nil {
				t.Fatal(err)
			}
			if f := r.failure(atRcpt); f.Gone {
				t.Errorf("%q suppresses", code+words)
			}
		}
	}
}

// TestRemediesKnowWhatIsPermanent: no "we will try again" on what is over, in any language,
// and the remedy names what has to be changed (L10).
func TestRemediesKnowWhatIsPermanent(t *testing.T) {
	again := map[string][]string{"en": {"try again", "goes on", "automatically"}, "pl": {"spróbujemy", "ruszy", "automatycznie"}, "fr": {"réessaierons", "reprend", "automatiquement"}}
	for _, row := range realReplies(t) {
		r, _ := parse(row.wire)
		f := r.failure(stages[row.stage])
		kept := message.Failure{Category: f.Category, Code: f.Code, Text: f.Text} // as the store gives it back
		for lang, phrases := range again {
			says, remedy := kept.Words(lang, message.Outlook{Final: true})
			for _, p := range phrases {
				if strings.Contains(remedy, p) {
					t.Errorf("%s: the remedy for the final %q is %q", lang, f, remedy)
				}
			}
			_, meanwhile := kept.Words(lang, message.Outlook{})
			if says == "" || remedy == "" || meanwhile == "" || strings.Contains(meanwhile, "{") {
				t.Errorf("%s has no words for %q: %q, %q, %q", lang, f, says, remedy, meanwhile)
			}
		}
	}
	for wire, word := range map[string]string{
		"504 5.5.2 <[127.0.0.1]>: Helo command rejected: need fully-qualified hostname":                        "smtp.hello",
		"554 Message rejected: Email address is not verified. The following identities failed the check":       "sender",
		"550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required":                     "group",
		"550-5.4.5 Daily user sending limit exceeded.":                                                         "quota",
		"550 Reverse lookup failed for host 203.0.113.9":                                                       "PTR",
		"550 Your IP has been banned for abuse":                                                                "IP address",
		"554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException":                             "quota",
		"550 Domain example.org has exceeded the max emails per hour (101/100 (101%)) allowed.":                "quota",
		"550 Please turn on SMTP Authentication in your mail client.":                                          "username",
		"550-5.7.26 This mail has been blocked because the sender is unauthenticated. SPF and DKIM are needed": "SPF",
	} {
		r, err := parse(strings.Replace(wire, "550-", "550 ", 1) + "\r\n")
		if err != nil {
			t.Fatal(err)
		}
		if _, remedy := r.failure(atRcpt).Words("en", message.Outlook{}); !strings.Contains(remedy, word) {
			t.Errorf("the remedy for %q is %q, want it to name %s", wire, remedy, word)
		}
	}
}
