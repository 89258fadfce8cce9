package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"notifier/mail/mailtest"
	"notifier/store/storetest"
)

// notifier runs the program and returns what it prints.
func notifier(t *testing.T, arguments ...string) string {
	t.Helper()
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(file, arguments...)
	command.Dir = t.TempDir()
	var out, problems strings.Builder
	command.Stdout, command.Stderr = &out, &problems
	if err := command.Run(); err != nil {
		t.Fatalf("notifier %s: %v\n%s", strings.Join(arguments, " "), err, problems.String())
	}
	return out.String()
}

// journal is a journal with its end and the mails that it must lead to.
type journal struct{ name, file, until, want string }

// journals are the project's own and, where it lies beside the project, that of a real
// workflow.
func journals(t *testing.T) []journal {
	t.Helper()
	demo, err := filepath.Abs("../service/demo.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	all := []journal{{name: "demo", file: demo, until: "2026-04-20T00:00:00Z", want: read(t, "testdata/demo.expected.ndjson")}}
	receipt, err := filepath.Abs("../../shared/data/receipt.journal.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(receipt); err == nil {
		all = append(all, journal{
			name: "receipt", file: receipt, until: "2012-02-01T00:00:00Z",
			want: read(t, filepath.Join(filepath.Dir(receipt), "receipt.expected.ndjson")),
		})
	}
	return all
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// RULES: journal and simulate. The planner, and the real store and jobs on both databases
// and into a real relay, lead to the same mails.
func TestJournalsLeadToTheSameMails(t *testing.T) {
	t.Parallel()
	for _, j := range journals(t) {
		common := []string{"--journal", j.file, "--until", j.until, "--out", "-"}
		check := func(name string, extra func(t *testing.T) []string) {
			t.Run(j.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				arguments := append(extra(t), common...)
				if got := notifier(t, arguments...); got != j.want {
					t.Errorf("notifier %s: %s", strings.Join(arguments, " "), difference(got, j.want))
				}
			})
		}
		check("simulate", func(*testing.T) []string { return []string{"simulate"} })
		check("replay on SQLite", func(*testing.T) []string { return []string{"replay"} })
		check("replay on Postgres", func(t *testing.T) []string {
			return []string{"replay", "--database", storetest.URL(t, "postgres")}
		})
		check("replay into a relay", func(t *testing.T) []string {
			relay, err := mailtest.Start(mailtest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			mails := strings.Count(j.want, "\n")
			t.Cleanup(func() {
				if relay.Count() != mails {
					t.Errorf("the relay got %d mails, want %d", relay.Count(), mails)
				}
				if err := relay.Close(); err != nil {
					t.Error(err)
				}
			})
			return []string{"replay", "--smtp", relay.Addr()}
		})
	}
}

// P1: with wake a mail that is due leaves at once, in the planner as in the real store and
// jobs: most mails leave earlier than at the next tick.
func TestP1JournalsWithWakeLeadToTheSameMails(t *testing.T) {
	t.Parallel()
	for _, j := range journals(t) {
		t.Run(j.name, func(t *testing.T) {
			t.Parallel()
			common := []string{"--journal", j.file, "--until", j.until, "--out", "-", "--set", "notifications=3m,wake=true"}
			planned := notifier(t, append([]string{"simulate"}, common...)...)
			if planned == j.want {
				t.Error("wake changes nothing")
			}
			if got := notifier(t, append([]string{"replay"}, common...)...); got != planned {
				t.Errorf("replay with wake: %s", difference(got, planned))
			}
			if off := notifier(t, append([]string{"simulate"}, append(common, "--set", "notifications=3m,wake=false")...)...); off != j.want {
				t.Errorf("wake=false: %s", difference(off, j.want))
			}
		})
	}
}

// T12: what happened at one instant stands in a digest as it came in, whatever the callers'
// ids, planned and on both databases.
func TestOneInstantKeepsTheOrderOfArrival(t *testing.T) {
	t.Parallel()
	const instant = "2026-03-02T09:10:00Z"
	var journal, items strings.Builder
	fmt.Fprintf(&journal, `{"at":%q,"do":"set_user","user":"anna","email":"anna@example.org"}`+"\n", instant)
	fmt.Fprintf(&journal, `{"at":%q,"do":"set_preferences","user":"anna","case_changed":"hourly"}`+"\n", instant)
	for i := range 1000 {
		at, occurred := instant, ""
		if i >= 900 { // told late, about the same instant
			at, occurred = "2026-03-02T09:20:00Z", fmt.Sprintf(`,"occurred_at":%q`, instant)
		}
		fmt.Fprintf(&journal, `{"at":%q,"do":"notify","id":"e%d","kind":"case_changed","users":["anna"]%s}`+"\n", at, i+1, occurred)
		fmt.Fprintf(&items, `, "e%d"`, i+1)
	}
	want := fmt.Sprintf(`{"at": "2026-03-02T10:00:00.000Z", "to": "anna@example.org", "type": "digest", "items": [%s]}`+"\n", items.String()[2:])
	file := filepath.Join(t.TempDir(), "journal.ndjson")
	if err := os.WriteFile(file, []byte(journal.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, how := range [][]string{{"simulate"}, {"replay"}, {"replay", "--database", storetest.URL(t, "postgres")}} {
		got := notifier(t, append(how, "--journal", file, "--until", "2026-03-02T12:00:00Z", "--out", "-")...)
		if got != want {
			t.Errorf("%s: %s", strings.Join(how, " "), difference(got, want))
		}
	}
}

// difference is the first line in which two outputs differ.
func difference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "\n got " + a[i] + "\nwant " + b[i]
		}
	}
	return "one output ends before the other"
}

// A replay into Postfix: what a real relay accepts is what was planned.
func TestReplayIntoPostfix(t *testing.T) {
	t.Parallel()
	postfix, err := mailtest.StartPostfix("", mailtest.PostfixOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := postfix.Stop(); err != nil {
			t.Error(err)
		}
	}()
	demo := journals(t)[0]
	if got := notifier(t, "replay", "--journal", demo.file, "--until", demo.until, "--smtp", postfix.Addr(), "--out", "-"); got != demo.want {
		t.Error(difference(got, demo.want))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := postfix.Wait(ctx, strings.Count(demo.want, "\n")); err != nil {
		t.Errorf("Postfix delivered %d mails: %v\n%s", postfix.Count(), err, postfix.Log())
	}
}
