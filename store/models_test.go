package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	staff "notifier/access"
	"notifier/message"
	"notifier/message/document"
	"notifier/preferences"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
	"notifier/template"
	"notifier/webhook"
)

// filled is something with all its fields set.
func filled[T any](t *testing.T) (what T) {
	t.Helper()
	full(reflect.ValueOf(&what).Elem(), new(int))
	return what
}

// must fails the test unless the last call went well.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// TestModelsAreReadAsTheyWereWritten: with all fields set, and with none but the key.
func TestModelsAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		key := filled[staff.Key](t)
		bare := staff.Key{ID: "key_0", Site: key.Site, Hash: "h", CreatedAt: noon}
		must(t, s.SaveKeys(ctx, key, bare))
		got, err := s.KeyOfHash(ctx, key.Hash)
		must(t, err)
		wantSame(t, "a key", got, key)
		all, err := s.Keys(ctx, key.Site)
		must(t, err)
		wantSame(t, "keys", all, []staff.Key{bare, key})
		later := key
		later.RevokedAt, later.UsedAt = &eight, &eight
		must(t, s.NoteKeyUse(ctx, key, eight))
		must(t, s.SaveKeys(ctx, later))
		got, err = s.Key(ctx, key.Site, key.ID)
		must(t, err)
		wantSame(t, "a key that ends", got, later)

		record := filled[staff.Record](t)
		must(t, s.Note(ctx, record))
		records, err := s.Audit(ctx, record.Site, staff.RecordFilter{By: record.By, Subject: record.Subject, Since: noon, Until: eight})
		must(t, err)
		wantSame(t, "the audit", records, []staff.Record{record})

		hook := filled[webhook.Endpoint](t)
		must(t, s.SaveWebhook(ctx, hook))
		other := hook
		other.Secrets, other.Note, other.DisabledAt = []string{"c"}, "", nil
		done, err := s.GiveSecrets(ctx, other, hook.Secrets)
		must(t, err)
		again, err2 := s.GiveSecrets(ctx, hook, hook.Secrets)
		must(t, err2)
		if !done || again {
			t.Errorf("secrets are given: %t, and again by who has read the old ones: %t", done, again)
		}
		must(t, s.SaveWebhook(ctx, other))
		hooks, err := s.Webhooks(ctx, hook.Site)
		must(t, err)
		wantSame(t, "webhooks", hooks, []webhook.Endpoint{other})
		secrets, err := s.WebhookSecrets(ctx, webhook.Endpoint{}, 10)
		must(t, err)
		wantSame(t, "secrets", secrets, []webhook.Endpoint{{Site: hook.Site, ID: hook.ID, Secrets: other.Secrets}})

		tmpl := filled[template.Template](t)
		must(t, s.SaveTemplates(ctx, request.Call{Site: site}, tmpl))
		gotTemplate, err := s.Template(ctx, site, tmpl.Name)
		must(t, err)
		wantSame(t, "a template", gotTemplate, tmpl)

		sup := filled[message.Suppression](t)
		sup.Address = "anna@example.org"
		must(t, s.Suppress(ctx, site, sup))
		gotSup, err := s.Suppression(ctx, site, "Anna@example.org")
		must(t, err)
		wantSame(t, "a suppression", gotSup, sup)
		if n, err := s.CountSuppressions(ctx, site, message.SuppressionFilter{Reason: sup.Reason, Account: sup.Account, Since: noon}); n != 1 || err != nil {
			t.Errorf("%d suppressions: %v", n, err)
		}

		doc := filled[document.Document](t)
		doc.Version, doc.Fields = 0, []byte(`{"a": 1}`)
		must(t, second(s.SaveDocument(ctx, request.Call{Site: doc.Site}, nil, doc)))
		doc.Version, doc.Error, doc.LeftOut = 1, "", nil
		must(t, second(s.SaveDocument(ctx, request.Call{Site: doc.Site}, nil, doc)))
		doc.Version = 2
		gotDoc, err := s.Document(ctx, doc.Site, doc.Collection, doc.ID)
		must(t, err)
		wantSame(t, "a document", gotDoc, doc)
		gotDoc, err = s.Document(ctx, site, "mail", "d1")
		wantSame(t, "a document that is to be", gotDoc, document.Document{Site: site, Collection: "mail", ID: "d1"})
		if !errors.Is(err, message.ErrNotFound) {
			t.Errorf("a document that is to be: %v", err)
		}

		grant := filled[message.Grant](t)
		grant.Version = 0
		for range 2 {
			if saved, err := s.SaveGrant(ctx, site, "login", grant); !saved || err != nil {
				t.Errorf("a grant at version %d is saved: %t, %v", grant.Version, saved, err)
			}
			grant.Version++
		}
		gotGrant, err := s.Grant(ctx, site, "login")
		must(t, err)
		wantSame(t, "a grant", gotGrant, grant)

		pause := filled[message.Pause](t)
		pause.Failure = message.Failure{Category: pause.Failure.Category, Code: pause.Failure.Code, Text: pause.Failure.Text}
		must(t, s.Pause(ctx, site, pause))
		sooner := pause
		sooner.Until, sooner.Failures = noon, 99
		must(t, s.Pause(ctx, site, sooner))
		pauses, err := s.Pauses(ctx, site)
		must(t, err)
		wantSame(t, "pauses", pauses, []message.Pause{pause})

		mail := filled[message.Kept](t)
		mail.Raw = "a\xff\x00b"
		must(t, s.Keep(ctx, mail))
		gotMail, err := s.KeptMail(ctx, mail.Site, mail.ID)
		must(t, err)
		wantSame(t, "a mail that is kept", gotMail, mail)
		mails, err := s.KeptMails(ctx, mail.Site, "", 10)
		must(t, err)
		mail.Text, mail.HTML, mail.Raw = "", "", ""
		wantSame(t, "mails that are kept", mails, []message.Kept{mail})

		must(t, s.BelieveClock(ctx, "boot", 1500*time.Microsecond, noon))
		must(t, s.BelieveClock(ctx, "boot", -time.Millisecond, noon))
		if ahead, known, err := s.BelievedClock(ctx, "boot"); ahead != -time.Millisecond || !known || err != nil {
			t.Errorf("the clock is believed to be ahead by %s, known %t: %v", ahead, known, err)
		}
		if _, known, err := s.BelievedClock(ctx, "another"); known || err != nil {
			t.Errorf("the clock of another start is known: %v", err)
		}

		must(t, s.SaveGroup(ctx, site, "g", []string{"a", "b"}, noon))
		must(t, s.SaveGroup(ctx, site, "none", nil, noon))
		groups, err := s.Groups(ctx, site, []string{"g", "none", "unknown"})
		must(t, err)
		wantSame(t, "groups", groups, map[string][]string{"g": {"a", "b"}, "none": nil})

		p := preferences.Process{ID: "lease", Muted: []message.Kind{message.CaseChanged}}
		must(t, s.SaveProcess(ctx, request.Call{Site: site, At: noon}, p))
		gotProcess, err := s.Process(ctx, site, "lease")
		must(t, err)
		wantSame(t, "a process", gotProcess, p)
	})
}

func TestTheStaffIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		m := filled[staff.Member](t)
		must(t, s.AddMember(ctx, m))
		view := filled[staff.View](t)
		view.Site, view.Email = m.Site, m.Email
		must(t, s.SaveView(ctx, view))
		views, err := s.Views(ctx, m.Site, m.Email)
		must(t, err)
		wantSame(t, "views", views, []staff.View{view})
		x := filled[staff.Session](t)
		x.Site, x.Email = m.Site, m.Email
		for n := range 22 { // two networks more than are kept
			x.Hash, x.Network, x.CreatedAt = string(rune('a'+n)), "10.0.0."+string(rune('a'+n)), noon.Add(time.Duration(n)*time.Minute)
			must(t, s.AddSession(ctx, x))
		}
		got, err := s.SessionOfHash(ctx, x.Hash)
		must(t, err)
		want := x
		want.Network = "" // known when it begins
		wantSame(t, "a session", got, want)
		for network, want := range map[string]bool{"10.0.0.b": false, "10.0.0.c": true, x.Network: true} {
			known, _, err := s.Standing(ctx, m.Email, network, "nobody", noon)
			must(t, err)
			if known != want {
				t.Errorf("the network %s is known: %t, want %t", network, known, want)
			}
		}
		m.SignedInAt, m.Role, m.Name = &x.CreatedAt, staff.Viewer, ""
		must(t, s.ChangeMember(ctx, m))
		member, err := s.Member(ctx, m.Email)
		must(t, err)
		wantSame(t, "a member", member, m)
		if left, err := s.SessionsOf(ctx, m.Site, m.Email); len(left) > 0 || err != nil {
			t.Errorf("a member who changed has %d sessions: %v", len(left), err)
		}
		must(t, s.RemoveMember(ctx, m))
		if views, err = s.Views(ctx, m.Site, m.Email); len(views) > 0 || err != nil {
			t.Errorf("a member who is gone has %d views: %v", len(views), err)
		}
	})
}

// TestWhatIsNotForGorm: some of its methods write or read more than they seem to, or make a
// statement for each length of a list.
func TestWhatIsNotForGorm(t *testing.T) {
	t.Parallel()
	forbidden := regexp.MustCompile(`\.(Save|Preload|AutoMigrate|FirstOrCreate)\(|\.Row\(\)|\bIN \?|\bIN \(\?\)`)
	for _, pattern := range []string{"*.go", "sql/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(string(b), "\n") {
				code, _, _ := strings.Cut(line, "// ")
				if forbidden.MatchString(strings.ReplaceAll(code, "NOT IN (?)", "")) {
					t.Errorf("%s:%d: %s", file, i+1, strings.TrimSpace(line))
				}
			}
		}
	}
}
