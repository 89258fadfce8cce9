package explain

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"notifier/message"
)

var noon = time.Date(2026, 11, 21, 14, 48, 3, 0, time.UTC)

// times are those that a sentence names outside of what others said.
var times = regexp.MustCompile(`\d\d:\d\d(:\d\d)?(.{0,16})`)

// checkAnswer makes sure of what holds for every answer.
func checkAnswer(t interface {
	Helper()
	Errorf(string, ...any)
}, a Explanation, theirs ...string, // zones of the person, which settings bear
) {
	t.Helper()
	if verdict, known := verdicts[a.Reason]; !known || verdict != a.Verdict {
		t.Errorf("%s is no reason for %s", a.Reason, a.Verdict)
	}
	texts := []string{a.Sentence}
	if a.Do != "" {
		texts = append(texts, a.Do)
	}
	for _, s := range texts {
		if !strings.HasSuffix(s, ".") || strings.ContainsAny(s, "{}[]") || strings.Contains(s, "  ") || strings.Contains(s, " .") || strings.Contains(s, "..") || strings.Contains(s, " ,") {
			t.Errorf("%s says %q", a.Reason, s)
		}
	}
	for _, s := range a.Trail {
		texts = append(texts, s.Text)
		if s.At.IsZero() || s.Text == "" || s.What == "" || s.At.Location() != time.UTC {
			t.Errorf("%s: a step is %+v", a.Reason, s)
		}
	}
	for _, s := range texts {
		bare := quotes.ReplaceAllString(s, "“”")
		for _, found := range times.FindAllStringSubmatch(bare, -1) {
			own := slices.ContainsFunc(theirs, func(zone string) bool { return strings.HasPrefix(found[2], " "+zone) })
			if !own && !strings.HasPrefix(found[2], " "+a.Timezone) {
				t.Errorf("%s names %q without %s: %q", a.Reason, found[0], a.Timezone, s)
			}
		}
	}
	if a.Verdict == NotYet && a.Next == nil && a.Do == "" {
		t.Errorf("%s tells neither what comes next nor what can be done: %q", a.Reason, a.Sentence)
	}
	if a.Next != nil && (a.Next.At.IsZero() || a.Next.Timezone != a.Timezone || a.Next.What == "") {
		t.Errorf("%s: what comes next is %+v", a.Reason, a.Next)
	}
	if a.Digest != nil {
		checkAnswer(t, *a.Digest, theirs...)
	}
}

var quotes = regexp.MustCompile(`[“„][^”]*”|«[^»]*»`)

var languages = rapid.SampledFrom([]string{"", "en", "pl", "fr", "de", "fr-CA, en;q=0.5"})

// someFacts are those of a message in any state that rows could ever have, also by mistake.
func someFacts(t *rapid.T, deep bool) Facts {
	near := func(name string) time.Time {
		if rapid.IntRange(0, 5).Draw(t, name+"?") == 0 {
			return time.Time{}
		}
		return noon.Add(time.Duration(rapid.IntRange(-100_000, 100_000).Draw(t, name)) * time.Second)
	}
	text := func(name string) string {
		return rapid.SampledFrom([]string{"", "anna", "Anna Żółkiewska", "ola"}).Draw(t, name)
	}
	failure := func(name string) *message.Failure {
		if rapid.Bool().Draw(t, name) {
			return nil
		}
		return &message.Failure{Category: rapid.SampledFrom(message.Categories()).Draw(t, name+" category"), Code: text(name + " code"), Text: "at 12:00 “no”.\r\nNever"}
	}
	setting := rapid.SampledFrom([]string{"", "immediately", "hourly", "daily 08:00", "weekly monday 17:30", "never"})
	reasons := []message.Reason{
		"", message.OwnAction, message.ProcessMuted, message.Never, message.Mandatory, message.BySender, message.ByDeadline, message.NoAddress, message.Superseded,
		message.Withdrawn, message.Late, message.AskedAgain, message.SuppressedBounce, message.SuppressedComplaint, message.Unsubscribed, message.LeaseExpired,
		message.PausedByUser, "preference_immediately", "preference_hourly", "preference_daily", "preference_weekly", "preference_digest", "of_a_later_version",
	}
	m := message.Message{
		ID: message.NewID(message.MessageIDs), Site: "default", Domain: "example.org", UserID: text("user"), Reference: text("reference"),
		Type: rapid.SampledFrom([]message.Type{message.Single, message.Digest, message.Reminder, message.Direct}).Draw(t, "type"),
		Kind: rapid.SampledFrom([]message.Kind{"", message.CaseChanged, message.Deadline}).Draw(t, "kind"), Setting: setting.Draw(t, "setting"),
		Status: rapid.SampledFrom(append(message.Statuses(), "of_a_later_version")).Draw(t, "status"), Reason: rapid.SampledFrom(reasons).Draw(t, "reason"),
		Timezone: rapid.SampledFrom([]string{"", "UTC", "Europe/Warsaw", "Asia/Kathmandu", "No/Where"}).Draw(t, "zone"),
		DueAt:    near("due"), CreatedAt: noon.Add(-time.Hour), OccurredAt: near("occurred"), UpdatedAt: noon, QueuedAt: near("queued"), LeaseExpiresAt: near("lease"),
		ExpiresAt: noon.Add(time.Hour), Attempts: rapid.IntRange(0, 3).Draw(t, "attempts"), Error: failure("error"), Digest: "dig_1",
	}
	m.Process, m.Case.ID = text("process"), text("case")
	if rapid.Bool().Draw(t, "address") {
		m.To = []message.Address{{Email: "anna@example.org", Name: text("name")}}
		m.Rejected = rapid.SampledFrom([][]string{nil, {"anna@example.org"}}).Draw(t, "rejected")
	}
	job := func(name string) Job {
		return Job{Name: name, Paused: rapid.Bool().Draw(t, name), By: text("by"), Note: text("note"), Since: noon.Add(-time.Minute), Next: noon.Add(time.Minute)}
	}
	f := Facts{Now: noon, Lang: languages.Draw(t, "language"), Reader: rapid.SampledFrom([]string{"", "Europe/Paris"}).Draw(t, "reader"), Message: m, Flush: job("notifications"), Close: job("user_notifications"), Items: rapid.IntRange(0, 4).Draw(t, "items")}
	for i := range m.Attempts {
		a := message.Attempt{Claim: i + 1, LedTo: message.Pending, Receipt: message.Receipt{EndedAt: noon, Server: text("server"), Failure: failure("attempt"), Response: "250 ok, 12:30"}}
		if a.Failure == nil {
			a.Accepted = m.Everyone()
		} else {
			a.Rejected = m.Everyone()
		}
		f.Attempts = append(f.Attempts, a)
	}
	for range rapid.IntRange(0, 3).Draw(t, "decisions") {
		f.Decisions = append(f.Decisions, message.Decided{
			At: noon, By: text("who"), Details: map[string]string{message.ToSetting: setting.Draw(t, "set"), message.ToDue: noon.Format(time.RFC3339), message.ToDeadline: noon.Format(time.RFC3339)},
			What: rapid.SampledFrom([]message.Deed{
				message.Rescheduled, message.DidRetry, message.DidCancel, message.DidRelease, message.DidEdit, message.DidSendNow, message.DeadlineMet,
				message.DeadlineMoved, message.CaseMovedOn,
			}).Draw(t, "what"),
		})
	}
	if e := failure("paused"); e != nil {
		f.Pause = &message.Pause{Account: "default", Since: noon, Until: noon.Add(time.Minute), Failure: *e}
		f.Retries = []message.Retried{{Number: 1, At: noon, Error: e}}
		f.Chosen, f.Muted = &message.Change{At: noon, By: text("chose")}, &message.Change{At: noon, By: text("muted")}
		f.Suppression = &message.Suppression{Since: noon}
	}
	if deep && rapid.Bool().Draw(t, "digest") {
		digest := someFacts(t, false)
		digest.Message.Timezone, digest.Lang, digest.Reader = m.Timezone, f.Lang, f.Reader
		f.Digest = &digest
	}
	return f
}

// Every message in any state has exactly one verdict, and a sentence that ends with a full
// stop and names a zone with each time.
func TestEveryMessageHasOneVerdict(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := someFacts(t, true)
		a := Explain(f)
		checkAnswer(t, a, clockOf(speak("en"), f.Message.Timezone, noon).name())
		if b := Explain(f); !reflect.DeepEqual(a, b) {
			t.Errorf("the same facts are explained in two ways: %+v, %+v", a, b)
		}
		final := a.Verdict == NotYet && f.Message.Status.Final()
		waits := a.Verdict == No && !f.Message.Status.Final() && slices.Contains(message.Statuses(), f.Message.Status)
		if final || waits {
			t.Errorf("a message that is %s is explained by %s", f.Message.Status, a.Verdict)
		}
	})
}

// Where something can be done, it is said; the rest is listed here with its cause.
func TestEverySentenceNamesTheNextStep(t *testing.T) {
	nothingToDo := map[Reason]string{
		Merged:       "the digest's own answer says it",
		WaitingFlush: "it leaves by itself",
		RateLimited:  "it goes on by itself",
		BeingSent:    "it is under way",
	}
	all := facts{}
	for name := range strings.FieldsSeq("server response message_id rejected digest items who due user job run id since due_since number " +
		"paused_at by note pause_end account until lease key deadline_due kind set_at process case to code cause expires tries first at") {
		all[name] = name
	}
	all["failure"], all["remedy"], all["digest_says"], all["last"] = "What failed.", "What to do.", "What it says.", "."
	for _, w := range spoken() {
		for reason := range verdicts {
			sentence, do := w.sentence(reason, all), w.do(reason, all)
			if why := nothingToDo[reason]; (do == "") != (why != "") {
				t.Errorf("%s, %s says what can be done in %q; that there is nothing is noted as %q", w.Lang, reason, do, why)
			}
			for _, text := range []string{sentence, do} {
				if text != "" && !strings.HasSuffix(text, ".") {
					t.Errorf("%s, %s has no full stop: %q", w.Lang, reason, text)
				}
				if strings.ContainsAny(text, "!") || strings.Contains(strings.ToLower(text), "please") {
					t.Errorf("%s, %s begs or shouts: %q", w.Lang, reason, text)
				}
			}
		}
	}
	for reason, verdict := range verdicts {
		if !slices.Contains([]Verdict{Sent, InDigest, NotYet, No, Unknown}, verdict) {
			t.Errorf("%s has the verdict %q", reason, verdict)
		}
	}
}
